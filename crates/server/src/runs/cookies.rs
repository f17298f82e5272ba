//! The cookies that answers set, for the person and workspace they were set in. They are in memory alone: a cookie is a
//! credential, and nobody is better off if the database has it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bulla_transport::CookieJar;

use crate::id::{PersonId, WorkspaceId};

/// Most jars at once: the one that was not used for the longest goes first.
const JARS: usize = 2_000;

/// Whose cookies, and where.
type Owner = (PersonId, WorkspaceId);

/// A jar for each person in each workspace.
#[derive(Default)]
pub(crate) struct Jars(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    jars: HashMap<Owner, (CookieJar, u64)>,
    turn: u64,
}

impl Jars {
    /// The jar of a person in a workspace.
    pub(crate) fn of(&self, person: &PersonId, workspace: &WorkspaceId) -> CookieJar {
        let mut kept = self.kept();
        kept.turn += 1;
        let turn = kept.turn;
        let owner = (person.clone(), workspace.clone());
        if kept.jars.len() >= JARS
            && !kept.jars.contains_key(&owner)
            && let Some(idle) = kept.jars.iter().min_by_key(|(_, (_, used))| *used).map(|(owner, _)| owner.clone())
        {
            kept.jars.remove(&idle);
        }
        let (jar, used) = kept.jars.entry(owner).or_insert_with(|| (CookieJar::new(), turn));
        *used = turn;
        jar.clone()
    }

    /// Forgets every cookie of a person in a workspace, also for what is under way.
    pub(crate) fn clear(&self, person: &PersonId, workspace: &WorkspaceId) {
        if let Some((jar, _)) = self.kept().jars.remove(&(person.clone(), workspace.clone())) {
            jar.clear_all();
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jar_that_was_not_used_for_the_longest_goes_first() {
        let jars = Jars::default();
        let workspace = WorkspaceId("w".to_owned());
        let person = |number: usize| PersonId(number.to_string());
        let set = |number: usize| jars.of(&person(number), &workspace).store_header("http://a.example/", "k=v");
        let has = |number: usize| !jars.of(&person(number), &workspace).all().is_empty();
        for number in 0..JARS {
            set(number).unwrap();
        }
        assert!(has(0)); // which makes 1 the oldest
        set(JARS).unwrap();
        assert!(has(0) && has(2) && has(JARS));
        assert!(!has(1));
        jars.clear(&person(0), &workspace);
        assert!(!has(0));
    }
}
