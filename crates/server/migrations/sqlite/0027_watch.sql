-- owner: watching
-- Who wants to be told of changes in a workspace, or in one collection of it. `element` is empty for the workspace itself.
-- `told_at` is when they were told last.
create table watch (
    team text not null references team (id),
    workspace text not null references workspace (id) on delete cascade,
    element text not null,
    person text not null references person (id),
    created_at integer not null,
    told_at integer not null,
    primary key (workspace, element, person)
) strict;
create index watch_element on watch (element);
