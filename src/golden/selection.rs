//! The choice of what a golden shows of a trace.

use interpreters::command_line::program_and_arguments;
use spool::{Outcome, ProcessOrigin};
use trace::document::{Document, Ending, Module};
use trace::read::Family;

use super::process::{Body, Process};
use super::text;
use crate::fixture::Pattern;
use crate::sandbox::Redaction;

/// Returns what of a process, and of its children, a golden shows.
pub(super) fn of(family: &Family, redaction: &Redaction, show: &[Pattern]) -> Process {
    let children = family.children.iter();
    let mut children: Vec<_> = children
        .filter(|it| !is_resource_tracker(&it.document, redaction))
        .map(|it| of(it, redaction, show))
        .collect();
    // The order in which two children start is the system's choice.
    children.sort_by_cached_key(text::of_process);
    Process {
        heading: heading(&family.document, redaction),
        bodies: bodies(&family.document, redaction, show),
        broken_off: broken_off(&family.document),
        children,
    }
}

/// `multiprocessing` starts one beside the program's own processes. Nothing of the program runs in it,
/// and it may outlive the program, or not.
fn is_resource_tracker(document: &Document, redaction: &Redaction) -> bool {
    let mut arguments = document.run.process.arguments.iter();
    document.run.process.origin == ProcessOrigin::Start
        && arguments.any(|it| is_tracking(it))
        && !document.modules.iter().any(|it| redaction.is_own(&it.file))
}

/// Returns whether a command is `multiprocessing`'s own: it differs in the number of a descriptor.
fn is_tracking(command: &str) -> bool {
    command
        .strip_prefix("from multiprocessing.resource_tracker import main;main(")
        .and_then(|it| it.strip_suffix(')'))
        .is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()))
}

fn heading(document: &Document, redaction: &Redaction) -> String {
    match document.run.process.origin {
        ProcessOrigin::Fork => "fork".to_owned(),
        // Which number an interpreter has is often a matter of luck.
        ProcessOrigin::Interpreter => "interpreter".to_owned(),
        ProcessOrigin::Start => {
            redaction.text(&program_and_arguments(&document.run.process.arguments).0)
        }
    }
}

fn broken_off(document: &Document) -> Option<String> {
    let because = |word: &str| match &document.run.reason {
        Some(reason) => format!("{word}: {reason}"),
        None => word.to_owned(),
    };
    match document.run.ended {
        // A child that goes on is a matter of time.
        Ending::ProcessEnded | Ending::StillRunning => None,
        Ending::Killed => Some(because("killed")),
        Ending::Vanished => Some("vanished".to_owned()),
        Ending::Stopped => Some("stopped".to_owned()),
        Ending::Lost => Some(because("lost")),
        Ending::Cut => Some(because("cut")),
    }
}

fn bodies(document: &Document, redaction: &Redaction, show: &[Pattern]) -> Vec<Body> {
    let modules = &document.modules;
    // Each body's choice, and the depth of what it imports.
    let mut places: Vec<(bool, usize)> = Vec::with_capacity(modules.len());
    let mut bodies = Vec::with_capacity(modules.len());
    let mut first_thread = None;
    for module in modules {
        let around = module.parent.map(|parent| places[parent]);
        let is_shown = is_shown(module, around.map(|(shown, _)| shown), redaction, show);
        let depth = around.map_or(0, |(_, depth)| depth);
        places.push((is_shown, depth + usize::from(is_shown)));
        if is_shown {
            first_thread.get_or_insert(module.thread);
        }
        bodies.push(Body {
            label: module.label.clone(),
            is_named: module.name.is_some(),
            rule: module.rule,
            file: redaction.file(&module.file),
            raw_file: module.file.clone(),
            depth: is_shown.then_some(depth),
            left: left(module),
            exception: module.exception.clone(),
            thread: Some(module.thread).filter(|it| Some(*it) != first_thread),
        });
    }
    bodies
}

/// Returns whether a body is shown; `around` says whether the one around it is, if there is one.
fn is_shown(
    module: &Module,
    around: Option<bool>,
    redaction: &Redaction,
    show: &[Pattern],
) -> bool {
    if redaction.is_own(&module.file) || show.iter().any(|it| it.matches(&module.label)) {
        return true;
    }
    let is_frozen = module.name.is_some() && module.file.starts_with("<frozen ");
    !is_frozen && !redaction.is_library(&module.file) && around.unwrap_or(true)
}

fn left(module: &Module) -> Option<String> {
    match module.outcome {
        Outcome::Returned => None,
        Outcome::Raised => Some(format!(
            "raised {}",
            module.exception.as_deref().unwrap_or("an exception")
        )),
        Outcome::Suspended => Some("suspended".to_owned()),
        Outcome::Unfinished => Some("unfinished".to_owned()),
    }
}
