//! `bulla serve`: the platform, and where its settings come from.
//!
//! A flag wins over the environment (clap sees to that), and both win over the TOML file.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bulla_server::Server;
use bulla_server::config::{EgressSetting, LISTEN, LOG_LEVEL, LogFormat, Settings};
use bulla_server::error::FieldError;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::problem::Problem;

/// What `bulla serve` takes. Each setting is described in `docs/configuration.md`.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  bulla serve --data ./data                                  for yourself, on http://127.0.0.1:4000
  bulla serve --data ./data --listen 127.0.0.1:0             on a free port, which is printed
  bulla serve --config /etc/bulla/bulla.toml --log json      settings from a file
  bulla serve --data ./data --listen 0.0.0.0:443 \\
      --tls-cert cert.pem --tls-key key.pem                  for others, over HTTPS

Every setting can also stand in the file or in the environment: --tls-cert is tls-cert and BULLA_TLS_CERT.")]
pub struct Arguments {
    #[command(flatten)]
    place: PlaceArguments,
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:4000]
    #[arg(long, env = "BULLA_LISTEN", value_name = "HOST:PORT")]
    listen: Option<String>,
    /// Certificate chain for HTTPS, in PEM
    #[arg(long, env = "BULLA_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate, in PEM
    #[arg(long, env = "BULLA_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// A proxy in front speaks HTTPS and adds x-forwarded-for
    #[arg(long, env = "BULLA_BEHIND_HTTPS", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    behind_https: Option<bool>,
    /// Where people find this server, for links in mails [default: where it listens]
    #[arg(long, env = "BULLA_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// Where requests sent for people may go [default: auto]
    #[arg(long, env = "BULLA_EGRESS", value_enum)]
    egress: Option<Egress>,
    /// Host, address or network that requests may go to besides; may be repeated
    #[arg(long, env = "BULLA_EGRESS_ALLOW", value_name = "HOST|NETWORK", value_delimiter = ',')]
    egress_allow: Option<Vec<String>>,
    /// Where the echo service of the sample listens, or `off`
    #[arg(long, env = "BULLA_ECHO", value_name = "HOST:PORT|off")]
    echo: Option<String>,
    /// How log lines look [default: human]
    #[arg(long, env = "BULLA_LOG", value_enum)]
    log: Option<Log>,
    /// What is logged: error, warn, info, debug, trace, or a list such as info,bulla_server=debug [default: info]
    #[arg(long, env = "BULLA_LOG_LEVEL", value_name = "LEVEL")]
    log_level: Option<String>,
    /// Let people read public workspaces who are not signed in [default: false]
    #[arg(long, env = "BULLA_PUBLIC_ACCESS", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    public_access: Option<bool>,
    /// Token that opens /metrics from elsewhere than this machine
    #[arg(long, env = "BULLA_METRICS_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    metrics_token: Option<String>,
    /// Mail server: smtps://user:password@host:465, or smtp://host:587 with STARTTLS
    #[arg(long, env = "BULLA_SMTP_URL", value_name = "URL", hide_env_values = true)]
    smtp_url: Option<String>,
    /// Certificate authority of the mail server, in PEM
    #[arg(long, env = "BULLA_SMTP_CA", value_name = "FILE")]
    smtp_ca: Option<PathBuf>,
    /// Whom mails are from, such as bulla@example.com
    #[arg(long, env = "BULLA_MAIL_FROM", value_name = "ADDRESS")]
    mail_from: Option<String>,
    /// Folder in which teams may have their audit log written into files
    #[arg(long, env = "BULLA_AUDIT_FOLDER", value_name = "DIR")]
    audit_folder: Option<PathBuf>,
    /// Largest file that can be imported, in MiB [default: 100]
    #[arg(long, env = "BULLA_IMPORT_LIMIT_MIB", value_name = "MIB")]
    import_limit_mib: Option<u32>,
    /// A session not used for so long is over [default: 72]
    #[arg(long, env = "BULLA_SESSION_IDLE_HOURS", value_name = "HOURS")]
    session_idle_hours: Option<u32>,
    /// A session is over so long after its sign-in [default: 720]
    #[arg(long, env = "BULLA_SESSION_HOURS", value_name = "HOURS")]
    session_hours: Option<u32>,
    /// Memory of one hash of a password, in MiB [default: 64]
    #[arg(long, env = "BULLA_PASSWORD_MEMORY_MIB", value_name = "MIB")]
    password_memory_mib: Option<u32>,
    /// Passes of one hash of a password over its memory [default: 3]
    #[arg(long, env = "BULLA_PASSWORD_PASSES", value_name = "N")]
    password_passes: Option<u32>,
    /// File with the seconds that the clock is moved on by; for tests, on loopback alone
    #[arg(long, env = "BULLA_TEST_CLOCK", value_name = "FILE", hide = true)]
    test_clock: Option<PathBuf>,
}

