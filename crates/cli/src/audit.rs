//! `bulla audit`: proving an export without a server, and what whoever holds the data folder may do with the log.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bulla_audit::{Finding, PublicKey, Verified, Verifier};
use bulla_server::App;
use bulla_server::audit::{export, ledger};
use bulla_server::id::PersonId;
use futures::StreamExt;

use crate::problem::Problem;
use crate::serve::{PlaceArguments, wrong_settings};

/// Longest line of an export that is read, in bytes.
const LINE: u64 = 64 * 1024 * 1024;
/// Largest checkpoint file that is read, in bytes.
const NOTE: u64 = 64 * 1024;

/// What `bulla audit` takes.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Prove an export, offline: name the first entry that was edited, removed, inserted, swapped or cut
    Verify(VerifyArguments),
    /// Write the whole log with its checkpoints, for `bulla audit verify`
    Export(ExportArguments),
    /// Sign the log now and print the checkpoint: keep it where nobody who holds the database can reach it
    Checkpoint(CheckpointArguments),
    /// Erase the addresses and names of a person from the log; every proof stays valid
    Erase(EraseArguments),
}

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  bulla audit verify audit-2026-11-28.ndjson monday.checkpoint
  bulla audit verify audit.ndjson monday.checkpoint tuesday.checkpoint --key bulla/audit/0199...+ab12cd34+AQ...

Nothing but the files is needed. Without a checkpoint that left the machine an export proves only that it fits itself.
It ends with 0 if the log is whole, and with 1 and the first bad entry if it is not.")]
struct VerifyArguments {
    /// An export: NDJSON from `bulla audit export` or the Audit Logs page
    export: PathBuf,
    /// Checkpoints that were kept elsewhere, old ones too
    #[arg(required = true)]
    checkpoints: Vec<PathBuf>,
    /// The key that must have signed them; without it, the key in the export must have
    #[arg(long, value_name = "NAME+HASH+KEY")]
    key: Option<String>,
}

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  bulla audit export --data ./data audit.ndjson

The server may run meanwhile. The log says that it was exported.")]
struct ExportArguments {
    #[command(flatten)]
    place: PlaceArguments,
    /// Whose log, by the id of the team; needed if there are several
    #[arg(long, value_name = "ID")]
    team: Option<String>,
    /// The file to write; it must not exist
    file: PathBuf,
}

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  bulla audit checkpoint --data ./data > \"audit-$(date +%F).checkpoint\"
  bulla audit checkpoint --data ./data --key            print the public key that checks it")]
struct CheckpointArguments {
    #[command(flatten)]
    place: PlaceArguments,
    /// Whose log, by the id of the team; needed if there are several
    #[arg(long, value_name = "ID")]
    team: Option<String>,
    /// Print the public key instead
    #[arg(long)]
    key: bool,
}

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  bulla audit erase --data ./data --person 01990000-0000-7000-8000-000000000001

What they did stays in the log under their id. Their addresses, browsers, names and emails are gone from it for good.")]
struct EraseArguments {
    #[command(flatten)]
    place: PlaceArguments,
    /// Whose log, by the id of the team; needed if there are several
    #[arg(long, value_name = "ID")]
    team: Option<String>,
    /// Whom, by their id
    #[arg(long, value_name = "ID")]
    person: String,
}

/// Does it.
pub fn run(arguments: Arguments) -> Result<ExitCode, Problem> {
    match arguments.command {
        Command::Verify(arguments) => verify(&arguments),
        Command::Export(arguments) => write_export(arguments),
        Command::Checkpoint(arguments) => checkpoint(arguments),
        Command::Erase(arguments) => erase(arguments),
    }
}

fn verify(arguments: &VerifyArguments) -> Result<ExitCode, Problem> {
    let key: Option<PublicKey> = match &arguments.key {
        Some(text) => Some(text.parse().map_err(|error| Problem::new(format_args!("--key: {error}")))?),
        None => None,
    };
    let taken = key.is_none();
    let notes = arguments.checkpoints.iter().map(|path| note(path)).collect::<Result<Vec<_>, _>>()?;
    let said = |finding: Finding| match &finding {
        Finding::Checkpoint { number, reason } => match arguments.checkpoints.get(*number) {
            Some(path) => Problem::in_file(path, format_args!("the checkpoint cannot be used: {reason}")),
            None => Problem::new(&finding),
        },
        _ => Problem::in_file(&arguments.export, &finding)
            .help("the log was tampered with or the file damaged; keep the file and the database as they are"),
    };
    let mut verifier = Verifier::new(notes, key).map_err(said)?;
    let file = File::open(&arguments.export).map_err(|error| Problem::in_file(&arguments.export, error))?;
    let mut reader = BufReader::with_capacity(1024 * 1024, file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut reader)
            .take(LINE)
            .read_until(b'\n', &mut line)
            .map_err(|error| Problem::in_file(&arguments.export, error))?;
        if read == 0 {
            break;
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        verifier.line(&String::from_utf8_lossy(&line)).map_err(said)?;
    }
    print(&verifier.end().map_err(said)?, taken);
    Ok(ExitCode::SUCCESS)
}

