//! The web app: its packages and its build.

use std::path::Path;
use std::time::SystemTime;

use anyhow::Result;

use crate::process::{command, succeed};

/// Installs the packages that the lockfile names, if they are not there yet.
pub fn install(root: &Path) -> Result<()> {
    let web = root.join("web");
    let installed = modified(&web.join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= modified(&web.join("package-lock.json")) {
        return Ok(());
    }
    succeed(&mut command(&web, "npm", &["ci", "--no-audit", "--no-fund", "--loglevel=error"]))
}

/// Builds `web/dist` if a source is newer than the last build.
pub fn build(root: &Path) -> Result<()> {
    let web = root.join("web");
    let built = modified(&web.join("dist/index.html"));
    let newest = ["src", "public", "index.html", "package-lock.json", "vite.config.ts", "openapi.json"]
        .iter()
        .filter_map(|name| newest_in(&web.join(name)))
        .max();
    if built.is_some() && built >= newest {
        return Ok(());
    }
    succeed(&mut command(&web, "npm", &["run", "--silent", "build"]))
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

fn newest_in(path: &Path) -> Option<SystemTime> {
    if path.is_file() {
        return modified(path);
    }
    std::fs::read_dir(path).ok()?.flatten().filter_map(|entry| newest_in(&entry.path())).max()
}
