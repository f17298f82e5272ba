-- owner: identity
-- Addresses that people want and have not confirmed yet. `token` is the SHA-256 of what stands in a link.
create table email_change (
    token blob not null primary key,
    team text not null references team (id),
    person text not null references person (id),
    email text not null,
    email_key text not null,
    created_at integer not null,
    expires_at integer not null
) strict;
create index email_change_person on email_change (person);
