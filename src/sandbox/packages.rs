//! Packages that scenarios require, installed once per interpreter.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use interpreters::Interpreter;
use sha2::{Digest, Sha256};

use super::error::SandboxError;

const INSTALL: &str = include_str!("packages.py");

/// The folder in which an interpreter finds the requirements; `None` when there are none.
///
/// # Errors
///
/// When they are not there yet and cannot be installed.
pub(crate) fn provide(
    requires: &[String],
    python: &Interpreter,
) -> Result<Option<PathBuf>, SandboxError> {
    if requires.is_empty() {
        return Ok(None);
    }
    let (major, minor, micro) = python.version;
    let key = requires.join("\n");
    let digest = Sha256::digest(key.as_bytes());
    let digest: String = digest[..6].iter().map(|it| format!("{it:02x}")).collect();
    let caches = interpreters::cache_folder().unwrap_or_else(|| env::temp_dir().join("truename"));
    let folder = caches
        .join("packages")
        .join(format!("{major}.{minor}.{micro}-{digest}"));
    if !folder.is_dir() {
        install(requires, python, &folder).map_err(|reason| SandboxError::Packages {
            requires: requires.join(", "),
            python: python.path.clone(),
            reason,
        })?;
    }
    // Python names the files in it by its canonical path.
    Ok(Some(folder.canonicalize().unwrap_or(folder)))
}

/// Another process may do the same at the same time: the folder gets its name when it is complete.
fn install(requires: &[String], python: &Interpreter, folder: &Path) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    let around = folder.parent().ok_or("there is no folder to put it")?;
    fs::create_dir_all(around).map_err(text)?;
    let staged = tempfile::tempdir_in(around).map_err(text)?;
    let content = staged.path().join("packages");
    let mut command = Command::new(&python.path);
    command
        .args(["-I", "-c", INSTALL])
        .arg(&content)
        .args(requires);
    let output = command.output().map_err(text)?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    match fs::rename(&content, folder) {
        Err(error) if !folder.is_dir() => Err(error.to_string()),
        _ => Ok(()),
    }
}
