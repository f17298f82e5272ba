//! The files of a run, and whether one of them has changed.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Arguments, load};

/// How often to look.
const EVERY: Duration = Duration::from_millis(300);

/// When a file was written and how long it is; none if it is not there.
type State = Option<(SystemTime, u64)>;

/// Files as they were at one moment.
pub struct Files(Vec<(PathBuf, State)>);

impl Files {
    /// The collection, environment, globals and data of `arguments` that are files here.
    pub fn of(arguments: &Arguments) -> Self {
        let places = [Some(&arguments.collection), arguments.environment.as_ref(), arguments.globals.as_ref()];
        let places = places.into_iter().chain([arguments.iteration_data.as_ref()]).flatten();
        let files =
            places.filter(|place| !place.contains("://")).map(PathBuf::from).flat_map(|place| match place.is_dir() {
                true => load::parts(&place).unwrap_or_default().into_iter().map(|(_, file)| file).collect(),
                false => vec![place],
            });
        Self(files.map(|file| (file.clone(), state(&file))).collect())
    }

    /// Waits until one of them has changed; false if the user has had enough (Ctrl+C), or there is none to watch.
    ///
    /// It looks instead of being told: an editor puts a new file in the place of the old one as often as not.
    pub async fn change(&self) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let names: Vec<String> = self.0.iter().map(|(file, _)| file.display().to_string()).collect();
        anstream::eprintln!("watching {}; Ctrl+C ends it", names.join(", "));
        loop {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => return false,
                () = tokio::time::sleep(EVERY) => {}
            }
            // A file that is gone for a moment is being written.
            if self.0.iter().any(|(file, before)| state(file).is_some_and(|now| Some(now) != *before)) {
                return true;
            }
        }
    }
}

fn state(file: &Path) -> State {
    let file = std::fs::metadata(file).ok()?;
    Some((file.modified().ok()?, file.len()))
}
