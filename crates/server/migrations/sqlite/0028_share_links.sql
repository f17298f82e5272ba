-- owner: publishing
-- A link by which a collection can be read. `token` is the SHA-256 of what stands in it; `audience` is `team` or
-- `anybody`. A link that was deleted keeps its row, so that the log can be understood.
create table share_link (
    id text not null primary key,
    team text not null references team (id),
    collection text not null references collection (id) on delete cascade,
    token blob not null unique,
    audience text not null,
    created_by text not null references person (id),
    created_at integer not null,
    expires_at integer not null,
    uses integer not null,
    used_at integer,
    deleted_at integer
) strict;
create index share_link_collection on share_link (collection, id);
