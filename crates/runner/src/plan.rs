//! What is to be run, and how.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use bulla_collection::{Collection, Item, Kind, Variable, VariableSet};
use serde_json::{Map, Value};

use crate::event::LocalValue;
use crate::guard::Guarded;

/// What is to be run, and how. It has no `Debug`, since it holds secrets.
#[derive(Clone)]
pub struct Plan {
    /// Id of the run, shown in its events.
    pub run_id: String,
    /// What is run.
    pub collection: Collection,
    /// The active environment.
    pub environment: Option<VariableSet>,
    /// The globals.
    pub globals: VariableSet,
    /// Rows of the data file, one a pass.
    pub data: Vec<Map<String, Value>>,
    /// How many passes; `None` means one for each row of `data`, or one.
    pub iterations: Option<u32>,
    /// Which requests.
    pub selection: Selection,
    /// Pause before each request and its scripts.
    pub delay: Duration,
    /// Limits of time.
    pub timeouts: Timeouts,
    /// When to stop early.
    pub bail: Bail,
    /// How to send.
    pub sending: Sending,
    /// Which files a request may send.
    pub files: Files,
    /// How many passes go on at a time, each by a virtual user with cookies, variables and scripts of its own. User
    /// `k` of `n` runs the passes `k`, `k + n` and so on.
    pub parallel: u32,
    /// When a request is sent again.
    pub retry: Retry,
    /// Makes dynamic variables and `Math.random` the same each time.
    pub seed: Option<u64>,
    /// What `pm.vault` and `{{vault:name}}` give. All of it is masked.
    pub vault: BTreeMap<String, String>,
    /// Values that are used without being seen. Of a scope that has a variable of that name itself, that one counts.
    pub guarded: Vec<Guarded>,
    /// Values to mask besides those of secret variables.
    pub secrets: Vec<String>,
    /// Memory of the scripts, in bytes.
    pub script_memory: usize,
}

/// Which requests of a collection are run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Selection {
    /// All, in the collection's order.
    #[default]
    All,
    /// Those in the folders (or with the request names or ids) given, in the collection's order.
    Folders(Vec<String>),
    /// The requests with these ids, in this order.
    Items(Vec<String>),
}

/// Limits of time; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// For the whole run.
    pub global: Option<Duration>,
    /// For one exchange, redirects included.
    pub request: Option<Duration>,
    /// For one script.
    pub script: Option<Duration>,
}

/// When a run stops before its end; by default never: failures are told, and the run goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bail {
    /// At the first failed assertion, script or request: the item ends there, and it is the last one.
    pub on_failure: bool,
    /// At the first failed script or request the whole run ends in an error.
    pub on_error: bool,
}

/// How requests are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Accept any certificate.
    pub insecure: bool,
    /// Go where a 3xx answer points to.
    pub follow_redirects: bool,
    /// Largest body of an answer, decoded, in bytes.
    pub largest_response: u64,
    /// Longest time of an answer that is a stream of events: what has come until then is its body. `None` waits for its
    /// end.
    pub longest_stream: Option<Duration>,
    /// How many events of such an answer are told one by one; its body has all of them.
    pub told_events: u32,
}

impl Default for Sending {
    fn default() -> Self {
        Self {
            insecure: false,
            follow_redirects: true,
            largest_response: 256 * 1024 * 1024,
            longest_stream: Some(Duration::from_secs(30)),
            told_events: 10_000,
        }
    }
}

/// When the request of an item is sent again. Its scripts see the last answer alone, and what came before it is no
/// failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retry {
    /// How often at most; 0 is never.
    pub times: u32,
    /// The pause before the second try; it doubles with each that follows, up to a minute. An answer's `Retry-After`
    /// goes before it if it is longer.
    pub wait: Duration,
    /// If no answer came.
    pub on_network: bool,
    /// If the answer has one of these statuses.
    pub on_statuses: Vec<RangeInclusive<u16>>,
}

impl Retry {
    /// The longest pause.
    const LONGEST: Duration = Duration::from_secs(60);

    pub(crate) fn pause(&self, before: u32, asked: Option<Duration>) -> Duration {
        let own = self.wait.saturating_mul(2_u32.saturating_pow(before));
        own.max(asked.unwrap_or_default()).min(Self::LONGEST)
    }
}

/// A condition under which a request is sent again, as people write it: `network`, `503`, `5xx` or `500-503`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryOn {
    /// There was no answer.
    Network,
    /// The answer had one of these statuses.
    Statuses(RangeInclusive<u16>),
}

impl RetryOn {
    /// The conditions where somebody names none, between commas.
    pub const USUAL: &str = "network,429,502,503,504";
}

impl FromStr for RetryOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is neither network nor a status such as 503, 5xx or 500-503");
        let status = |text: &str| text.parse().ok().filter(|status| (100..=599).contains(status)).ok_or_else(wrong);
        if text == "network" {
            return Ok(Self::Network);
        }
        if let Some(class) = text.strip_suffix("xx") {
            let class = class.parse::<u16>().ok().filter(|class| (1..=5).contains(class)).ok_or_else(wrong)?;
            return Ok(Self::Statuses(class * 100..=class * 100 + 99));
        }
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (status(first)?, status(last)?);
        if first > last { Err(wrong()) } else { Ok(Self::Statuses(first..=last)) }
    }
}

impl Retry {
    /// So often at most, after this pause, under one of these conditions.
    pub fn under(times: u32, wait: Duration, conditions: impl IntoIterator<Item = RetryOn>) -> Self {
        let mut retry = Self { times, wait, ..Self::default() };
        for condition in conditions {
            match condition {
                RetryOn::Network => retry.on_network = true,
                RetryOn::Statuses(statuses) => retry.on_statuses.push(statuses),
            }
        }
        retry
    }
}

