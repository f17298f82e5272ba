//! The decision and its reason.

use std::fmt;

use crate::{Action, Need, Plan, TeamRole, Visibility, WorkspaceRole};

/// Who asks.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Their id.
    pub person: String,
    /// The team they act in.
    pub team: String,
    /// What they are in that team, with how each role came to them.
    pub roles: Vec<Grant<TeamRole>>,
}

/// A role, and how it came to the actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant<Role> {
    /// The role.
    pub role: Role,
    /// What it was given on.
    pub scope: Scope,
    /// How it reached the actor.
    pub through: Through,
}

/// What a role was given on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The whole of it: the team, or the workspace.
    Whole,
    /// One element of a workspace, such as a collection.
    Element,
}

/// How a role reached the actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Through {
    /// It was given to the person.
    Person,
    /// It was given to a group that the person is in. Groups are part of the plan Enterprise: under a lesser one such a
    /// role is dormant.
    Group {
        /// The group's name.
        name: String,
    },
}

impl<Role> Grant<Role> {
    /// A role in a team or a workspace, given to the person.
    pub fn direct(role: Role) -> Self {
        Self { role, scope: Scope::Whole, through: Through::Person }
    }

    /// A role on one element, given to the person.
    pub fn on_element(role: Role) -> Self {
        Self { role, scope: Scope::Element, through: Through::Person }
    }

    /// The same role, given to a group that the person is in.
    #[must_use]
    pub fn through_group(self, name: impl Into<String>) -> Self {
        Self { through: Through::Group { name: name.into() }, ..self }
    }

    /// The least plan under which the way that it came counts.
    pub(crate) fn way_needs(&self) -> Plan {
        match self.through {
            Through::Person => Plan::Free,
            Through::Group { .. } => Plan::Enterprise,
        }
    }
}

impl Grant<TeamRole> {
    /// Why the role does nothing under `plan`: the plan that it needs. `None` if it counts.
    pub(crate) fn dormant(&self, plan: Plan) -> Option<Plan> {
        let needed = self.way_needs().max(self.role.plan());
        (plan < needed).then_some(needed)
    }
}

impl Grant<WorkspaceRole> {
    /// Why the role does nothing under `plan`: the plan that it needs. `None` if it counts.
    pub(crate) fn dormant(&self, plan: Plan) -> Option<Plan> {
        let needed = self.way_needs();
        (plan < needed).then_some(needed)
    }
}

/// What it is about, with the grants of the actor on it.
#[derive(Clone, Debug)]
pub enum Object {
    /// A team.
    Team {
        /// Its id.
        team: String,
    },
    /// Something that belongs to one person alone, such as a session or a line of history.
    Person {
        /// The person's id.
        person: String,
    },
    /// A workspace, or an element in it.
    Workspace {
        /// The team it belongs to.
        team: String,
        /// Who may open it.
        visibility: Visibility,
        /// The roles that were given to the actor, in the workspace or on the element asked about.
        grants: Vec<Grant<WorkspaceRole>>,
    },
    /// A link that holds, to something of a team.
    Link {
        /// The team it belongs to.
        team: String,
        /// Whom it is for.
        audience: Audience,
    },
}

/// Whom a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The people of the team.
    Team,
    /// Anybody who has it.
    Anybody,
}

/// Why it was allowed or not. Its text is a sentence that a person understands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Everybody may.
    Everybody,
    /// Everybody who is signed in may.
    SignedIn,
    /// The workspace is public.
    Published,
    /// There is a link to it that is for the actor.
    Linked,
    /// It is about the actor.
    Own,
    /// A role in the team.
    TeamRole(Grant<TeamRole>),
    /// A role in the workspace or on the element.
    Granted(Grant<WorkspaceRole>),
    /// The object belongs to another team.
    OtherTeam,
    /// It is about somebody else.
    NotOwn,
    /// The workspace is not public.
    NotPublished,
    /// None of the roles that may.
    NoTeamRole(&'static [TeamRole]),
    /// The actor has no role in the workspace and it is not open to them.
    NoGrant,
    /// The role in the workspace is too small.
    NeedsRole(WorkspaceRole),
    /// The workspace is open to the actor, who was given no role in it.
    NotGiven,
    /// The team's plan does not have it.
    NeedsPlan(Plan),
    /// The workspace is of a kind that the team's plan does not have: it can be read, and nothing else.
    ReadOnly(Plan),
    /// The action does not apply to such an object.
    Mismatch,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// May they?
    pub allowed: bool,
    /// May they know that the object exists?
    pub visible: bool,
    /// Why.
    pub because: Reason,
}

