//! Interpreters that are not there, and interpreters that differ.

use std::process::Command;

use crate::harness::support::{Bench, SCENARIO};

#[test]
fn none_is_a_failure() {
    let mut bench = Bench::new();
    bench.harness.interpreters.clear();
    bench.fails_with(
        SCENARIO,
        &[
            "the scenario is about Python >=3.12, and no such interpreter is at hand. `just \
           pythons` unpacks some.",
        ],
    );
}

#[test]
fn none_of_the_wanted_versions_is_a_failure() {
    let fixture = SCENARIO.replace("[run]", "python = \">=3.99\"\n[run]");
    Bench::new().fails_with(
        &fixture,
        &["the scenario is about Python >=3.99, and no such"],
    );
}

/// A program that does in a virtual environment what it does not do elsewhere.
fn two_faced() -> String {
    SCENARIO.replace(
        "try:\n",
        "import sys\nif sys.prefix != sys.base_prefix:\n    import spare\ntry:\n",
    )
}

/// A bench with an interpreter and a virtual environment of it, which claims to be Python 3.99.
fn bench_of_two() -> (Bench, tempfile::TempDir) {
    let mut bench = Bench::new();
    let folder = tempfile::tempdir().unwrap();
    let mut second = bench.harness.interpreters[0].clone();
    let made = Command::new(&second.path)
        .args(["-m", "venv", "--without-pip"])
        .arg(folder.path())
        .status();
    assert!(made.unwrap().success());
    second.path = folder.path().join("bin/python");
    second.version = (3, 99, 0);
    bench.harness.interpreters.push(second);
    (bench, folder)
}

#[test]
fn a_difference_must_be_declared() {
    let (bench, _folder) = bench_of_two();
    bench.fails_with(
        &two_faced(),
        &["and Python 3.99.0 differ, and the fixture does not declare it"],
    );
}

#[test]
fn a_declared_difference_has_a_golden_of_its_own() {
    let (bench, _folder) = bench_of_two();
    let declared = two_faced()
        .replace("```expect", "```expect\ncounted 1 <spare>")
        .replace(
            "arguments = [\"main.py\"]\n",
            "arguments = [\"main.py\"]\n[[differs]]\npython = \">=3.99\"\nbecause = \"it does\"\n",
        );
    let goldens = bench.examine(&declared).unwrap();
    let suffixes: Vec<_> = goldens.iter().map(|it| it.suffix.as_str()).collect();
    assert_eq!(suffixes, ["", "@1"]);
    assert_ne!(goldens[0].text, goldens[1].text);
}

#[test]
fn a_declared_difference_must_be_there() {
    let (bench, _folder) = bench_of_two();
    let declared = format!(
        "{}\n",
        SCENARIO.replace(
            "arguments = [\"main.py\"]\n",
            "arguments = [\"main.py\"]\n[[differs]]\npython = \">=3.99\"\nbecause = \"it does\"\n",
        )
    );
    bench.fails_with(
        &declared,
        &["scenario.md:26: Python >=3.99 should differ from Python 3.1"],
    );
}

#[test]
fn declared_differences_must_differ_from_each_other() {
    let (bench, _folder) = bench_of_two();
    let declared = SCENARIO.replace(
        "arguments = [\"main.py\"]\n",
        "arguments = [\"main.py\"]\n[[differs]]\npython = \"<3.99\"\nbecause = \"it \
         does\"\n[[differs]]\npython = \">=3.99\"\nbecause = \"it does, too\"\n",
    );
    bench.fails_with(
        &declared,
        &[
            "scenario.md:29: Python >=3.99 should differ from Python 3.1",
            "(it does, too), and does not.",
        ],
    );
}
