//! Another root key, while servers run.
//!
//! Three steps, each of which may be the last before a crash: the new key is written beside the old one ([`prepare`]); every
//! team's key is wrapped under it, in one transaction ([`rewrap`]); the files change places ([`finish`]). Between any two of
//! them servers run and start, because they look into both files, and each stored key says which root key it needs. The
//! rotation is done by doing it again from the beginning: what was done is found done.

use std::path::{Path, PathBuf};

use bulla_access::Action;
use bulla_audit::Target;
use bulla_db::sql;
use bulla_seal::RootKey;

use super::{Vault, beside, create, load, root_keys, team_place};
use crate::config::RootKeyPlace;
use crate::error::{Error, Result};
use crate::identity;
use crate::operation::Door;

/// What a rotation did.
pub struct Rotated {
    /// How many teams' keys were wrapped anew; `None` if only the files were left to be done.
    pub teams: Option<u64>,
    /// Where the old key is kept.
    pub old: Option<PathBuf>,
}

/// Does the whole of it, or the rest of one that was cut short.
///
/// # Errors
///
/// If a key cannot be read or written, or the database refuses. It can be done again then.
pub async fn rotate(door: &Door, place: &RootKeyPlace) -> Result<Rotated> {
    let teams = match is_rewrapped(door, place).await? {
        true => None,
        false => {
            let next = prepare(place).await?;
            Some(rewrap(door, place, &next).await?)
        }
    };
    Ok(Rotated { teams, old: finish(place).await? })
}

/// Does the database know the next key already, so that only the files are left to be done?
async fn is_rewrapped(door: &Door, place: &RootKeyPlace) -> Result<bool> {
    let Some(path) = place.path() else { return Ok(false) };
    if !beside(path).exists() {
        return Ok(false);
    }
    let known = Vault::check_value(door.reader().into()).await?;
    let next = load(place, &beside(path)).await?;
    Ok(known.is_some_and(|known| next.verify(&known)))
}

/// The new root key: the one of a rotation that was cut short, or one that is made now and is on disk when this returns.
///
/// # Errors
///
/// If it cannot be read or written, or the text has no second key.
pub async fn prepare(place: &RootKeyPlace) -> Result<RootKey> {
    match place {
        RootKeyPlace::File(path) | RootKeyPlace::Transit(path, _) => {
            let next = beside(path);
            if next.exists() { load(place, &next).await } else { create(place, &next).await }
        }
        RootKeyPlace::Text(text) => match text.expose().split_whitespace().collect::<Vec<_>>()[..] {
            [_, next] => {
                RootKey::parse(next).ok_or_else(|| Error::unexpected("the second key of root-key-text is none"))
            }
            _ => Err(Error::unexpected(
                "root-key-text must hold the old key, a blank and the new key; `bulla keys new` prints one",
            )),
        },
    }
}

/// Wraps every team's key under `next`, in one transaction, and returns how many there were. The log of the instance's
/// first team says so.
///
/// # Errors
///
/// If a stored key does not open, or the database refuses: then nothing has changed.
pub async fn rewrap(door: &Door, place: &RootKeyPlace, next: &RootKey) -> Result<u64> {
    let Some(team) = identity::first_team(door.reader()).await? else {
        return Err(Error::unexpected("this instance has no account yet, so there is nothing to wrap anew"));
    };
    let target = Target { kind: "root-key".to_owned(), id: next.name() };
    let mut change = door.operator(&team, Action::RootKeyRotate.name(), target).await?;
    // Locks the row first: a team that is made meanwhile waits, and takes the new key.
    let before = sql!("update root_key set team = team where id = 1 returning check_value")
        .one(change.transaction())
        .await?
        .bytes("check_value")?;
    let roots = root_keys(place).await?;
    let Some(old) = roots.iter().find(|root| root.verify(&before)) else {
        return Err(Error::unexpected(format!("{place} is not the root key of this database")));
    };
    if next.verify(&before) {
        return Err(Error::unexpected("the new root key is the one in use; nothing was changed"));
    }
    let rows = sql!("select team, wrapped from team_key").all(change.transaction()).await?;
    for row in &rows {
        let team = row.text("team")?;
        let wrapped = old.key().rewrap(next.key(), team_place(&team), &row.bytes("wrapped")?)?;
        sql!("update team_key set wrapped = $1 where team = $2")
            .bind(wrapped)
            .bind(&team)
            .execute(change.transaction())
            .await?;
    }
    sql!("update root_key set check_value = $1 where id = 1")
        .bind(next.check_value()?)
        .execute(change.transaction())
        .await?;
    let teams = rows.len() as u64;
    change.text("key", Some(&old.name()), Some(&next.name()));
    change.number("teams", None, i64::try_from(teams).ok());
    change.commit().await?;
    Ok(teams)
}

/// Lets the files change places, once the database knows the new key; returns where the old one is kept.
///
/// # Errors
///
/// If they cannot be.
async fn finish(place: &RootKeyPlace) -> Result<Option<PathBuf>> {
    let Some(path) = place.path() else { return Ok(None) };
    let kept = keep_old(place, path).await?;
    put_in_place(path)?;
    Ok(Some(kept))
}

/// Gives the old key a second name, before its first is taken from it.
async fn keep_old(place: &RootKeyPlace, path: &Path) -> Result<PathBuf> {
    let old = load(place, path).await?;
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".old-{}", &old.name()[..8]));
    let kept = PathBuf::from(name);
    match std::fs::hard_link(path, &kept) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(failed(&kept, &error)),
        _ => Ok(kept),
    }
}

