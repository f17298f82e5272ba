//! Why somebody may do something, who may open a workspace, and what somebody may open.
//!
//! The answers come from [`bulla_access::explain`] and from the lists that a test holds against
//! [`bulla_access::decide`]. Whoever may not know of a thing is told nothing of it, not even why.

pub mod http;

use bulla_access::{Action, Actor, Explanation, Plan, TeamRole, Visibility, Who};
use bulla_db::Reader;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::id::{CollectionId, EnvironmentId, ItemId, PersonId, WorkspaceId};
use crate::identity::{self, Person};
use crate::operation::{About, Operation};
use crate::workspaces::{self, Role, Workspace};

/// What a question is about.
pub enum Subject {
    /// The team.
    Team,
    /// A workspace.
    Workspace(WorkspaceId),
    /// A collection.
    Collection(CollectionId),
    /// A folder, request or example.
    Item(ItemId),
    /// An environment or globals.
    Environment(EnvironmentId),
}

impl Subject {
    /// The thing of this kind, as a query names it.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a kind that there is not, or without an id where one is needed.
    pub fn read(kind: &str, id: Option<String>) -> Result<Self> {
        let id = || id.clone().ok_or_else(|| Error::invalid("/id", "say which one by its id"));
        Ok(match kind {
            "team" => Self::Team,
            "workspace" => Self::Workspace(WorkspaceId(id()?)),
            "collection" => Self::Collection(CollectionId(id()?)),
            "item" => Self::Item(ItemId(id()?)),
            "environment" => Self::Environment(EnvironmentId(id()?)),
            _ => {
                let message = "choose one of team, workspace, collection, item, environment";
                return Err(Error::invalid("/kind", message));
            }
        })
    }

    fn about(&self) -> About<'_> {
        match self {
            Self::Team => About::Team,
            Self::Workspace(id) => About::Workspace(id),
            Self::Collection(id) => About::Collection(id),
            Self::Item(id) => About::Item(id),
            Self::Environment(id) => About::Environment(id),
        }
    }

    /// What whoever asks about somebody else must be allowed to do themselves.
    fn needs(&self) -> Action {
        match self {
            Self::Team => Action::PersonList,
            Self::Workspace(_) => Action::MemberList,
            Self::Collection(_) => Action::CollectionRead,
            Self::Item(_) => Action::ItemRead,
            Self::Environment(_) => Action::EnvironmentRead,
        }
    }
}

/// A decision with everything that led to it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// May they?
    pub allowed: bool,
    /// Why or why not, as a sentence.
    pub because: String,
    /// What the action asks for.
    pub asks: String,
    /// Every role that was looked at, those in the team first.
    pub steps: Vec<Step>,
    /// What has to happen for it to be allowed; absent if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub missing: Option<String>,
}

/// One role that was looked at.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AccessStep)]
pub struct Step {
    /// The role and how it came, as a sentence.
    pub text: String,
    /// Is it enough by itself?
    pub suffices: bool,
    /// The plan that the team would need for the role to count; absent if it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub dormant_until: Option<&'static str>,
}

impl Answer {
    fn of(explanation: Explanation, who: Who<'_>) -> Self {
        Self {
            allowed: explanation.decision.allowed,
            because: explanation.decision.because.about(who),
            asks: explanation.asks,
            steps: explanation
                .steps
                .into_iter()
                .map(|step| Step {
                    text: step.text,
                    suffices: step.suffices,
                    dormant_until: step.dormant.map(Plan::name),
                })
                .collect(),
            missing: explanation.missing,
        }
    }
}

/// Why `person`, or whoever asks, may do `action` to `subject`, or may not.
///
/// # Errors
///
/// [`Error::NotFound`] if there is no such thing or person, or whoever asks may not know of the thing;
/// [`Error::Forbidden`] if they may not ask about others.
pub async fn explain(op: &Operation, action: Action, subject: &Subject, person: Option<&PersonId>) -> Result<Answer> {
    let Some(person) = person.filter(|person| *person != op.person()) else {
        let told = op.explain(action, subject.about(), op.actor(), Who::You).await?;
        // Of what they may not know of they are told what they would be told of what is not there.
        return match told.decision.visible {
            true => Ok(Answer::of(told, Who::You)),
            false => Err(Error::NotFound { what: subject.about().kind() }),
        };
    };
    op.read(subject.needs(), subject.about()).await?;
    let named = identity::member(op.reader().into(), op.team(), person).await?;
    let named = named.ok_or(Error::NotFound { what: "person" })?;
    let actor = actor(op.reader(), op.team(), person).await?;
    let who = Who::Named(&named.name);
    Ok(Answer::of(op.explain(action, subject.about(), &actor, who).await?, who))
}

async fn actor(reader: Reader<'_>, team: &str, person: &PersonId) -> Result<Actor> {
    let found = identity::actor_of(reader.into(), team, person).await?;
    // Whoever left a moment ago holds nothing.
    let nothing = || Actor { person: person.0.clone(), team: team.to_owned(), roles: Vec::new() };
    Ok(found.map_or_else(nothing, |(actor, _)| actor))
}

/// Somebody who may open a workspace.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Reaching {
    /// Who.
    pub person: Person,
    /// What they are in it.
    pub role: Role,
    /// Where that comes from, as a sentence.
    pub because: String,
}

/// A page of those who may open a workspace.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Reached {
    /// By name.
    pub items: Vec<Reaching>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub next: Option<PersonId>,
}

/// Who may open the workspace, by name.
///
/// # Errors
///
/// As [`Operation::read`] for the list of its members; [`Error::Invalid`] for a page that there is not.
pub async fn reaching(op: &Operation, id: &WorkspaceId, page: &identity::Page<'_>) -> Result<Reached> {
    let read = op.read(Action::MemberList, id).await?;
    let plan = op.signed_in().plan;
    let (people, next) = workspaces::reaching(read.reader(), op.team(), id, plan, page).await?;
    let mut items = Vec::with_capacity(people.len());
    for person in people {
        let actor = actor(read.reader(), op.team(), &person.id).await?;
        let told = op.explain(Action::WorkspaceRead, id, &actor, Who::Named(&person.name)).await?;
        let object = workspaces::object(read.reader().into(), id, None, &person.id).await?;
        if let Some(role) = object.and_then(|object| object.role(&actor, plan)) {
            let because = told.decision.because.about(Who::Named(&person.name));
            items.push(Reaching { role: role.into(), because, person });
        }
    }
    Ok(Reached { items, next })
}

/// The workspaces that `person` may open, by name, as far as whoever asks may know of them.
///
/// # Errors
///
/// [`Error::Forbidden`] for those who do not manage the team's people and ask about somebody else,
/// [`Error::NotFound`] for somebody who is no member.
pub async fn open_to(op: &Operation, person: &PersonId) -> Result<Vec<Workspace>> {
    let plan = op.signed_in().plan;
    if person == op.person() {
        return workspaces::open_to(op.reader(), op.actor(), plan).await;
    }
    op.read(Action::AccessList, About::Team).await?;
    identity::member(op.reader().into(), op.team(), person).await?.ok_or(Error::NotFound { what: "person" })?;
    let theirs = workspaces::open_to(op.reader(), &actor(op.reader(), op.team(), person).await?, plan).await?;
    let own = workspaces::open_to(op.reader(), op.actor(), plan).await?;
    let knows = |workspace: &Workspace| {
        own.iter().any(|known| known.id == workspace.id)
            || op.actor().holds(TeamRole::Admin, plan) && TeamRole::Admin.sees_row(Visibility::from(workspace.kind))
    };
    Ok(theirs.into_iter().filter(knows).collect())
}
