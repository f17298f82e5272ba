-- owner: identity
-- A passkey. `credential` holds its public key and what is known of it, in JSON; there is no secret in it. `sign_count` is the
-- greatest count of signatures that it has shown: one that goes back is a copy.
create table passkey (
    id text not null primary key,
    team text not null references team (id),
    person text not null references person (id),
    credential_id blob not null unique,
    credential text not null,
    sign_count integer not null,
    name text not null,
    created_at integer not null,
    used_at integer
) strict;
create index passkey_person on passkey (person);

-- A challenge that waits for the answer of a passkey. `id` is a hash of what it is for and of the session, half sign-in or
-- browser that asked, which has one at a time. `team` is empty where nobody knows yet who answers.
create table passkey_challenge (
    id blob not null primary key,
    team text not null,
    state text not null,
    expires_at integer not null
) strict;
create index passkey_challenge_expires_at on passkey_challenge (expires_at);
