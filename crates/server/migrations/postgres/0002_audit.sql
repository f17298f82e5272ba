-- owner: audit
-- `leaf` is the canonical JSON of the event and `leaf_hash` its RFC 6962 leaf hash; the columns beside them are copies
-- to search by. Rows are never updated.
create table audit_event (
    team text not null,
    sequence bigint not null,
    id text not null unique,
    at bigint not null,
    actor text,
    action text not null,
    target_kind text not null,
    target text not null,
    outcome text not null,
    leaf text not null,
    leaf_hash bytea not null,
    primary key (team, sequence)
);

-- The number of events of each team: the sequence number of its next one.
create table audit_head (
    team text not null primary key,
    size bigint not null
);
