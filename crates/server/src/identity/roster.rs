//! The list of a team's members, by the page: searched, filtered and sorted by the database, since a team may have 50,000.

use bulla_access::TeamRole;
use bulla_db::{Reader, Row, sql};

use super::{Page, Person, TeamPerson, person_of, role_named};
use crate::error::{Error, Result};
use crate::id::PersonId;
use crate::moment::Moment;

/// A member in the list.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedPerson {
    /// Who it is, and what they are in the team by themselves.
    #[serde(flatten)]
    pub person: TeamPerson,
    /// When they came into the team.
    pub joined_at: Moment,
    /// When they were last active, to within minutes; for those who manage people.
    pub active_at: Option<Moment>,
    /// Have they a second factor? For those who manage people.
    pub has_factor: Option<bool>,
}

/// In which order members are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PeopleOrder)]
pub enum Order {
    /// In that of their accounts.
    #[default]
    Account,
    /// By name.
    Name,
    /// Those first who were active last.
    Active,
    /// Those first who came last.
    Joined,
}

impl Order {
    fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Name => "name",
            Self::Active => "active",
            Self::Joined => "joined",
        }
    }
}

/// Which members are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'w> {
    /// Whom to find, where to begin, and how many.
    pub page: Page<'w>,
    /// Only those who hold this role, directly or through a group.
    pub role: Option<TeamRole>,
    /// Only those without a second factor.
    pub without_factor: bool,
    /// The order.
    pub order: Order,
}

fn listed(row: &Row, manages: bool) -> Result<ListedPerson> {
    let names = row.text_or_null("roles")?.unwrap_or_default();
    let roles = names.split(',').filter(|name| !name.is_empty()).map(role_named).collect::<Result<Vec<_>>>()?;
    let active = row.integer("active_at")?;
    Ok(ListedPerson {
        person: TeamPerson::new(person_of(row)?, roles),
        joined_at: Moment(row.integer("joined_at")?),
        active_at: (manages && active > 0).then_some(Moment(active)),
        has_factor: if manages { Some(row.integer("has_factor")? == 1) } else { None },
    })
}

/// A page of the members of `team`, after whom the next begins, and how many fit in all. What only those may know who
/// manage people is left out for others.
///
/// # Errors
///
/// [`Error::Invalid`] for a page that begins after nobody.
pub async fn people(
    reader: Reader<'_>,
    team: &str,
    wanted: &Wanted<'_>,
    manages: bool,
) -> Result<(Vec<ListedPerson>, Option<PersonId>, i64)> {
    let Wanted { page, role, without_factor, order } = wanted;
    page.check(reader).await?;
    let role = role.map_or("", TeamRole::name);
    let rows = sql!(
        "with listed as (select member.person as id, numeric_id, name, email, joined_at, \
         coalesce(member_activity.active_at, 0) as active_at, \
         case when $6 = 'name' then lower(name) else '' end as by_name, \
         case when $6 = 'active' then -coalesce(member_activity.active_at, 0) when $6 = 'joined' then -joined_at else 0 end \
         as by_time, \
         cast(case when exists (select 1 from totp where totp.person = member.person and confirmed_at is not null) \
         or exists (select 1 from passkey where passkey.person = member.person) then 1 else 0 end as bigint) as has_factor \
         from member left join member_activity on member_activity.team = member.team \
         and member_activity.person = member.person where member.team = $1) \
         select id, numeric_id, name, email, joined_at, active_at, has_factor, \
         (select string_agg(role, ',') from membership where membership.team = $1 and membership.person = listed.id) \
         as roles from listed where (lower(name) like $2 escape '\\' or lower(email) like $2 escape '\\') \
         and ($3 = '' or exists (select 1 from held_role where held_role.team = $1 and held_role.person = listed.id \
         and held_role.role = $3)) and ($4 = 0 or has_factor = 0) \
         and ($5 = '' or (by_name, by_time, numeric_id) > \
         (select by_name, by_time, numeric_id from listed known where known.id = $5)) \
         order by by_name, by_time, numeric_id limit $7"
    )
    .bind(team)
    .bind(page.pattern())
    .bind(role)
    .bind(i64::from(*without_factor))
    .bind(page.after.unwrap_or_default())
    .bind(order.name())
    .bind(page.limit + 1)
    .all(reader)
    .await?;
    let total = sql!(
        "select count(*) as total from member where member.team = $1 \
         and (lower(name) like $2 escape '\\' or email_key like $2 escape '\\') \
         and ($3 = '' or exists (select 1 from held_role where held_role.team = $1 and held_role.person = member.person \
         and held_role.role = $3)) and ($4 = 0 or not (exists (select 1 from totp where totp.person = member.person \
         and confirmed_at is not null) or exists (select 1 from passkey where passkey.person = member.person)))"
    )
    .bind(team)
    .bind(page.pattern())
    .bind(role)
    .bind(i64::from(*without_factor))
    .one(reader)
    .await?
    .integer("total")?;
    let mut people = rows.iter().map(|row| listed(row, manages)).collect::<Result<Vec<_>>>()?;
    let more = i64::try_from(people.len()).unwrap_or(i64::MAX) > page.limit;
    if more {
        people.pop();
    }
    let next = people.last().filter(|_| more).map(|listed| listed.person.person.id.clone());
    Ok((people, next, total))
}

