//! Groups: people of a team under one name, who all have what is given to the group.
//!
//! A group gives roles in the team, and can be given roles in workspaces. Only members of the team are in its groups, and
//! groups are not nested. [`bulla_access::GroupChange`] says who may change one. What a group gives counts under the plan
//! Enterprise; under a lesser one it lies dormant.

pub mod http;

use bulla_access::{GroupAct, GroupChange, GroupRefusal, TeamRole};
use bulla_db::{Place, Reader, Row, sql};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::id::{GroupId, PersonId};
use crate::identity::{self, Page, Person};
use crate::moment::Moment;
use crate::notifications::{self, Kind, Notice};
use crate::operation::Change;
use crate::{limits, workspaces};

/// Most groups of a team.
const GROUPS: i64 = 5_000;
/// Most members of a group.
const MEMBERS: i64 = 50_000;
/// Most people that one change puts into a group or takes out of it.
const AT_ONCE: usize = 1_000;

/// A group in a list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupSummary {
    /// Its id.
    pub id: GroupId,
    /// Its id as Postman's API has it.
    pub numeric_id: i64,
    /// Its name, which no other group of the team has.
    pub name: String,
    /// What it is for.
    pub summary: String,
    /// How many people are in it.
    pub people: i64,
    /// The roles in the team that it gives, the greatest first.
    pub roles: Vec<&'static str>,
    /// Counts up with each change of name, summary and roles.
    pub version: i64,
    /// When it was made.
    pub created_at: Moment,
    /// When it was last changed.
    pub updated_at: Moment,
}

/// A group with those who manage it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Group {
    /// What a list has of it.
    #[serde(flatten)]
    pub summary: GroupSummary,
    /// Who manages it, beside the Admins of the team.
    pub managers: Vec<Person>,
    /// May whoever asks put people into it and take them out?
    pub manageable: bool,
}

/// A page of the people in a group.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupMembers {
    /// By name.
    pub items: Vec<Person>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub next: Option<PersonId>,
}

fn roles_in(row: &Row) -> Result<Vec<TeamRole>> {
    let names = row.text_or_null("roles")?.unwrap_or_default();
    let mut roles = names
        .split(',')
        .filter(|name| !name.is_empty())
        .map(|name| TeamRole::named(name).ok_or_else(|| Error::unexpected(format!("unknown team role {name}"))))
        .collect::<Result<Vec<_>>>()?;
    // Declared from the greatest to the least.
    roles.sort_unstable();
    Ok(roles)
}

fn group_in(row: &Row) -> Result<GroupSummary> {
    Ok(GroupSummary {
        id: GroupId(row.text("id")?),
        numeric_id: row.integer("numeric_id")?,
        name: row.text("name")?,
        summary: row.text("summary")?,
        people: row.integer("people")?,
        roles: roles_in(row)?.into_iter().map(TeamRole::name).collect(),
        version: row.integer("version")?,
        created_at: Moment(row.integer("created_at")?),
        updated_at: Moment(row.integer("updated_at")?),
    })
}

/// The groups of `team`, by name.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn groups(reader: Reader<'_>, team: &str) -> Result<Vec<GroupSummary>> {
    sql!(
        "select id, numeric_id, name, summary, version, created_at, updated_at, \
         (select count(*) from group_member where group_member.user_group = user_group.id) as people, \
         (select string_agg(role, ',') from group_role where group_role.user_group = user_group.id) as roles \
         from user_group where team = $1 order by name_key, id"
    )
    .bind(team)
    .all(reader)
    .await?
    .iter()
    .map(group_in)
    .collect()
}

/// The group of `team` with this id.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn summary(place: Place<'_>, team: &str, id: &GroupId) -> Result<Option<GroupSummary>> {
    sql!(
        "select id, numeric_id, name, summary, version, created_at, updated_at, \
         (select count(*) from group_member where group_member.user_group = user_group.id) as people, \
         (select string_agg(role, ',') from group_role where group_role.user_group = user_group.id) as roles \
         from user_group where id = $1 and team = $2"
    )
    .bind(id)
    .bind(team)
    .optional(place)
    .await?
    .map(|row| group_in(&row))
    .transpose()
}

