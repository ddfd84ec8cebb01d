//! Writing, renaming and removing fixtures: `scripts/fixture`.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::context::{Context, err, out};
use crate::harness::support::Bench;

/// A folder that has the script and files.
struct House(Context);

impl House {
    fn with(files: &[(&'static str, &'static str)]) -> Self {
        let context = Context::of(files.iter().copied());
        let script = Path::new(env!("TRUENAME_ROOT")).join("scripts/fixture");
        fs::create_dir(context.at("scripts")).unwrap();
        fs::copy(script, context.at("scripts/fixture")).unwrap();
        Self(context)
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.at(file)).unwrap()
    }

    fn run(&self, words: &[&str]) -> Output {
        let script = self.0.at("scripts/fixture");
        self.0.plain(&script, words).output().unwrap()
    }

    #[track_caller]
    fn does(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{output:?}");
        out(&output)
    }

    /// Lists the files below a folder, sorted.
    fn files(&self, folder: &str) -> Vec<String> {
        let root = self.0.root();
        let entries = walkdir::WalkDir::new(root.join(folder)).sort_by_file_name();
        let files = entries.into_iter().map(Result::unwrap);
        files
            .filter(|it| it.file_type().is_file())
            .map(|it| it.path().strip_prefix(&root).unwrap().display().to_string())
            .collect()
    }
}

/// Two fixtures of which one's name begins with the other's, and their goldens.
const TWO: [(&str, &str); 7] = [
    ("fixtures/zip/a.md", ""),
    ("fixtures/zip/a-b.md", ""),
    (
        "snapshots/zip/a.snap",
        "---\ninput_file: fixtures/zip/a.md\n---\nfixtures/zip/a.md\n",
    ),
    ("snapshots/zip/a@1.snap", ""),
    ("snapshots/zip/a@1.events.snap", ""),
    ("snapshots/zip/a-b.snap", ""),
    ("docs/labels.md", "see fixtures/zip/a.md"),
];

#[test]
fn a_skeleton_has_a_claim_of_each_kind_and_fails_in_one() {
    let house = House::with(&[]);
    house.does(&["new", "zip/some-thing"]);
    let skeleton = house.read("fixtures/zip/some-thing.md");
    assert!(skeleton.starts_with("# Some thing\n"), "{skeleton}");
    for kind in [
        "required",
        "forbidden",
        "counted",
        "ordered",
        "raised",
        "bare",
        "exit",
    ] {
        assert!(skeleton.contains(&format!("\n{kind} ")), "{kind}");
    }
    let report = Bench::new().failure(&skeleton);
    let wrong: Vec<_> = report
        .lines()
        .filter(|it| it.starts_with("    ") && it.contains("scenario.md:"))
        .collect();
    assert_eq!(wrong.len(), 1, "{report}");
    assert!(
        wrong[0].ends_with("no body of <your.module> ran"),
        "{report}"
    );
}

#[test]
fn a_fixture_takes_its_goldens_along() {
    let house = House::with(&TWO);
    let output = house.does(&["mv", "zip/a", "fixtures/archive/c.md"]);
    assert!(
        output.contains("mentioned in:\n./docs/labels.md"),
        "{output}"
    );
    assert_eq!(
        house.files("fixtures"),
        ["fixtures/archive/c.md", "fixtures/zip/a-b.md"]
    );
    assert_eq!(
        house.files("snapshots"),
        [
            "snapshots/archive/c.snap",
            "snapshots/archive/c@1.events.snap",
            "snapshots/archive/c@1.snap",
            "snapshots/zip/a-b.snap",
        ]
    );
    // The header says which fixture it is of; what the scenario shows stays.
    assert_eq!(
        house.read("snapshots/archive/c.snap"),
        "---\ninput_file: fixtures/archive/c.md\n---\nfixtures/zip/a.md\n"
    );
}

#[test]
fn a_fixture_goes_with_its_goldens() {
    let house = House::with(&TWO);
    house.does(&["rm", "zip/a"]);
    assert_eq!(house.files("fixtures"), ["fixtures/zip/a-b.md"]);
    assert_eq!(house.files("snapshots"), ["snapshots/zip/a-b.snap"]);
}

#[test]
fn nothing_is_overwritten_or_made_up() {
    let house = House::with(&TWO);
    let refused = |words: &[&str], expected: &str| {
        let output = house.run(words);
        let said = err(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
    };
    refused(&["new", "zip/a"], "is there already");
    refused(&["mv", "zip/a", "zip/a-b"], "is there already");
    refused(&["mv", "zip/x", "zip/y"], "there is no fixture 'zip/x'");
    refused(&["rm", "zip/x"], "there is no fixture 'zip/x'");
    refused(&["new", "Zip/x"], "is not FAMILY/SCENARIO");
    assert_eq!(house.files("snapshots").len(), 4);
}
