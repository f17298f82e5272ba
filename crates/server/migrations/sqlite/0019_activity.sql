-- owner: identity
-- When a member was last active in a team, to within minutes.
create table member_activity (
    team text not null references team (id),
    person text not null references person (id),
    active_at integer not null,
    primary key (team, person)
) strict;
insert into member_activity (team, person, active_at)
select team, person, max(last_seen_at) from session group by team, person;