/// Which files requests may send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Files {
    /// None at all: a server runs other people's collections.
    #[default]
    Refused,
    /// Files below `root`, and others only if `outside` is true. Relative paths begin at `root`.
    Allowed {
        /// The working directory.
        root: PathBuf,
        /// May a path lead out of it?
        outside: bool,
    },
}

impl Plan {
    /// A run of everything in `collection`, once, with no limits of time but those of scripts.
    pub fn new(run_id: String, collection: Collection) -> Self {
        Self {
            run_id,
            collection,
            environment: None,
            globals: VariableSet::default(),
            data: Vec::new(),
            iterations: None,
            selection: Selection::All,
            delay: Duration::ZERO,
            timeouts: Timeouts::default(),
            bail: Bail::default(),
            sending: Sending::default(),
            files: Files::Refused,
            parallel: 1,
            retry: Retry::default(),
            seed: None,
            vault: BTreeMap::new(),
            guarded: Vec::new(),
            secrets: Vec::new(),
            script_memory: 256 * 1024 * 1024,
        }
    }

    /// A run of one request: `draft`, an item of v2.1 as it stands in an editor, saved or not.
    ///
    /// With `saved`, the id of an item in `collection`, the draft takes that item's place, so it has the folders,
    /// scripts, authorization and variables around it; otherwise it stands at the root of `collection`.
    ///
    /// # Errors
    ///
    /// If `draft` is not an object with a `request`, or no item has the id `saved`.
    pub fn single(
        run_id: String,
        mut collection: Collection,
        saved: Option<&str>,
        draft: Value,
    ) -> Result<Self, DraftError> {
        let Value::Object(mut raw) = draft else { return Err(DraftError::NotARequest) };
        if !raw.get("request").is_some_and(|request| request.is_object() || request.is_string()) {
            return Err(DraftError::NotARequest);
        }
        raw.shift_remove("item");
        let id = saved.unwrap_or(DRAFT).to_owned();
        raw.insert("id".to_owned(), Value::String(id.clone()));
        let draft = Item { raw, items: None };
        match saved {
            None => collection.items = vec![draft],
            Some(saved) => {
                if !narrow(&mut collection.items, saved, draft) {
                    return Err(DraftError::NoItem { id });
                }
            }
        }
        Ok(Self::new(run_id, collection))
    }

    /// How many passes there will be.
    pub fn passes(&self) -> u32 {
        self.iterations.unwrap_or_else(|| u32::try_from(self.data.len()).unwrap_or(u32::MAX).max(1))
    }
}

/// The id of a request that is not saved.
const DRAFT: &str = "draft";

/// Why a draft cannot be sent.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// It has no request.
    #[error("a draft is an object with a request")]
    NotARequest,
    /// The collection has no such item.
    #[error("the collection has no item {id}")]
    NoItem {
        /// The id that was asked for.
        id: String,
    },
}

/// Leaves of `items` nothing but `draft` in the place of the item `id`, with the folders around it.
fn narrow(items: &mut Vec<Item>, id: &str, draft: Item) -> bool {
    if items.iter().any(|item| !item.is_folder() && item.id() == Some(id)) {
        *items = vec![draft];
        return true;
    }
    let found = items.iter_mut().position(|item| match &mut item.items {
        Some(children) => narrow(children, id, draft.clone()),
        None => false,
    });
    match found {
        Some(at) => {
            let folder = items.swap_remove(at);
            *items = vec![folder];
            true
        }
        None => false,
    }
}

/// Puts local values over the shared ones of `set`. A variable keeps its kind, so a secret one stays masked.
pub fn apply_locals(set: &mut VariableSet, locals: &[LocalValue]) {
    for local in locals {
        match set.values.iter_mut().rev().find(|variable| variable.key == local.key) {
            Some(variable) => {
                variable.value = Value::String(local.value.clone());
                variable.enabled = local.enabled;
            }
            None => set.values.push(Variable {
                key: local.key.clone(),
                value: Value::String(local.value.clone()),
                kind: Some(Kind::Default),
                enabled: local.enabled,
                extra: Map::new(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use bulla_collection::{Imported, Limits, read};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_draft_takes_the_place_of_its_item_within_its_folders() {
        let file = json!({
            "info": { "name": "c", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
            "item": [{ "name": "A", "auth": { "type": "noauth" }, "item": [
                { "id": "1", "name": "one", "request": "http://x" }, { "id": "2", "name": "two", "request": "http://x" }] }],
        });
        let Ok(Imported::Collection(collection)) =
            read(file.to_string().as_bytes(), &Limits::default()).map(|import| import.imported)
        else {
            panic!("the collection is read");
        };
        let draft = json!({ "name": "draft of two", "request": { "url": "http://y" } });
        let plan = Plan::single("r".into(), collection.clone(), Some("2"), draft.clone()).expect("a plan");
        let steps = bulla_collection::steps::steps(&plan.collection);
        assert_eq!(steps.len(), 1);
        assert_eq!((steps[0].name.as_str(), steps[0].path.as_slice()), ("draft of two", &["A".to_owned()][..]));
        let missing = Plan::single("r".into(), collection.clone(), Some("3"), draft).map(|_| ());
        assert_eq!(missing, Err(DraftError::NoItem { id: "3".to_owned() }));
        assert_eq!(Plan::single("r".into(), collection, None, json!([])).map(|_| ()), Err(DraftError::NotARequest));
    }
}
