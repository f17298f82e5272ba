-- owner: environments
-- `kind` is `environment` or `globals`; a workspace has one of the latter. `extra` is what else its file held.
create table environment (
    id text not null primary key,
    team text not null references team (id),
    workspace text not null references workspace (id) on delete cascade,
    kind text not null,
    name text not null,
    extra text not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;
create index environment_workspace on environment (workspace);
create unique index environment_globals on environment (workspace) where kind = 'globals';

-- `sealed` holds the value, whatever the type of the variable, and what else its file said of it.
create table environment_value (
    id text not null primary key,
    team text not null references team (id),
    environment text not null references environment (id) on delete cascade,
    position integer not null,
    key text not null,
    kind text,
    enabled integer not null,
    sealed blob not null
) strict;
create index environment_value_environment on environment_value (environment, position);