impl Decision {
    fn allow(because: Reason) -> Self {
        Self { allowed: true, visible: true, because }
    }

    fn refuse(because: Reason) -> Self {
        Self { allowed: false, visible: true, because }
    }

    fn hide(because: Reason) -> Self {
        Self { allowed: false, visible: false, because }
    }
}

/// May `actor` do `action` to `object` under the team's `plan`?
///
/// The order of the questions is part of the answer: another team's object is hidden before any role is read, and a
/// plan is named only to those whose role would suffice.
pub fn decide(actor: &Actor, action: Action, object: &Object, plan: Plan) -> Decision {
    let decision = match (action.need(), object) {
        (Need::Nothing, _) => return Decision::allow(Reason::Everybody),
        (Need::SignedIn, Object::Team { team }) if *team == actor.team => Decision::allow(Reason::SignedIn),
        (Need::Own, Object::Person { person }) if *person == actor.person => Decision::allow(Reason::Own),
        (Need::Own, Object::Person { .. }) => Decision::hide(Reason::NotOwn),
        (Need::Team(roles), Object::Team { team }) if *team == actor.team => {
            match actor.roles_under(plan).find(|grant| roles.contains(&grant.role)) {
                Some(grant) => Decision::allow(Reason::TeamRole(grant.clone())),
                None => Decision::refuse(Reason::NoTeamRole(roles)),
            }
        }
        (Need::SignedIn | Need::Team(_), Object::Team { .. }) => Decision::hide(Reason::OtherTeam),
        (Need::Workspace(needed), Object::Workspace { .. }) => in_workspace(actor, object, plan, needed, Scope::Whole),
        (Need::Element(needed), Object::Workspace { .. }) => in_workspace(actor, object, plan, needed, Scope::Element),
        (Need::Ownership, Object::Workspace { .. }) => owns(actor, object, plan),
        (Need::Given, Object::Workspace { .. }) => given(actor, object, plan),
        (Need::Published, Object::Workspace { visibility: Visibility::Public, .. }) => {
            Decision::allow(Reason::Published)
        }
        (Need::Link, Object::Link { audience: Audience::Anybody, .. }) => Decision::allow(Reason::Linked),
        (Need::Link, Object::Link { audience: Audience::Team, team }) if *team == actor.team => {
            Decision::allow(Reason::Linked)
        }
        (Need::Link, Object::Link { .. }) => Decision::hide(Reason::OtherTeam),
        (Need::Published, Object::Workspace { .. }) => Decision::hide(Reason::NotPublished),
        _ => Decision::hide(Reason::Mismatch),
    };
    if decision.allowed && plan < action.plan() {
        return Decision::refuse(Reason::NeedsPlan(action.plan()));
    }
    decision
}

fn in_workspace(actor: &Actor, object: &Object, plan: Plan, needed: WorkspaceRole, scope: Scope) -> Decision {
    match greatest(actor, object, plan, scope) {
        Ok((role, because)) if role >= needed => Decision::allow(because),
        Ok((_, because @ Reason::ReadOnly(_))) => Decision::refuse(because),
        Ok(_) => Decision::refuse(Reason::NeedsRole(needed)),
        Err((because, true)) => Decision::refuse(because),
        Err((because, false)) => Decision::hide(because),
    }
}

/// Is the actor an owner of the workspace, whatever its plan lets an owner do there?
fn owns(actor: &Actor, object: &Object, plan: Plan) -> Decision {
    match roles(actor, object, plan, Scope::Whole).max_by_key(by_role) {
        Some((WorkspaceRole::Admin, because)) => Decision::allow(because),
        Some(_) => Decision::refuse(Reason::NeedsRole(WorkspaceRole::Admin)),
        None => in_workspace(actor, object, plan, WorkspaceRole::Admin, Scope::Whole),
    }
}

