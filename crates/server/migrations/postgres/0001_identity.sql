-- owner: identity
create table team (
    id text not null primary key,
    name text not null,
    plan text not null,
    created_at bigint not null
);

-- A person has a home team; what they are in a team stands in `membership`.
-- `numeric_id` is the owner in a `uid` of the form `<numeric owner>-<uuid>`.
create table person (
    id text not null primary key,
    team text not null references team (id),
    numeric_id bigint not null unique,
    name text not null,
    email text not null,
    email_key text not null unique,
    password text not null,
    version bigint not null default 1,
    created_at bigint not null
);

create table membership (
    team text not null references team (id),
    person text not null references person (id),
    role text not null,
    created_at bigint not null,
    primary key (team, person, role)
);
create index membership_person on membership (person);

-- `token` is the SHA-256 of the cookie; the cookie itself is not stored. A session ends at `expires_at`, and earlier
-- when it was not seen for `idle_limit` milliseconds.
create table session (
    id text not null primary key,
    team text not null references team (id),
    person text not null references person (id),
    token bytea not null unique,
    created_at bigint not null,
    last_seen_at bigint not null,
    expires_at bigint not null,
    idle_limit bigint not null,
    address text not null,
    agent text not null
);
create index session_person on session (person);

-- One row, made by the first set-up: of two at once its key lets one win, and it stays when everything else is deleted.
create table instance (
    id bigint not null primary key check (id = 1),
    team text not null references team (id),
    last_numeric_id bigint not null,
    created_at bigint not null
);

-- Sign-ins by address and account, counted before the password is looked at. `id` is a hash of both, so that nothing
-- that somebody typed is stored; `team` is empty, because nobody knows yet whose attempt it is.
create table sign_in_attempt (
    id bytea not null primary key,
    team text not null,
    count bigint not null,
    started_at bigint not null
);
create index sign_in_attempt_started_at on sign_in_attempt (started_at);
