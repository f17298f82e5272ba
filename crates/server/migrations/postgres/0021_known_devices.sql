-- owner: identity
-- Browsers in which somebody has signed in. `token` is the SHA-256 of a cookie.
create table known_device (
    person text not null references person (id),
    token bytea not null,
    created_at bigint not null,
    seen_at bigint not null,
    primary key (person, token)
);
