//! `bulla keys`: the root key, for whoever holds it.

use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;

use bulla_seal::RootKey;
use bulla_server::App;
use bulla_server::config::{DatabasePlace, RootKeyPlace};
use bulla_server::keys::rotation;

use crate::problem::Problem;
use crate::serve::{PlaceArguments, wrong_settings};

/// What `bulla keys` takes.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Put another root key in the place of the one there is
    Rotate(Box<RotateArguments>),
    /// Print a new root key, for root-key-text
    New,
}

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  bulla keys rotate --data ./data
  bulla keys rotate --data ./data --prepare      make the key; copy it to other servers before it is used

The server may run meanwhile. Cut short, the command finishes when it is given again. docs/backup.md says more: a backup
from before needs the old key.")]
struct RotateArguments {
    #[command(flatten)]
    place: PlaceArguments,
    /// Only write the new key beside the old one
    #[arg(long)]
    prepare: bool,
}

/// Does it.
pub fn run(arguments: Arguments) -> Result<ExitCode, Problem> {
    match arguments.command {
        Command::Rotate(arguments) => rotate(*arguments),
        Command::New => {
            let (_, text) = RootKey::generate().map_err(Problem::new)?;
            anstream::print!("{}", *text);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn rotate(arguments: RotateArguments) -> Result<ExitCode, Problem> {
    let settings = arguments.place.settings()?;
    let config = settings.configuration(IpAddr::V4(Ipv4Addr::LOCALHOST)).map_err(|errors| wrong_settings(&errors))?;
    // Opening it would make it, and a key for it.
    if let DatabasePlace::Sqlite(path) = &config.database
        && !path.is_file()
    {
        return Err(Problem::in_file(path, "there is no database"));
    }
    let place = config.root_key.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if arguments.prepare {
        if let RootKeyPlace::Text(_) = place {
            return Err(Problem::new("the root key is in root-key-text: `bulla keys new` prints another"));
        }
        let next = runtime.block_on(rotation::prepare(&place)).map_err(Problem::new)?;
        anstream::println!("The next root key is {}, in {place}.next; it is not in use yet.", next.name());
        return Ok(ExitCode::SUCCESS);
    }
    let rotated = runtime.block_on(async {
        let app = App::open(config).await.map_err(Problem::new)?;
        let rotated = rotation::rotate(&app.door, &place).await.map_err(Problem::new);
        app.door.database().close().await;
        rotated
    })?;
    match rotated.teams {
        Some(1) => anstream::println!("Another root key is in use; the key of one team is wrapped under it."),
        Some(teams) => {
            anstream::println!("Another root key is in use; the keys of {teams} teams are wrapped under it.")
        }
        None => anstream::println!("The keys were wrapped under the next root key already; its file is in place now."),
    }
    match rotated.old {
        Some(old) => anstream::println!(
            "Back {place} up. {} is the old key: a backup from before needs it, and nothing else does.",
            old.display()
        ),
        None => anstream::println!("Leave the old key out of root-key-text now; a backup from before needs it."),
    }
    Ok(ExitCode::SUCCESS)
}
