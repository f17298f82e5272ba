//! `cargo xtask run`: all set-up, then the platform at a printed address.

use std::path::Path;

use anyhow::Result;

use crate::process::{command, step, succeed};
use crate::{doctor, web};

/// What a developer may choose.
#[derive(clap::Args)]
pub struct Options {
    /// Where the database, keys and files live.
    #[arg(long, default_value = "bulla-data")]
    data: String,
    /// Build with optimizations: a longer build, a faster server.
    #[arg(long)]
    release: bool,
    /// Handed to `bulla serve`.
    #[arg(last = true)]
    serve: Vec<String>,
}

/// Builds what is not built and starts the server in the foreground.
pub fn run(root: &Path, options: &Options) -> Result<()> {
    doctor::require()?;
    step("web packages", || web::install(root))?;
    step("web app", || web::build(root))?;
    let profile: &[&str] = if options.release { &["--release"] } else { &[] };
    step("bulla", || succeed(command(root, "cargo", &["build", "--locked", "-p", "bulla-cli"]).args(profile)))?;
    let folder = if options.release { "release" } else { "debug" };
    let binary = target_folder(root).join(folder).join("bulla");
    let mut serve = command(root, &binary.to_string_lossy(), &["serve", "--data", &options.data]);
    if !options.serve.iter().any(|argument| argument.starts_with("--listen")) {
        serve.args(["--listen", "127.0.0.1:4000"]);
    }
    succeed(serve.args(&options.serve))
}

/// Where cargo puts what it builds.
pub fn target_folder(root: &Path) -> std::path::PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}
