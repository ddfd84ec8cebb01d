//! Snapshots that differ, that are missing, and that belong to nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use truename::golden::{self, Golden};

use crate::harness::compare::{compare, silence_insta};
use crate::harness::support::GOLDEN;

const FOLDER: &str = "TRUENAME_TEST_SNAPSHOTS";

/// Compares the golden with the snapshot in `$TRUENAME_TEST_SNAPSHOTS`, in a process of its own: insta
/// reads its settings from the environment.
#[test]
#[ignore = "started by the tests below"]
fn compare_in_a_process_of_its_own() {
    silence_insta();
    let golden = Golden {
        suffix: String::new(),
        text: GOLDEN.to_owned(),
    };
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let fixture = Path::new("fixtures/some/scenario.md");
    compare(&golden, fixture, "Two modules", &folder, "scenario")
        .unwrap_or_else(|difference| panic!("{difference}"));
}

fn compared_with(snapshot: Option<&str>) -> Output {
    let folder = tempfile::tempdir().unwrap();
    if let Some(content) = snapshot {
        let text = format!("---\nsource: tests/golden/main.rs\n---\n{content}");
        fs::write(folder.path().join("scenario.snap"), text).unwrap();
    }
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "harness::snapshots::compare_in_a_process_of_its_own",
        ])
        .env(FOLDER, folder.path())
        .env("INSTA_UPDATE", "no")
        .env("INSTA_FORCE_PASS", "0")
        .output()
        .unwrap()
}

#[track_caller]
fn says(output: &Output, text: &str) {
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("1 passed") || said.contains("1 failed"),
        "{said}"
    );
    assert!(said.contains(text), "{text:?} is not in:\n{said}");
}

#[test]
fn one_that_agrees_passes() {
    let output = compared_with(Some(GOLDEN));
    assert!(output.status.success());
    says(&output, "1 passed");
}

#[test]
fn one_that_differs_fails_with_a_diff() {
    let other = GOLDEN.replace("<spare>", "<module>");
    let output = compared_with(Some(&other));
    assert!(!output.status.success());
    says(&output, "-  <module> · spare.py · file");
    says(&output, "+  <spare> · spare.py · file");
    says(&output, "Two modules");
}

#[test]
fn a_new_fixture_is_red_until_its_snapshot_is_accepted() {
    let output = compared_with(None);
    assert!(!output.status.success());
    says(&output, "+<__main__> · main.py · file");
}

#[test]
fn one_without_a_fixture_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (fixtures, snapshots) = (folder.path().join("f"), folder.path().join("s"));
    let files = [
        "f/zip/package.md",
        "s/zip/package.snap",
        "s/zip/package@1.snap",
        "s/zip/package.events.snap",
    ];
    for file in files {
        write(folder.path(), file);
    }
    let orphans = || -> Vec<String> {
        let orphans = golden::orphans(&fixtures, &snapshots).unwrap();
        orphans.iter().map(ToString::to_string).collect()
    };
    assert_eq!(orphans(), [""; 0]);
    for file in [
        "s/zip/renamed.snap",
        "s/package.snap",
        "f/Zip/a.md",
        "f/b.md",
        "f/zip/c.txt",
    ] {
        write(folder.path(), file);
    }
    let shown = folder.path().display();
    let lost = |file| {
        format!(
            "{shown}/{file} belongs to no fixture. If its fixture was renamed, rename it too; \
             otherwise remove it."
        )
    };
    let misplaced = |file| {
        format!(
            "{shown}/{file} is no fixture: its place is fixtures/FAMILY/SCENARIO.md, in lower-case \
             letters, digits and hyphens. Move it there."
        )
    };
    assert_eq!(
        orphans(),
        [
            misplaced("f/Zip/a.md"),
            misplaced("f/b.md"),
            misplaced("f/zip/c.txt"),
            lost("s/package.snap"),
            lost("s/zip/renamed.snap"),
        ]
    );
}

fn write(folder: &Path, file: &str) {
    let file = folder.join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, "").unwrap();
}