fn put_in_place(path: &Path) -> Result<()> {
    std::fs::rename(beside(path), path).map_err(|error| failed(path, &error))?;
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| failed(folder, &error))
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::unexpected(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::App;
    use crate::config::Config;
    use crate::identity::{Cost, FirstPerson, Password, set_up_as_operator};

    async fn open(config: &Config) -> App {
        App::open(config.clone()).await.unwrap()
    }

    /// An instance with one team.
    async fn instance() -> (tempfile::TempDir, Config, String) {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { passwords: Cost::LEAST, ..Config::in_folder(folder.path()) };
        let app = open(&config).await;
        let password = || Password::from("correct horse battery staple".to_owned());
        let first = FirstPerson::new("Ada", "ada@example.com", &password(), "Analytical").unwrap();
        let session = set_up_as_operator(&app.door, &app.passwords, &first, password()).await.unwrap();
        (folder, config, session.team.id)
    }

    /// What is known of a team's key without seeing it.
    async fn trace(app: &App, team: &str) -> [u8; 32] {
        app.door.vault.team_key(app.door.reader().into(), team).await.unwrap().derive("a test")
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.starts_with("root.key"))
            .map(|name| name.split("old-").next().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn a_rotation_that_is_cut_short_anywhere_loses_nothing_and_is_finished_later() {
        for steps in 0..=4 {
            let (folder, config, team) = instance().await;
            let RootKeyPlace::File(path) = &config.root_key else { panic!("a file") };
            let running = open(&config).await;
            let before = trace(&running, &team).await;
            let first = RootKey::load(path).unwrap().name();
            // What stands between two steps is what a crash leaves.
            if steps >= 1 {
                prepare(&config.root_key).await.unwrap();
            }
            if steps >= 2 {
                let next = prepare(&config.root_key).await.unwrap();
                assert_eq!(rewrap(&running.door, &config.root_key, &next).await.unwrap(), 1);
            }
            if steps >= 3 {
                keep_old(&config.root_key, path).await.unwrap();
            }
            if steps >= 4 {
                put_in_place(path).unwrap();
            }
            assert_eq!(trace(&running, &team).await, before, "a server that runs, after {steps} steps");
            let started = open(&config).await;
            assert_eq!(trace(&started, &team).await, before, "a server that starts, after {steps} steps");
            // A team that is made now has a key that opens later.
            let vault = &running.door.vault;
            let mut transaction = running.door.database().begin().await.unwrap();
            identity::insert_bare_team(&mut transaction, "t2").await;
            vault.create_team_key(&mut transaction, "t2", 0).await.unwrap();
            transaction.commit().await.unwrap();
            let second = trace(&running, "t2").await;

            let rotated = rotate(&started.door, &config.root_key).await.unwrap();
            assert_eq!(rotated.teams, if steps == 2 || steps == 3 { None } else { Some(2) }, "after {steps} steps");
            assert_ne!(RootKey::load(path).unwrap().name(), first);
            assert!(!beside(path).exists());
            let names = names(folder.path());
            assert!(names.iter().all(|name| name == "root.key" || name == "root.key."), "{names:?}");
            for app in [&running, &started, &open(&config).await] {
                assert_eq!(trace(app, &team).await, before);
                assert_eq!(trace(app, "t2").await, second);
            }
            // The key of before opens nothing any more.
            std::fs::copy(rotated.old.unwrap(), path).unwrap();
            let refusal = App::open(config.clone()).await.err().unwrap().to_string();
            assert!(refusal.contains("is not the root key of this database"), "{refusal}");
        }
    }

    #[tokio::test]
    async fn a_next_key_that_is_half_written_is_refused_and_the_old_one_stays() {
        let (_folder, config, team) = instance().await;
        let RootKeyPlace::File(path) = &config.root_key else { panic!("a file") };
        let whole = std::fs::read(path).unwrap();
        std::fs::copy(path, beside(path)).unwrap();
        std::fs::write(beside(path), &whole[..whole.len() / 2]).unwrap();
        let app = open(&config).await;
        let refusal = rotate(&app.door, &config.root_key).await.err().unwrap().to_string();
        assert!(refusal.contains("root.key.next: it is not a root key of Bulla"), "{refusal}");
        trace(&app, &team).await;
        assert_eq!(std::fs::read(path).unwrap(), whole);
    }

    #[tokio::test]
    async fn a_root_key_in_the_environment_is_changed_with_both_in_the_text() {
        let (_folder, config, team) = instance().await;
        let RootKeyPlace::File(path) = &config.root_key else { panic!("a file") };
        let old = std::fs::read_to_string(path).unwrap().trim().to_owned();
        let new = RootKey::generate().unwrap().1.trim().to_owned();
        let with = |text: String| Config { root_key: RootKeyPlace::Text(text.into()), ..config.clone() };
        let refused = async |text: String| App::open(with(text)).await.err().unwrap().to_string();
        std::fs::remove_file(path).unwrap();

        let before = trace(&open(&with(old.clone())).await, &team).await;
        assert!(refused(new.clone()).await.contains("root-key-text is not the root key of this database"));
        assert!(refused(String::new()).await.contains("root-key-text is missing"));
        let half = refused(old[..60].to_owned()).await;
        assert!(half.contains("root-key-text holds what is no root key") && !half.contains(&old[..40]), "{half}");

        let both = with(format!("{old} {new}"));
        let app = open(&both).await;
        assert_eq!(rotate(&app.door, &both.root_key).await.unwrap().teams, Some(1));
        assert!(rotate(&app.door, &both.root_key).await.is_err());
        assert_eq!(trace(&app, &team).await, before);
        assert_eq!(trace(&open(&with(new)).await, &team).await, before);
        assert!(refused(old).await.contains("is not the root key"));
    }
}
