//! Builds the two libraries that run inside Python, for the `truename` binary to carry.
//!
//! A nested cargo builds them: this package cannot depend on the `cdylib` of another. It has
//! folders of its own, or it would wait for the lock of the cargo that runs this script.

use std::collections::hash_map::DefaultHasher;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::hash::Hasher;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

const PROFILE: &str = "extension";
const START_CODE: &str = "../preload/src/start.py";
const SHIM_CODE: &str = "src/sitecustomize.py";
/// Whatever the two libraries are built from.
const WATCHED: &[&str] = &[
    "build.rs",
    SHIM_CODE,
    "../module-identity",
    "../preload",
    "../recorder",
    "../spool",
    "../trace-filter",
    "../../Cargo.toml",
    "../../Cargo.lock",
];

fn main() {
    for path in WATCHED {
        println!("cargo:rerun-if-changed={path}");
    }
    if let Err(message) = run() {
        eprintln!("\n{message}\n");
        process::exit(1);
    }
}

fn run() -> Result<(), String> {
    let target = variable("TARGET")?;
    refuse_unsupported()?;
    let folder = PathBuf::from(variable("OUT_DIR")?).join("extension");
    let unwinder = unwinder()?;
    build(&target, &folder, unwinder.as_deref())?;
    let built = folder.join("target").join(&target).join(PROFILE);
    let suffix = if target.contains("apple") {
        "dylib"
    } else {
        "so"
    };
    let recorder = built.join(format!("librecorder.{suffix}"));
    let preload = built.join(format!("libpreload.{suffix}"));
    let payload = [
        &recorder,
        &preload,
        Path::new(START_CODE),
        Path::new(SHIM_CODE),
    ];
    let is_static = env::var("CARGO_CFG_TARGET_FEATURE")
        .is_ok_and(|features| features.split(',').any(|it| it == "crt-static"));
    if variable("CARGO_CFG_TARGET_OS")? == "linux"
        && !is_static
        && let Some(library) = &unwinder
    {
        println!("cargo:rustc-link-lib={library}");
    }
    println!("cargo:rustc-env=TRUENAME_PAYLOAD={:016x}", hash(&payload)?);
    println!(
        "cargo:rustc-env=TRUENAME_RECORDER_FILE={}",
        recorder.display()
    );
    println!(
        "cargo:rustc-env=TRUENAME_PRELOAD_FILE={}",
        preload.display()
    );
    Ok(())
}

fn refuse_unsupported() -> Result<(), String> {
    let family = env::var("CARGO_CFG_TARGET_FAMILY").unwrap_or_default();
    if family != "unix" {
        return Err(
            "truename does not build for this system: it records on Linux and macOS.".into(),
        );
    }
    if env::var("CARGO_CFG_TARGET_ENV").as_deref() == Ok("musl") {
        return Err(
            "truename does not build for musl: a library built for it cannot be loaded into a \
             Python built for glibc. Build for the -gnu target instead."
                .into(),
        );
    }
    Ok(())
}

fn build(target: &str, folder: &Path, unwinder: Option<&str>) -> Result<(), String> {
    let flags = unwinder.map_or_else(String::new, |library| format!("-l {library}"));
    let mut command = Command::new(variable("CARGO")?);
    command
        .args(["build", "--locked", "-p", "recorder", "-p", "preload"])
        .args(["--profile", PROFILE, "--target", target, "--color", "never"]);
    // This comes before the variables that are set here.
    scrub(&mut command);
    let output = command
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env("CARGO_BUILD_BUILD_DIR", folder.join("build"))
        .env("PYO3_NO_PYTHON", "1")
        .env("PYO3_BUILD_EXTENSION_MODULE", "1")
        .env("RUSTFLAGS", flags)
        .output()
        .map_err(|error| format!("cargo could not be started to build the recorder: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "The recorder, which runs inside Python, could not be built ({}):\n\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    ))
}

/// Returns the way to link the unwinder into a file, if it is at hand: as a library beside it, `libgcc_s` takes as
/// long to load as the recorder itself, and no Python has loaded it before.
fn unwinder() -> Result<Option<String>, String> {
    const ARCHIVE: &str = "libgcc_eh.a";
    if variable("TARGET")? != variable("HOST")? || variable("CARGO_CFG_TARGET_OS")? != "linux" {
        return Ok(None);
    }
    // A compiler that has none prints the bare name.
    let answer = Command::new("cc")
        .arg(format!("-print-file-name={ARCHIVE}"))
        .output();
    let is_there =
        answer.is_ok_and(|it| Path::new(String::from_utf8_lossy(&it.stdout).trim()).is_absolute());
    Ok(is_there.then(|| format!("dylib:+verbatim={ARCHIVE}")))
}

/// Takes away what the cargo outside says of its own build, and what would change this one.
///
/// With `LLVM_PROFILE_FILE` and coverage flags, for one, the recorder would leave profiles in the
/// working directory of each recorded program.
fn scrub(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if is_of_the_outer_build(&name) {
            command.env_remove(name);
        }
    }
}

fn is_of_the_outer_build(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    let is_kept = name == "CARGO_HOME" || name == "CARGO_NET_OFFLINE";
    let prefixes = [
        "CARGO",
        "RUSTFLAGS",
        "RUSTC",
        "DEP_",
        "PYO3_",
        "LLVM_PROFILE",
    ];
    !is_kept && prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// Returns a name for a payload; what is found under its hash is compared in full before use.
fn hash(files: &[&Path]) -> Result<u64, String> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        let content = fs::read(file)
            .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        hasher.write(&content);
    }
    Ok(hasher.finish())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}"))
}
