-- owner: collections
-- `head` is every root field of the document but `item`; what is sensitive in it is null there and in `sealed`.
create table collection (
    id text not null primary key,
    team text not null references team (id),
    workspace text not null references workspace (id) on delete cascade,
    name text not null,
    head text not null,
    sealed bytea,
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null
);
create index collection_workspace on collection (workspace);

-- `parent` is an item, or the collection for what stands at its top. `rank` orders the children of a parent.
-- `document` is every field of the item but its children and examples; `sealed` as above.
-- `has_examples` says that the document had a list of examples, were it empty.
create table item (
    id text not null primary key,
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
create index item_collection on item (collection, id);
create index item_parent on item (parent, rank, id);
