-- owner: keys
create table team_key (
    team text not null primary key references team (id),
    wrapped blob not null,
    created_at integer not null
) strict;

create table workspace_key (
    workspace text not null primary key,
    team text not null references team (id),
    wrapped blob not null,
    created_at integer not null
) strict;
create index workspace_key_team on workspace_key (team);

-- One row: by `check_value` the database knows its root key again. It belongs to no team.
create table root_key (
    id integer not null primary key check (id = 1),
    team text not null,
    check_value blob not null,
    created_at integer not null
) strict;
