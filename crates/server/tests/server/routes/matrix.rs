//! Every operation for every role in the team, every role in a workspace, every kind of workspace and every plan.
//!
//! What is expected is written down here from the tables of the specification (admin 5, 6, 7 and 11) and asks nothing of
//! `bulla_access`, so that a mistake there is a difference here.

use std::collections::BTreeSet;
use std::fmt;

use futures::StreamExt;

use super::{Answer, Asks, BTreeMap, Case, Client, Server, Things, Value, ask, code, json, operations};
use crate::harness::On;

/// How many questions are asked at once.
const AT_ONCE: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Plan {
    Free,
    Basic,
    Professional,
    Enterprise,
}

use Plan::{Basic, Enterprise, Free, Professional};

impl Plan {
    fn name(self) -> &'static str {
        match self {
            Free => "free",
            Basic => "basic",
            Professional => "professional",
            Enterprise => "enterprise",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    SuperAdmin,
    Admin,
    Developer,
    Billing,
    CommunityManager,
    ApiNetworkManager,
}

use Role::{Admin, ApiNetworkManager, Billing, CommunityManager, Developer, SuperAdmin};

const ROLES: [Role; 6] = [SuperAdmin, Admin, Developer, Billing, CommunityManager, ApiNetworkManager];

impl Role {
    fn name(self) -> &'static str {
        match self {
            SuperAdmin => "super-admin",
            Admin => "admin",
            Developer => "developer",
            Billing => "billing",
            CommunityManager => "community-manager",
            ApiNetworkManager => "api-network-manager",
        }
    }

    /// The least plan that has it.
    fn plan(self) -> Plan {
        match self {
            CommunityManager => Professional,
            ApiNetworkManager => Enterprise,
            SuperAdmin | Admin | Developer | Billing => Free,
        }
    }
}

/// What somebody is in a workspace, beside their role in the team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Membership {
    Nothing,
    Viewer,
    Editor,
    Owner,
    /// Editor through a group, whose members are Developers of the team as well.
    GroupEditor,
    /// Viewer of its collection and environment.
    ElementViewer,
    /// Editor of them.
    ElementEditor,
}

const MEMBERSHIPS: [Membership; 7] = [
    Membership::Nothing,
    Membership::Viewer,
    Membership::Editor,
    Membership::Owner,
    Membership::GroupEditor,
    Membership::ElementViewer,
    Membership::ElementEditor,
];

impl Membership {
    fn in_workspace(self) -> Option<Rank> {
        match self {
            Self::Viewer => Some(Rank::Viewer),
            Self::Editor => Some(Rank::Editor),
            Self::Owner => Some(Rank::Owner),
            _ => None,
        }
    }

