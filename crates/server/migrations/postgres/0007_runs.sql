-- owner: runs
-- What somebody sent or ran. `method` and `url` are as they were typed, with no variable resolved; no body is here.
-- `collection` and `item` may be gone by now. What has no `finished_at` is under way, or its server was killed.
create table history_entry (
    id text not null primary key,
    team text not null references team (id),
    workspace text not null references workspace (id) on delete cascade,
    person text not null references person (id),
    kind text not null,
    name text not null,
    method text,
    url text,
    collection text,
    item text,
    started_at bigint not null,
    finished_at bigint,
    status bigint,
    duration_ms bigint,
    passed bigint not null,
    failed bigint not null
);
create index history_entry_person on history_entry (workspace, person, id);

-- Bodies of answers that were too long for their event. The bytes are in the object store, sealed.
create table kept_body (
    id text not null primary key,
    team text not null references team (id),
    workspace text not null references workspace (id) on delete cascade,
    person text not null references person (id),
    size bigint not null,
    expires_at bigint not null
);
create index kept_body_person on kept_body (person, id);
create index kept_body_expires on kept_body (expires_at);
