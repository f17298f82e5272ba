-- owner: certificates
-- Certificates that somebody's requests use in a team. `kind` is `client`, with a host and a port, or `authority`.
-- `certificates` is how many stand in the file. `sealed` holds the files and the passphrase.
create table certificate (
    id text not null primary key,
    team text not null references team (id),
    person text not null references person (id),
    kind text not null,
    host text,
    port text,
    subject text not null,
    issuer text not null,
    fingerprint text not null,
    certificates integer not null,
    expires_at integer not null,
    sealed blob not null,
    created_at integer not null
) strict;
create index certificate_person on certificate (team, person, id);

-- owner: runs
-- The reports that are kept of a run: their formats, with spaces between them, and how many bytes they have together. The
-- reports themselves are in the object store, sealed.
alter table history_entry add column reports text;
alter table history_entry add column report_bytes integer;
