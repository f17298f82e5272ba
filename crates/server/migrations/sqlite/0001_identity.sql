-- owner: identity
create table team (
    id text not null primary key,
    name text not null,
    plan text not null,
    created_at integer not null
) strict;

-- A person has a home team; what they are in a team stands in `membership`.
-- `numeric_id` is the owner in a `uid` of the form `<numeric owner>-<uuid>`.
create table person (
    id text not null primary key,
    team text not null references team (id),
    numeric_id integer not null unique,
    name text not null,
    email text not null,
    email_key text not null unique,
    password text not null,
    version integer not null default 1,
    created_at integer not null
) strict;

create table membership (
    team text not null references team (id),
    person text not null references person (id),
    role text not null,
    created_at integer not null,
    primary key (team, person, role)
) strict;
create index membership_person on membership (person);

-- `token` is the SHA-256 of the cookie; the cookie itself is not stored. A session ends at `expires_at`, and earlier
-- when it was not seen for `idle_limit` milliseconds.
create table session (
    id text not null primary key,
    team text not null references team (id),
    person text not null references person (id),
    token blob not null unique,
    created_at integer not null,
    last_seen_at integer not null,
    expires_at integer not null,
    idle_limit integer not null,
    address text not null,
    agent text not null
) strict;
create index session_person on session (person);

-- One row, made by the first set-up: of two at once its key lets one win, and it stays when everything else is deleted.
create table instance (
    id integer not null primary key check (id = 1),
    team text not null references team (id),
    last_numeric_id integer not null,
    created_at integer not null
) strict;

-- Sign-ins by address and account, counted before the password is looked at. `id` is a hash of both, so that nothing
-- that somebody typed is stored; `team` is empty, because nobody knows yet whose attempt it is.
create table sign_in_attempt (
    id blob not null primary key,
    team text not null,
    count integer not null,
    started_at integer not null
) strict;
create index sign_in_attempt_started_at on sign_in_attempt (started_at);
