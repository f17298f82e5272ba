//! `bulla echo`: the echo service on this machine.

use std::net::SocketAddr;
use std::process::ExitCode;

use tokio::net::TcpListener;

use crate::problem::Problem;

/// What `bulla echo` takes.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  bulla echo                                 on a free port, which is printed
  bulla echo --listen 127.0.0.1:4000         on port 4000; ask it with curl http://127.0.0.1:4000/get?a=1")]
pub struct Arguments {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

/// Serves until it is interrupted.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Problem> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(arguments.listen).await.map_err(|error| {
            Problem::new(format_args!("cannot listen on {}: {error}", arguments.listen))
                .help("another program may use this port; choose another, or 0 for a free one")
        })?;
        anstream::println!("echo listens on http://{}", listener.local_addr()?);
        bulla_echo::serve(listener, async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await;
        Ok(ExitCode::SUCCESS)
    })
}
