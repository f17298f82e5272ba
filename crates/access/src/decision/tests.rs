use proptest::prelude::*;

use super::*;

pub(super) fn workspace(visibility: Visibility, grants: Vec<Grant<WorkspaceRole>>) -> Object {
    Object::Workspace { team: "t".to_owned(), visibility, grants }
}

/// `+` allowed, `-` refused with a 403, `.` hidden with a 404.
fn sign(decision: &Decision) -> char {
    match (decision.allowed, decision.visible) {
        (true, _) => '+',
        (false, true) => '-',
        (false, false) => '.',
    }
}

#[test]
fn the_matrix_of_teams() {
    let mut lines = vec![format!(
        "{:<26} {:<7} {:<7} {:<7} {:<7} {:<7} {:<7} {}",
        "", "super", "admin", "dev", "billing", "commun", "network", "other team"
    )];
    for action in Action::ALL {
        let object = match action.need() {
            Need::Own => Object::Person { person: "p".to_owned() },
            Need::Nothing | Need::SignedIn | Need::Team(_) => Object::Team { team: "t".to_owned() },
            Need::Link => Object::Link { team: "t".to_owned(), audience: Audience::Team },
            Need::Workspace(_) | Need::Ownership | Need::Element(_) | Need::Given | Need::Published => continue,
        };
        let mut line = format!("{:<26}", action.name());
        for role in TeamRole::ALL {
            let decision = decide(&Actor::direct("p", "t", &[role]), *action, &object, Plan::Enterprise);
            line.push_str(&format!(" {:<7}", sign(&decision)));
        }
        let stranger = Actor::direct("q", "other", &[TeamRole::SuperAdmin]);
        line.push_str(&format!(" {}", sign(&decide(&stranger, *action, &object, Plan::Enterprise))));
        lines.push(line);
    }
    insta::assert_snapshot!(lines.join("\n"), @"
                               super   admin   dev     billing commun  network other team
    team.create                +       +       +       +       +       +       +
    session.create             +       +       +       +       +       +       +
    session.end                +       +       +       +       +       +       .
    session.list               +       +       +       +       +       +       .
    session.revoke             +       +       +       +       +       +       .
    password.change            +       +       +       +       +       +       .
    email.change.request       +       +       +       +       +       +       .
    email.change               +       +       +       +       +       +       +
    api-key.list               +       +       +       +       +       +       .
    api-key.create             +       +       +       +       +       +       .
    api-key.update             +       +       +       +       +       +       .
    api-key.revoke             +       +       +       +       +       +       .
    api-key.use                +       +       +       +       +       +       +
    team.api-key.list          +       +       -       -       -       -       .
    team.api-key.revoke        +       +       -       -       -       -       .
    team.api-key.policy.update +       +       -       -       -       -       .
    password.reset.request     +       +       +       +       +       +       +
    password.reset             +       +       +       +       +       +       +
    session.confirm            +       +       +       +       +       +       .
    factor.list                +       +       +       +       +       +       .
    factor.totp.begin          +       +       +       +       +       +       .
    factor.totp.add            +       +       +       +       +       +       .
    factor.totp.remove         +       +       +       +       +       +       .
    factor.passkey.begin       +       +       +       +       +       +       .
    factor.passkey.add         +       +       +       +       +       +       .
    factor.passkey.rename      +       +       +       +       +       +       .
    factor.passkey.remove      +       +       +       +       +       +       .
    factor.codes.renew         +       +       +       +       +       +       .
    person.factors.reset       +       +       -       -       -       -       .
    person.sessions.list       +       +       -       -       -       -       .
    person.sessions.end        +       +       -       -       -       -       .
    team.security.read         +       +       -       -       -       -       .
    team.security.update       +       +       -       -       -       -       .
    team.read                  +       +       +       +       +       +       .
    team.list                  +       +       +       +       +       +       .
    team.add                   +       +       +       -       -       -       .
    team.switch                +       +       +       +       +       +       .
    team.policy.read           +       +       +       +       +       +       .
    team.policy.update         +       -       -       -       -       -       .
    team.update                +       +       -       -       -       -       .
    profile.update             +       +       +       +       +       +       .
    team.plan.read             +       +       -       +       -       -       .
    team.plan.update           +       -       -       +       -       -       .
    root-key.rotate            +       +       +       +       +       +       +
    person.list                +       +       +       +       +       +       .
    person.create              +       +       -       -       -       -       .
    person.roles.update        +       +       -       +       -       -       .
    invite.list                +       +       -       -       -       -       .
    invite.create              +       +       +       +       +       +       .
    invite.resend              +       +       -       -       -       -       .
    invite.revoke              +       +       -       -       -       -       .
    invite.accept              +       +       +       +       +       +       +
    invite.policy.update       +       +       -       -       -       -       .
    invite-link.create         +       +       -       -       -       -       .
    invite-link.delete         +       +       -       -       -       -       .
    invite-link.use            +       +       +       +       +       +       +
    suggestion.list            +       +       +       +       +       +       .
    suggestion.approve         +       +       -       -       -       -       .
    suggestion.refuse          +       +       -       -       -       -       .
    person.remove              +       +       -       -       -       -       .
    team.leave                 +       +       +       +       +       +       .
    person.super-admin.grant   +       -       -       -       -       -       .
    access.list                +       +       -       -       -       -       .
    group.list                 +       +       +       +       +       +       .
    group.create               +       +       +       -       -       -       .
    group.update               +       +       +       +       +       +       .
    group.delete               +       +       +       +       +       +       .
    audit.read                 +       +       -       -       +       -       .
    audit.export               +       +       -       -       +       -       .
    audit.sign                 +       +       -       -       +       -       .
    audit.sink.list            +       +       -       -       -       -       .
    audit.sink.create          +       +       -       -       -       -       .
    audit.sink.update          +       +       -       -       -       -       .
    audit.sink.delete          +       +       -       -       -       -       .
    audit.sink.test            +       +       -       -       -       -       .
    mail.list                  +       -       -       -       -       -       .
    mail.read                  +       -       -       -       -       -       .
    mail.retry                 +       -       -       -       -       -       .
    mail.delete                +       -       -       -       -       -       .
    notification.list          +       +       +       +       +       +       .
    notification.read          +       +       +       +       +       +       .
    notification.preferences.update +       +       +       +       +       +       .
    workspace.list             +       +       +       +       +       +       .
    workspace.create           +       +       +       -       +       -       .
    workspace.create.private   +       +       +       -       +       -       .
    workspace.create.public    +       -       -       -       +       -       .
    workspace.deleted.list     +       +       +       +       +       +       .
    workspace.publish.list     +       -       -       -       +       -       .
    workspace.publish.decide   +       -       -       -       +       -       .
    access.request             +       +       +       +       +       +       .
    access.request.own         +       +       +       +       +       +       .
    access.request.cancel      +       +       +       +       +       +       .
    team.share-link.list       +       +       -       -       -       -       .
    team.share-link.delete     +       +       -       -       -       -       .
    share-link.use             +       +       +       +       +       +       .
    body.read                  +       +       +       +       +       +       .
    certificate.list           +       +       +       +       +       +       .
    certificate.create         +       +       +       +       +       +       .
    certificate.delete         +       +       +       +       +       +       .
    run.report.read            +       +       +       +       +       +       .
    history.delete             +       +       +       +       +       +       .
    ");
}

#[test]
fn the_matrix_of_workspaces() {
    let developer = Actor::direct("p", "t", &[TeamRole::Developer]);
    let granted = |role| vec![Grant::direct(role)];
    let columns = [
        ("super", Actor::direct("p", "t", &[TeamRole::SuperAdmin]), vec![]),
        ("admin", Actor::direct("p", "t", &[TeamRole::Admin]), vec![]),
        ("dev", developer.clone(), vec![]),
        ("billing", Actor::direct("p", "t", &[TeamRole::Billing]), vec![]),
        ("owner", developer.clone(), granted(WorkspaceRole::Admin)),
        ("editor", developer.clone(), granted(WorkspaceRole::Editor)),
        ("viewer", developer.clone(), granted(WorkspaceRole::Viewer)),
        ("el.edit", developer, vec![Grant::on_element(WorkspaceRole::Editor)]),
        ("other", Actor::direct("q", "other", &[TeamRole::SuperAdmin]), granted(WorkspaceRole::Admin)),
    ];
    let heads: String = columns.iter().map(|(name, ..)| format!(" {name:<7}")).collect();
    let mut lines = vec![format!("{:<26}{heads}", "").trim_end().to_owned()];
    for action in Action::ALL {
        if !matches!(
            action.need(),
            Need::Workspace(_) | Need::Ownership | Need::Element(_) | Need::Given | Need::Published
        ) {
            continue;
        }
        let mut line = format!("{:<26}", action.name());
        for (_, actor, grants) in &columns {
            let signs: String = Visibility::ALL
                .map(|visibility| workspace(visibility, grants.clone()))
                .iter()
                .map(|object| sign(&decide(actor, *action, object, Plan::Enterprise)))
                .collect();
            line.push_str(&format!(" {signs:<7}"));
        }
        lines.push(line.trim_end().to_owned());
    }
    // Four signs: a personal, a private, a team and a public workspace.
    insta::assert_snapshot!(lines.join("\n"), @"
                               super   admin   dev     billing owner   editor  viewer  el.edit other
    workspace.read             ++++    .--+    ..++    ...+    ++++    ++++    ++++    --++    ....
    workspace.update           ++++    .---    ..--    ...-    ++++    ----    ----    ----    ....
    workspace.delete           ++++    .---    ..--    ...-    ++++    ----    ----    ----    ....
    workspace.restore          ++++    .---    ..--    ...-    ++++    ----    ----    ----    ....
    workspace.purge            ++++    .---    ..--    ...-    ++++    ----    ----    ----    ....
    trash.list                 ++++    .---    ..--    ...-    ++++    ++++    ----    ----    ....
    trash.restore              ++++    .---    ..--    ...-    ++++    ++++    ----    ++++    ....
    trash.purge                ++++    .---    ..--    ...-    ++++    ++++    ----    ++++    ....
    workspace.visibility.read  ++++    .---    ..--    ...-    ++++    ----    ----    ----    ....
    workspace.visibility.update ++++    .---    ..--    ...-    ++++    ----    ----    ----    ....
    workspace.visibility.private ++++    .---    ..--    ...-    ++++    ----    ----    ----    ....
    workspace.visibility.public ++++    .---    ..--    ...-    ++++    ----    ----    ----    ....
    workspace.publish.cancel   ++++    .---    ..--    ...-    ++++    ----    ----    ----    ....
    public.read                ...+    ...+    ...+    ...+    ...+    ...+    ...+    ...+    ...+
    workspace.join             ++++    .--+    ..++    ...+    ++++    ++++    ++++    --++    ....
    workspace.leave            ++++    .--+    ..++    ...+    ++++    ++++    ++++    --++    ....
    access.request.list        ++++    .---    ..--    ...-    ++++    ----    ----    ----    ....
    access.request.decide      ++++    .---    ..--    ...-    ++++    ----    ----    ----    ....
    workspace.member.list      ++++    .--+    ..++    ...+    ++++    ++++    ++++    --++    ....
    workspace.member.update    ++++    .---    ..--    ...-    ++++    ----    ----    ----    ....
    workspace.member.remove    ++++    .---    ..--    ...-    ++++    ----    ----    ----    ....
    element.member.list        ++++    .--+    ..++    ...+    ++++    ++++    ++++    ++++    ....
    element.member.update      ++++    .---    ..--    ...-    ++++    ++++    ----    ++++    ....
    collection.create          ++++    .---    ..--    ...-    ++++    ++++    ----    ----    ....
    collection.import          ++++    .---    ..--    ...-    ++++    ++++    ----    ----    ....
    collection.read            ++++    .--+    ..++    ...+    ++++    ++++    ++++    ++++    ....
    collection.update          ++++    .---    ..--    ...-    ++++    ++++    ----    ++++    ....
    collection.transfer        ++++    .---    ..--    ...-    ++++    ++++    ----    ++++    ....
    environment.transfer       ++++    .---    ..--    ...-    ++++    ++++    ----    ++++    ....
    collection.copy            ++++    .---    ..--    ...-    ++++    ++++    ----    ----    ....
    environment.copy           ++++    .---    ..--    ...-    ++++    ++++    ----    ----    ....
    workspace.copy             ++++    .---    ..--    ...-    ++++    ++++    ----    ----    ....
    activity.read              ++++    .--+    ..++    ...+    ++++    ++++    ++++    --++    ....
    watch.read                 ++++    .--+    ..++    ...+    ++++    ++++    ++++    ++++    ....
    watch.create               ++++    .--+    ..++    ...+    ++++    ++++    ++++    ++++    ....
    watch.delete               ++++    .--+    ..++    ...+    ++++    ++++    ++++    ++++    ....
    share-link.create          ++++    .---    ..--    ...-    ++++    ++++    ----    ++++    ....
    share-link.create.public   ++++    .---    ..--    ...-    ++++    ----    ----    ----    ....
    share-link.list            ++++    .---    ..--    ...-    ++++    ++++    ----    ++++    ....
    share-link.delete          ++++    .---    ..--    ...-    ++++    ++++    ----    ++++    ....
    transfer.accept            ++++    .---    ..--    ...-    ++++    ++++    ----    ----    ....
    collection.delete          ++++    .---    ..--    ...-    ++++    ++++    ----    ++++    ....
    collection.export          ++++    .--+    ..++    ...+    ++++    ++++    ++++    ++++    ....
    item.read                  ++++    .--+    ..++    ...+    ++++    ++++    ++++    ++++    ....
    item.create                ++++    .---    ..--    ...-    ++++    ++++    ----    ++++    ....
    item.update                ++++    .---    ..--    ...-    ++++    ++++    ----    ++++    ....
    item.move                  ++++    .---    ..--    ...-    ++++    ++++    ----    ++++    ....
    item.duplicate             ++++    .---    ..--    ...-    ++++    ++++    ----    ++++    ....
    item.delete                ++++    .---    ..--    ...-    ++++    ++++    ----    ++++    ....
    environment.create         ++++    .---    ..--    ...-    ++++    ++++    ----    ----    ....
    environment.import         ++++    .---    ..--    ...-    ++++    ++++    ----    ----    ....
    environment.read           ++++    .--+    ..++    ...+    ++++    ++++    ++++    ++++    ....
    environment.update         ++++    .---    ..--    ...-    ++++    ++++    ----    ++++    ....
    environment.delete         ++++    .---    ..--    ...-    ++++    ++++    ----    ++++    ....
    environment.export         ++++    .---    ..--    ...-    ++++    ++++    ----    ++++    ....
    secret.reveal              ++++    .---    ..--    ...-    ++++    ++++    ++++    ++++    ....
    request.send               ++++    .--+    ..++    ...+    ++++    ++++    ++++    --++    ....
    run.start                  ++++    .--+    ..++    ...+    ++++    ++++    ++++    --++    ....
    cookie.clear               ++++    .--+    ..++    ...+    ++++    ++++    ++++    --++    ....
    history.read               ++++    .--+    ..++    ...+    ++++    ++++    ++++    --++    ....
    history.clear              ++++    .--+    ..++    ...+    ++++    ++++    ++++    --++    ....
    ");
}

#[test]
fn a_secret_is_shown_to_those_who_were_given_a_role_and_never_for_the_visibility_alone() {
    let viewer = Grant::direct(WorkspaceRole::Viewer);
    for (role, visibility, plan, grants, expected) in [
        (TeamRole::Billing, Visibility::Public, Plan::Enterprise, vec![], false),
        (TeamRole::Developer, Visibility::Public, Plan::Enterprise, vec![], false),
        (TeamRole::Developer, Visibility::Team, Plan::Enterprise, vec![], false),
        (TeamRole::Developer, Visibility::Team, Plan::Enterprise, vec![viewer.clone()], true),
        (TeamRole::Billing, Visibility::Public, Plan::Enterprise, vec![viewer.clone().through_group("QA")], true),
        // Without Enterprise the group counts for nothing.
        (TeamRole::Billing, Visibility::Public, Plan::Professional, vec![viewer.clone().through_group("QA")], false),
        (TeamRole::Billing, Visibility::Public, Plan::Enterprise, vec![Grant::on_element(WorkspaceRole::Viewer)], true),
        // Where the plan has no roles in workspaces every Developer edits; Super Admins edit everywhere.
        (TeamRole::Developer, Visibility::Team, Plan::Basic, vec![], true),
        (TeamRole::SuperAdmin, Visibility::Public, Plan::Enterprise, vec![], true),
    ] {
        let (actor, object) = (Actor::direct("p", "t", &[role]), workspace(visibility, grants.clone()));
        let decision = decide(&actor, Action::SecretReveal, &object, plan);
        assert_eq!(decision.allowed, expected, "{role:?} {visibility:?} {plan:?} {grants:?}");
        assert!(decision.visible);
    }
    let billing = Actor::direct("p", "t", &[TeamRole::Billing]);
    let refused = decide(&billing, Action::SecretReveal, &workspace(Visibility::Public, vec![]), Plan::Enterprise);
    assert_eq!(refused.because.to_string(), "you need a role that was given or came by joining");
}

#[test]
fn a_personal_workspace_is_open_to_a_super_admin_of_an_enterprise_team_only() {
    let actor = Actor::direct("p", "t", &[TeamRole::SuperAdmin]);
    let object = workspace(Visibility::Personal, vec![]);
    assert!(decide(&actor, Action::WorkspaceRead, &object, Plan::Enterprise).allowed);
    assert_eq!(decide(&actor, Action::WorkspaceRead, &object, Plan::Professional), Decision::hide(Reason::NoGrant));
}

#[test]
fn a_plan_is_named_only_to_those_whose_role_would_suffice() {
    let team = Object::Team { team: "t".to_owned() };
    let admin = Actor::direct("p", "t", &[TeamRole::Admin]);
    let developer = Actor::direct("p", "t", &[TeamRole::Developer]);
    let because = |actor, plan| decide(actor, Action::AuditRead, &team, plan).because.to_string();
    assert_eq!(because(&admin, Plan::Basic), "your team needs the plan Professional");
    assert_eq!(
        because(&developer, Plan::Basic),
        "you need to be Super Admin or Admin or Community Manager of the team"
    );
}

#[test]
fn a_link_for_anybody_is_for_whoever_has_it() {
    let link = |audience| Object::Link { team: "t".to_owned(), audience };
    let (own, other) = (Actor::direct("p", "t", &[]), Actor::direct("q", "other", &[TeamRole::SuperAdmin]));
    for (actor, audience, expected) in [
        (&own, Audience::Team, true),
        (&other, Audience::Team, false),
        (&Actor::nobody(), Audience::Team, false),
        (&own, Audience::Anybody, true),
        (&other, Audience::Anybody, true),
        (&Actor::nobody(), Audience::Anybody, true),
    ] {
        let decision = decide(actor, Action::ShareLinkUse, &link(audience), Plan::Free);
        assert_eq!((decision.allowed, decision.visible), (expected, expected), "{actor:?} {audience:?}");
    }
    // It opens nothing but what it is for.
    assert!(!decide(&own, Action::CollectionRead, &link(Audience::Anybody), Plan::Free).visible);
}

#[test]
fn a_reason_is_a_sentence_a_person_understands() {
    let developer = Actor::direct("p", "t", &[TeamRole::Developer]);
    for (grants, expected) in [
        (vec![], "you need to be editor of the workspace"),
        (vec![Grant::direct(WorkspaceRole::Editor)], "you are editor of the workspace"),
        (
            vec![Grant::direct(WorkspaceRole::Viewer), Grant::on_element(WorkspaceRole::Editor).through_group("QA")],
            "you are editor of it through the group QA",
        ),
    ] {
        let object = workspace(Visibility::Team, grants);
        assert_eq!(decide(&developer, Action::ItemUpdate, &object, Plan::Enterprise).because.to_string(), expected);
    }
}

#[test]
fn names_are_stable_and_unique() {
    let mut names: Vec<_> = Action::ALL.iter().map(|action| action.name()).collect();
    assert!(
        names
            .iter()
            .all(|name| name.contains('.') && name.bytes().all(|b| b".-".contains(&b) || b.is_ascii_lowercase()))
    );
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Action::ALL.len());
}

pub(super) fn team_roles() -> impl Strategy<Value = Vec<TeamRole>> {
    proptest::sample::subsequence(TeamRole::ALL.to_vec(), 0..=6)
}

pub(super) fn grants() -> impl Strategy<Value = Vec<Grant<WorkspaceRole>>> {
    let grant = (proptest::sample::select(WorkspaceRole::ALL.to_vec()), any::<bool>(), any::<bool>());
    proptest::collection::vec(grant, 0..4).prop_map(|grants| {
        grants
            .into_iter()
            .map(|(role, element, group)| {
                let grant = if element { Grant::on_element(role) } else { Grant::direct(role) };
                if group { grant.through_group("g") } else { grant }
            })
            .collect()
    })
}

proptest! {
    /// Whatever is added to a person, nothing is taken away from them.
    #[test]
    fn more_roles_never_allow_less(
        action in proptest::sample::select(Action::ALL.to_vec()),
        visibility in proptest::sample::select(Visibility::ALL.to_vec()),
        plan in proptest::sample::select(Plan::ALL.to_vec()),
        (roles, more_roles) in (team_roles(), team_roles()),
        (given, more_given) in (grants(), grants()),
    ) {
        let all_roles: Vec<_> = roles.iter().chain(&more_roles).copied().collect();
        let all_given = given.iter().chain(&more_given).cloned().collect();
        for [few, many] in [
            [Object::Team { team: "t".to_owned() }, Object::Team { team: "t".to_owned() }],
            [workspace(visibility, given), workspace(visibility, all_given)],
        ] {
            let less = decide(&Actor::direct("p", "t", &roles), action, &few, plan);
            let more = decide(&Actor::direct("p", "t", &all_roles), action, &many, plan);
            prop_assert!(more.allowed >= less.allowed && more.visible >= less.visible, "{less:?} {more:?}");
        }
    }

    /// What belongs to another team is hidden, whatever somebody holds; but for reading what is public.
    #[test]
    fn another_team_is_never_seen(
        action in proptest::sample::select(Action::ALL.to_vec()),
        visibility in proptest::sample::select(Visibility::ALL.to_vec()),
        roles in team_roles(),
        given in grants(),
    ) {
        prop_assume!(action.need() != Need::Nothing);
        prop_assume!(action.need() != Need::Published || visibility != Visibility::Public);
        for actor in [Actor::direct("p", "other", &roles), Actor::nobody()] {
            for object in [
                Object::Team { team: "t".to_owned() },
                Object::Person { person: "q".to_owned() },
                workspace(visibility, given.clone()),
                Object::Link { team: "t".to_owned(), audience: Audience::Team },
            ] {
                let decision = decide(&actor, action, &object, Plan::Enterprise);
                prop_assert!(!decision.allowed && !decision.visible, "{decision:?}");
            }
        }
    }
}

#[test]
fn what_an_api_key_is_not_enough_for() {
    let names: Vec<_> =
        Action::ALL.iter().filter(|action| action.needs_session()).map(|action| action.name()).collect();
    insta::assert_snapshot!(names.join("\n"), @"
    session.end
    session.list
    session.revoke
    password.change
    email.change.request
    api-key.list
    api-key.create
    api-key.update
    api-key.revoke
    team.api-key.revoke
    team.api-key.policy.update
    session.confirm
    factor.list
    factor.totp.begin
    factor.totp.add
    factor.totp.remove
    factor.passkey.begin
    factor.passkey.add
    factor.passkey.rename
    factor.passkey.remove
    factor.codes.renew
    person.factors.reset
    person.sessions.end
    team.security.update
    team.list
    team.add
    team.switch
    team.policy.update
    profile.update
    team.plan.update
    person.create
    invite.create
    invite.resend
    invite.policy.update
    invite-link.create
    suggestion.approve
    person.remove
    team.leave
    person.super-admin.grant
    audit.sink.create
    audit.sink.update
    audit.sink.delete
    notification.list
    notification.read
    notification.preferences.update
    certificate.list
    certificate.create
    certificate.delete
    ");
}
