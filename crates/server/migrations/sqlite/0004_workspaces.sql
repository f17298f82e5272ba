-- owner: workspaces
create table workspace (
    id text not null primary key,
    team text not null references team (id),
    kind text not null,
    name text not null,
    summary text not null,
    version integer not null,
    created_by text not null references person (id),
    created_at integer not null,
    updated_at integer not null
) strict;
create index workspace_team on workspace (team);

create table workspace_member (
    workspace text not null references workspace (id) on delete cascade,
    person text not null references person (id),
    team text not null references team (id),
    role text not null,
    created_at integer not null,
    primary key (workspace, person)
) strict;
create index workspace_member_person on workspace_member (person);
