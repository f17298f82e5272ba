-- owner: workspaces
-- What somebody becomes who joins a team workspace by themselves.
alter table workspace add column join_role text not null default 'viewer';

-- owner: workspaces
-- Somebody asks that a workspace be made public. `state` is `open`, `approved`, `refused`, `cancelled` or `expired`.
create table publish_request (
    id text not null primary key,
    team text not null references team (id),
    workspace text not null references workspace (id) on delete cascade,
    person text not null references person (id),
    note text not null,
    state text not null,
    answer text not null,
    decided_by text,
    created_at integer not null,
    expires_at integer not null
) strict;
create unique index publish_request_open on publish_request (workspace) where state = 'open';
create index publish_request_team on publish_request (team, state, created_at);
create index publish_request_expires on publish_request (expires_at) where state = 'open';

-- owner: workspaces
-- Somebody asks for a role. `workspace` need not name one: who asks for what they may not know of is answered as if it
-- were there, and waits in vain. `element` is a collection or environment, or empty for the whole workspace.
create table access_request (
    id text not null primary key,
    team text not null references team (id),
    workspace text not null,
    element_kind text not null,
    element text not null,
    person text not null references person (id),
    role text not null,
    note text not null,
    state text not null,
    answer text not null,
    decided_by text,
    created_at integer not null,
    expires_at integer not null
) strict;
create unique index access_request_open on access_request (person, workspace, element) where state = 'open';
create index access_request_workspace on access_request (workspace, state, created_at);
create index access_request_person on access_request (person, created_at);
create index access_request_expires on access_request (expires_at) where state = 'open';
