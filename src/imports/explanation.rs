//! Everything that a trace says about one module, or about one piece of code.

use std::collections::HashMap;
use std::path::Path;

use module_identity::{BARE_LABEL, Grounds, Rival, Rule, Runner};
use serde::Serialize;
use spool::ModuleKind;

use super::chain::{Step, chain_to};
use super::forest::{End, Node};
use super::process::RecordedProcess;
use super::samples::{Samples, Spread};

/// The longest list of near names.
const NEAR_NAMES: usize = 3;

/// One import or body, explained.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The folder of its process, below that of the trace: empty for the program itself.
    pub process: String,
    /// The name of the module, or `<module>`.
    pub name: String,
    /// The kind of the module.
    pub kind: Option<ModuleKind>,
    /// The file.
    pub file: Option<String>,
    /// The result: `loaded`, `not-found`, `failed`, `suspended` or `unfinished`.
    pub outcome: &'static str,
    /// The type of the exception that ended it.
    pub exception: Option<String>,
    /// The import statements from the program to it; of a bare `<module>` to the code around it.
    pub chain: Vec<Step>,
    /// The time until it was over, in nanoseconds.
    pub total_ns: Option<u64>,
    /// The part of it that is its own.
    pub own_ns: Option<u64>,
    /// The part of its own time in which it was looked for.
    pub finding_ns: u64,
    /// The part of its own time in which its code was read.
    pub loading_ns: u64,
    /// The part of its own time in which its code ran.
    pub running_ns: u64,
    /// The reasons for the label of its body; `None` where no body ran.
    pub label: Option<LabelReasons>,
    /// True if the import system ran a body of this module again without an import, as `importlib.reload` does.
    pub run_again: bool,
    /// The number of times that the same happened at the same place, in the run in which it did most often.
    pub times: usize,
    /// The number of runs that have it.
    pub runs: usize,
    /// The difference of its times between several runs.
    pub spread: Option<Spread>,
    #[serde(skip)]
    samples: Samples,
}

/// The reasons for a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelReasons {
    /// The label.
    pub label: String,
    /// The line that the code begins on.
    pub line: u32,
    /// The rule that decided.
    pub rule: Rule,
    /// The rule's reason.
    pub why: String,
    /// The evidence that it decided from.
    pub grounds: Grounds,
    /// The names that lost.
    pub rivals: Vec<Rival>,
}

/// The things in which two explanations of a process look the same, beside the label.
#[derive(PartialEq, Eq, Hash)]
struct Looks {
    outcome: &'static str,
    exception: Option<String>,
    file: Option<String>,
    chain: Vec<Step>,
}

