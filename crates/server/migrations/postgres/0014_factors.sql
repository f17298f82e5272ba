-- owner: identity
-- An authenticator app. `seed` is sealed; it counts from `confirmed_at` on. `last_step` is the step of the last code that was
-- taken: neither it nor an older one is taken again.
create table totp (
    person text not null primary key references person (id),
    team text not null references team (id),
    seed bytea not null,
    confirmed_at bigint,
    last_step bigint not null,
    created_at bigint not null
);

-- `hash` is an HMAC under a key of the team.
create table recovery_code (
    person text not null references person (id),
    hash bytea not null,
    team text not null references team (id),
    used_at bigint,
    created_at bigint not null,
    primary key (person, hash)
);

-- Sign-ins whose password was right and whose second factor is still to come. `token` is the SHA-256 of a cookie.
create table half_sign_in (
    token bytea not null primary key,
    team text not null references team (id),
    person text not null references person (id),
    expires_at bigint not null
);
create index half_sign_in_person on half_sign_in (person);

-- The second factor that was proved in a session, and when its owner last proved that it is them.
alter table session add column factor text;
alter table session add column confirmed_at bigint not null default 0;

-- 1 where every member must have a second factor.
alter table team add column factor_demanded bigint not null default 0;
