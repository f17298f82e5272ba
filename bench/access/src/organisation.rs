//! A random organisation as large as the ones we mean to serve.

use std::collections::HashMap;
use std::fmt;

use bulla_access::{Action, Actor, Grant, Need, Object, Plan, TeamRole, Visibility, WorkspaceRole};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

const TEAMS: usize = 10;
const PEOPLE: usize = 50_000;
const GROUPS: usize = 500;
const WORKSPACES: usize = 2_000;
const ELEMENTS: usize = 42_490;

struct Person {
    team: usize,
    roles: Vec<TeamRole>,
    groups: Vec<usize>,
}

struct Group {
    team: usize,
    roles: Vec<TeamRole>,
}

struct Workspace {
    team: usize,
    visibility: Visibility,
}

/// Who was given a role on what.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    Person(usize),
    Group(usize),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum On {
    Workspace(usize),
    Element(usize),
}

/// Everything, in memory.
pub struct Organisation {
    seed: u64,
    people: Vec<Person>,
    groups: Vec<Group>,
    workspaces: Vec<Workspace>,
    /// The workspace of each element.
    elements: Vec<usize>,
    grants: HashMap<(On, Holder), WorkspaceRole>,
    /// The same by what they are on, so that questions can be asked of those who hold something.
    holders: HashMap<On, Vec<Holder>>,
    of_group: Vec<Vec<usize>>,
}

/// One question, with what it takes to answer it.
#[derive(Debug)]
pub struct Question {
    pub actor: Actor,
    pub action: Action,
    pub object: Object,
    pub plan: Plan,
    person: usize,
    thing: Thing,
}

#[derive(Clone, Copy, Debug)]
enum Thing {
    Team(usize),
    Person(usize),
    Workspace(usize),
    Element(usize),
}

impl Organisation {
    pub fn random(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let groups: Vec<_> = (0..GROUPS)
            .map(|_| Group { team: random.random_range(0..TEAMS), roles: roles(&mut random) })
            .collect();
        let mut of_group = vec![Vec::new(); GROUPS];
        let mut people = Vec::with_capacity(PEOPLE);
        for id in 0..PEOPLE {
            let team = random.random_range(0..TEAMS);
            let mut own: Vec<_> = (0..random.random_range(0..4)).map(|_| random.random_range(0..GROUPS)).collect();
            own.retain(|group| groups[*group].team == team);
            own.sort_unstable();
            own.dedup();
            for group in &own {
                of_group[*group].push(id);
            }
            people.push(Person { team, roles: roles(&mut random), groups: own });
        }
        let workspaces: Vec<_> = (0..WORKSPACES)
            .map(|_| Workspace {
                team: random.random_range(0..TEAMS),
                visibility: *Visibility::ALL.choose(&mut random).expect("there are four"),
            })
            .collect();
        let elements: Vec<_> = (0..ELEMENTS).map(|_| random.random_range(0..WORKSPACES)).collect();
        let mut organisation = Self {
            seed,
            people,
            groups,
            workspaces,
            elements,
            grants: HashMap::new(),
            holders: HashMap::new(),
            of_group,
        };
        for workspace in 0..WORKSPACES {
            for _ in 0..random.random_range(0..40) {
                organisation.give(&mut random, On::Workspace(workspace), workspace);
            }
        }
        for element in 0..ELEMENTS {
            for _ in 0..random.random_range(0..4) {
                organisation.give(&mut random, On::Element(element), organisation.elements[element]);
            }
        }
        organisation
    }

    fn give(&mut self, random: &mut StdRng, on: On, workspace: usize) {
        let holder = if random.random_bool(0.3) {
            Holder::Group(random.random_range(0..GROUPS))
        } else {
            Holder::Person(random.random_range(0..PEOPLE))
        };
        let team = match holder {
            Holder::Person(person) => self.people[person].team,
            Holder::Group(group) => self.groups[group].team,
        };
        // Most are in the team of the workspace; the rest must be worth nothing.
        if team != self.workspaces[workspace].team && random.random_bool(0.95) {
            return;
        }
        let role = match on {
            On::Workspace(_) => *WorkspaceRole::ALL.choose(random).expect("there are three"),
            On::Element(_) => *[WorkspaceRole::Viewer, WorkspaceRole::Editor].choose(random).expect("there are two"),
        };
        self.grants.insert((on, holder), role);
        self.holders.entry(on).or_default().push(holder);
    }

    /// Somebody who is asked about: half of them hold something on it.
    fn somebody(&self, random: &mut StdRng, on: On) -> usize {
        let holder = self.holders.get(&on).and_then(|holders| holders.choose(random)).copied();
        match holder {
            Some(Holder::Person(person)) if random.random_bool(0.5) => person,
            Some(Holder::Group(group)) if random.random_bool(0.5) => {
                self.of_group[group].choose(random).copied().unwrap_or_default()
            }
            _ => random.random_range(0..PEOPLE),
        }
    }