/// Where an instance is: what every command takes that works on one.
#[derive(clap::Args)]
pub struct PlaceArguments {
    /// Folder of the database, the root key and other files
    #[arg(long, env = "BULLA_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// TOML file with settings
    #[arg(long, env = "BULLA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// PostgreSQL instead of SQLite: postgres://user:password@host:port/database
    #[arg(long, env = "BULLA_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
    /// File of the root key [default: DIR/root.key]
    #[arg(long, env = "BULLA_ROOT_KEY", value_name = "FILE")]
    root_key: Option<PathBuf>,
    /// The root key itself, in place of a file; for the environment
    #[arg(long, env = "BULLA_ROOT_KEY_TEXT", value_name = "KEY", hide_env_values = true)]
    root_key_text: Option<String>,
    /// A key of HashiCorp Vault's Transit engine that encrypts the root key's file:
    /// https://vault.example:8200/v1/transit/keys/bulla
    #[arg(long, env = "BULLA_ROOT_KEY_TRANSIT", value_name = "URL")]
    root_key_transit: Option<String>,
    /// The token that Vault lets us in with; for the environment
    #[arg(long, env = "BULLA_ROOT_KEY_TRANSIT_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    root_key_transit_token: Option<String>,
    /// A file that holds that token, such as Vault Agent keeps it
    #[arg(long, env = "BULLA_ROOT_KEY_TRANSIT_TOKEN_FILE", value_name = "FILE")]
    root_key_transit_token_file: Option<PathBuf>,
    /// PEM file of the certificate authority of Vault, beside those of the system
    #[arg(long, env = "BULLA_ROOT_KEY_TRANSIT_CA", value_name = "FILE")]
    root_key_transit_ca: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Egress {
    /// By the address that is listened on
    Auto,
    /// Anywhere but cloud metadata addresses
    Loopback,
    /// Public addresses and what is allowed besides
    Public,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Log {
    /// For a person at a terminal
    Human,
    /// One JSON object a line
    Json,
}

impl PlaceArguments {
    /// What flags and environment say, before the file is read.
    fn flags(self) -> (Settings, Option<PathBuf>) {
        let settings = Settings {
            data: self.data,
            database_url: self.database_url.map(Into::into),
            root_key: self.root_key,
            root_key_text: self.root_key_text.map(Into::into),
            root_key_transit: self.root_key_transit,
            root_key_transit_token: self.root_key_transit_token.map(Into::into),
            root_key_transit_token_file: self.root_key_transit_token_file,
            root_key_transit_ca: self.root_key_transit_ca,
            ..Settings::default()
        };
        (settings, self.config)
    }

    /// The settings of flags, environment and file.
    pub fn settings(self) -> Result<Settings, Problem> {
        let (flags, file) = self.flags();
        merged(flags, file.as_deref())
    }
}

impl Arguments {
    fn settings(self) -> Result<Settings, Problem> {
        let (place, file) = self.place.flags();
        let flags = Settings {
            listen: self.listen,
            tls_cert: self.tls_cert,
            tls_key: self.tls_key,
            behind_https: self.behind_https,
            public_url: self.public_url,
            egress: self.egress.map(|egress| match egress {
                Egress::Auto => EgressSetting::Auto,
                Egress::Loopback => EgressSetting::Loopback,
                Egress::Public => EgressSetting::Public,
            }),
            egress_allow: self.egress_allow,
            echo: self.echo,
            log: self.log.map(|log| match log {
                Log::Human => LogFormat::Human,
                Log::Json => LogFormat::Json,
            }),
            log_level: self.log_level,
            public_access: self.public_access,
            metrics_token: self.metrics_token.map(Into::into),
            smtp_url: self.smtp_url.map(Into::into),
            smtp_ca: self.smtp_ca,
            mail_from: self.mail_from,
            audit_folder: self.audit_folder,
            import_limit_mib: self.import_limit_mib,
            session_idle_hours: self.session_idle_hours,
            session_hours: self.session_hours,
            password_memory_mib: self.password_memory_mib,
            password_passes: self.password_passes,
            test_clock: self.test_clock,
            ..place
        };
        merged(flags, file.as_deref())
    }
}

fn merged(flags: Settings, file: Option<&Path>) -> Result<Settings, Problem> {
    let Some(path) = file else { return Ok(flags) };
    let text = std::fs::read_to_string(path).map_err(|error| Problem::in_file(path, error))?;
    // Its own text quotes the line, and a line may hold a password.
    let settings: Settings = toml::from_str(&text).map_err(|error| {
        let place = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        Problem::in_file(path, format_args!("line {place}: {}", error.message()))
            .help("docs/configuration.md lists every setting")
    })?;
    Ok(flags.or(settings))
}

/// Settings that do not make a configuration, as one problem.
pub fn wrong_settings(errors: &[FieldError]) -> Problem {
    let lines: Vec<_> = errors.iter().map(|error| format!("{}: {}", error.path, error.message)).collect();
    Problem::new(lines.join("\n       ")).help("docs/configuration.md lists every setting")
}

/// The data folder, made for its owner alone if it is not there.
pub fn make_data_folder(settings: &Settings) -> Result<(), Problem> {
    let Some(data) = &settings.data else { return Ok(()) };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(data).map_err(|error| Problem::in_file(data, error))
}

/// Serves until it is told to stop.
pub fn run(arguments: Arguments) -> Result<ExitCode, Problem> {
    let settings = arguments.settings()?;
    start_log(&settings)?;
    make_data_folder(&settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(&settings))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(settings: &Settings) -> Result<(), Problem> {
    let place = settings.listen.as_deref().unwrap_or(LISTEN);
    let listener = TcpListener::bind(place).await.map_err(|error| {
        Problem::new(format_args!("cannot listen on {place}: {error}"))
            .help("another program may use this port; choose another with --listen, or 0 for a free one")
    })?;
    let address = listener.local_addr()?;
    let config = settings.configuration(address.ip()).map_err(|errors| wrong_settings(&errors))?;
    if !config.is_https() && !address.ip().is_loopback() {
        tracing::warn!("passwords travel in the clear: set tls-cert and tls-key, or behind-https for a proxy");
    }
    // Before anything is opened, so that no signal is missed in between.
    let stop = stop_signal()?;
    let server = Server::open(config, listener).await.map_err(Problem::new)?;
    let url = server.url();
    tracing::info!(%url, "ready");
    let setup = server.setup_is_open().await.map_err(Problem::new)?;
    // To standard output, for the person who started it and for scripts that wait for this line.
    let mut out = anstream::stdout();
    let _ = writeln!(out, "Bulla is at {url}");
    if setup {
        let _ = writeln!(out, "It has no account yet: make the first one at {url}/setup");
    }
    let _ = out.flush();
    server.run(stop).await.map_err(Problem::new)
}

/// Completes on the first SIGINT or SIGTERM; a second one ends the process at once.
fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, Problem> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            tokio::spawn(async move {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                std::process::exit(130);
            });
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

fn start_log(settings: &Settings) -> Result<(), Problem> {
    let level = settings.log_level.as_deref().unwrap_or(LOG_LEVEL);
    // At `trace` these print frames and statements, and there is no telling what is in them. Whoever names one of them in
    // the level still gets it.
    let filter = EnvFilter::try_new(format!("h2=info,hyper=info,hyper_util=info,rustls=info,sqlx=warn,{level}"))
        .map_err(|_| {
            Problem::new(format_args!("log-level: {level} is no level"))
                .help("use error, warn, info, debug or trace, or a list such as info,bulla_server=debug")
        })?;
    let colours = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    match settings.log.unwrap_or_default() {
        LogFormat::Human => lines.with_target(false).compact().init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).with_span_list(false).init(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bulla_server::config::SETTINGS;
    use clap::{Args, FromArgMatches};

    use super::*;

    fn command() -> clap::Command {
        Arguments::augment_args(clap::Command::new("serve"))
    }

    #[test]
    fn every_setting_has_its_flag_and_its_variable() {
        let flags: BTreeSet<(String, String)> = command()
            .get_arguments()
            .map(|argument| {
                let flag = argument.get_long().unwrap_or_default().to_owned();
                let variable = argument.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                (flag, variable)
            })
            .collect();
        let expected = SETTINGS
            .iter()
            .chain(&["config"])
            .map(|name| ((*name).to_owned(), format!("BULLA_{}", name.to_uppercase().replace('-', "_"))))
            .collect();
        assert_eq!(flags, expected);
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bulla.toml");
        std::fs::write(
            &file,
            "data = \"/from-file\"\nlisten = \"h:1\"\negress-allow = [\"a\", \"b\"]\nlog = \"json\"\n",
        )
        .unwrap();
        let file = file.to_str().unwrap();
        let arguments = ["serve", "--config", file, "--listen", "h:2", "--behind-https"];
        let matches = command().try_get_matches_from(arguments).unwrap();
        let settings = Arguments::from_arg_matches(&matches).unwrap().settings().unwrap();
        assert_eq!(settings.listen.as_deref(), Some("h:2"));
        assert_eq!(settings.data.as_deref(), Some(Path::new("/from-file")));
        assert_eq!(settings.egress_allow.unwrap(), ["a", "b"]);
        assert_eq!(settings.behind_https, Some(true));
        assert_eq!(settings.log, Some(LogFormat::Json));
        assert_eq!(settings.echo, None);
    }

    #[test]
    fn a_wrong_file_is_refused_with_its_line_and_without_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bulla.toml");
        for (text, expected) in [
            ("data = \"x\"\nmetrics-tokne = \"hunter2\"\n", "line 2: unknown field `metrics-tokne`"),
            ("metrics-token = \"hunter2\n", "line 1: "),
            ("\nsession-hours = \"hunter2\"\n", "line 2: invalid type"),
        ] {
            std::fs::write(&file, text).unwrap();
            let problem = format!("{:?}", merged(Settings::default(), Some(&file)).unwrap_err());
            assert!(problem.contains(expected), "{problem}");
            assert!(!problem.contains("hunter2") || text.starts_with('\n'), "{problem}");
        }
    }
}
