-- owner: audit
-- Where the log of a team is sent. `destination` is what may be seen of where that is, and `sealed` the rest, under the
-- team's key. `next` is the number of the first event that has not been acknowledged: the log is the queue. Whoever sends
-- holds `claim` until `claimed_until`. `missed` counts events that were removed before they could be sent.
create table audit_sink (
    id text not null primary key,
    team text not null references team (id),
    name text not null,
    kind text not null,
    format text not null,
    destination text not null,
    sealed blob not null,
    version integer not null,
    paused integer not null,
    next integer not null,
    missed integer not null,
    attempts integer not null,
    due_at integer not null,
    claim text not null,
    claimed_until integer not null,
    error text,
    error_at integer,
    delivered_at integer,
    told_at integer,
    created_by text not null references person (id),
    created_at integer not null,
    updated_at integer not null
) strict;
create index audit_sink_team on audit_sink (team, id);
create index audit_sink_due on audit_sink (due_at) where paused = 0;