/// A group as `person` with these roles sees it.
///
/// # Errors
///
/// [`Error::NotFound`] if the team has none with this id.
pub async fn group(
    mut place: Place<'_>,
    team: &str,
    id: &GroupId,
    person: &PersonId,
    roles: &[TeamRole],
) -> Result<Group> {
    let summary = summary(place.again(), team, id).await?.ok_or(Error::NotFound { what: "group" })?;
    let rows = sql!("select person from group_manager where user_group = $1 order by created_at, person")
        .bind(id)
        .all(place.again())
        .await?;
    let mut managers = Vec::with_capacity(rows.len());
    for row in &rows {
        managers.extend(identity::member(place.again(), team, &PersonId(row.text("person")?)).await?);
    }
    let gives: Vec<_> = summary.roles.iter().filter_map(|name| TeamRole::named(name)).collect();
    let change = GroupChange {
        actor: roles,
        manages: managers.iter().any(|manager| manager.id == *person),
        is_member: false,
        roles: &gives,
        act: GroupAct::Remove,
    };
    Ok(Group { manageable: change.judge().is_ok(), managers, summary })
}

/// The people in a group by name, from `after` on, at most `limit`; only those whose name or address holds `search`.
///
/// # Errors
///
/// [`Error::Invalid`] for an `after` that no page gave.
pub async fn members(
    reader: Reader<'_>,
    team: &str,
    id: &GroupId,
    search: &str,
    after: Option<&str>,
    limit: i64,
) -> Result<GroupMembers> {
    let page = Page { search, after, limit };
    identity::people_in_group(reader, team, id, &page).await.map(|(items, next)| GroupMembers { items, next })
}

/// A group that is to be made.
pub struct NewGroup<'n> {
    /// Its name.
    pub name: &'n str,
    /// What it is for.
    pub summary: &'n str,
    /// The roles that it gives.
    pub roles: &'n [TeamRole],
}

/// Makes a group. A Developer who makes one becomes its manager.
///
/// # Errors
///
/// [`Error::Forbidden`] for roles that the actor may not give so, [`Error::Conflict`] if the name is taken.
pub async fn create(change: &mut Change, new: &NewGroup<'_>) -> Result<GroupId> {
    let (team, now) = (change.team().to_owned(), change.now);
    let (name, summary) = (limits::name("/name", new.name)?, limits::summary("/summary", new.summary)?);
    let (actor, held) = actor_of(change).await?;
    let judged =
        GroupChange { actor: &held, manages: false, is_member: false, roles: new.roles, act: GroupAct::Create };
    judge(&judged)?;
    let count = sql!("select count(*) as total from user_group where team = $1")
        .bind(&team)
        .one(change.transaction())
        .await?
        .integer("total")?;
    if count >= GROUPS {
        return Err(too_many(format!("the team has {count} groups, and no more are allowed")));
    }
    name_is_free(change, &name, None).await?;
    let id = GroupId::new(now);
    let numeric_id = identity::next_numeric_id(change).await?;
    sql!(
        "insert into user_group (id, team, numeric_id, name, name_key, summary, version, created_by, created_at, \
         updated_at) values ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9)"
    )
    .bind(&id)
    .bind(&team)
    .bind(numeric_id)
    .bind(&name)
    .bind(name.to_lowercase())
    .bind(&summary)
    .bind(&actor)
    .bind(now)
    .bind(now)
    .execute(change.transaction())
    .await?;
    put_roles(change, &id, new.roles).await?;
    if !held.contains(&TeamRole::SuperAdmin) && !held.contains(&TeamRole::Admin) {
        put_manager(change, &id, &actor).await?;
        change.text(&format!("managers/{actor}"), None, Some("manager"));
    }
    change.about("group", &id);
    change.text("name", None, Some(&name));
    change.text("roles", None, Some(&names(new.roles)));
    Ok(id)
}

/// What changes of a group; `None` leaves as it is.
pub struct GroupUpdate<'u> {
    /// The version that was read.
    pub version: i64,
    /// Another name.
    pub name: Option<&'u str>,
    /// Another summary.
    pub summary: Option<&'u str>,
    /// All roles that it is to give.
    pub roles: Option<&'u [TeamRole]>,
}

