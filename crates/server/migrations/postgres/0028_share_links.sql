-- owner: publishing
-- A link by which a collection can be read. `token` is the SHA-256 of what stands in it; `audience` is `team` or
-- `anybody`. A link that was deleted keeps its row, so that the log can be understood.
create table share_link (
    id text not null primary key,
    team text not null references team (id),
    collection text not null references collection (id) on delete cascade,
    token bytea not null unique,
    audience text not null,
    created_by text not null references person (id),
    created_at bigint not null,
    expires_at bigint not null,
    uses bigint not null,
    used_at bigint,
    deleted_at bigint
);
create index share_link_collection on share_link (collection, id);
