-- owner: workspaces
create table workspace (
    id text not null primary key,
    team text not null references team (id),
    kind text not null,
    name text not null,
    summary text not null,
    version bigint not null,
    created_by text not null references person (id),
    created_at bigint not null,
    updated_at bigint not null
);
create index workspace_team on workspace (team);

create table workspace_member (
    workspace text not null references workspace (id) on delete cascade,
    person text not null references person (id),
    team text not null references team (id),
    role text not null,
    created_at bigint not null,
    primary key (workspace, person)
);
create index workspace_member_person on workspace_member (person);
