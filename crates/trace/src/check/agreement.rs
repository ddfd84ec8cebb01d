//! Agreement of all files of a trace.

use std::path::{Path, PathBuf};

use module_identity::{BARE_LABEL, ModuleName, Rule};
use runtime_tracing::{FunctionId, TraceLowLevelEvent as Event, TraceMetadata, ValueRecord};

use spool::{Detail, Outcome, ProcessOrigin, ValueDetail};

use super::calls::{Call, Calls};
use super::definitions::Definitions;
use crate::document::{Document, Module};
use crate::format::{METADATA_FILE, MODULES_FILE, PATHS_FILE};
use crate::names::{TOP_LEVEL, UNFINISHED_TYPE};
use crate::program::RecordedProgram;
use crate::read::Folder;
use crate::write;

/// Finds out whether a document is of the interpreter that it says it is.
pub fn interpreter(document: &Document) -> Option<String> {
    let process = &document.run.process;
    let number = process.interpreter;
    match (process.origin, number) {
        (ProcessOrigin::Interpreter, 0) => {
            Some("a sub-interpreter has the number 0, which is the main one's".to_owned())
        }
        (ProcessOrigin::Start | ProcessOrigin::Fork, 1..) => Some(format!(
            "a process was started with interpreter {number}, and the main one is 0"
        )),
        _ => None,
    }
}

/// Finds wrong labels in a document, each with the index of its module.
pub fn labels(document: &Document) -> impl Iterator<Item = (usize, String)> + '_ {
    let modules = document.modules.iter().enumerate();
    modules.filter_map(|(index, module)| Some((index, label(module, document)?)))
}

fn label(module: &Module, document: &Document) -> Option<String> {
    let Module { label, rule, .. } = module;
    let expected = module
        .name
        .as_ref()
        .map_or_else(|| BARE_LABEL.to_owned(), ModuleName::label);
    if *label != expected {
        return Some(format!(
            "the label is {label}, and its name makes it {expected}"
        ));
    }
    if module.name.is_some() && stays_bare(*rule) {
        return Some(format!(
            "{label} has a name, and its rule says: {}",
            rule.reason()
        ));
    }
    if module.name.is_none() && !stays_bare(*rule) {
        return Some(format!(
            "a bare <module> that nothing justifies: its rule says: {}",
            rule.reason()
        ));
    }
    if rule.is_inferred() {
        return Some(format!("{label} is a guess: {}", rule.reason()));
    }
    let parent = module
        .parent
        .and_then(|parent| document.modules.get(parent));
    if parent.is_some_and(|parent| parent.thread != module.thread) {
        return Some(format!("{label} has a parent on another thread"));
    }
    None
}

/// Returns whether the rule keeps the literal `<module>`.
fn stays_bare(rule: Rule) -> bool {
    match rule {
        Rule::NotModuleCode
        | Rule::NoOwner
        | Rule::UnprintableName
        | Rule::Nested
        | Rule::Unproven => true,
        Rule::File
        | Rule::Frozen
        | Rule::Interactive
        | Rule::Command
        | Rule::Cell
        | Rule::Bytecode
        | Rule::Loader
        | Rule::HandMade
        | Rule::Registry
        | Rule::Roots
        | Rule::Hint => false,
    }
}

/// Finds where the calls differ from the document, with the index of an event.
///
/// Only the first call that differs is reported: those after it may merely have moved. All ids must be
/// defined and all calls must have returned.
pub fn calls(
    calls: &Calls<'_>,
    definitions: &Definitions<'_>,
    document: &Document,
    program: &RecordedProgram,
) -> Option<(usize, String)> {
    let comparison = Comparison {
        calls,
        definitions,
        document,
        program,
    };
    let (top, bodies) = calls.calls.split_first()?;
    if let Some(problem) = comparison.top_level(top) {
        return Some((top.event, problem));
    }
    if document.recorded.events >= Detail::Calls {
        return comparison.all_calls(bodies);
    }
    let pairs = bodies.iter().zip(&document.modules);
    for (index, (call, module)) in pairs.enumerate() {
        if let Some(problem) = comparison.call(index, call, module) {
            return Some((call.event, problem));
        }
        if let Some(problem) = comparison.value(index, call, module) {
            return Some(problem);
        }
    }
    let (called, listed) = (bodies.len(), document.modules.len());
    (called != listed).then(|| {
        let last = bodies.last().unwrap_or(top);
        let problem = format!(
            "{called} calls within {TOP_LEVEL} up to here, where {MODULES_FILE} lists {listed} modules"
        );
        (last.event, problem)
    })
}

