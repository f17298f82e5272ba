//! `cargo xtask openapi`: the API's description and the types that the web app takes from it.

use std::path::Path;

use anyhow::{Result, bail};

use crate::process::{command, succeed};
use crate::web;

/// Writes `web/openapi.json` from the server's routes, and `web/src/api/schema.d.ts` from that.
pub fn write(root: &Path) -> Result<()> {
    let output = command(root, "cargo", &["run", "--quiet", "-p", "bulla-cli", "--", "openapi"]).output()?;
    if !output.status.success() {
        bail!("`bulla openapi` failed:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    std::fs::write(root.join("web/openapi.json"), &output.stdout)?;
    web::install(root)?;
    succeed(&mut command(&root.join("web"), "npm", &["run", "--silent", "api"]))
}
