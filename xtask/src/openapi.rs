//! `cargo xtask openapi`: the API's description and the types that the web app takes from it.

use std::path::Path;

use anyhow::Result;

use crate::process::{command, succeed};
use crate::web;

/// Writes `web/openapi.json` from the server's routes, and the web app's types from that.
pub fn write(root: &Path) -> Result<()> {
    // The test that compares the committed file writes it when it is asked to.
    succeed(
        command(root, "cargo", &["test", "--quiet", "-p", "bulla-server", "--test", "server", "openapi::"])
            .env("BULLA_WRITE_OPENAPI", "1"),
    )?;
    web::install(root)?;
    succeed(&mut command(&root.join("web"), "npm", &["run", "--silent", "api"]))
}