/// Changes the name, the summary or the roles of a group.
///
/// A group that gives more than Developer has no managers: they are taken off, and the event says so.
///
/// # Errors
///
/// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Stale`] if it was changed since it was read, [`Error::Conflict`]
/// if the name is taken.
pub async fn update(change: &mut Change, id: &GroupId, update: &GroupUpdate<'_>) -> Result<()> {
    let now = change.now;
    let open = opened(change, id).await?;
    if update.name.is_some() || update.summary.is_some() {
        judge(&open.change(GroupAct::Rename))?;
    }
    let name = update.name.map_or(Ok(open.summary.name.clone()), |name| limits::name("/name", name))?;
    let summary = update.summary.map_or(Ok(open.summary.summary.clone()), |text| limits::summary("/summary", text))?;
    name_is_free(change, &name, Some(id)).await?;
    let changed = sql!(
        "update user_group set name = $1, name_key = $2, summary = $3, version = version + 1, updated_at = $4 \
         where id = $5 and version = $6"
    )
    .bind(&name)
    .bind(name.to_lowercase())
    .bind(&summary)
    .bind(now)
    .bind(id)
    .bind(update.version)
    .execute(change.transaction())
    .await?;
    if changed == 0 {
        let current = serde_json::to_value(&open.summary).map_err(Error::unexpected)?;
        return Err(Error::Stale { what: "group", current: Box::new(current) });
    }
    change.text("name", Some(&open.summary.name), Some(&name));
    change.text("summary", Some(&open.summary.summary), Some(&summary));
    if let Some(roles) = update.roles {
        judge(&open.change(GroupAct::Roles(roles)))?;
        sql!("delete from group_role where user_group = $1").bind(id).execute(change.transaction()).await?;
        put_roles(change, id, roles).await?;
        change.text("roles", Some(&names(&open.roles)), Some(&names(roles)));
        if roles != [TeamRole::Developer] {
            let gone =
                sql!("delete from group_manager where user_group = $1").bind(id).execute(change.transaction()).await?;
            change.number("managers", i64::try_from(gone).ok(), Some(0));
        }
    }
    Ok(())
}

/// Deletes a group with every role that it has in workspaces. Its members stay in the team.
///
/// # Errors
///
/// [`Error::NotFound`], [`Error::Forbidden`].
pub async fn delete(change: &mut Change, id: &GroupId) -> Result<()> {
    let open = opened(change, id).await?;
    judge(&open.change(GroupAct::Delete))?;
    let grants = workspaces::forget_holder(change, id).await?;
    // Members, managers and roles go by `on delete cascade`.
    sql!("delete from user_group where id = $1").bind(id).execute(change.transaction()).await?;
    change.text("name", Some(&open.summary.name), None);
    change.number("people", Some(open.summary.people), None);
    change.number("grants", i64::try_from(grants).ok(), Some(0));
    Ok(())
}

/// Who is to come into a group or to manage it, and who is not to any more.
pub struct PeopleChange<'p> {
    /// Those who come.
    pub add: &'p [PersonId],
    /// Those who go.
    pub remove: &'p [PersonId],
}

impl PeopleChange<'_> {
    fn check(&self) -> Result<()> {
        if self.add.len() + self.remove.len() > AT_ONCE {
            return Err(Error::invalid("", format!("change at most {AT_ONCE} people at once")));
        }
        Ok(())
    }
}

/// Puts people into a group and takes people out of it. Who is in already, or not in, stays so.
///
/// # Errors
///
/// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Invalid`] for somebody who is no member of the team,
/// [`Error::Conflict`] if too many would be in it.
pub async fn change_members(change: &mut Change, id: &GroupId, people: &PeopleChange<'_>) -> Result<()> {
    people.check()?;
    let open = opened(change, id).await?;
    if !people.add.is_empty() {
        judge(&open.change(GroupAct::Add { own: people.add.contains(&open.actor) && !open.is_member }))?;
    }
    if !people.remove.is_empty() {
        judge(&open.change(GroupAct::Remove))?;
    }
    for (index, person) in people.add.iter().enumerate() {
        in_team(change, &format!("/add/{index}"), person).await?;
        if put_member(change, id, person).await? {
            change.text(&format!("people/{person}"), None, Some("member"));
            let roles = names(&open.roles).replace('-', " ");
            let notice = Notice {
                kind: Kind::GroupAdded,
                subject: format!("You were added to the group {}", open.summary.name),
                details: format!("You now have what is given to the group. In the team it gives: {roles}."),
                page: None,
            };
            notifications::tell(change, std::slice::from_ref(person), &notice).await?;
        }
    }
    for person in people.remove {
        let removed = sql!("delete from group_member where user_group = $1 and person = $2")
            .bind(id)
            .bind(person)
            .execute(change.transaction())
            .await?;
        if removed > 0 {
            change.text(&format!("people/{person}"), Some("member"), None);
        }
    }
    let total = sql!("select count(*) as total from group_member where user_group = $1")
        .bind(id)
        .one(change.transaction())
        .await?
        .integer("total")?;
    if total > MEMBERS {
        return Err(too_many(format!("a group has at most {MEMBERS} people")));
    }
    Ok(())
}

