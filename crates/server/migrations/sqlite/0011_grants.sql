-- owner: workspaces
-- A role of a person or a group in a workspace, or on one element of it: `element` is its id, or empty for the whole.
create table workspace_grant (
    workspace text not null references workspace (id) on delete cascade,
    element text not null,
    holder_kind text not null,
    holder text not null,
    team text not null references team (id),
    role text not null,
    created_at integer not null,
    primary key (workspace, element, holder)
) strict;
create index workspace_grant_holder on workspace_grant (holder, workspace);

insert into workspace_grant (workspace, element, holder_kind, holder, team, role, created_at)
select workspace, '', 'person', person, team, role, created_at from workspace_member;
drop table workspace_member;
