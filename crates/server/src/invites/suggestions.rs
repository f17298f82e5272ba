//! Suggestions: somebody whom a member would like to see in the team, for an Admin to decide.

use bulla_access::TeamRole;
use bulla_db::{Reader, Row, sql};
use serde::Serialize;

use super::{DAYS, Gift, Outcome, letters, role_names, roles_in};
use crate::error::{Error, Result};
use crate::id::{InviteId, PersonId, SuggestionId};
use crate::identity::{self, Address};
use crate::limits;
use crate::mail::{self, Post};
use crate::moment::Moment;
use crate::notifications::{self, Kind, Notice};
use crate::operation::Change;

/// Most suggestions of one person that wait at a time.
const WAITING: i64 = 100;
/// Most Admins who are told of one suggestion.
const TOLD: i64 = 50;
/// Most characters of a note or a reason.
const NOTE: usize = 1000;

/// A suggestion.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Suggestion {
    /// Its id.
    pub id: SuggestionId,
    /// Who is suggested.
    pub email: String,
    /// The roles in the team that they would have.
    pub roles: Vec<&'static str>,
    /// Why.
    pub note: String,
    /// Whose it is; absent if they are gone.
    pub suggested_by: Option<String>,
    /// When it was made.
    pub created_at: Moment,
    /// `waiting`, `approved` or `refused`.
    pub state: &'static str,
    /// Why it was refused.
    pub reason: Option<String>,
}

fn suggestion_in(row: &Row) -> Result<Suggestion> {
    Ok(Suggestion {
        id: SuggestionId(row.text("id")?),
        email: row.text("email")?,
        roles: roles_in(row)?.into_iter().map(TeamRole::name).collect(),
        note: row.text("note")?,
        suggested_by: row.text_or_null("suggester")?,
        created_at: Moment(row.integer("created_at")?),
        state: match row.integer_or_null("approved")? {
            None => "waiting",
            Some(0) => "refused",
            Some(_) => "approved",
        },
        reason: row.text_or_null("reason")?,
    })
}

/// The suggestions of `team`, those that wait first; of `person` alone, if one is named.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn suggestions(reader: Reader<'_>, team: &str, person: Option<&PersonId>) -> Result<Vec<Suggestion>> {
    sql!(
        "select invite_suggestion.id as id, invite_suggestion.email as email, roles, note, created_at, approved, reason, \
         member.name as suggester from invite_suggestion \
         left join member on member.person = invite_suggestion.suggested_by and member.team = invite_suggestion.team \
         where invite_suggestion.team = $1 and ($2 = '' or suggested_by = $2) \
         order by case when decided_at is null then 0 else 1 end, invite_suggestion.id desc limit 500"
    )
    .bind(team)
    .bind(person.map_or("", PersonId::as_str))
    .all(reader)
    .await?
    .iter()
    .map(suggestion_in)
    .collect()
}

/// Makes a suggestion, unless there is one of the same address.
pub(super) async fn create(
    change: &mut Change,
    actor: &PersonId,
    address: &Address,
    gift: &Gift,
    note: &str,
) -> Result<Outcome> {
    let (team, now) = (change.team().to_owned(), change.now);
    let note = limits::listed(note.trim(), NOTE);
    let waiting = sql!(
        "select count(*) as total from invite_suggestion where team = $1 and suggested_by = $2 and decided_at is null"
    )
    .bind(&team)
    .bind(actor)
    .one(change.transaction())
    .await?
    .integer("total")?;
    if waiting >= WAITING {
        let detail = format!("{waiting} suggestions of yours wait for an Admin already");
        return Err(Error::Conflict { code: "too_many", detail });
    }
    let id = SuggestionId::new(now);
    let made = sql!(
        "insert into invite_suggestion (id, team, email, email_key, roles, note, suggested_by, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8) \
         on conflict (team, email_key) where decided_at is null do nothing"
    )
    .bind(&id)
    .bind(&team)
    .bind(&address.email)
    .bind(&address.key)
    .bind(role_names(&gift.roles))
    .bind(&note)
    .bind(actor)
    .bind(now)
    .execute(change.transaction())
    .await?;
    if made == 0 {
        return Ok(Outcome::Waiting);
    }
    change.about("suggestion", &id);
    change.text("email", None, Some(&address.email));
    change.text("roles", None, Some(&role_names(&gift.roles)));
    let admins = identity::admins(change, TOLD).await?;
    let suggester = identity::member(change.transaction().into(), &team, actor).await?;
    let by = suggester.map_or_else(|| "A member".to_owned(), |person| person.name);
    let says = if note.is_empty() { String::new() } else { format!("They say: {note}") };
    let notice = Notice {
        kind: Kind::PersonSuggested,
        subject: format!("{by} suggests {} for the team", address.email),
        details: says,
        page: Some(("See the suggestions", "/team/invites".to_owned())),
    };
    notifications::tell(change, &admins, &notice).await?;
    Ok(Outcome::Suggested)
}

/// What an Admin decides.
pub enum Verdict<'v> {
    /// An invite goes out, with these roles in place of those that were suggested.
    Approve(Option<&'v [TeamRole]>),
    /// It does not, for this reason.
    Refuse(&'v str),
}

/// Decides a suggestion. Whoever made it is told.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none, [`Error::Conflict`] if it was decided before, [`Error::Forbidden`] for roles that
/// the actor may not give.
pub async fn decide(
    change: &mut Change,
    post: &Post,
    id: &SuggestionId,
    verdict: Verdict<'_>,
) -> Result<Option<InviteId>> {
    let (team, now) = (change.team().to_owned(), change.now);
    let actor = change.person().ok_or_else(|| Error::unexpected("a suggestion is decided by a person"))?;
    let row = sql!("select email, roles, suggested_by, decided_at from invite_suggestion where id = $1 and team = $2")
        .bind(id)
        .bind(&team)
        .optional(change.transaction())
        .await?
        .ok_or(Error::NotFound { what: "suggestion" })?;
    let (approved, reason) = match &verdict {
        Verdict::Approve(_) => (true, None),
        Verdict::Refuse(reason) => (false, Some(limits::listed(reason.trim(), NOTE))),
    };
    // Of two who decide at once one does.
    let decided = sql!(
        "update invite_suggestion set decided_at = $1, decided_by = $2, approved = $3, reason = $4 \
         where id = $5 and decided_at is null"
    )
    .bind(now)
    .bind(&actor)
    .bind(approved)
    .bind(reason.clone())
    .bind(id)
    .execute(change.transaction())
    .await?;
    if decided == 0 {
        let detail = "this suggestion was decided already".to_owned();
        return Err(Error::Conflict { code: "decided_already", detail });
    }
    let (email, by) = (row.text("email")?, PersonId(row.text("suggested_by")?));
    let address = Address::read("/email", &email)?;
    let mut invite = None;
    if let Verdict::Approve(roles) = verdict {
        let roles = match roles {
            Some(roles) => roles.to_vec(),
            None => roles_in(&row)?,
        };
        (_, invite) = super::create(change, post, &address, &Gift::of(roles), DAYS, "").await?;
    }
    change.about("suggestion", id);
    change.text("email", None, Some(&email));
    change.text("invite", None, invite.as_ref().map(InviteId::as_str));
    if let Some(suggester) = identity::member(change.transaction().into(), &team, &by).await? {
        let letter = letters::decided(post, &suggester, &email, approved, reason.as_deref().unwrap_or_default(), now);
        mail::write(change, letter).await?;
    }
    Ok(invite)
}
