-- What was deleted stays for 30 days in its own table, where `deleted_at` hides it.
-- owner: workspaces
alter table workspace add column deleted_at bigint;
-- owner: collections
alter table collection add column deleted_at bigint;
-- owner: environments
alter table environment add column deleted_at bigint;

-- owner: collections
-- Rows of `item` that were deleted with the item `top`. They are moved, not marked: what asks for the children of a
-- parent need not know of them.
create table deleted_item (
    id text not null primary key,
    top text not null,
    team text not null references team (id),
    collection text not null references collection (id) on delete cascade,
    parent text not null,
    rank bigint not null,
    kind text not null,
    name text not null,
    method text,
    document text not null,
    sealed bytea,
    has_examples bigint not null,
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null
);
create index deleted_item_top on deleted_item (top);
create index deleted_item_collection on deleted_item (collection);

-- owner: trash
-- What may be restored, by its own id. `element` is the collection or environment by whose roles it is decided who may;
-- it is null for a workspace.
create table trash (
    id text not null primary key,
    team text not null references team (id),
    workspace text not null references workspace (id) on delete cascade,
    element text,
    kind text not null,
    name text not null,
    deleted_by text,
    deleted_at bigint not null
);
create index trash_workspace on trash (workspace, id);
create index trash_element on trash (element);
create index trash_deleted_at on trash (deleted_at);
