-- owner: groups
-- `numeric_id` is the group as Postman's API names it; `name_key` is the name without regard to case.
create table user_group (
    id text not null primary key,
    team text not null references team (id),
    numeric_id integer not null unique,
    name text not null,
    name_key text not null,
    summary text not null,
    version integer not null,
    created_by text not null references person (id),
    created_at integer not null,
    updated_at integer not null
) strict;
create unique index user_group_name on user_group (team, name_key);

create table group_member (
    user_group text not null references user_group (id) on delete cascade,
    person text not null references person (id),
    team text not null references team (id),
    created_at integer not null,
    primary key (user_group, person)
) strict;
create index group_member_person on group_member (person, user_group);

-- Only a group whose sole role is Developer has managers.
create table group_manager (
    user_group text not null references user_group (id) on delete cascade,
    person text not null references person (id),
    team text not null references team (id),
    created_at integer not null,
    primary key (user_group, person)
) strict;
create index group_manager_person on group_manager (person, user_group);

create table group_role (
    user_group text not null references user_group (id) on delete cascade,
    role text not null,
    team text not null references team (id),
    created_at integer not null,
    primary key (user_group, role)
) strict;

-- What everybody may read of groups and memberships, in place of their tables. Whoever is no member of the team holds
-- nothing in it.

-- The roles of a person in a team: their own, with no group, and those of their groups.
create view held_role (person, team, role, group_name) as
select person, team, role, null from membership
union all
select group_member.person, group_member.team, group_role.role, user_group.name from group_member
join user_group on user_group.id = group_member.user_group
join group_role on group_role.user_group = group_member.user_group
where exists (select 1 from membership where membership.team = group_member.team
    and membership.person = group_member.person);

-- What a person answers to when something is given: themselves, with no group, and each of their groups.
create view holder (person, team, holder, group_name) as
select distinct person, team, person, null from membership
union all
select group_member.person, group_member.team, user_group.id, user_group.name from group_member
join user_group on user_group.id = group_member.user_group
where exists (select 1 from membership where membership.team = group_member.team
    and membership.person = group_member.person);

-- The members of each team, with what others of the team may know of them.
create view member (team, person, numeric_id, name, email, email_key, joined_at) as
select membership.team, person.id, person.numeric_id, person.name, person.email, person.email_key,
    min(membership.created_at)
from membership join person on person.id = membership.person
group by membership.team, person.id, person.numeric_id, person.name, person.email, person.email_key;