/// Explains everything that a text names: a module (`pandas`), a label (`<pandas>`, `<module>`), a file, or a line of
/// one (`app.py:3`, `<string>:1`).
pub fn explanations(processes: &[RecordedProcess<'_>], subject: &str) -> Vec<Explanation> {
    let label = subject
        .strip_prefix('<')
        .and_then(|it| it.strip_suffix('>'));
    let by_name = explanations_where(processes, |node| {
        node.name() == subject
            || label.is_some_and(|name| node.label() == subject && node.name() == name)
    });
    if !by_name.is_empty() || subject == BARE_LABEL {
        return by_name;
    }
    let (file, line) = match subject
        .rsplit_once(':')
        .map(|(file, line)| (file, line.parse::<u32>()))
    {
        Some((file, Ok(line))) => (file, Some(line)),
        _ => (subject, None),
    };
    explanations_where(processes, |node| {
        node.body.is_some_and(|(_, body)| {
            let is_file = body.file == file || Path::new(&body.file).ends_with(file);
            is_file && line.is_none_or(|line| line == body.line)
        })
    })
}

fn explanations_where(
    processes: &[RecordedProcess<'_>],
    is_meant: impl Fn(&Node<'_>) -> bool,
) -> Vec<Explanation> {
    let mut explanations: Vec<Explanation> = Vec::new();
    for process in processes {
        let mut known: HashMap<Looks, Vec<usize>> = HashMap::new();
        for index in process.forest.preorder() {
            if !is_meant(process.forest.node(index)) {
                continue;
            }
            let next = Explanation::of(process, index);
            let alike = known.entry(next.looks()).or_default();
            let is_same = |it: &&usize| explanations[**it].label == next.label;
            match alike.iter().find(is_same) {
                Some(it) => explanations[*it].take_in(&next),
                None => {
                    alike.push(explanations.len());
                    explanations.push(next);
                }
            }
        }
    }
    explanations
}

impl Explanation {
    fn of(process: &RecordedProcess<'_>, index: usize) -> Self {
        let node = process.forest.node(index);
        let (outcome, exception) = node.end().words();
        Self {
            process: process.folder.display().to_string(),
            name: node.name().to_owned(),
            kind: node.kind(),
            file: node.file().map(str::to_owned),
            outcome,
            exception: exception.map(str::to_owned),
            chain: chain_to(&process.forest, index),
            total_ns: node.total,
            own_ns: node.own(),
            finding_ns: node.own_time.finding,
            loading_ns: node.own_time.loading,
            running_ns: node.own_time.running,
            label: node.body.map(|(_, body)| LabelReasons {
                label: body.label.clone(),
                line: body.line,
                rule: body.rule,
                why: body.why.clone(),
                grounds: body.grounds,
                rivals: body.rivals.clone(),
            }),
            run_again: is_run_again(process, index),
            times: 1,
            runs: node.runs(),
            spread: node.samples().spread(),
            samples: node.samples().clone(),
        }
    }

    fn looks(&self) -> Looks {
        Looks {
            outcome: self.outcome,
            exception: self.exception.clone(),
            file: self.file.clone(),
            chain: self.chain.clone(),
        }
    }

    fn take_in(&mut self, other: &Self) {
        self.samples.add_all(&other.samples);
        let typical = self.samples.typical();
        self.times = typical.imports;
        self.total_ns = typical.total;
        self.own_ns = typical.total.map(|_| typical.own.sum());
        self.finding_ns = typical.own.finding;
        self.loading_ns = typical.own.loading;
        self.running_ns = typical.own.running;
        self.runs = self.samples.runs();
        self.spread = self.samples.spread();
    }

    /// Returns whether the module was not imported by this.
    pub fn is_failure(&self) -> bool {
        matches!(self.outcome, "not-found" | "failed")
    }
}

impl<'a> End<'a> {
    /// Returns the outcome as machines read it, and the type of the exception, if one is known.
    pub fn words(self) -> (&'static str, Option<&'a str>) {
        match self {
            Self::Loaded => ("loaded", None),
            Self::NotFound => ("not-found", None),
            Self::Failed(exception) => ("failed", exception),
            Self::Suspended => ("suspended", None),
            Self::Unfinished => ("unfinished", None),
        }
    }
}

/// Returns whether the import system ran a body without an import, of a module that there was before.
fn is_run_again(process: &RecordedProcess<'_>, index: usize) -> bool {
    let node = process.forest.node(index);
    let name = node.name();
    let was_there = || {
        process.forest.first_of_name(name) != Some(index)
            || process.document.loaded_before.iter().any(|it| it == name)
    };
    let runner = node.body.and_then(|(_, body)| body.grounds.runner);
    node.import.is_none() && !node.is_bare() && runner == Some(Runner::Import) && was_there()
}

/// Returns the names of modules that are most like a name, the nearest first.
pub fn near_names(processes: &[RecordedProcess<'_>], name: &str) -> Vec<String> {
    let mut near: Vec<(usize, &str)> = Vec::new();
    for process in processes {
        let recorded = process.forest.preorder().into_iter();
        let recorded = recorded.map(|index| process.forest.node(index).name());
        let before = process.document.loaded_before.iter().map(String::as_str);
        for other in recorded.chain(before) {
            let last = other.rsplit('.').next().unwrap_or(other);
            let distance = match last == name {
                true => 0,
                false => strsim::damerau_levenshtein(name, other),
            };
            if distance <= name.chars().count().div_ceil(3) {
                near.push((distance, other));
            }
        }
    }
    near.sort_unstable();
    near.dedup();
    near.truncate(NEAR_NAMES);
    near.into_iter().map(|(_, name)| name.to_owned()).collect()
}