    /// Somebody else of the team of `person`, mostly.
    fn neighbour(&self, random: &mut StdRng, on: On, team: usize) -> usize {
        for _ in 0..50 {
            let person = self.somebody(random, on);
            if self.people[person].team == team {
                return person;
            }
        }
        self.somebody(random, on)
    }

    pub fn questions(&self, count: usize) -> Vec<Question> {
        let mut random = StdRng::seed_from_u64(self.seed.wrapping_add(1));
        (0..count)
            .map(|_| {
                let action = *Action::ALL.choose(&mut random).expect("there are some");
                let near = random.random_bool(0.8);
                let (thing, person) = match action.need() {
                    Need::Workspace(_) | Need::Element(_) => {
                        let element = random.random_range(0..ELEMENTS);
                        let workspace = self.elements[element];
                        let (thing, on) = if random.random_bool(0.5) {
                            (Thing::Element(element), On::Element(element))
                        } else {
                            (Thing::Workspace(workspace), On::Workspace(workspace))
                        };
                        let person = if near {
                            self.neighbour(&mut random, on, self.workspaces[workspace].team)
                        } else {
                            self.somebody(&mut random, on)
                        };
                        (thing, person)
                    }
                    Need::Own => {
                        let person = random.random_range(0..PEOPLE);
                        let about = if near { person } else { random.random_range(0..PEOPLE) };
                        (Thing::Person(about), person)
                    }
                    Need::Nothing | Need::SignedIn | Need::Team(_) => {
                        let person = random.random_range(0..PEOPLE);
                        let team = if near { self.people[person].team } else { random.random_range(0..TEAMS) };
                        (Thing::Team(team), person)
                    }
                };
                let plan = *Plan::ALL.choose(&mut random).expect("there are four");
                let (actor, object) = (self.actor(person), self.object(person, thing));
                Question { actor, action, object, plan, person, thing }
            })
            .collect()
    }

    /// What a question is about, found again by its ids: what a cache of the grants in memory would cost.
    pub fn loaded(&self, asked: &Question) -> (Actor, Object) {
        (self.actor(asked.person), self.object(asked.person, asked.thing))
    }

    /// People with `length` elements each that they may or may not open.
    pub fn lists(&self, count: usize, length: usize) -> Vec<(Actor, Vec<Object>, Action)> {
        let mut random = StdRng::seed_from_u64(self.seed.wrapping_add(2));
        (0..count)
            .map(|_| {
                let person = random.random_range(0..PEOPLE);
                let objects = (0..length)
                    .map(|_| self.object(person, Thing::Element(random.random_range(0..ELEMENTS))))
                    .collect();
                (self.actor(person), objects, Action::CollectionRead)
            })
            .collect()
    }

    fn actor(&self, person: usize) -> Actor {
        let of = &self.people[person];
        let direct = of.roles.iter().map(|role| Grant::direct(*role));
        let through = of.groups.iter().flat_map(|group| {
            self.groups[*group].roles.iter().map(move |role| Grant::direct(*role).through_group(format!("g{group}")))
        });
        Actor { person: format!("p{person}"), team: format!("t{}", of.team), roles: direct.chain(through).collect() }
    }

    fn object(&self, person: usize, thing: Thing) -> Object {
        match thing {
            Thing::Team(team) => Object::Team { team: format!("t{team}") },
            Thing::Person(about) => Object::Person { person: format!("p{about}") },
            Thing::Workspace(workspace) => self.workspace(person, workspace, None),
            Thing::Element(element) => self.workspace(person, self.elements[element], Some(element)),
        }
    }

    fn workspace(&self, person: usize, workspace: usize, element: Option<usize>) -> Object {
        let mut grants = Vec::new();
        let holders = [(Holder::Person(person), None)].into_iter();
        let groups = self.people[person].groups.iter().map(|group| (Holder::Group(*group), Some(*group)));
        for (holder, group) in holders.chain(groups) {
            let named = |grant: Grant<WorkspaceRole>| match group {
                Some(group) => grant.through_group(format!("g{group}")),
                None => grant,
            };
            if let Some(role) = self.grants.get(&(On::Workspace(workspace), holder)) {
                grants.push(named(Grant::direct(*role)));
            }
            if let Some(role) = element.and_then(|element| self.grants.get(&(On::Element(element), holder))) {
                grants.push(named(Grant::on_element(*role)));
            }
        }
        let Workspace { team, visibility } = self.workspaces[workspace];
        Object::Workspace { team: format!("t{team}"), visibility, grants }
    }
}

fn roles(random: &mut StdRng) -> Vec<TeamRole> {
    let mut roles: Vec<_> = (0..random.random_range(1..3))
        .map(|_| match random.random_range(0..10) {
            0 => TeamRole::SuperAdmin,
            1 => TeamRole::Admin,
            2 => TeamRole::Billing,
            3 => TeamRole::CommunityManager,
            4 => TeamRole::ApiNetworkManager,
            _ => TeamRole::Developer,
        })
        .collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

impl fmt::Display for Organisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{PEOPLE} people in {TEAMS} teams, {GROUPS} groups, {WORKSPACES} workspaces, {ELEMENTS} elements, {} grants",
            self.grants.len()
        )
    }
}
