//! `bulla admin`: what whoever holds the data folder may do without a browser.

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;

use bulla_server::App;
use bulla_server::api_keys::create_as_operator;
use bulla_server::config::DatabasePlace;
use bulla_server::error::Error;
use bulla_server::identity::{FirstPerson, Password, set_up_as_operator};

use crate::problem::Problem;
use crate::serve::{PlaceArguments, make_data_folder, wrong_settings};

/// What `bulla admin` takes.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Make the first account, a Super Admin; the setup page is closed from then on
    Create(CreateArguments),
    /// Print a new API key that acts for somebody
    ApiKey(ApiKeyArguments),
}

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  bulla admin create --data ./data --email ana@example.com --name Ana --password-stdin < password.txt

The server may run meanwhile. There is no flag for the password itself: whoever may list processes could read it.")]
struct CreateArguments {
    #[command(flatten)]
    place: PlaceArguments,
    /// Address to sign in with
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    /// Name that others see
    #[arg(long)]
    name: String,
    /// Name of the team
    #[arg(long, default_value = "My team")]
    team: String,
    /// Read the password from standard input, without the line break at its end
    #[arg(long, required = true)]
    password_stdin: bool,
}

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  bulla admin api-key --data ./data --email ana@example.com
  curl -H \"X-Api-Key: $(bulla admin api-key --data ./data --email ana@example.com)\" http://127.0.0.1:4000/me

The key acts with the roles that the person has when it is used. It is printed once and stored nowhere. The server may run
meanwhile; the audit log says that the operator made the key.")]
struct ApiKeyArguments {
    #[command(flatten)]
    place: PlaceArguments,
    /// Address of the person
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    /// Name of the key
    #[arg(long, default_value = "Made by the operator")]
    name: String,
}

/// Does it.
pub fn run(arguments: Arguments) -> Result<ExitCode, Problem> {
    match arguments.command {
        Command::Create(arguments) => create(arguments),
        Command::ApiKey(arguments) => api_key(arguments),
    }
}

fn api_key(arguments: ApiKeyArguments) -> Result<ExitCode, Problem> {
    let settings = arguments.place.settings()?;
    let config = settings.configuration(IpAddr::V4(Ipv4Addr::LOCALHOST)).map_err(|errors| wrong_settings(&errors))?;
    // Opening it would make it.
    if let DatabasePlace::Sqlite(path) = &config.database
        && !path.is_file()
    {
        return Err(Problem::in_file(path, "there is no database"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let key = runtime.block_on(async {
        let app = App::open(config).await.map_err(Problem::new)?;
        let made = create_as_operator(&app.door, &app.post, &arguments.email, &arguments.name).await;
        app.door.database().close().await;
        made.map_err(|error| match error {
            Error::NotFound { .. } => Problem::new(format_args!("--email: nobody has the address {}", arguments.email)),
            other => said(other),
        })
    })?;
    anstream::println!("{}", key.expose());
    Ok(ExitCode::SUCCESS)
}

fn create(arguments: CreateArguments) -> Result<ExitCode, Problem> {
    let settings = arguments.place.settings()?;
    let password = password(std::io::stdin())?;
    let first = FirstPerson::new(&arguments.name, &arguments.email, &password, &arguments.team).map_err(said)?;
    let config = settings.configuration(IpAddr::V4(Ipv4Addr::LOCALHOST)).map_err(|errors| wrong_settings(&errors))?;
    make_data_folder(&settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let session = runtime.block_on(async {
        let app = App::open(config).await.map_err(Problem::new)?;
        let made = set_up_as_operator(&app.door, &app.passwords, &first, password).await.map_err(said);
        app.door.database().close().await;
        made
    })?;
    anstream::println!("{} is Super Admin of {}", session.person.email, session.team.name);
    Ok(ExitCode::SUCCESS)
}

fn password(mut input: impl Read) -> Result<Password, Problem> {
    let mut text = String::new();
    input
        .read_to_string(&mut text)
        .map_err(|error| Problem::new(format_args!("the password on standard input: {error}")))?;
    for end in ["\n", "\r"] {
        if let Some(length) = text.strip_suffix(end).map(str::len) {
            text.truncate(length);
        }
    }
    Ok(Password::from(text))
}

/// An error of a rule, with the flags instead of the fields of a body.
fn said(error: Error) -> Problem {
    match error {
        Error::Invalid(errors) => {
            let lines: Vec<_> = errors
                .iter()
                .map(|error| match error.path.as_str() {
                    "/name" => format!("--name: {}", error.message),
                    "/email" => format!("--email: {}", error.message),
                    "/teamName" => format!("--team: {}", error.message),
                    _ => error.message.clone(),
                })
                .collect();
            Problem::new(lines.join("\n       "))
        }
        other => Problem::new(other),
    }
}
