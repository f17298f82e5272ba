-- owner: mail
-- A mail, written in the transaction of what it tells of. `body` is sealed; it is null when the mail was sent, or when it
-- came too late to be of use. Whoever sends it claims it until `claimed_until`.
create table mail (
    id text not null primary key,
    team text not null references team (id),
    kind text not null,
    recipient text not null,
    subject text not null,
    body blob,
    attempts integer not null,
    due_at integer not null,
    claimed_until integer not null,
    sent_at integer,
    failed_at integer,
    error text,
    expires_at integer not null,
    created_at integer not null
) strict;
create index mail_due on mail (due_at);
create index mail_team on mail (team, id);