/// Finds the first value of which the document says that nobody asked for it, with the index of its event.
pub fn values(events: &[Event], document: &Document) -> Option<(usize, String)> {
    let asked = document.recorded.values;
    let needed = |event: &Event| match event {
        Event::Value(_) | Event::DropVariables(_) => ValueDetail::Full,
        Event::Call(call) if !call.args.is_empty() => ValueDetail::Args,
        _ => ValueDetail::None,
    };
    let index = events.iter().position(|event| needed(event) > asked)?;
    let problem = match needed(&events[index]) {
        ValueDetail::Full => "variables of a line",
        _ => "arguments",
    };
    let problem = format!("{problem}, where {MODULES_FILE} says that none were asked for");
    Some((index, problem))
}

struct Comparison<'a> {
    calls: &'a Calls<'a>,
    definitions: &'a Definitions<'a>,
    document: &'a Document,
    program: &'a RecordedProgram,
}

impl Comparison<'_> {
    fn top_level(&self, call: &Call<'_>) -> Option<String> {
        let expected = format!("{TOP_LEVEL} ({}:1)", self.program.name);
        let found = self.described(call);
        if call.function != FunctionId(0) || found != expected {
            return Some(format!(
                "the outermost call is {found} and should be {expected}"
            ));
        }
        let (_, value) = call.returned?;
        let is_status = matches!(value, ValueRecord::None { .. } | ValueRecord::Int { .. });
        (!is_status).then(|| format!("{TOP_LEVEL} returns a value that is no exit status"))
    }

    /// Finds where all calls of a process differ from the document: each module is called in turn, with
    /// calls of other functions between.
    fn all_calls(&self, calls: &[Call<'_>]) -> Option<(usize, String)> {
        let mut modules = self.document.modules.iter().enumerate().peekable();
        for call in calls {
            let module = modules.next_if(|(_, module)| self.is_of(call, module));
            let problem = match module {
                Some((index, module)) => self
                    .call(index, call, module)
                    .map(|problem| (call.event, problem))
                    .or_else(|| self.value(index, call, module)),
                None => self.stepless(call).map(|problem| (call.event, problem)),
            };
            if problem.is_some() {
                return problem;
            }
        }
        let (index, module) = modules.next()?;
        let problem = format!(
            "no call of {} up to here, where {MODULES_FILE} lists it as module {index}",
            Self::expected(module)
        );
        Some((calls.last().map_or(0, |call| call.event), problem))
    }

    /// Returns whether a call is one of the module's body.
    fn is_of(&self, call: &Call<'_>, module: &Module) -> bool {
        let function = self.definitions.function(call.function);
        function.is_some_and(|function| {
            function.line.0 == i64::from(module.line)
                && function.name == module.label
                && self.definitions.path(function.path_id) == Some(Path::new(&module.file))
        })
    }

    fn expected(module: &Module) -> String {
        format!("{} ({}:{})", module.label, module.file, module.line)
    }

    fn call(&self, index: usize, call: &Call<'_>, module: &Module) -> Option<String> {
        let found = self.described(call);
        let expected = Self::expected(module);
        if found != expected {
            return Some(format!(
                "a call of {found}, where {MODULES_FILE} lists {expected} as module {index}"
            ));
        }
        let thread = self.calls.thread(call);
        let thread = thread.or_else(|| Some(self.document.modules.first()?.thread))?;
        if thread != module.thread {
            return Some(format!(
                "a call of {found} on thread {thread}, where {MODULES_FILE} lists module {index} \
                 on thread {}",
                module.thread
            ));
        }
        self.stepless(call)
    }

    fn stepless(&self, call: &Call<'_>) -> Option<String> {
        let function = self.definitions.function(call.function)?;
        (call.step != Some((function.path_id, function.line.0))).then(|| {
            let found = self.described(call);
            format!("a call of {found} without a step to its first line")
        })
    }

    /// Finds a returned value that is not what the module says.
    fn value(&self, index: usize, call: &Call<'_>, module: &Module) -> Option<(usize, String)> {
        let (event, value) = call.returned?;
        let agrees = match (value, module.outcome) {
            (ValueRecord::None { .. }, Outcome::Returned | Outcome::Suspended) => true,
            (ValueRecord::Error { msg, type_id }, Outcome::Raised) => {
                let exception = module.exception.as_deref();
                self.definitions.type_name(*type_id) == exception
                    && exception.is_some_and(|name| self.is_message(msg, name))
            }
            (ValueRecord::Error { type_id, .. }, Outcome::Unfinished) => {
                self.definitions.type_name(*type_id) == Some(UNFINISHED_TYPE)
            }
            _ => false,
        };
        (!agrees).then(|| {
            let outcome = match (module.outcome, &module.exception) {
                (Outcome::Returned, _) => "returned".to_owned(),
                (Outcome::Suspended, _) => "was suspended".to_owned(),
                (Outcome::Unfinished, _) => "never ended".to_owned(),
                (Outcome::Raised, exception) => {
                    format!("raised {}", exception.as_deref().unwrap_or("nothing"))
                }
            };
            let problem = format!(
                "{} returns {}, where {MODULES_FILE} says that module {index} {outcome}",
                module.label,
                self.described_value(value)
            );
            (event, problem)
        })
    }

    /// Returns whether a text is an exception's name, or, where values are recorded, that and its message.
    fn is_message(&self, text: &str, exception: &str) -> bool {
        match text.strip_prefix(exception) {
            Some("") => true,
            Some(rest) => {
                self.document.recorded.values != ValueDetail::None && rest.starts_with(": ")
            }
            None => false,
        }
    }

    fn described(&self, call: &Call<'_>) -> String {
        let Some(function) = self.definitions.function(call.function) else {
            return format!("function {}", call.function.0);
        };
        let path = self
            .definitions
            .path(function.path_id)
            .unwrap_or(Path::new("?"));
        format!("{} ({}:{})", function.name, path.display(), function.line.0)
    }

    fn described_value(&self, value: &ValueRecord) -> String {
        match value {
            ValueRecord::None { .. } => "nothing".to_owned(),
            ValueRecord::Error { msg, type_id } => {
                let name = self.definitions.type_name(*type_id).unwrap_or("?");
                format!("the error `{msg}` of type {name}")
            }
            _ => "a value".to_owned(),
        }
    }
}

