//! What of a trace a golden shows.

use module_identity::Rule;
use spool::Origin;

use super::redaction::Redaction;
use crate::fixture::Pattern;
use trace::modules::{Document, Ended, Module, Outcome};
use trace::reader::Family;

/// A process: its bodies, and its child processes in the order of what they show.
#[derive(Clone, Debug)]
pub(super) struct Process {
    /// What it ran; `fork` for a fork.
    pub(super) heading: String,
    /// All code named `<module>` that started, in that order.
    pub(super) bodies: Vec<Body>,
    /// Why the recording did not go on to the end.
    pub(super) broken_off: Option<String>,
    pub(super) children: Vec<Process>,
}

/// Code named `<module>` that started.
#[derive(Clone, Debug)]
pub(super) struct Body {
    pub(super) label: String,
    pub(super) is_named: bool,
    pub(super) rule: Rule,
    /// As the golden shows it.
    pub(super) file: String,
    /// As the trace has it.
    pub(super) raw_file: String,
    /// How many shown bodies it is in; `None` when it is not shown.
    pub(super) depth: Option<usize>,
    /// How it was left, if not by returning.
    pub(super) left: Option<String>,
    pub(super) exception: Option<String>,
    /// Its thread, if not the first one.
    pub(super) thread: Option<u64>,
}

impl Process {
    pub(super) fn of(family: &Family, redaction: &Redaction, show: &[Pattern]) -> Self {
        let children = family.children.iter();
        let mut children: Vec<_> = children
            .filter(|it| !is_resource_tracker(&it.document, redaction))
            .map(|it| Self::of(it, redaction, show))
            .collect();
        // Which of two children starts first is the system's choice.
        children.sort_by_cached_key(super::text::of_process);
        Self {
            heading: heading(&family.document, redaction),
            bodies: bodies(&family.document, redaction, show),
            broken_off: broken_off(&family.document),
            children,
        }
    }

    /// The bodies of this process, then those of its children.
    pub(super) fn all_bodies(&self) -> Vec<&Body> {
        let processes = self.all().into_iter();
        processes.flat_map(|it| it.bodies.iter()).collect()
    }

    /// This process, then its children with theirs.
    pub(super) fn all(&self) -> Vec<&Self> {
        let children = self.children.iter().flat_map(Self::all);
        std::iter::once(self).chain(children).collect()
    }
}

/// `multiprocessing` starts one beside the program's own processes. Nothing of the program runs in it,
/// and it may outlive the program, or not.
fn is_resource_tracker(document: &Document, redaction: &Redaction) -> bool {
    let mut arguments = document.process.arguments.iter();
    document.process.origin == Origin::Start
        && arguments.any(|it| is_tracking(it))
        && !document.modules.iter().any(|it| redaction.is_own(&it.file))
}

/// Whether a command is `multiprocessing`'s own: it differs in the number of a descriptor.
fn is_tracking(command: &str) -> bool {
    command
        .strip_prefix("from multiprocessing.resource_tracker import main;main(")
        .and_then(|it| it.strip_suffix(')'))
        .is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()))
}

fn heading(document: &Document, redaction: &Redaction) -> String {
    match document.process.origin {
        Origin::Fork => "fork".to_owned(),
        Origin::Start => redaction.text(&document.process.program().text),
    }
}

fn broken_off(document: &Document) -> Option<String> {
    let reason = || document.process.reason.clone().unwrap_or_default();
    match document.process.ended {
        Ended::ProcessEnded => None,
        Ended::Stopped => Some("stopped".to_owned()),
        Ended::Lost => Some(format!("lost: {}", reason())),
    }
}

fn bodies(document: &Document, redaction: &Redaction, show: &[Pattern]) -> Vec<Body> {
    let modules = &document.modules;
    // Of each body, whether it is shown, and how deep what it imports is.
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

/// `around` is whether the body around it is shown, if there is one.
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
