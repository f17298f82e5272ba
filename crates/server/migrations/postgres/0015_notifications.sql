-- owner: notifications
-- What somebody was told in the app. `path` is the page that it leads to.
create table notification (
    id text not null primary key,
    team text not null references team (id),
    person text not null references person (id),
    kind text not null,
    subject text not null,
    details text not null,
    path text,
    created_at bigint not null,
    read_at bigint
);
create index notification_person on notification (person, team, id);
create index notification_unread on notification (person, team) where read_at is null;
create index notification_created on notification (created_at);

-- owner: notifications
-- What somebody wants to be told by which channel, where that is not what is usual.
create table notification_preference (
    person text not null references person (id),
    kind text not null,
    channel text not null,
    wanted bigint not null,
    created_at bigint not null,
    primary key (person, kind, channel)
);
