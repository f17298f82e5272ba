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
    /// What they are in that team.
    pub roles: Vec<TeamRole>,
}

/// What it is about, with the grants of the actor on it.
#[derive(Clone, Debug)]
pub enum Object {
    /// The actor's own team.
    Team {
        /// Its id.
        team: String,
    },
    /// A person.
    Person {
        /// Their id.
        person: String,
    },
    /// A workspace, or something in it.
    Workspace {
        /// The team it belongs to.
        team: String,
        /// Who may open it.
        visibility: Visibility,
        /// The role that was given to the actor, if one was.
        granted: Option<WorkspaceRole>,
    },
}

/// Why it was allowed or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Everybody who is signed in may.
    SignedIn,
    /// It is about the actor.
    Own,
    /// A role in the team.
    TeamRole(TeamRole),
    /// A role that was given in the workspace.
    Granted(WorkspaceRole),
    /// Every member of the team may see a team workspace.
    TeamWorkspace,
    /// The object belongs to another team.
    OtherTeam,
    /// It is about somebody else.
    NotOwn,
    /// None of the roles that may.
    NoTeamRole(&'static [TeamRole]),
    /// The actor has no role in the workspace and it is not open to them.
    NoGrant,
    /// The role in the workspace is too small.
    NeedsRole(WorkspaceRole),
    /// The team's plan does not have it.
    NeedsPlan(Plan),
    /// The action does not apply to such an object.
    Mismatch,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// May `actor` do `action` to `object` under `plan`?
pub fn decide(actor: &Actor, action: Action, object: &Object, plan: Plan) -> Decision {
    let decision = match (action.need(), object) {
        (Need::SignedIn, Object::Team { team }) if *team == actor.team => Decision::allow(Reason::SignedIn),
        (Need::Self_, Object::Person { person }) if *person == actor.person => Decision::allow(Reason::Own),
        (Need::Self_, Object::Person { .. }) => Decision::hide(Reason::NotOwn),
        (Need::Team(roles), Object::Team { team }) if *team == actor.team => {
            match actor.roles.iter().find(|role| roles.contains(role)) {
                Some(role) => Decision::allow(Reason::TeamRole(*role)),
                None => Decision::refuse(Reason::NoTeamRole(roles)),
            }
        }
        (Need::SignedIn | Need::Team(_), Object::Team { .. }) => Decision::hide(Reason::OtherTeam),
        (Need::Workspace(needed), Object::Workspace { team, visibility, granted }) => {
            match workspace_role(actor, team, *visibility, *granted) {
                Ok((role, because)) if role >= needed => Decision::allow(because),
                Ok(_) => Decision::refuse(Reason::NeedsRole(needed)),
                Err(because) => Decision::hide(because),
            }
        }
        _ => Decision::hide(Reason::Mismatch),
    };
    if decision.allowed && plan < action.plan() {
        return Decision::refuse(Reason::NeedsPlan(action.plan()));
    }
    decision
}

/// The greatest role of `actor` in a workspace, with where it comes from, or why there is none.
///
/// # Errors
///
/// The reason why the workspace must stay hidden.
pub(crate) fn workspace_role(
    actor: &Actor,
    team: &str,
    visibility: Visibility,
    granted: Option<WorkspaceRole>,
) -> Result<(WorkspaceRole, Reason), Reason> {
    if team != actor.team {
        return Err(Reason::OtherTeam);
    }
    let granted = granted.map(|role| (role, Reason::Granted(role)));
    let inherited = match visibility {
        Visibility::Personal => None,
        Visibility::Team => {
            match actor.roles.iter().find(|role| matches!(role, TeamRole::SuperAdmin | TeamRole::Admin)) {
                Some(role) => Some((WorkspaceRole::Admin, Reason::TeamRole(*role))),
                None => Some((WorkspaceRole::Viewer, Reason::TeamWorkspace)),
            }
        }
    };
    granted.into_iter().chain(inherited).max_by_key(|(role, _)| *role).ok_or(Reason::NoGrant)
}

impl Object {
    /// The greatest role of `actor` on this object, if it is a workspace that they may open.
    pub fn role(&self, actor: &Actor) -> Option<WorkspaceRole> {
        match self {
            Self::Workspace { team, visibility, granted } => {
                workspace_role(actor, team, *visibility, *granted).ok().map(|(role, _)| role)
            }
            Self::Team { .. } | Self::Person { .. } => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignedIn => write!(f, "every member of the team may"),
            Self::Own => write!(f, "it is your own"),
            Self::TeamRole(role) => write!(f, "you are {} of the team", role.name()),
            Self::Granted(role) => write!(f, "you are {} of the workspace", role.name()),
            Self::TeamWorkspace => write!(f, "every member of the team may open this workspace"),
            Self::OtherTeam => write!(f, "it belongs to another team"),
            Self::NotOwn => write!(f, "it belongs to somebody else"),
            Self::NoTeamRole(roles) => {
                write!(
                    f,
                    "only {} of the team may",
                    roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(" or ")
                )
            }
            Self::NoGrant => write!(f, "you have no role in the workspace"),
            Self::NeedsRole(role) => write!(f, "you need to be {} of the workspace", role.name()),
            Self::NeedsPlan(plan) => write!(f, "the plan {plan:?} has it"),
            Self::Mismatch => write!(f, "it cannot be done to such a thing"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(roles: &[TeamRole]) -> Actor {
        Actor { person: "p".to_owned(), team: "t".to_owned(), roles: roles.to_vec() }
    }

    fn workspace(visibility: Visibility, granted: Option<WorkspaceRole>) -> Object {
        Object::Workspace { team: "t".to_owned(), visibility, granted }
    }

    /// `+` allowed, `-` refused with a 403, `.` hidden with a 404.
    fn cell(actor: &Actor, action: Action, object: &Object) -> char {
        let decision = decide(actor, action, object, Plan::Enterprise);
        match (decision.allowed, decision.visible) {
            (true, _) => '+',
            (false, true) => '-',
            (false, false) => '.',
        }
    }

    #[test]
    fn the_matrix() {
        let mut lines = vec![format!(
            "{:<26} {:<7} {:<7} {:<7} {:<7} {:<7} {:<7} {:<7}",
            "", "super", "admin", "dev", "owner", "editor", "viewer", "nobody"
        )];
        for action in Action::ALL {
            let mut line = format!("{:<26}", action.name());
            let developer = actor(&[TeamRole::Developer]);
            for (who, granted) in [
                (actor(&[TeamRole::SuperAdmin]), None),
                (actor(&[TeamRole::Admin]), None),
                (developer.clone(), None),
                (developer.clone(), Some(WorkspaceRole::Admin)),
                (developer.clone(), Some(WorkspaceRole::Editor)),
                (developer.clone(), Some(WorkspaceRole::Viewer)),
                (Actor { team: "other".to_owned(), ..developer.clone() }, Some(WorkspaceRole::Admin)),
            ] {
                let shown: String = match action.need() {
                    Need::Workspace(_) => [Visibility::Team, Visibility::Personal]
                        .map(|visibility| cell(&who, *action, &workspace(visibility, granted)))
                        .iter()
                        .collect(),
                    Need::Self_ => cell(&who, *action, &Object::Person { person: "p".to_owned() }).to_string(),
                    Need::SignedIn | Need::Team(_) => {
                        cell(&who, *action, &Object::Team { team: "t".to_owned() }).to_string()
                    }
                };
                line.push_str(&format!(" {shown:<7}"));
            }
            lines.push(line.trim_end().to_owned());
        }
        // Two signs: a team workspace, then somebody's personal one.
        insta::assert_snapshot!(lines.join("\n"), @r"
                                   super   admin   dev     owner   editor  viewer  nobody
        session.manage             +       +       +       +       +       +       +
        person.list                +       +       +       +       +       +       .
        person.create              +       +       -       -       -       -       .
        audit.read                 +       +       -       -       -       -       .
        workspace.create           +       +       +       +       +       +       .
        workspace.read             +.      +.      +.      ++      ++      ++      ..
        workspace.update           +.      +.      -.      ++      --      --      ..
        workspace.delete           +.      +.      -.      ++      --      --      ..
        workspace.member.update    +.      +.      -.      ++      --      --      ..
        collection.create          +.      +.      -.      ++      ++      --      ..
        collection.update          +.      +.      -.      ++      ++      --      ..
        collection.delete          +.      +.      -.      ++      ++      --      ..
        collection.export          +.      +.      +.      ++      ++      ++      ..
        item.create                +.      +.      -.      ++      ++      --      ..
        item.update                +.      +.      -.      ++      ++      --      ..
        item.move                  +.      +.      -.      ++      ++      --      ..
        item.delete                +.      +.      -.      ++      ++      --      ..
        environment.create         +.      +.      -.      ++      ++      --      ..
        environment.update         +.      +.      -.      ++      ++      --      ..
        environment.delete         +.      +.      -.      ++      ++      --      ..
        environment.export         +.      +.      -.      ++      ++      --      ..
        secret.reveal              +.      +.      +.      ++      ++      ++      ..
        run.start                  +.      +.      +.      ++      ++      ++      ..
        history.clear              +.      +.      +.      ++      ++      ++      ..
        ");
    }

    #[test]
    fn somebody_elses_personal_workspace_is_hidden_even_from_the_super_admin() {
        let decision = decide(
            &actor(&[TeamRole::SuperAdmin]),
            Action::WorkspaceRead,
            &workspace(Visibility::Personal, None),
            Plan::Enterprise,
        );
        assert_eq!(decision, Decision::hide(Reason::NoGrant));
    }

    #[test]
    fn a_reason_is_a_sentence_a_person_understands() {
        let decision = decide(
            &actor(&[TeamRole::Developer]),
            Action::ItemUpdate,
            &workspace(Visibility::Team, Some(WorkspaceRole::Viewer)),
            Plan::Enterprise,
        );
        assert_eq!(decision.because.to_string(), "you need to be editor of the workspace");
    }
}
