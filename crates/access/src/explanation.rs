//! Why somebody may or may not, shown step by step.

use crate::decision::team_role_suffices;
use crate::{Action, Actor, Decision, Need, Object, Plan, Scope, TeamRole, Visibility, Who, WorkspaceRole, decide};

/// A decision with everything that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The decision.
    pub decision: Decision,
    /// What the action asks for, such as `at least editor of the workspace`.
    pub asks: String,
    /// Every role of the actor that was looked at, those in the team first.
    pub steps: Vec<Step>,
    /// What has to happen for it to be allowed, as a sentence; `None` if it is.
    pub missing: Option<String>,
}

/// One role that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it is, as a sentence: `Ana is editor of the workspace through the group QA`.
    pub text: String,
    /// Is it enough by itself?
    pub suffices: bool,
    /// The plan that the team would need for the role to count; `None` if it counts.
    pub dormant: Option<Plan>,
}

/// What [`decide`] says of the same question about `who`, with every role that it looked at.
///
/// Its decision is that of [`decide`]: a test holds the two together. Whoever may not know of the object must not be
/// shown this: it speaks of the object.
pub fn explain(actor: &Actor, action: Action, object: &Object, plan: Plan, who: Who<'_>) -> Explanation {
    let decision = decide(actor, action, object, plan);
    let mut steps = Vec::new();
    for grant in &actor.roles {
        let title = grant.role.title();
        let text = match object {
            Object::Workspace { visibility, .. } => match grant.role.workspace_role(*visibility, plan) {
                Some(role) => format!(
                    "{} {title} of the team{}, which makes {} of a {} workspace",
                    who.is(),
                    grant.through,
                    role.name(),
                    visibility.name()
                ),
                None => format!(
                    "{} {title} of the team{}, which says nothing in a {} workspace",
                    who.is(),
                    grant.through,
                    visibility.name()
                ),
            },
            Object::Team { .. } | Object::Person { .. } | Object::Link { .. } => {
                format!("{} {title} of the team{}", who.is(), grant.through)
            }
        };
        let dormant = grant.dormant(plan);
        let suffices = dormant.is_none() && team_role_suffices(action.need(), grant.role, object, plan);
        steps.push(Step { text, suffices, dormant });
    }
    if let Object::Workspace { visibility, grants, .. } = object {
        for grant in grants {
            let place = match grant.scope {
                Scope::Whole => "of the workspace",
                Scope::Element => "of it",
            };
            let counts = match action.need() {
                Need::Workspace(needed) => grant.scope == Scope::Whole && grant.role >= needed,
                Need::Element(needed) => grant.role >= needed,
                Need::Ownership => grant.scope == Scope::Whole && grant.role == WorkspaceRole::Admin,
                Need::Given => true,
                Need::Published => *visibility == Visibility::Public,
                Need::Nothing | Need::SignedIn | Need::Own | Need::Team(_) | Need::Link => false,
            };
            let dormant = grant.dormant(plan);
            let within = match action.need() {
                Need::Workspace(needed) | Need::Element(needed) => needed <= visibility.most(plan),
                _ => true,
            };
            steps.push(Step {
                text: format!("{} {} {place}{}", who.is(), grant.role.name(), grant.through),
                suffices: dormant.is_none() && counts && within,
                dormant,
            });
        }
    }
    let missing = (!decision.allowed).then(|| missing(action, &decision, who));
    Explanation { asks: asks(action), steps, missing, decision }
}

/// What an action asks for, in words.
fn asks(action: Action) -> String {
    let asked = match action.need() {
        Need::Nothing => "nothing".to_owned(),
        Need::SignedIn => "to be signed in".to_owned(),
        Need::Own => "to be the person it belongs to".to_owned(),
        Need::Team(roles) => {
            let titles: Vec<_> = roles.iter().map(|role| role.title()).collect();
            format!("to be {} of the team", titles.join(" or "))
        }
        Need::Workspace(role) => format!("to be at least {} of the workspace", role.name()),
        Need::Ownership => format!("to be {} of the workspace", WorkspaceRole::Admin.name()),
        Need::Element(role) => format!("to be at least {} of the workspace, or of the thing itself", role.name()),
        Need::Link => "a link to it that is for whoever asks".to_owned(),
        Need::Published => "that the workspace is public, whoever asks".to_owned(),
        Need::Given => {
            "a role that was given in the workspace or on the thing itself, or came by joining; or to be editor \
                        by a role in the team"
                .to_owned()
        }
    };
    match action.plan() {
        Plan::Free => asked,
        plan => format!("{asked}, and the plan {}", plan.title()),
    }
}

/// The step that is missing, with who can take it.
fn missing(action: Action, decision: &Decision, who: Who<'_>) -> String {
    use crate::Reason;
    let whom = match who {
        Who::You => "you".to_owned(),
        Who::Named(name) => name.to_owned(),
    };
    match (&decision.because, action.need()) {
        (Reason::NoGrant | Reason::NeedsRole(_), Need::Workspace(role) | Need::Element(role)) => {
            let more = match action.need() {
                Need::Element(role) if role < WorkspaceRole::Admin => ", or on the thing alone,",
                _ => "",
            };
            format!(
                "an owner of the workspace can give {whom} the role {}{more} directly or through a group",
                role.name()
            )
        }
        (Reason::NoGrant | Reason::NotGiven, Need::Given) => {
            format!("an owner of the workspace can give {whom} a role; a workspace of the team can be joined")
        }
        (Reason::NoGrant | Reason::NeedsRole(_), Need::Ownership) => {
            let owner = WorkspaceRole::Admin.name();
            format!("an owner of the workspace can give {whom} the role {owner} directly or through a group")
        }
        (Reason::NoTeamRole(roles), _) => {
            let titles: Vec<_> = roles.iter().map(|role| role.title()).collect();
            let giver = if roles == &[TeamRole::SuperAdmin] { "a Super Admin" } else { "an Admin" };
            format!("{giver} of the team can give {whom} the role {}", titles.join(" or "))
        }
        (Reason::NeedsPlan(plan) | Reason::ReadOnly(plan), _) => {
            format!("a Billing member or Super Admin can change the team\u{2019}s plan to {}", plan.title())
        }
        (because, _) => because.about(who),
    }
}