/// How many members `team` has.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn count(place: bulla_db::Place<'_>, team: &str) -> Result<i64> {
    let row =
        sql!("select count(distinct person) as total from membership where team = $1").bind(team).one(place).await?;
    Ok(row.integer("total")?)
}

/// Fails if the plan of the team of `change` has no room for `more` members than there are.
///
/// # Errors
///
/// [`Error::PlanNeeded`].
pub async fn has_room(change: &mut crate::operation::Change, more: i64) -> Result<()> {
    use bulla_access::{FREE_MEMBERS, Plan};
    let team = change.team().to_owned();
    let plan = super::team(change.transaction().into(), &team).await?.plan;
    if plan != Plan::Free.name() || count(change.transaction().into(), &team).await? + more <= FREE_MEMBERS {
        return Ok(());
    }
    let because = format!("a team with the plan Free has at most {FREE_MEMBERS} members; the plan Basic has more");
    Err(Error::PlanNeeded { plan: Plan::Basic, because })
}

/// A member with every role that they hold, for saying who takes a seat.
pub struct Holder {
    /// Who.
    pub person: Person,
    /// Their roles, directly or through a group.
    pub roles: Vec<TeamRole>,
}

/// The members of `team` in the order of their accounts from `after` on, with every role that each holds.
///
/// # Errors
///
/// [`Error::Invalid`] for a page that begins after nobody.
pub async fn holders(reader: Reader<'_>, team: &str, page: &Page<'_>) -> Result<(Vec<Holder>, Option<PersonId>)> {
    page.check(reader).await?;
    let rows = sql!(
        "select person as id, numeric_id, name, email, \
         (select string_agg(role, ',') from held_role where held_role.team = $1 and held_role.person = member.person) \
         as roles from member where team = $1 and (lower(name) like $2 escape '\\' or email_key like $2 escape '\\') \
         and ($3 = '' or numeric_id > (select person.numeric_id from person where person.id = $3)) \
         order by numeric_id limit $4"
    )
    .bind(team)
    .bind(page.pattern())
    .bind(page.after.unwrap_or_default())
    .bind(page.limit + 1)
    .all(reader)
    .await?;
    let mut holders = Vec::with_capacity(rows.len());
    for row in &rows {
        let names = row.text_or_null("roles")?.unwrap_or_default();
        let roles = names.split(',').filter(|name| !name.is_empty()).map(role_named).collect::<Result<Vec<_>>>()?;
        holders.push(Holder { person: person_of(row)?, roles });
    }
    let more = i64::try_from(holders.len()).unwrap_or(i64::MAX) > page.limit;
    if more {
        holders.pop();
    }
    let next = holders.last().filter(|_| more).map(|holder| holder.person.id.clone());
    Ok((holders, next))
}

/// The members of `team` with Admin or Billing alone, directly or through a group, the earliest first.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn support_users(place: bulla_db::Place<'_>, team: &str) -> Result<Vec<PersonId>> {
    sql!(
        "select member.person as id from member where member.team = $1 and not exists (select 1 from held_role \
         where held_role.team = $1 and held_role.person = member.person and role not in ('admin', 'billing')) \
         order by joined_at, numeric_id"
    )
    .bind(team)
    .all(place)
    .await?
    .iter()
    .map(|row| Ok(PersonId(row.text("id")?)))
    .collect()
}

/// How many members of `team` hold `role`, directly or through a group.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn holding(place: bulla_db::Place<'_>, team: &str, role: TeamRole) -> Result<i64> {
    let row = sql!("select count(distinct person) as total from held_role where team = $1 and role = $2")
        .bind(team)
        .bind(role.name())
        .one(place)
        .await?;
    Ok(row.integer("total")?)
}
