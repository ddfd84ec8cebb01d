//! Selection of tests by `just test`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use rstest::rstest;

/// A `cargo` that knows one test, `some_test`, and prints what it was asked.
const CARGO: &str = "#!/bin/sh
case \"$*\" in
*--list*some_test* | *some_test*--list*) echo 'some_test: test' ;;
*--list*) ;;
*) echo \"cargo $*\" ;;
esac
";

fn run_tests(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let cargo = folder.path().join("cargo");
    fs::write(&cargo, CARGO).unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    let script = Path::new(env!("TRUENAME_ROOT")).join("scripts/run-tests");
    Command::new(script)
        .args(arguments)
        .env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()))
        .output()
        .unwrap()
}

#[rstest]
#[case::all(&[], "cargo test\ncargo test -p recorder")]
#[case::a_family(&["zip"], "cargo test --test golden -- zip/")]
#[case::a_family_as_a_folder(&["zip/"], "cargo test --test golden -- zip/")]
#[case::a_family_as_a_path(&["fixtures/sys-path"], "cargo test --test golden -- sys-path/")]
#[case::a_fixture(&["zip/package"], "cargo test --test golden -- --exact zip/package")]
#[case::a_fixture_as_a_path(
    &["fixtures/zip/package.md"],
    "cargo test --test golden -- --exact zip/package"
)]
#[case::a_test(&["some_test"], "cargo test some_test")]
#[case::an_option(&["--test", "it", "--", "some_test"], "cargo test --test it -- some_test")]
fn a_name_selects_tests(#[case] arguments: &[&str], #[case] expected: &str) {
    let output = run_tests(arguments);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), expected);
}

#[rstest]
#[case::a_misspelt_family(&["namespce"], "no test is selected by: namespce.")]
#[case::a_misspelt_test(&["--test", "it", "other"], "no test is selected by: --test it other.")]
#[case::a_misspelt_fixture(
    &["zip/pakcage"],
    "there is no fixture or family 'zip/pakcage'. The families are: bytecode "
)]
fn a_name_that_selects_none_fails(#[case] arguments: &[&str], #[case] expected: &str) {
    let output = run_tests(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(said.contains(expected), "{said}");
}
