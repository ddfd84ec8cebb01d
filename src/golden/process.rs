//! Processes of a run, as a golden shows them.

use module_identity::Rule;

/// A process, or a sub-interpreter of one: its bodies, and its child processes in the order of what they show.
#[derive(Clone, Debug)]
pub(super) struct Process {
    /// The program that it ran; `fork` for a fork, `interpreter` for a sub-interpreter.
    pub(super) heading: String,
    /// All code named `<module>` that started, in that order.
    pub(super) bodies: Vec<Body>,
    /// The reason why the recording did not go on to the end.
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
    /// The number of shown bodies that it is in; `None` when it is not shown.
    pub(super) depth: Option<usize>,
    /// The way it was left, if not by returning.
    pub(super) left: Option<String>,
    pub(super) exception: Option<String>,
    /// Its thread, if not the first one.
    pub(super) thread: Option<u64>,
}

impl Process {
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
