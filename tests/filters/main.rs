//! Filters and labels agree: in each scenario of the fixtures, `pkg:literal:` with a label's name
//! selects just the code that has this label.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use rstest::rstest;
use truename::golden::Harness;

static HARNESS: LazyLock<Harness> = LazyLock::new(|| {
    let truename = PathBuf::from(env!("CARGO_BIN_EXE_truename"));
    Harness::on_all_interpreters(truename, Duration::from_secs(60))
        .unwrap_or_else(|failure| panic!("{failure}"))
});

/// A filter that records the code with these labels and nothing else.
fn only(labels: &BTreeSet<&String>) -> String {
    let mut filter = String::from(
        "[meta]\nname = \"some labels\"\nversion = 1\n\n[scope]\ndefault_exec = \"skip\"\n\
         default_value_action = \"allow\"\n",
    );
    for label in labels {
        let name = match label.as_str() {
            // (code without a module's name is selected by its label)
            "<module>" => "<module>",
            label => &label[1..label.len() - 1],
        };
        let selector = toml::Value::from(format!("pkg:literal:{name}"));
        let _ = write!(
            filter,
            "\n[[scope.rules]]\nselector = {selector}\nexec = \"trace\"\n"
        );
    }
    filter
}

#[rstest]
fn selects_its_label(
    #[files("fixtures/**/*.md")]
    #[base_dir = "${CARGO_MANIFEST_DIR}"]
    path: PathBuf,
) {
    let family = path.parent().and_then(Path::file_name).unwrap();
    if family == "filters" || family == "calls" {
        return; // (recorded through filters of their own)
    }
    let labels = |filter| {
        let labels = HARNESS.labels(&path, filter);
        labels.unwrap_or_else(|failure| panic!("{failure}"))
    };
    let all = labels(None);
    let distinct: BTreeSet<_> = all.iter().collect();
    // (every other one, so that what is recorded and what is not lie among each other; `__main__`
    // is also the other name of what `-m` runs)
    let chosen: BTreeSet<_> = distinct
        .into_iter()
        .step_by(2)
        .filter(|label| *label != "<__main__>")
        .collect();
    let expected: Vec<_> = all
        .iter()
        .filter(|it| chosen.contains(it))
        .cloned()
        .collect();
    assert_eq!(labels(Some(only(&chosen))), expected);
}