/// Finds where `trace_metadata.json` differs from the document.
pub fn metadata(
    folder: &Folder,
    document: &Document,
    program: &RecordedProgram,
    found: &TraceMetadata,
) -> Option<String> {
    let expected = write::metadata(&document.run.process, program.clone());
    let differs = found.workdir != expected.workdir
        || found.program != expected.program
        || found.args != expected.args;
    differs.then(|| {
        format!(
            "{}: `{}` {:?} in {}, where {MODULES_FILE} has `{}` {:?} in {}",
            folder.file(METADATA_FILE).display(),
            found.program,
            found.args,
            found.workdir.display(),
            expected.program,
            expected.args,
            expected.workdir.display(),
        )
    })
}

/// Finds where `trace_paths.json` differs from the paths that the events define.
pub fn paths(folder: &Folder, events: &[Event], listed: &[PathBuf]) -> Option<String> {
    let defined: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Path(path) => Some(path),
            _ => None,
        })
        .collect();
    let count = defined.len().max(listed.len());
    let first = (0..count).find(|&id| defined.get(id).copied() != listed.get(id))?;
    let shown = |path: Option<&PathBuf>| match path {
        Some(path) => path.display().to_string(),
        None => "none".to_owned(),
    };
    Some(format!(
        "{}: path {first} is {}, where the events have {}",
        folder.file(PATHS_FILE).display(),
        shown(listed.get(first)),
        shown(defined.get(first).copied()),
    ))
}
