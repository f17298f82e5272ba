//! The same rules as Cedar policies.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use bulla_access::{Action, Grant, Need, Object, Scope, TeamRole, Through, WorkspaceRole};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression,
};

use crate::organisation::Question;

/// Cedar with its policies.
pub struct Oracle {
    authorizer: Authorizer,
    policies: PolicySet,
    /// Every action as an entity, in the groups that the policies name.
    actions: HashMap<Action, Entity>,
    show: EntityUid,
}

/// The rules. A plan is a number from 0 (Free) to 3 (Enterprise).
fn policies() -> String {
    // A role counts if it was given to the person, or through a group under Enterprise; some roles need a plan.
    let holds = |role: &str| {
        let least = match role {
            "community-manager" => 2,
            "api-network-manager" => 3,
            _ => 0,
        };
        format!(
            "(context.plan >= {least} && (principal in Held::\"{role}/person\" || \
             (context.plan == 3 && principal in Held::\"{role}/group\")))"
        )
    };
    let any = TeamRole::ALL.map(|role| holds(role.name())).join(" || ");
    let given = |scope: &str, roles: &[&str]| {
        let one = |role: &&str| {
            format!(
                "resource.grants.contains(\"{role}/{scope}/person\") || \
                 (context.plan == 3 && resource.grants.contains(\"{role}/{scope}/group\"))"
            )
        };
        roles.iter().map(one).collect::<Vec<_>>().join(" || ")
    };
    let (sa, dev, cm) = (holds("super-admin"), holds("developer"), holds("community-manager"));
    let super_admin = format!("({sa} && (resource.visibility != \"personal\" || context.plan == 3))");
    let open_editor = format!(
        "({dev} && context.plan < 2 && (resource.visibility == \"team\" || resource.visibility == \"public\"))"
    );
    let open_viewer = format!(
        "(resource.visibility == \"team\" && ({dev} || {cm})) || (resource.visibility == \"public\" && ({any}))"
    );
    let inherited = [
        ("viewer", format!("{super_admin} || {open_editor} || {open_viewer}")),
        ("editor", format!("{super_admin} || {open_editor}")),
        ("owner", super_admin.clone()),
    ];
    let mut text = String::from(
        "permit(principal, action in Action::\"need/nothing\", resource);\n\
         permit(principal, action in Action::\"need/signed-in\", resource is Team)\n\
         when { principal.team == resource.team && context.plan >= context.least };\n\
         permit(principal, action in Action::\"need/own\", resource is Person)\n\
         when { principal == resource && context.plan >= context.least };\n\
         permit(principal, action == Action::\"show\", resource is Team) when { principal.team == resource.team };\n\
         permit(principal, action == Action::\"show\", resource is Person) when { principal == resource };\n",
    );
    for role in TeamRole::ALL {
        let (name, holds) = (role.name(), holds(role.name()));
        text += &format!(
            "permit(principal, action in Action::\"role/{name}\", resource is Team)\n\
             when {{ principal.team == resource.team && {holds} && context.plan >= context.least }};\n"
        );
    }
    let greater = ["viewer", "editor", "owner"];
    for (place, (need, inherited)) in inherited.iter().enumerate() {
        let roles = &greater[place..];
        // What a plan does not have can be read, and nothing else.
        let dormant = match *need {
            "viewer" => "false",
            _ => "(resource.visibility == \"private\" && context.plan < 2)",
        };
        for (scope, given) in [
            ("workspace", given("whole", roles)),
            ("element", format!("{} || {}", given("whole", roles), given("element", roles))),
        ] {
            text += &format!(
                "permit(principal, action in Action::\"need/{scope}/{need}\", resource is Workspace)\n\
                 when {{ principal.team == resource.team && !{dormant} && context.plan >= context.least && \
                 ({inherited} || {given}) }};\n"
            );
        }
    }
    let viewer = &inherited[0].1;
    let anything = format!("{} || {}", given("whole", &greater), given("element", &greater));
    let row = format!(
        "({} && (resource.visibility == \"team\" || resource.visibility == \"private\"))",
        holds("admin")
    );
    text + &format!(
        "permit(principal, action == Action::\"show\", resource is Workspace)\n\
         when {{ principal.team == resource.team && ({viewer} || {anything} || {row}) }};\n"
    )
}

