//! The SMTP server that the tests of mail send to: aiosmtpd, installed below `target`.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::process::{command, succeed};
use crate::run;

/// Installs it if it is not there, and returns the folder of its packages.
pub fn install(root: &Path) -> Result<PathBuf> {
    let wanted = root.join("tests/smtp/requirements.txt");
    let folder = run::target_folder(root).join("smtp");
    let installed = folder.join("requirements.txt");
    if std::fs::read(&wanted)? != std::fs::read(&installed).unwrap_or_default() {
        let packages = folder.to_string_lossy();
        let arguments = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--upgrade",
            "--disable-pip-version-check",
            "--target",
            &packages,
            "-r",
        ];
        succeed(command(root, "python3", &arguments).arg(&wanted))?;
        std::fs::copy(&wanted, &installed)?;
    }
    Ok(folder)
}