/// Was a role on the object given to the actor, or does a role in the team let them edit it?
///
/// It asks for no more than reading, so a plan that makes the workspace read-only changes nothing.
fn given(actor: &Actor, object: &Object, plan: Plan) -> Decision {
    match roles(actor, object, plan, Scope::Element)
        .filter(|(role, because)| suffices(*role, because))
        .max_by_key(by_role)
    {
        Some((_, because)) => Decision::allow(because),
        None => match greatest(actor, object, plan, Scope::Element) {
            Ok(_) => Decision::refuse(Reason::NotGiven),
            Err((because, true)) => Decision::refuse(because),
            Err((because, false)) => Decision::hide(because),
        },
    }
}

fn suffices(role: WorkspaceRole, because: &Reason) -> bool {
    matches!(because, Reason::Granted(_)) || role >= WorkspaceRole::Editor
}

fn by_role((role, _): &(WorkspaceRole, Reason)) -> WorkspaceRole {
    *role
}

/// Is this role in the team enough by itself for what is needed?
pub(crate) fn team_role_suffices(need: Need, role: TeamRole, object: &Object, plan: Plan) -> bool {
    match (need, object) {
        (Need::Nothing | Need::SignedIn, _) => true,
        (Need::Published, Object::Workspace { visibility, .. }) => *visibility == Visibility::Public,
        (Need::Team(roles), _) => roles.contains(&role),
        (Need::Workspace(needed) | Need::Element(needed), Object::Workspace { visibility, .. }) => {
            role.workspace_role(*visibility, plan).is_some_and(|role| role.min(visibility.most(plan)) >= needed)
        }
        (Need::Ownership, Object::Workspace { visibility, .. }) => {
            role.workspace_role(*visibility, plan) == Some(WorkspaceRole::Admin)
        }
        (Need::Given, Object::Workspace { visibility, .. }) => {
            role.workspace_role(*visibility, plan).is_some_and(|role| role >= WorkspaceRole::Editor)
        }
        _ => false,
    }
}

/// The roles of `actor` on a workspace of their team, or on an element of it, that count under `plan`: those inherited
/// from the team, then those that were given, each with where it comes from.
fn roles<'o>(
    actor: &'o Actor,
    object: &'o Object,
    plan: Plan,
    scope: Scope,
) -> impl Iterator<Item = (WorkspaceRole, Reason)> + 'o {
    let own = match object {
        Object::Workspace { team, visibility, grants } if *team == actor.team => Some((*visibility, grants)),
        _ => None,
    };
    own.into_iter().flat_map(move |(visibility, grants)| {
        let inherited = actor.roles_under(plan).filter_map(move |grant| {
            let role = grant.role.workspace_role(visibility, plan)?;
            Some((role, Reason::TeamRole(grant.clone())))
        });
        let granted = grants
            .iter()
            .filter(move |grant| grant.dormant(plan).is_none())
            .filter(move |grant| scope == Scope::Element || grant.scope == Scope::Whole)
            .map(|grant| (grant.role, Reason::Granted(grant.clone())));
        inherited.chain(granted)
    })
}

/// The greatest role of `actor` on a workspace, or on an element of it, with where it comes from.
///
/// Otherwise why there is none, and whether the actor may know that the workspace is there.
fn greatest(
    actor: &Actor,
    object: &Object,
    plan: Plan,
    scope: Scope,
) -> Result<(WorkspaceRole, Reason), (Reason, bool)> {
    let Object::Workspace { team, visibility, grants } = object else {
        return Err((Reason::Mismatch, false));
    };
    if *team != actor.team {
        return Err((Reason::OtherTeam, false));
    }
    let most = visibility.most(plan);
    // Of two equal roles the last is named: one that was given says more than one that is inherited.
    match roles(actor, object, plan, scope).max_by_key(by_role) {
        Some((role, _)) if role > most => Ok((most, Reason::ReadOnly(visibility.plan()))),
        Some(found) => Ok(found),
        None => {
            // Whoever has a role on one element knows the workspace that it is in.
            let counted = grants.iter().any(|grant| grant.dormant(plan).is_none());
            let knows = counted || actor.roles_under(plan).any(|grant| grant.role.sees_row(*visibility));
            Err((Reason::NoGrant, knows))
        }
    }
}

impl Actor {
    /// Somebody who is not signed in: of no team, and without a role.
    pub fn nobody() -> Self {
        Self { person: String::new(), team: String::new(), roles: Vec::new() }
    }

    /// A person whose roles were all given to them directly.
    pub fn direct(person: impl Into<String>, team: impl Into<String>, roles: &[TeamRole]) -> Self {
        let roles = roles.iter().map(|role| Grant::direct(*role)).collect();
        Self { person: person.into(), team: team.into(), roles }
    }

