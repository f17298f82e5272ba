-- owner: api_keys
-- `id` is the part of the key that is no secret, and `hash` the SHA-256 of the whole; the key itself is not stored.
-- A key ends at `expires_at`, when it was not used for `idle_limit` milliseconds, or earlier if the team says so; once
-- that was noticed, or somebody revoked it, it is written into `ended_at`, and the key never comes back.
create table api_key (
    id text not null primary key,
    team text not null references team (id),
    person text not null references person (id),
    name text not null,
    hash blob not null unique,
    ending text not null,
    created_at integer not null,
    used_at integer,
    expires_at integer,
    idle_limit integer,
    ended_at integer,
    ended_by text,
    ended_because text
) strict;
create index api_key_person on api_key (person, team, id);
create index api_key_team on api_key (team, id);

-- What a team says of its members' keys; without a row everybody makes keys, and they last as their owners say.
create table api_key_policy (
    team text not null primary key references team (id),
    everybody integer not null,
    age_days integer,
    idle_days integer,
    version integer not null
) strict;
