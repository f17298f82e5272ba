//! What is to be run, and how.

use std::path::PathBuf;
use std::time::Duration;

use bulla_collection::{Collection, Kind, Variable, VariableSet};
use serde_json::{Map, Value};

use crate::event::LocalValue;

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
    /// Pause after each request.
    pub delay: Duration,
    /// Limits of time.
    pub timeouts: Timeouts,
    /// When to stop early.
    pub bail: Bail,
    /// How to send.
    pub sending: Sending,
    /// Which files a request may send.
    pub files: Files,
    /// Makes dynamic variables and `Math.random` the same each time.
    pub seed: Option<u64>,
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

/// When a run stops before its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bail {
    /// Never: failures are told, and the run goes on.
    #[default]
    No,
    /// After the item in which something failed; a selected folder that does not exist is an error of the run.
    Yes,
    /// Only a selected folder that does not exist ends the run; failures do not.
    Folder,
    /// At once, in the middle of the item: what follows the failed script or request does not run.
    Failure,
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
}

impl Default for Sending {
    fn default() -> Self {
        Self { insecure: false, follow_redirects: true, largest_response: 256 * 1024 * 1024 }
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
            bail: Bail::No,
            sending: Sending::default(),
            files: Files::Refused,
            seed: None,
            secrets: Vec::new(),
            script_memory: 256 * 1024 * 1024,
        }
    }

    /// How many passes there will be.
    pub fn passes(&self) -> u32 {
        self.iterations.unwrap_or_else(|| u32::try_from(self.data.len()).unwrap_or(u32::MAX).max(1))
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