fn note(path: &Path) -> Result<String, Problem> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(NOTE).read_to_string(&mut text))
        .map_err(|error| Problem::in_file(path, error))?;
    Ok(text)
}

fn print(verified: &Verified, key_was_taken: bool) {
    anstream::println!(
        "The log of team {} is whole: entries {} to {} are those that were signed.",
        verified.team,
        verified.from,
        verified.proved.saturating_sub(1)
    );
    if verified.size > verified.proved {
        anstream::println!(
            "The {} entries after them fit the later checkpoints in the export, and none that was kept elsewhere proves \
             them.",
            verified.size - verified.proved
        );
    }
    if verified.from > 0 {
        anstream::println!("Entries before {} were removed when their time was over; their hashes fit.", verified.from);
    }
    if verified.erased > 0 {
        anstream::println!("Personal details were erased from {} places.", verified.erased);
    }
    if key_was_taken {
        anstream::println!("Signed by {}", verified.key);
        anstream::println!(
            "That key is the one in the export. If you know it from elsewhere, compare it or use --key."
        );
    }
}

/// What happens in an open instance.
fn in_instance<T>(place: PlaceArguments, act: impl AsyncFnOnce(&App) -> Result<T, Problem>) -> Result<T, Problem> {
    let settings = place.settings()?;
    let config = settings.configuration(IpAddr::V4(Ipv4Addr::LOCALHOST)).map_err(|errors| wrong_settings(&errors))?;
    // Opening it would make it.
    if let bulla_server::config::DatabasePlace::Sqlite(path) = &config.database
        && !path.is_file()
    {
        return Err(Problem::in_file(path, "there is no database"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let app = App::open(config).await.map_err(Problem::new)?;
        let done = act(&app).await;
        app.door.database().close().await;
        done
    })
}

/// The team that is meant.
async fn team(app: &App, wanted: Option<String>) -> Result<String, Problem> {
    let teams = bulla_server::identity::teams(app.door.reader()).await.map_err(Problem::new)?;
    let ids: Vec<_> = teams.into_iter().map(|(id, _)| id).collect();
    match (wanted, ids.as_slice()) {
        (Some(wanted), _) if ids.contains(&wanted) => Ok(wanted),
        (Some(wanted), _) => Err(Problem::new(format_args!("there is no team {wanted}"))
            .help(format_args!("the teams are {}", ids.join(", ")))),
        (None, [only]) => Ok(only.clone()),
        (None, []) => Err(Problem::new("there is no team yet")),
        (None, _) => {
            Err(Problem::new("there are several teams").help(format_args!("add --team with one of {}", ids.join(", "))))
        }
    }
}

fn write_export(arguments: ExportArguments) -> Result<ExitCode, Problem> {
    let path = arguments.file;
    in_instance(arguments.place, async |app| {
        let team = team(app, arguments.team).await?;
        export::note_taken(&app.door, &team).await.map_err(Problem::new)?;
        let size = export::size(&app.door, &team).await.map_err(Problem::new)?;
        let said = |error: std::io::Error| Problem::in_file(&path, error);
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = std::io::BufWriter::new(options.open(&path).map_err(said)?);
        let mut pieces = std::pin::pin!(export::whole(app.door.clone(), team, size));
        while let Some(piece) = pieces.next().await {
            file.write_all(&piece.map_err(Problem::new)?).map_err(said)?;
        }
        file.into_inner().map_err(|error| said(error.into_error()))?.sync_all().map_err(said)
    })?;
    anstream::println!("{} holds the audit log with its checkpoints", path.display());
    Ok(ExitCode::SUCCESS)
}

fn checkpoint(arguments: CheckpointArguments) -> Result<ExitCode, Problem> {
    let text = in_instance(arguments.place, async |app| {
        let team = team(app, arguments.team).await?;
        if arguments.key {
            return Ok(format!("{}\n", ledger::public_key(&app.door, &team).await.map_err(Problem::new)?));
        }
        let signed = ledger::sign(&app.door, &team).await.map_err(Problem::new)?;
        Ok(signed.note)
    })?;
    anstream::print!("{text}");
    Ok(ExitCode::SUCCESS)
}

fn erase(arguments: EraseArguments) -> Result<ExitCode, Problem> {
    let person = PersonId(arguments.person);
    let erased = in_instance(arguments.place, async |app| {
        let team = team(app, arguments.team).await?;
        bulla_server::audit::erase_as_operator(&app.door, &team, &person).await.map_err(Problem::new)
    })?;
    anstream::println!("Erased {erased} places that told of {person}; every hash of the log is still valid");
    Ok(ExitCode::SUCCESS)
}
