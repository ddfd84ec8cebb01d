//! Each fixture is a test, `FAMILY/SCENARIO`: its program is recorded on every interpreter, its claims are
//! held against the labels, and what it shows against its golden.
//!
//! Fixtures are read when the tests run, so that a new or edited one compiles nothing. Beside each, there is a
//! test that filters select its labels, and one for each family that no file in it is an orphan.
//! `TRUENAME_TEST_PYTHON=3.13` (or several versions, joined by commas) leaves out all other interpreters.

mod compare;
mod filters;

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::LazyLock;
use std::time::Duration;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use truename::fixture::Fixture;
use truename::golden::{self, Harness};

/// Far more than any scenario takes, on any machine.
const LIMIT: Duration = Duration::from_secs(60);

/// People know the files of the project by where they are in it: that is where the tests run.
const FIXTURES: &str = "fixtures";
const SNAPSHOTS: &str = "snapshots";
/// The folders of scenarios that failed, each until its scenario runs again.
const FAILED: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/failed");

fn main() -> ExitCode {
    compare::silence_insta();
    // Cargo runs them in the folder of the package.
    env::set_current_dir(env!("TRUENAME_ROOT")).expect("the project is where it was built");
    let arguments = Arguments::from_args();
    match trials() {
        Ok(mut trials) => {
            // A family is selected by its folder, which may be the end of another one's name.
            if let Some(family) = arguments.filter.as_ref().filter(|it| it.ends_with('/')) {
                trials.retain(|it| it.name().starts_with(family));
            }
            libtest_mimic::run(&arguments, trials).exit_code()
        }
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn trials() -> Result<Vec<Trial>, String> {
    let unreadable = |error| format!("{FIXTURES} cannot be read: {error}");
    let fixtures = golden::fixtures(Path::new(FIXTURES)).map_err(unreadable)?;
    if fixtures.is_empty() {
        return Err(format!("there is no fixture in {FIXTURES}"));
    }
    let mut trials = vec![Trial::test("_orphans", || orphans(None))];
    let mut families = BTreeSet::new();
    for fixture in fixtures {
        let (family, scenario) = golden::slug(&fixture).ok_or("a fixture without a name")?;
        let name = format!("{family}/{scenario}");
        if filters::is_about(&family) {
            let fixture = fixture.clone();
            let test = move || filters::select_labels(harness()?, &fixture);
            trials.push(Trial::ignorable_test(
                format!("select-by-label/{name}"),
                test,
            ));
        }
        if families.insert(family.clone()) {
            let family = family.clone();
            trials.push(Trial::test(format!("{family}/_orphans"), move || {
                orphans(Some(&family))
            }));
        }
        trials.push(Trial::ignorable_test(name, move || {
            agrees(&fixture, &family, &scenario)
        }));
    }
    Ok(trials)
}

/// Returns the harness that all tests share.
fn harness() -> Result<&'static Harness, Failed> {
    static HARNESS: LazyLock<Result<Harness, String>> = LazyLock::new(|| {
        let truename = env!("CARGO_BIN_EXE_truename").into();
        let versions = env::var("TRUENAME_TEST_PYTHON").unwrap_or_default();
        let harness = match versions.as_str() {
            "" => Harness::on_all_interpreters(truename, LIMIT),
            versions => Harness::on_versions(truename, LIMIT, versions),
        };
        let mut harness = harness.map_err(|error| error.to_string())?;
        harness.kept = FAILED.into();
        Ok(harness)
    });
    HARNESS.as_ref().map_err(Failed::from)
}

fn agrees(path: &Path, family: &str, scenario: &str) -> Result<Completion, Failed> {
    let harness = harness()?;
    let fixture = Fixture::read(path)?;
    if let Some(reason) = harness.reason_to_skip(&fixture) {
        return Ok(Completion::ignored_with(reason));
    }
    let goldens = harness.examine(path)?;
    let folder = PathBuf::from(env!("TRUENAME_ROOT"));
    let family = folder.join(SNAPSHOTS).join(family);
    let mut failures = Vec::new();
    for golden in goldens {
        let compared = compare::compare(
            &golden,
            &folder.join(path),
            &fixture.title,
            &family,
            scenario,
        );
        failures.extend(compared.err());
    }
    match failures.is_empty() {
        true => Ok(Completion::Completed),
        false => Err(failures.join("\n").into()),
    }
}

/// Fails when files belong to no fixture: those of one family, or any.
fn orphans(family: Option<&str>) -> Result<(), Failed> {
    let (fixtures, snapshots) = (Path::new(FIXTURES), Path::new(SNAPSHOTS));
    let is_asked_for = |file: &Path| {
        family.is_none_or(|family| {
            file.starts_with(fixtures.join(family)) || file.starts_with(snapshots.join(family))
        })
    };
    let orphans = golden::orphans(fixtures, snapshots)?;
    let orphans = orphans.iter().filter(|it| is_asked_for(it.path()));
    let orphans: Vec<_> = orphans.map(ToString::to_string).collect();
    match orphans.is_empty() {
        true => Ok(()),
        false => Err(orphans.join("\n").into()),
    }
}