    /// The roles in the team that count under `plan`.
    pub(crate) fn roles_under(&self, plan: Plan) -> impl Iterator<Item = &Grant<TeamRole>> {
        self.roles.iter().filter(move |grant| grant.dormant(plan).is_none())
    }

    /// Does the actor hold this role in the team under `plan`, in whatever way?
    pub fn holds(&self, role: TeamRole, plan: Plan) -> bool {
        self.roles_under(plan).any(|grant| grant.role == role)
    }

    /// What the actor's roles in the team are worth in workspaces of this visibility to which they were not invited.
    pub fn inherited(&self, visibility: Visibility, plan: Plan) -> Option<WorkspaceRole> {
        let role = self.roles_under(plan).filter_map(|grant| grant.role.workspace_role(visibility, plan)).max()?;
        Some(role.min(visibility.most(plan)))
    }
}

impl Object {
    /// The greatest role of `actor` on this object under `plan`, if it is one that they may open.
    pub fn role(&self, actor: &Actor, plan: Plan) -> Option<WorkspaceRole> {
        greatest(actor, self, plan, Scope::Element).ok().map(|(role, _)| role)
    }
}

impl fmt::Display for Through {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person => Ok(()),
            Self::Group { name } => write!(f, " through the group {name}"),
        }
    }
}

/// Whom a sentence is about.
#[derive(Clone, Copy, Debug)]
pub enum Who<'w> {
    /// Whoever reads it.
    You,
    /// Somebody else, by name.
    Named(&'w str),
}

impl Who<'_> {
    /// `you are`, `Ana is`.
    pub(crate) fn is(self) -> String {
        match self {
            Self::You => "you are".to_owned(),
            Self::Named(name) => format!("{name} is"),
        }
    }

    /// `you need`, `Ana needs`.
    fn needs(self) -> String {
        match self {
            Self::You => "you need".to_owned(),
            Self::Named(name) => format!("{name} needs"),
        }
    }

    /// `you have`, `Ana has`.
    fn has(self) -> String {
        match self {
            Self::You => "you have".to_owned(),
            Self::Named(name) => format!("{name} has"),
        }
    }
}

impl Reason {
    /// The reason as a sentence about `who`.
    pub fn about(&self, who: Who<'_>) -> String {
        match self {
            Self::Everybody => "everybody may".to_owned(),
            Self::SignedIn => "everybody who is signed in may".to_owned(),
            Self::Own => match who {
                Who::You => "it is your own".to_owned(),
                Who::Named(name) => format!("it is {name}\u{2019}s own"),
            },
            Self::TeamRole(grant) => format!("{} {} of the team{}", who.is(), grant.role.title(), grant.through),
            Self::Granted(Grant { role, scope: Scope::Whole, through }) => {
                format!("{} {} of the workspace{through}", who.is(), role.name())
            }
            Self::Granted(Grant { role, scope: Scope::Element, through }) => {
                format!("{} {} of it{through}", who.is(), role.name())
            }
            Self::Linked => "there is a link to it".to_owned(),
            Self::Published => "the workspace is public".to_owned(),
            Self::NotPublished => "the workspace is not public".to_owned(),
            Self::OtherTeam => "it belongs to another team".to_owned(),
            Self::NotOwn => "it belongs to somebody else".to_owned(),
            Self::NoTeamRole(roles) => {
                let titles: Vec<_> = roles.iter().map(|role| role.title()).collect();
                format!("{} to be {} of the team", who.needs(), titles.join(" or "))
            }
            Self::NoGrant => format!("{} no role in the workspace", who.has()),
            Self::NeedsRole(role) => format!("{} to be {} of the workspace", who.needs(), role.name()),
            Self::NotGiven => format!("{} a role that was given or came by joining", who.needs()),
            Self::NeedsPlan(plan) => match who {
                Who::You => format!("your team needs the plan {}", plan.title()),
                Who::Named(_) => format!("the team needs the plan {}", plan.title()),
            },
            Self::ReadOnly(plan) => {
                format!("a workspace of this kind can only be read until the team has the plan {}", plan.title())
            }
            Self::Mismatch => "it cannot be done to such a thing".to_owned(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.about(Who::You))
    }
}

#[cfg(test)]
mod plans;
#[cfg(test)]
mod tests;
