-- owner: identity
-- Addresses that people want and have not confirmed yet. `token` is the SHA-256 of what stands in a link.
create table email_change (
    token bytea not null primary key,
    team text not null references team (id),
    person text not null references person (id),
    email text not null,
    email_key text not null,
    created_at bigint not null,
    expires_at bigint not null
);
create index email_change_person on email_change (person);
