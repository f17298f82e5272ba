-- owner: identity
-- When an Admin last ended somebody's sessions in a team.
create table session_revocation (
    team text not null references team (id),
    person text not null references person (id),
    revoked_at integer not null,
    primary key (team, person)
) strict;

-- owner: publishing
-- Whom the log has named lately for opening a link. `reader` is a hash of the person, or of the network of somebody who is
-- not named there.
create table share_link_reader (
    link text not null references share_link (id) on delete cascade,
    reader blob not null,
    team text not null references team (id),
    named integer not null,
    told_at integer not null,
    primary key (link, reader)
) strict;
create index share_link_reader_told_at on share_link_reader (told_at);
