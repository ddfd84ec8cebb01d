//! Reports of scenarios that fail, and the folders that are kept of them.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use truename::fixture::Fixture;
use truename::golden::Harness;

use crate::harness::support::{Bench, SCENARIO};

/// A bench with an interpreter, and with the same one under another version.
fn bench_of_two() -> Bench {
    let mut bench = Bench::new();
    let mut second = bench.harness.interpreters[0].clone();
    second.version = (3, 99, 0);
    bench.harness.interpreters.push(second);
    bench
}

fn wrong() -> String {
    SCENARIO.replace("required <acme> in acme.py", "required <acmee>")
}

#[test]
fn what_fails_alike_is_shown_once() {
    let report = bench_of_two().failure(&wrong());
    assert!(report.contains(", 3.99; below, as on 3."), "{report}");
    assert_eq!(
        report
            .matches("(Two modules) fails alike on Python 3.")
            .count(),
        1
    );
    assert_eq!(report.matches("no body of <acmee> ran").count(), 1);
}

#[test]
fn what_fails_in_two_ways_is_shown_twice() {
    let claims = "required <acmee> on <3.99\nrequired <spares> on >=3.99";
    let fixture = SCENARIO.replace("required <acme> in acme.py", claims);
    let report = bench_of_two().failure(&fixture);
    assert_eq!(
        report.matches("(Two modules) fails on Python 3.").count(),
        2
    );
    assert!(report.contains("no body of <acmee> ran"), "{report}");
    assert!(report.contains("no body of <spares> ran"), "{report}");
}

#[test]
fn only_the_last_folder_of_a_failure_is_kept() {
    let bench = Bench::new();
    let kept = || -> Vec<PathBuf> {
        let links = walkdir::WalkDir::new(&bench.harness.kept).into_iter();
        let links = links.flatten().filter(|it| it.path_is_symlink());
        links.map(|it| fs::read_link(it.path()).unwrap()).collect()
    };
    let report = bench.failure(&wrong());
    let first = kept();
    assert_eq!(first.len(), 1);
    assert!(first[0].join("tree/acme.py").is_file());
    assert!(
        report.contains(&bench.harness.kept.display().to_string()),
        "{report}"
    );
    bench.failure(&wrong());
    let second = kept();
    assert_eq!(second.len(), 1);
    assert!(!first[0].exists() && second[0].is_dir());
    bench.examine(SCENARIO).unwrap();
    assert!(kept().is_empty());
    assert!(!second[0].exists());
}

#[test]
fn a_selection_of_versions_skips_what_is_not_about_them() {
    let mut bench = Bench::new();
    bench.harness.is_selection = true;
    let about = |range: &str| {
        let text = SCENARIO.replace("[run]", &format!("python = \"{range}\"\n[run]"));
        let fixture = Fixture::parse(&text).unwrap();
        bench.harness.reason_to_skip(&fixture)
    };
    assert_eq!(about(">=3.12"), None);
    assert_eq!(about(">=3.98").unwrap(), "it is about Python >=3.98");
}

#[test]
fn a_selection_of_a_version_that_is_not_installed_fails() {
    let on = |versions: &str| {
        let harness = Harness::on_versions(PathBuf::new(), Duration::ZERO, versions);
        harness.map_err(|error| error.to_string())
    };
    let error = on("3.98").unwrap_err();
    assert!(
        error.starts_with("Python 3.98 is not at hand; there is 3."),
        "{error}"
    );
    let newest = Bench::new().harness.interpreters[0].version;
    let selected = on(&format!("{}.{}", newest.0, newest.1)).unwrap();
    assert_eq!(selected.interpreters.len(), 1);
}
