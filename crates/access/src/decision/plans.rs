//! What a plan changes: roles that lie dormant, and kinds of workspaces that can only be read.

use super::tests::workspace;
use super::*;
use crate::explain;

fn may(
    roles: &[TeamRole],
    action: Action,
    visibility: Visibility,
    grants: Vec<Grant<WorkspaceRole>>,
    plan: Plan,
) -> bool {
    decide(&Actor::direct("p", "t", roles), action, &workspace(visibility, grants), plan).allowed
}

#[test]
fn a_role_through_a_group_lies_dormant_without_enterprise() {
    let grants = vec![Grant::direct(WorkspaceRole::Editor).through_group("QA")];
    for plan in Plan::ALL {
        let allowed = may(&[TeamRole::Developer], Action::ItemUpdate, Visibility::Private, grants.clone(), plan);
        assert_eq!(allowed, plan == Plan::Enterprise, "{plan:?}");
    }
    let mut actor = Actor::direct("p", "t", &[TeamRole::Developer]);
    actor.roles.push(Grant::direct(TeamRole::Admin).through_group("Leads"));
    let team = Object::Team { team: "t".to_owned() };
    assert!(decide(&actor, Action::PersonCreate, &team, Plan::Enterprise).allowed);
    assert!(!decide(&actor, Action::PersonCreate, &team, Plan::Professional).allowed);
}

#[test]
fn a_private_workspace_of_a_smaller_plan_can_only_be_read() {
    let owner = vec![Grant::direct(WorkspaceRole::Admin)];
    for (plan, expected) in [(Plan::Basic, false), (Plan::Professional, true)] {
        let may = |action| may(&[TeamRole::Developer], action, Visibility::Private, owner.clone(), plan);
        assert!(may(Action::WorkspaceRead) && may(Action::CollectionExport), "{plan:?}");
        assert_eq!(may(Action::ItemUpdate), expected, "{plan:?}");
        assert_eq!(may(Action::WorkspaceDelete), expected, "{plan:?}");
    }
    let actor = Actor::direct("p", "t", &[TeamRole::Developer]);
    let decision = decide(&actor, Action::ItemUpdate, &workspace(Visibility::Private, owner), Plan::Basic);
    let expected = "a workspace of this kind can only be read until the team has the plan Professional";
    assert_eq!(decision.because.to_string(), expected);
}

#[test]
fn plans_without_roles_in_workspaces_let_every_developer_edit() {
    for (plan, expected) in [(Plan::Free, true), (Plan::Basic, true), (Plan::Professional, false)] {
        assert_eq!(
            may(&[TeamRole::Developer], Action::ItemUpdate, Visibility::Team, vec![], plan),
            expected,
            "{plan:?}"
        );
        assert!(!may(&[TeamRole::Billing], Action::ItemUpdate, Visibility::Team, vec![], plan), "{plan:?}");
        assert!(!may(&[TeamRole::Developer], Action::WorkspaceDelete, Visibility::Team, vec![], plan), "{plan:?}");
    }
}

#[test]
fn an_explanation_shows_each_role_and_the_missing_step() {
    let mut ana = Actor::direct("ana", "t", &[TeamRole::Developer]);
    ana.roles.push(Grant::direct(TeamRole::Admin).through_group("Leads"));
    let grants =
        vec![Grant::direct(WorkspaceRole::Viewer).through_group("QA"), Grant::on_element(WorkspaceRole::Editor)];
    let told = |action, plan| {
        let object = workspace(Visibility::Private, grants.clone());
        let told = explain(&ana, action, &object, plan, Who::Named("Ana"));
        let mut lines = vec![
            format!("asks {}", told.asks),
            format!(
                "{}: {}",
                if told.decision.allowed { "yes" } else { "no" },
                told.decision.because.about(Who::Named("Ana"))
            ),
        ];
        for step in &told.steps {
            let sign = match (step.suffices, step.dormant) {
                (true, _) => "enough".to_owned(),
                (false, None) => "not enough".to_owned(),
                (false, Some(plan)) => format!("dormant until {}", plan.title()),
            };
            lines.push(format!("- {} ({sign})", step.text));
        }
        lines.extend(told.missing.map(|missing| format!("missing: {missing}")));
        lines.join("\n")
    };
    insta::assert_snapshot!(told(Action::ItemUpdate, Plan::Enterprise), @"
    asks to be at least editor of the workspace, or of the thing itself
    yes: Ana is editor of it
    - Ana is Developer of the team, which says nothing in a private workspace (not enough)
    - Ana is Admin of the team through the group Leads, which says nothing in a private workspace (not enough)
    - Ana is viewer of the workspace through the group QA (not enough)
    - Ana is editor of it (enough)
    ");
    insta::assert_snapshot!(told(Action::WorkspaceUpdate, Plan::Enterprise), @"
    asks to be at least owner of the workspace
    no: Ana needs to be owner of the workspace
    - Ana is Developer of the team, which says nothing in a private workspace (not enough)
    - Ana is Admin of the team through the group Leads, which says nothing in a private workspace (not enough)
    - Ana is viewer of the workspace through the group QA (not enough)
    - Ana is editor of it (not enough)
    missing: an owner of the workspace can give Ana the role owner directly or through a group
    ");
    insta::assert_snapshot!(told(Action::ItemUpdate, Plan::Professional), @"
    asks to be at least editor of the workspace, or of the thing itself
    yes: Ana is editor of it
    - Ana is Developer of the team, which says nothing in a private workspace (not enough)
    - Ana is Admin of the team through the group Leads, which says nothing in a private workspace (dormant until Enterprise)
    - Ana is viewer of the workspace through the group QA (dormant until Enterprise)
    - Ana is editor of it (enough)
    ");
}

mod properties {
    use proptest::prelude::*;

    use super::super::tests::{grants, team_roles, workspace};
    use super::*;

    proptest! {
        /// An explanation never says other than the decision: it is allowed if and only if a step suffices.
        #[test]
        fn an_explanation_agrees_with_the_decision(
            action in proptest::sample::select(Action::ALL.to_vec()),
            visibility in proptest::sample::select(Visibility::ALL.to_vec()),
            plan in proptest::sample::select(Plan::ALL.to_vec()),
            roles in team_roles(),
            given in grants(),
        ) {
            let actor = Actor::direct("p", "t", &roles);
            let object = match action.need() {
                Need::Team(_) => Object::Team { team: "t".to_owned() },
                Need::Workspace(_) | Need::Ownership | Need::Element(_) | Need::Given | Need::Published => workspace(visibility, given),
                Need::Nothing | Need::SignedIn | Need::Own | Need::Link => return Ok(()),
            };
            let told = explain(&actor, action, &object, plan, Who::You);
            prop_assert_eq!(&told.decision, &decide(&actor, action, &object, plan));
            // What is public is so whatever roles somebody holds.
            let public = action.need() == Need::Published && visibility == Visibility::Public;
            let suffices = public || told.steps.iter().any(|step| step.suffices) && plan >= action.plan();
            prop_assert_eq!(suffices, told.decision.allowed, "{:?}", told);
            prop_assert_eq!(told.missing.is_some(), !told.decision.allowed);
        }
    }
}
