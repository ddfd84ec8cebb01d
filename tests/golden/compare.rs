//! A golden against its snapshot.

use std::cell::Cell;
use std::fmt::Write;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

use insta::internals::SnapshotContents;
use insta::{Settings, Snapshot};
use similar::TextDiff;
use truename::golden::Golden;

thread_local! {
    static IS_COMPARING: Cell<bool> = const { Cell::new(false) };
}

/// Keeps insta from printing: its panics in [`compare`] become errors, and the differences are shown there.
///
/// Has to be called before any other thread is started.
pub fn silence_insta() {
    // SAFETY: no other thread reads the environment yet.
    unsafe { std::env::set_var("INSTA_OUTPUT", "none") };
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !IS_COMPARING.get() {
            default(info);
        }
    }));
}

/// Compares a golden of a fixture with its snapshot in the folder of its family.
///
/// # Errors
///
/// When they differ, or when there is no snapshot yet. insta has then written what is new beside it, for
/// review.
pub fn compare(
    golden: &Golden,
    fixture: &Path,
    title: &str,
    family: &Path,
    scenario: &str,
) -> Result<(), String> {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path(family);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(title);
    settings.set_input_file(fixture);
    let name = format!("{scenario}{}", golden.suffix);
    let file = family.join(format!("{name}.snap"));
    IS_COMPARING.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(|| {
        settings.bind(|| insta::assert_snapshot!(name, golden.text));
    }));
    IS_COMPARING.set(false);
    result.map_err(|_| difference(golden, title, &file))
}

fn difference(golden: &Golden, title: &str, file: &Path) -> String {
    let accepted = Snapshot::from_file(file).map(|it| match it.contents() {
        SnapshotContents::Text(text) => format!("{text}\n"),
        SnapshotContents::Binary(_) => String::new(),
    });
    let heading = match accepted {
        Ok(_) => "what the scenario shows differs from the golden (- accepted, + now)",
        Err(_) => "the scenario has no golden yet; it would be",
    };
    // People know the files of the package by where they are in it.
    let shown = file.strip_prefix(env!("TRUENAME_ROOT")).unwrap_or(file);
    let mut text = format!("{title}: {heading}: {}\n\n", shown.display());
    let accepted = accepted.unwrap_or_default();
    for change in TextDiff::from_lines(&accepted, &golden.text).iter_all_changes() {
        let _ = write!(text, "    {}{change}", change.tag());
    }
    text.push_str("\nIf that is right, accept it: just review");
    text
}