fn uid(kind: &str, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(
        EntityTypeName::from_str(kind).expect("a name of ours"),
        EntityId::from_str(id).expect("any text is one"),
    )
}

fn text(text: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(text.to_owned())
}

fn way(through: &Through) -> &'static str {
    match through {
        Through::Person => "person",
        Through::Group { .. } => "group",
    }
}

fn grant(grant: &Grant<WorkspaceRole>) -> String {
    let scope = match grant.scope {
        Scope::Whole => "whole",
        Scope::Element => "element",
    };
    format!("{}/{scope}/{}", grant.role.name(), way(&grant.through))
}

impl Oracle {
    pub fn new() -> Self {
        let policies = PolicySet::from_str(&policies()).expect("policies of ours");
        let groups = |action: Action| match action.need() {
            Need::Nothing => vec!["need/nothing".to_owned()],
            Need::SignedIn => vec!["need/signed-in".to_owned()],
            Need::Own => vec!["need/own".to_owned()],
            Need::Team(roles) => roles.iter().map(|role| format!("role/{}", role.name())).collect(),
            Need::Workspace(role) => vec![format!("need/workspace/{}", role.name())],
            Need::Element(role) => vec![format!("need/element/{}", role.name())],
        };
        let actions = Action::ALL.iter().map(|action| {
            let parents = groups(*action).iter().map(|group| uid("Action", group)).collect();
            (*action, Entity::new_no_attrs(uid("Action", action.name()), parents))
        });
        let actions = actions.collect();
        Self { authorizer: Authorizer::new(), policies, actions, show: uid("Action", "show") }
    }

    /// The few entities that one question is about.
    pub fn slice(&self, asked: &Question) -> Entities {
        let held = asked.actor.roles.iter().map(|grant| {
            uid("Held", &format!("{}/{}", grant.role.name(), way(&grant.through)))
        });
        let team = HashMap::from([("team".to_owned(), text(&asked.actor.team))]);
        let principal = Entity::new(uid("Person", &asked.actor.person), team, held.collect());
        let mut entities = vec![principal.expect("attributes of ours"), self.actions[&asked.action].clone()];
        let resource = resource(&asked.object);
        let attributes = match &asked.object {
            Object::Team { team } => Some(HashMap::from([("team".to_owned(), text(team))])),
            // The actor is in the slice already; of anybody else nothing is asked but who they are.
            Object::Person { .. } => None,
            Object::Workspace { team, visibility, grants } => Some(HashMap::from([
                ("team".to_owned(), text(team)),
                ("visibility".to_owned(), text(visibility.name())),
                ("grants".to_owned(), RestrictedExpression::new_set(grants.iter().map(|one| text(&grant(one))))),
            ])),
        };
        if let Some(attributes) = attributes {
            entities.push(Entity::new(resource, attributes, HashSet::new()).expect("attributes of ours"));
        }
        Entities::from_entities(entities, None).expect("each stands there once")
    }

    /// May they?
    pub fn allows(&self, asked: &Question, entities: &Entities) -> bool {
        self.answer(asked, uid("Action", asked.action.name()), entities)
    }

    /// May they know of it?
    pub fn shows(&self, asked: &Question, entities: &Entities) -> bool {
        asked.action.need() == Need::Nothing || self.answer(asked, self.show.clone(), entities)
    }

    fn answer(&self, asked: &Question, action: EntityUid, entities: &Entities) -> bool {
        let number = |plan| RestrictedExpression::new_long(plan as i64);
        let context = Context::from_pairs([
            ("plan".to_owned(), number(asked.plan)),
            ("least".to_owned(), number(asked.action.plan())),
        ]);
        let request = Request::new(
            uid("Person", &asked.actor.person),
            action,
            resource(&asked.object),
            context.expect("two numbers"),
            None,
        );
        let answer =
            self.authorizer.is_authorized(&request.expect("no schema to break"), &self.policies, entities);
        let errors: Vec<_> = answer.diagnostics().errors().collect();
        assert!(errors.is_empty(), "{errors:?}");
        answer.decision() == Decision::Allow
    }
}

fn resource(object: &Object) -> EntityUid {
    match object {
        Object::Team { team } => uid("Team", team),
        Object::Person { person } => uid("Person", person),
        // One question is about one workspace: its id says nothing.
        Object::Workspace { .. } => uid("Workspace", "w"),
    }
}
