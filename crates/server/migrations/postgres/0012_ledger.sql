-- owner: audit
-- `at` is the time of the last event: none is dated before it. The first `signed` events are under a checkpoint, made at
-- `signed_at`. The events before `kept_from` were removed when their time was over.
alter table audit_head add column at bigint not null default 0;
alter table audit_head add column signed bigint not null default 0;
alter table audit_head add column signed_at bigint not null default 0;
alter table audit_head add column kept_from bigint not null default 0;
update audit_head
    set at = coalesce((select max(audit_event.at) from audit_event where audit_event.team = audit_head.team), 0);

create index audit_event_at on audit_event (team, at, sequence);
create index audit_event_actor on audit_event (team, actor, sequence);
create index audit_event_action on audit_event (team, action, sequence);
create index audit_event_target on audit_event (team, target, sequence);
create index audit_event_refused on audit_event (team, sequence) where outcome = 'refused';

-- owner: audit
-- What tells something of a person, beside its event: the leaf holds a commitment to it alone. A row that is gone was
-- erased, or its event is gone.
create table audit_personal (
    team text not null,
    sequence bigint not null,
    part text not null,
    person text,
    salt bytea not null,
    details text not null,
    primary key (team, sequence, part)
);
create index audit_personal_person on audit_personal (team, person);

-- owner: audit
-- Hashes of the tree, 256 in a whole tile: of level 0 those of leaves, of level 1 the roots of whole tiles of level 0, and
-- so on. The last tile of a level above 0 grows; that of level 0 is in `audit_event` until it is whole.
create table audit_tile (
    team text not null,
    level bigint not null,
    position bigint not null,
    hashes bytea not null,
    primary key (team, level, position)
);

-- owner: audit
-- Signed notes: the root of the first `size` events.
create table audit_checkpoint (
    team text not null,
    size bigint not null,
    signed_at bigint not null,
    note text not null,
    primary key (team, size)
);

-- owner: audit
-- The key that signs a team's checkpoints, sealed under the team's key, and the one that checks them.
create table audit_signer (
    team text not null primary key,
    sealed bytea not null,
    public_key text not null,
    created_at bigint not null
);
