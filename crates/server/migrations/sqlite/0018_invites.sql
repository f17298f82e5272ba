-- owner: invites
-- Somebody who may become a member. `token` is the SHA-256 of what stands in the link of the mail. `roles` and
-- `user_groups` are names and ids with commas between them. `link` is the link by which they asked for it themselves.
create table invite (
    id text not null primary key,
    team text not null references team (id),
    email text not null,
    email_key text not null,
    roles text not null,
    user_groups text not null,
    workspace text,
    workspace_role text,
    token blob not null unique,
    invited_by text not null references person (id),
    link text,
    created_at integer not null,
    sent_at integer not null,
    expires_at integer not null,
    accepted_at integer,
    accepted_by text,
    revoked_at integer
) strict;
create unique index invite_open on invite (team, email_key) where accepted_at is null and revoked_at is null;
create index invite_team on invite (team, id);
create index invite_link_of on invite (link) where link is not null;

-- A link by which many may ask for an invite. `max_uses` counts those who came in by it.
create table invite_link (
    id text not null primary key,
    team text not null references team (id),
    token blob not null unique,
    roles text not null,
    created_by text not null references person (id),
    created_at integer not null,
    expires_at integer not null,
    max_uses integer,
    uses integer not null,
    deleted_at integer
) strict;
create index invite_link_team on invite_link (team, id);

-- Somebody whom a member would like to see in the team, and what an Admin said of it.
create table invite_suggestion (
    id text not null primary key,
    team text not null references team (id),
    email text not null,
    email_key text not null,
    roles text not null,
    note text not null,
    suggested_by text not null references person (id),
    created_at integer not null,
    decided_at integer,
    decided_by text,
    approved integer,
    reason text
) strict;
create unique index invite_suggestion_open on invite_suggestion (team, email_key) where decided_at is null;
create index invite_suggestion_team on invite_suggestion (team, id);

-- Whether Developers invite Developers themselves; without a row the plan says so.
create table invite_policy (
    team text not null primary key references team (id),
    developers integer not null
) strict;