/// Says who manages a group, and who does not any more.
///
/// # Errors
///
/// As [`change_members`].
pub async fn change_managers(change: &mut Change, id: &GroupId, people: &PeopleChange<'_>) -> Result<()> {
    people.check()?;
    let open = opened(change, id).await?;
    judge(&open.change(GroupAct::Managers))?;
    for (index, person) in people.add.iter().enumerate() {
        in_team(change, &format!("/add/{index}"), person).await?;
        if put_manager(change, id, person).await? {
            change.text(&format!("managers/{person}"), None, Some("manager"));
        }
    }
    for person in people.remove {
        let removed = sql!("delete from group_manager where user_group = $1 and person = $2")
            .bind(id)
            .bind(person)
            .execute(change.transaction())
            .await?;
        if removed > 0 {
            change.text(&format!("managers/{person}"), Some("manager"), None);
        }
    }
    Ok(())
}

/// How many groups `team` has.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn count(place: Place<'_>, team: &str) -> Result<i64> {
    let row = sql!("select count(*) as total from user_group where team = $1").bind(team).one(place).await?;
    Ok(row.integer("total")?)
}

/// May `by` put somebody else into a group?
///
/// # Errors
///
/// [`Error::NotFound`] if the team has no such group, [`Error::Forbidden`] if they may not.
pub async fn may_admit(change: &mut Change, id: &GroupId, by: &PersonId) -> Result<()> {
    let held = identity::counting_roles(change, by).await?;
    let open = opened_by(change, id, by.clone(), held).await?;
    judge(&open.change(GroupAct::Add { own: false }))
}

/// Puts somebody who comes into the team by an invite into a group in the name of `by`; `false` if there is no such group any
/// more, or `by` may not any more.
///
/// # Errors
///
/// If the database refuses.
pub async fn admit(change: &mut Change, id: &GroupId, person: &PersonId, by: &PersonId) -> Result<bool> {
    match may_admit(change, id, by).await {
        Ok(()) => {}
        Err(Error::NotFound { .. } | Error::Forbidden { .. }) => return Ok(false),
        Err(error) => return Err(error),
    }
    put_member(change, id, person).await?;
    Ok(true)
}

/// Puts a member of the team of `change` into a group; `false` if they were in it.
async fn put_member(change: &mut Change, id: &GroupId, person: &PersonId) -> Result<bool> {
    let (team, now) = (change.team().to_owned(), change.now);
    let added = sql!(
        "insert into group_member (user_group, person, team, created_at) values ($1, $2, $3, $4) \
         on conflict (user_group, person) do nothing"
    )
    .bind(id)
    .bind(person)
    .bind(&team)
    .bind(now)
    .execute(change.transaction())
    .await?;
    Ok(added > 0)
}

/// Takes somebody who leaves the team of `change` out of all its groups, and returns of how many.
///
/// # Errors
///
/// If the database refuses.
pub async fn forget_person(change: &mut Change, person: &PersonId) -> Result<u64> {
    let team = change.team().to_owned();
    let groups = sql!("delete from group_member where person = $1 and team = $2")
        .bind(person)
        .bind(&team)
        .execute(change.transaction())
        .await?;
    sql!("delete from group_manager where person = $1 and team = $2")
        .bind(person)
        .bind(&team)
        .execute(change.transaction())
        .await?;
    Ok(groups)
}

/// A group that somebody is about to change.
struct Opened {
    summary: GroupSummary,
    /// What it gives.
    roles: Vec<TeamRole>,
    actor: PersonId,
    /// What the actor holds.
    held: Vec<TeamRole>,
    manages: bool,
    is_member: bool,
}

