-- owner: identity
-- Links for a forgotten password. `token` is the SHA-256 of what stands in the link.
create table password_reset (
    token bytea not null primary key,
    team text not null references team (id),
    person text not null references person (id),
    created_at bigint not null,
    expires_at bigint not null
);
create index password_reset_person on password_reset (person);

-- Until when guesses are refused, and how many were refused since the last one that was looked at.
alter table sign_in_attempt add column waits_until bigint not null default 0;
alter table sign_in_attempt add column refused bigint not null default 0;
