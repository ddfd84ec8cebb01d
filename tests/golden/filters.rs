//! Filters and labels agree: in each scenario of the fixtures, `pkg:literal:` with a label's name
//! selects just the code that has this label.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use libtest_mimic::{Completion, Failed};
use truename::fixture::Fixture;
use truename::golden::Harness;

/// Returns whether the scenarios of a family are recorded without filters of their own.
pub fn is_about(family: &str) -> bool {
    family != "filters" && family != "calls"
}

/// Records a fixture through a filter that has every other of its labels, so that what is recorded and what
/// is not lie among each other; just those labels must be left.
pub fn select_labels(harness: &Harness, path: &Path) -> Result<Completion, Failed> {
    let fixture = Fixture::read(path)?;
    if let Some(reason) = harness.reason_to_skip(&fixture) {
        return Ok(Completion::ignored_with(reason));
    }
    let all = harness.labels(path, None)?;
    let distinct: BTreeSet<_> = all.iter().collect();
    // `__main__` is also the other name of what `-m` runs.
    let chosen: BTreeSet<_> = distinct
        .into_iter()
        .step_by(2)
        .filter(|label| *label != "<__main__>")
        .collect();
    let expected: Vec<_> = all.iter().filter(|it| chosen.contains(it)).collect();
    let selected = harness.labels(path, Some(only(&chosen)))?;
    match selected.iter().eq(expected.iter().copied()) {
        true => Ok(Completion::Completed),
        false => Err(format!(
            "{}: a filter for {chosen:?} should select\n    {expected:?}\nand selects\n    {selected:?}",
            path.display()
        )
        .into()),
    }
}

/// A filter that records the code with these labels and nothing else.
fn only(labels: &BTreeSet<&String>) -> String {
    let mut filter = String::from(
        "[meta]\nname = \"some labels\"\nversion = 1\n\n[scope]\ndefault_exec = \"skip\"\n\
         default_value_action = \"allow\"\n",
    );
    for label in labels {
        let name = match label.as_str() {
            // Code without a module's name is selected by its label.
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