    fn on_elements(self) -> Option<Rank> {
        match self {
            Self::ElementViewer => Some(Rank::Viewer),
            Self::ElementEditor => Some(Rank::Editor),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Viewer,
    Editor,
    Owner,
}

impl Rank {
    fn named(name: &str) -> Self {
        match name {
            "viewer" => Self::Viewer,
            "editor" => Self::Editor,
            "owner" => Self::Owner,
            other => panic!("no role is called {other}"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Owner => "owner",
        }
    }
}

/// Somebody of the team, in one of its workspaces.
#[derive(Clone, Copy)]
struct Standing {
    role: Role,
    membership: Membership,
    kind: &'static str,
    plan: Plan,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It is done, or fails for what is said and not for who says it.
    Allowed,
    /// They know of the thing and may not: 403.
    Refused,
    /// For them there is no such thing: 404.
    Hidden,
}

impl Standing {
    /// The roles in the team that count under its plan: a role that the plan does not have does nothing, and groups are
    /// part of Enterprise.
    fn team_roles(self) -> Vec<Role> {
        let own = (self.plan >= self.role.plan()).then_some(self.role);
        own.into_iter().chain(self.through_group().then_some(Developer)).collect()
    }

    fn through_group(self) -> bool {
        self.membership == Membership::GroupEditor && self.plan == Enterprise
    }

    /// What the roles in the team are worth in the workspace (spec admin 6.2 and 6.5).
    fn inherited(self) -> Option<Rank> {
        let roles = self.team_roles();
        // Below Professional there are no roles in workspaces: every Developer changes what is in them.
        let developer = if self.plan < Professional { Rank::Editor } else { Rank::Viewer };
        let of = |role: &Role| match (role, self.kind) {
            (SuperAdmin, "personal") => (self.plan == Enterprise).then_some(Rank::Owner),
            (SuperAdmin, _) => Some(Rank::Owner),
            (Developer, "team" | "public") => Some(developer),
            (CommunityManager, "team") | (_, "public") => Some(Rank::Viewer),
            _ => None,
        };
        roles.iter().filter_map(of).max()
    }

    fn in_workspace(self) -> Option<Rank> {
        let group = self.through_group().then_some(Rank::Editor);
        // Whoever is given an element of a private workspace is let into the workspace to look around.
        let guest = self.membership.on_elements().filter(|_| self.kind == "private").map(|_| Rank::Viewer);
        [self.inherited(), self.membership.in_workspace(), group, guest].into_iter().flatten().max()
    }

    fn on_element(self) -> Option<Rank> {
        self.in_workspace().max(self.membership.on_elements())
    }

    /// An Admin manages people: they know which team and private workspaces there are, not what is in them.
    fn sees_row(self) -> bool {
        self.team_roles().contains(&Admin) && ["team", "private"].contains(&self.kind)
    }

    /// A private workspace under a plan that has none can only be read.
    fn reads_only(self) -> bool {
        self.kind == "private" && self.plan < Professional
    }

    fn expected(self, rule: &Rule) -> Outcome {
        let allowed_if = |allowed| if allowed { Outcome::Allowed } else { Outcome::Refused };
        match rule {
            Rule::Everybody => Outcome::Allowed,
            Rule::Team { roles, plan } => {
                allowed_if(self.team_roles().iter().any(|role| roles.contains(role)) && self.plan >= *plan)
            }
            Rule::Workspace { least, of, plan } => {
                let rank = match of {
                    Of::Workspace => self.in_workspace(),
                    Of::Element => self.on_element(),
                };
                match rank {
                    Some(_) if self.reads_only() => allowed_if(*least == Rank::Viewer && self.plan >= *plan),
                    Some(rank) => allowed_if(rank >= *least && self.plan >= *plan),
                    None if self.sees_row() => Outcome::Refused,
                    None => Outcome::Hidden,
                }
            }
            Rule::Ownership => match self.in_workspace() {
                Some(rank) => allowed_if(rank == Rank::Owner),
                None if self.sees_row() => Outcome::Refused,
                None => Outcome::Hidden,
            },
            Rule::Transfer => {
                let of = |of| self.expected(&Rule::Workspace { least: Rank::Editor, of, plan: Free });
                match of(Of::Element) {
                    Outcome::Allowed => of(Of::Workspace),
                    not => not,
                }
            }
            Rule::Given => {
                let group = self.through_group();
                let given =
                    self.membership.in_workspace().is_some() || self.membership.on_elements().is_some() || group;
                match self.on_element() {
                    Some(_) => allowed_if(given || self.inherited() >= Some(Rank::Editor)),
                    None if self.sees_row() => Outcome::Refused,
                    None => Outcome::Hidden,
                }
            }
            Rule::Public if self.kind == "public" => Outcome::Allowed,
            Rule::Public => Outcome::Hidden,
            Rule::Known => {
                if self.on_element().is_some() || self.sees_row() {
                    Outcome::Allowed
                } else {
                    Outcome::Hidden
                }
            }
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, membership, kind, plan } = self;
        write!(f, "{} with {membership:?} in a {kind} workspace under {}", role.name(), plan.name())
    }
}

/// What an operation asks of whoever uses it.
#[derive(Debug)]
enum Rule {
    /// To be a member of the team, if that.
    Everybody,
    /// One of these roles in the team, and at least this plan.
    Team { roles: &'static [Role], plan: Plan },
    /// At least this role, and at least this plan.
    Workspace { least: Rank, of: Of, plan: Plan },
    /// To be owner of the workspace, also where it can only be read.
    Ownership,
    /// To be editor of an element, and of the workspace that it goes to: its own, here.
    Transfer,
    /// A role that was given, or to be editor by a role in the team: that it is open to somebody is not enough.
    Given,
    /// Nothing but that the workspace is public.
    Public,
    /// To know that it is there.
    Known,
}

/// Which roles count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// Those in the workspace.
    Workspace,
    /// Those on the collection or environment as well.
    Element,
}

const ANY: &[Role] = &ROLES;
const ADMINS: &[Role] = &[SuperAdmin, Admin];
const AUTHORS: &[Role] = &[SuperAdmin, Admin, Developer, CommunityManager];
const AUDITORS: &[Role] = &[SuperAdmin, Admin, CommunityManager];
const PAYERS: &[Role] = &[SuperAdmin, Billing];
const PUBLISHERS: &[Role] = &[SuperAdmin, CommunityManager];

/// Where an operation asks for other roles in the team, or a greater plan, than what it [`Asks`] tells.
const IN_THE_TEAM: &[(&str, &[Role], Plan)] = &[
    ("list_people", ANY, Free),
    // The team of the test is larger than Free has members.
    ("create_person", ADMINS, Basic),
    // Who may not invite Developers suggests them; Billing alone does neither (spec admin 7.2).
    ("create_invites", &[SuperAdmin, Admin, Developer, CommunityManager, ApiNetworkManager], Free),
    ("list_suggestions", ANY, Free),
    // Billing gives and takes Billing, and this changes nothing.
    ("update_roles", &[SuperAdmin, Admin, Billing], Free),
    ("read_plan", &[SuperAdmin, Admin, Billing], Free),
    ("list_seats", &[SuperAdmin, Admin, Billing], Free),
    ("list_api_keys", ADMINS, Enterprise),
    ("find_api_key", ADMINS, Enterprise),
    ("revoke_api_key", ADMINS, Enterprise),
    ("revoke_api_keys", ADMINS, Enterprise),
    ("read_api_key_policy", ADMINS, Enterprise),
    ("update_api_key_policy", ADMINS, Enterprise),
    ("list_events", AUDITORS, Professional),
    ("prove_event", AUDITORS, Professional),
    ("list_checkpoints", AUDITORS, Professional),
    ("sign_log", AUDITORS, Professional),
    ("prove_growth", AUDITORS, Professional),
    ("export_log", AUDITORS, Professional),
    ("list_actions", AUDITORS, Professional),
    ("list_trails", AUDITORS, Professional),
    ("list_audit_actions", AUDITORS, Professional),
    ("list_audit_sinks", ADMINS, Enterprise),
    ("create_audit_sink", ADMINS, Enterprise),
    ("update_audit_sink", ADMINS, Enterprise),
    ("delete_audit_sink", ADMINS, Enterprise),
    ("test_audit_sink", ADMINS, Enterprise),
    ("renew_audit_sink_secret", ADMINS, Enterprise),
    ("create_workspace", AUTHORS, Free),
    ("list_publish_requests", PUBLISHERS, Professional),
    ("decide_publish_request", PUBLISHERS, Professional),
    ("list_groups", ANY, Enterprise),
    ("read_group", ANY, Enterprise),
    ("list_group_members", ANY, Enterprise),
    ("create_group", &[SuperAdmin, Admin, Developer], Enterprise),
    ("update_group", ADMINS, Enterprise),
    ("change_group_members", ADMINS, Enterprise),
    ("change_group_managers", ADMINS, Enterprise),
    ("delete_group", ADMINS, Enterprise),
];

/// Operations on a workspace or an element that a smaller plan does not have.
const GATED: &[(&str, Plan)] = &[
    ("set_collection_member", Professional),
    ("remove_collection_member", Professional),
    ("set_environment_member", Professional),
    ("remove_environment_member", Professional),
];

/// Operations that leave things otherwise than they were for whoever comes next, in an order in which one person can do
/// them in one workspace. Each line has a workspace of its own.
const LASTING: &[&[&str]] = &[
    &[
        "restore_deleted",
        "remove_collection_member",
        "remove_environment_member",
        "remove_member",
        "delete_item",
        "delete_environment",
        "delete_collection",
        "delete_workspace",
    ],
    &["purge_deleted", "leave_workspace"],
    &["join_workspace"],
];

fn rule(operation: &str, case: &Case) -> Rule {
    if operation == "explain_access" {
        // Whoever sees that something is there may ask why it does not open.
        return Rule::Known;
    }
    if ["transfer_collection", "transfer_environment"].contains(&operation) {
        return Rule::Transfer;
    }
    if ["read_exposure", "update_visibility"].contains(&operation) {
        return Rule::Ownership;
    }
    if operation == "reveal_value" {
        return Rule::Given;
    }
    // What is in a public workspace; the list of them is for everybody.
    if case.path.starts_with("/api/public/") && operation != "list_public_workspaces" {
        return Rule::Public;
    }
    if ["copy_collection", "copy_environment"].contains(&operation) {
        // The copy is made in the workspace itself, which one has to edit.
        return Rule::Workspace { least: Rank::Editor, of: Of::Workspace, plan: Free };
    }
    if let Some((_, roles, plan)) = IN_THE_TEAM.iter().find(|(name, ..)| *name == operation) {
        return Rule::Team { roles, plan: *plan };
    }
    match case.asks {
        Asks::Nothing | Asks::SignedIn => Rule::Everybody,
        Asks::Admin => Rule::Team { roles: ADMINS, plan: Free },
        Asks::SuperAdmin => Rule::Team { roles: &[SuperAdmin], plan: Free },
        Asks::Payer => Rule::Team { roles: PAYERS, plan: Free },
        Asks::Role(least) => {
            let elements = ["/api/collections/", "/api/items/", "/api/environments/"];
            let of =
                if elements.iter().any(|prefix| case.path.starts_with(prefix)) { Of::Element } else { Of::Workspace };
            let plan = GATED.iter().find(|(name, _)| *name == operation).map_or(Free, |(_, plan)| *plan);
            Rule::Workspace { least: Rank::named(least), of, plan }
        }
    }
}

/// What came of it. Anything but a plain answer is a difference.
fn observed(answer: &Answer) -> Result<Outcome, String> {
    // Something else that is not there, such as a member, is missed by those alone who may look for it.
    let is_hidden = |detail: &str| {
        ["workspace", "collection", "item", "environment", "deleted element"]
            .iter()
            .any(|what| detail == format!("there is no such {what}, or you may not see it"))
    };
    match (answer.status.as_u16(), code(answer)) {
        (200..=299, _) => Ok(Outcome::Allowed),
        (403, "forbidden" | "plan_needed") => Ok(Outcome::Refused),
        (404, "not_found") if is_hidden(answer.json["detail"].as_str().unwrap_or_default()) => Ok(Outcome::Hidden),
        (404, "not_found") => Ok(Outcome::Allowed),
        // Refused for what was said. A version that never was is one of these.
        (409 | 422, _) => Ok(Outcome::Allowed),
        _ => Err(answer.to_string()),
    }
}

/// An actor of each role and membership, and a workspace of each kind in which they are that.
struct World {
    server: Server,
    plan: Plan,
    people: Vec<(Role, Membership, Client)>,
    olga: Client,
    other: Client,
    /// Its members edit.
    group: String,
    differences: Vec<String>,
    asked: usize,
}

impl World {
    async fn under(plan: Plan, on: On) -> Option<Self> {
        let server = Server::start(on).await?;
        let group = server.group().await;
        let mut people = Vec::new();
        for role in ROLES {
            for membership in MEMBERSHIPS {
                let person = server.person(&format!("{}-{membership:?}", role.name()), role.name()).await;
                if membership == Membership::GroupEditor {
                    let path = format!("/api/groups/{group}/members");
                    done(server.admin.patch(&path, json!({ "add": [person.person] })).await);
                }
                people.push((role, membership, person));
            }
        }
        let (olga, other) = (server.person("Olga", "developer").await, server.person("Otto", "developer").await);
        let world = Self { server, plan, people, olga, other, group, differences: Vec::new(), asked: 0 };
        world.set_plan(plan).await;
        Some(world)
    }

    async fn set_plan(&self, plan: Plan) {
        self.server.plan(plan.name()).await;
    }

    /// Things in a workspace of this kind in which these are what their membership says.
    async fn things(&self, kind: &'static str, people: &[(Role, Membership, Client)]) -> Things {
        // What a smaller plan does not have was made under a greater one.
        self.set_plan(Enterprise).await;
        // Only those who publish make a public workspace.
        let owner = if kind == "public" { &self.server.admin } else { &self.olga };
        let things = Things::made_by(&self.server, owner, kind, &self.other.person).await;
        let members = format!("/api/workspaces/{}/members", things.workspace);
        if kind != "personal" {
            done(owner.put(&format!("{members}/{}", self.other.person), json!({ "role": "viewer" })).await);
            if people.iter().any(|(_, membership, _)| *membership == Membership::GroupEditor) {
                done(owner.put(&format!("{members}/{}", self.group), json!({ "role": "editor" })).await);
            }
            for (_, membership, person) in people {
                if let Some(role) = membership.in_workspace() {
                    done(owner.put(&format!("{members}/{}", person.person), json!({ "role": role.name() })).await);
                }
                let Some(role) = membership.on_elements() else { continue };
                for element in
                    [format!("collections/{}", things.collection), format!("environments/{}", things.environment)]
                {
                    let path = format!("/api/{element}/members/{}", person.person);
                    done(owner.put(&path, json!({ "role": role.name() })).await);
                }
            }
        }
        self.set_plan(self.plan).await;
        things
    }

    fn note(&mut self, operation: &str, standing: Standing, expected: Outcome, answer: &Answer) {
        self.asked += 1;
        let observed = observed(answer);
        if observed.as_ref() != Ok(&expected) {
            self.differences
                .push(format!("{operation} by {standing}: expected {expected:?}, was {observed:?}: {answer}"));
        }
    }

    /// What is about the team or one's own account, by each role, and by each that is a Developer through a group as well.
    async fn ask_about_the_team(&mut self) {
        let things = self.things("team", &[]).await;
        for (role, membership, person) in self.people.clone() {
            if ![Membership::Nothing, Membership::GroupEditor].contains(&membership) {
                continue;
            }
            let standing = Standing { role, membership, kind: "team", plan: self.plan };
            for (operation, method) in operations() {
                // A group that one deleted is not there for the next.
                let group = if operation == "delete_group" { self.new_group().await } else { things.group.clone() };
                let cases = Things { group, ..things.clone() }.cases();
                let case = &cases[operation.as_str()];
                let rule = rule(&operation, case);
                if matches!(rule, Rule::Workspace { .. } | Rule::Transfer | Rule::Given | Rule::Public | Rule::Known)
                    || operation == "sign_out"
                {
                    continue;
                }
                let answer = if operation == "update_plan" {
                    person.put(&case.path, json!({ "plan": self.plan.name() })).await
                } else {
                    ask(&person, &method, case).await
                };
                let expected = standing.expected(&rule);
                // A stranger's question has an answer of its own, such as that a secret is wrong.
                if case.asks == Asks::Nothing {
                    self.asked += 1;
                } else {
                    self.note(&operation, standing, expected, &answer);
                }
            }
        }
    }

    async fn new_group(&self) -> String {
        self.set_plan(Enterprise).await;
        let group = self.server.group().await;
        self.set_plan(self.plan).await;
        group
    }

    /// What is about a workspace or what is in it, by everybody.
    async fn ask_about_a_workspace(&mut self, kind: &'static str) {
        let people: Vec<_> = self
            .people
            .iter()
            .filter(|(_, membership, _)| kind != "personal" || *membership == Membership::Nothing)
            .cloned()
            .collect();
        let things = self.things(kind, &people).await;
        let cases = things.cases();
        let lasting: BTreeSet<_> = LASTING.concat().into_iter().collect();
        let mut questions = Vec::new();
        for (operation, method) in operations() {
            let case = &cases[operation.as_str()];
            let rule = rule(&operation, case);
            if !matches!(rule, Rule::Workspace { .. } | Rule::Transfer | Rule::Given | Rule::Public | Rule::Known) {
                continue;
            }
            for (role, membership, person) in &people {
                let standing = Standing { role: *role, membership: *membership, kind, plan: self.plan };
                let expected = standing.expected(&rule);
                if expected == Outcome::Allowed && lasting.contains(operation.as_str()) {
                    continue;
                }
                questions.push((operation.clone(), method.clone(), harmless(case), person, standing, expected));
            }
        }
        let answers: Vec<_> = futures::stream::iter(questions)
            .map(|(operation, method, case, person, standing, expected)| async move {
                (operation, standing, expected, ask(person, &method, &case).await)
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        for (operation, standing, expected, answer) in answers {
            self.note(&operation, standing, expected, &answer);
        }
        // A workspace for each is dear. Beside those of the team two roles stand for all: what somebody is in a workspace
        // was asked of everybody above.
        let dear = people.iter().filter(|(role, ..)| kind == "team" || [SuperAdmin, Developer].contains(role));
        for (role, membership, person) in dear {
            for chain in LASTING {
                let standing = Standing { role: *role, membership: *membership, kind, plan: self.plan };
                self.ask_what_lasts(chain, standing, person).await;
            }
        }
    }

    async fn ask_what_lasts(&mut self, chain: &[&str], standing: Standing, person: &Client) {
        let methods: BTreeMap<_, _> = operations().into_iter().collect();
        let allowed = |operation: &str, things: &Things| {
            let cases = things.cases();
            standing.expected(&rule(operation, &cases[operation])) == Outcome::Allowed
        };
        let nowhere = Things::nowhere();
        if !chain.iter().any(|operation| allowed(operation, &nowhere)) {
            return;
        }
        let things = self.things(standing.kind, &[(standing.role, standing.membership, person.clone())]).await;
        for operation in chain.iter().filter(|operation| allowed(operation, &things)) {
            let answer = ask(person, &methods[*operation], &things.cases()[*operation]).await;
            self.note(operation, standing, Outcome::Allowed, &answer);
        }
    }
}

/// The same with a version that never was, where there is one: who may is told that it is stale, and nothing changes.
fn harmless(case: &Case) -> Case {
    let mut body = case.body.clone();
    if let Some(version) = body.get_mut("version") {
        *version = Value::from(1_000_000);
    }
    Case { asks: case.asks, path: case.path.clone(), body }
}

fn done(answer: Answer) {
    assert!(answer.status.is_success(), "{answer}");
}

async fn hold(plan: Plan, kinds: &[&'static str], on: On) {
    let Some(mut world) = World::under(plan, on).await else { return };
    world.ask_about_the_team().await;
    for kind in kinds {
        world.ask_about_a_workspace(kind).await;
    }
    let (asked, wrong) = (world.asked, world.differences.len());
    assert_eq!(wrong, 0, "{wrong} of {asked} under {}:\n{}", plan.name(), world.differences.join("\n"));
}

const KINDS: &[&str] = &["personal", "private", "team", "public"];

/// What is written down here names operations that are there.
#[test]
fn the_exceptions_are_operations() {
    let there: BTreeSet<_> = operations().into_iter().map(|(operation, _)| operation).collect();
    let named = IN_THE_TEAM.iter().map(|(name, ..)| *name).chain(GATED.iter().map(|(name, _)| *name));
    for name in named.chain(LASTING.concat()) {
        assert!(there.contains(name), "{name} is no operation");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_free() {
    hold(Free, KINDS, On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_basic() {
    hold(Basic, KINDS, On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_professional() {
    hold(Professional, KINDS, On::Sqlite).await;
}

/// ASVS 8.2.1.
#[tokio::test(flavor = "multi_thread")]
async fn under_enterprise() {
    hold(Enterprise, KINDS, On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_enterprise_on_postgres() {
    hold(Enterprise, &["team"], On::Postgres).await;
}
