//! `bulla backup` and `bulla restore`: a copy of the database, and back.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bulla_db::Database;
use bulla_server::MIGRATIONS;
use bulla_server::config::{Config, DatabasePlace};

use crate::problem::Problem;
use crate::serve::{PlaceArguments, make_data_folder, wrong_settings};

/// What `bulla backup` takes.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  bulla backup --data ./data backup.sqlite

The server may run meanwhile. The root key is not in the copy: keep it elsewhere (docs/backup.md).")]
pub struct BackupArguments {
    #[command(flatten)]
    place: PlaceArguments,
    /// The file to write; it must not exist
    file: PathBuf,
}

/// What `bulla restore` takes.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  bulla restore --data ./new backup.sqlite
  install -m 600 /somewhere/safe/root.key ./new/root.key
  bulla serve --data ./new")]
pub struct RestoreArguments {
    #[command(flatten)]
    place: PlaceArguments,
    /// A file that `bulla backup` wrote
    file: PathBuf,
}

const USE_PG_DUMP: &str = "use pg_dump and pg_restore; docs/backup.md has the commands";

fn configuration(place: PlaceArguments) -> Result<(Config, PathBuf), Problem> {
    let settings = place.settings()?;
    let config = settings.configuration(IpAddr::V4(Ipv4Addr::LOCALHOST)).map_err(|errors| wrong_settings(&errors))?;
    let DatabasePlace::Sqlite(path) = config.database.clone() else {
        return Err(Problem::new("the data is in PostgreSQL").help(USE_PG_DUMP));
    };
    Ok((config, path))
}

/// Writes a copy of the database while the server may run.
pub fn backup(arguments: BackupArguments) -> Result<ExitCode, Problem> {
    let (config, path) = configuration(arguments.place)?;
    // Opening it would make it.
    if !path.is_file() {
        return Err(Problem::in_file(&path, "there is no database"));
    }
    let target = arguments.file;
    if target.exists() {
        return Err(Problem::in_file(&target, "there is a file already").help("choose another name"));
    }
    let partial = beside(&target);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let copied = runtime.block_on(async {
        let database = Database::open_sqlite(&path).await.map_err(Problem::new)?;
        let copied = database.backup(&partial).await.map_err(Problem::new);
        database.close().await;
        copied
    });
    let kept = copied.and_then(|()| for_owner_alone(&partial)).and_then(|()| put_in_place(&partial, &target));
    if kept.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    kept?;
    anstream::println!("{} holds the database of {}", target.display(), path.display());
    anstream::println!(
        "It does not hold the root key, and without that no secret value in it can be opened. Back up {} separately, to \
         another place.",
        config.root_key
    );
    Ok(ExitCode::SUCCESS)
}

/// Puts a copy in place of a database that is not there.
pub fn restore(arguments: RestoreArguments) -> Result<ExitCode, Problem> {
    let source = arguments.file;
    let settings = arguments.place.settings()?;
    let config = settings.configuration(IpAddr::V4(Ipv4Addr::LOCALHOST)).map_err(|errors| wrong_settings(&errors))?;
    let DatabasePlace::Sqlite(path) = config.database else {
        return Err(Problem::new("the data is to be in PostgreSQL").help(USE_PG_DUMP));
    };
    // A log beside it may hold changes of a database whose file somebody took away.
    for there in ["", "-wal", "-journal"].map(|ending| with_ending(&path, ending)) {
        if there.exists() {
            return Err(Problem::in_file(&there, "there is data already, and it would be lost")
                .help("restore into another folder, or move this one away first"));
        }
    }
    if !source.is_file() {
        return Err(Problem::in_file(&source, "there is no such file"));
    }
    make_data_folder(&settings)?;
    let partial = beside(&path);
    let restored =
        copy(&source, &partial).and_then(|()| check(&source, &partial)).and_then(|()| put_in_place(&partial, &path));
    if restored.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    restored?;
    anstream::println!("{} is restored from {}", path.display(), source.display());
    if let Some(path) = config.root_key.path()
        && !path.exists()
    {
        anstream::println!(
            "Its root key is needed before the server starts: put it at {} with mode 600.",
            path.display()
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Is the copy a whole database of ours, and not of a later version?
fn check(source: &Path, copy: &Path) -> Result<(), Problem> {
    let refused = |reason: String| Problem::in_file(source, reason);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let found = runtime
        .block_on(Database::inspect_sqlite(copy))
        .map_err(|error| refused(format!("it is no backup of Bulla: {error}")))?;
    let known = MIGRATIONS.last().map_or(0, |migration| migration.version);
    if found > known {
        return Err(refused(format!(
            "it is of a later version of Bulla (schema {found}; this program knows schemas up to {known})"
        )));
    }
    Ok(())
}

fn copy(source: &Path, target: &Path) -> Result<(), Problem> {
    std::fs::copy(source, target).map_err(|error| Problem::in_file(source, error))?;
    for_owner_alone(target)
}

/// Only its owner may read it from now on, and it is on disk.
fn for_owner_alone(path: &Path) -> Result<(), Problem> {
    let said = |error| Problem::in_file(path, error);
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(said)?;
    std::fs::File::open(path).and_then(|file| file.sync_all()).map_err(said)
}

/// Gives a file its name. Unlike a rename this never replaces another.
fn put_in_place(partial: &Path, target: &Path) -> Result<(), Problem> {
    std::fs::hard_link(partial, target)
        .and_then(|()| std::fs::remove_file(partial))
        .map_err(|error| Problem::in_file(target, error))
}

/// A name beside `path` that nobody else uses.
fn beside(path: &Path) -> PathBuf {
    with_ending(path, &format!(".{}.partial", std::process::id()))
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