impl Opened {
    fn change<'o>(&'o self, act: GroupAct<'o>) -> GroupChange<'o> {
        GroupChange { actor: &self.held, manages: self.manages, is_member: self.is_member, roles: &self.roles, act }
    }
}

async fn opened(change: &mut Change, id: &GroupId) -> Result<Opened> {
    let (actor, held) = actor_of(change).await?;
    let open = opened_by(change, id, actor, held).await?;
    change.about("group", id);
    Ok(open)
}

async fn opened_by(change: &mut Change, id: &GroupId, actor: PersonId, held: Vec<TeamRole>) -> Result<Opened> {
    let team = change.team().to_owned();
    let summary = summary(change.transaction().into(), &team, id).await?.ok_or(Error::NotFound { what: "group" })?;
    let row = sql!(
        "select (select count(*) from group_manager where user_group = $1 and person = $2) as manages, \
         (select count(*) from group_member where user_group = $1 and person = $2) as is_member"
    )
    .bind(id)
    .bind(&actor)
    .one(change.transaction())
    .await?;
    let roles = summary.roles.iter().filter_map(|name| TeamRole::named(name)).collect();
    let (manages, is_member) = (row.integer("manages")? > 0, row.integer("is_member")? > 0);
    Ok(Opened { summary, roles, actor, held, manages, is_member })
}

/// Who makes the change, with every role that they hold.
async fn actor_of(change: &mut Change) -> Result<(PersonId, Vec<TeamRole>)> {
    let actor = change.person().ok_or_else(|| Error::unexpected("groups are changed by a person"))?;
    let held = identity::counting_roles(change, &actor).await?;
    Ok((actor, held))
}

fn judge(change: &GroupChange<'_>) -> Result<()> {
    change.judge().map_err(|refusal| match refusal {
        GroupRefusal::NoRole => Error::invalid("/roles", refusal.to_string()),
        GroupRefusal::NoManagers => Error::Conflict { code: "no_managers", detail: refusal.to_string() },
        GroupRefusal::NotManager | GroupRefusal::DeveloperOnly | GroupRefusal::SuperAdminOnly | GroupRefusal::Own => {
            Error::Forbidden { because: refusal.to_string() }
        }
    })
}

async fn in_team(change: &mut Change, path: &str, person: &PersonId) -> Result<()> {
    let team = change.team().to_owned();
    match identity::member(change.transaction().into(), &team, person).await? {
        Some(_) => Ok(()),
        None => Err(Error::invalid(path, "there is no such member of the team")),
    }
}

async fn name_is_free(change: &mut Change, name: &str, but: Option<&GroupId>) -> Result<()> {
    let team = change.team().to_owned();
    let taken = sql!("select id from user_group where team = $1 and name_key = $2 and id <> $3")
        .bind(&team)
        .bind(name.to_lowercase())
        .bind(but.map_or("", GroupId::as_str))
        .optional(change.transaction())
        .await?;
    match taken {
        None => Ok(()),
        Some(_) => Err(Error::Conflict {
            code: "name_taken",
            detail: format!("the team has a group called {name} already; choose another name"),
        }),
    }
}

async fn put_roles(change: &mut Change, id: &GroupId, roles: &[TeamRole]) -> Result<()> {
    let (team, now) = (change.team().to_owned(), change.now);
    for role in roles {
        sql!("insert into group_role (user_group, role, team, created_at) values ($1, $2, $3, $4)")
            .bind(id)
            .bind(role.name())
            .bind(&team)
            .bind(now)
            .execute(change.transaction())
            .await?;
    }
    Ok(())
}

/// Was somebody made a manager who was none?
async fn put_manager(change: &mut Change, id: &GroupId, person: &PersonId) -> Result<bool> {
    let (team, now) = (change.team().to_owned(), change.now);
    let added = sql!(
        "insert into group_manager (user_group, person, team, created_at) values ($1, $2, $3, $4) \
         on conflict (user_group, person) do nothing"
    )
    .bind(id)
    .bind(person)
    .bind(&team)
    .bind(now)
    .execute(change.transaction())
    .await?;
    Ok(added > 0)
}

fn names(roles: &[TeamRole]) -> String {
    let mut roles = roles.to_vec();
    roles.sort_unstable();
    roles.into_iter().map(TeamRole::name).collect::<Vec<_>>().join(", ")
}

fn too_many(detail: String) -> Error {
    Error::Conflict { code: "too_many", detail }
}
