//! A golden against its snapshot.

use std::path::Path;

use truename::golden::Golden;

/// Compares a golden of a fixture with its snapshot in the folder of its family.
///
/// # Panics
///
/// When they differ, or when there is no snapshot yet.
pub fn compare(golden: &Golden, fixture: &Path, title: &str, family: &Path, scenario: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(family);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(title);
    settings.set_input_file(fixture);
    let name = format!("{scenario}{}", golden.suffix);
    settings.bind(|| insta::assert_snapshot!(name, golden.text));
}
