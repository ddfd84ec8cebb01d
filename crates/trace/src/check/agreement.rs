//! Agreement of the events of a trace with its list of modules.

use std::path::Path;

use module_identity::BARE_LABEL;
use runtime_tracing::{FunctionId, TraceLowLevelEvent as Event, ValueRecord};
use spool::{Detail, Outcome, ValueDetail};

use super::calls::Call;
use super::definitions::Definitions;
use crate::document::{Document, Module};
use crate::format::MODULES_FILE;
use crate::names::{FUNCTIONS, MAIN, TOP_LEVEL, UNFINISHED_TYPE};
use crate::program::RecordedProgram;

/// The agreement of the events with the document, as they go on.
///
/// Only the first difference counts: those after it may merely have moved.
pub struct Agreement<'a> {
    document: &'a Document,
    program: &'a RecordedProgram,
    /// The modules whose bodies were called.
    called: usize,
    /// The event of the last call.
    last: usize,
    of_calls: Option<(usize, String)>,
    of_values: Option<(usize, String)>,
    /// The first call of what has a body's name and is not listed.
    unlisted: Option<(usize, String)>,
}

impl<'a> Agreement<'a> {
    /// Begins to compare.
    pub fn new(document: &'a Document, program: &'a RecordedProgram) -> Self {
        Self {
            document,
            program,
            called: 0,
            last: 0,
            of_calls: None,
            of_values: None,
            unlisted: None,
        }
    }

    /// Compares an event: finds a value of which the document says that nobody asked for it.
    pub fn event(&mut self, index: usize, event: &Event) {
        let needed = match event {
            Event::Value(_) | Event::DropVariables(_) => ValueDetail::Full,
            Event::Call(call) if !call.args.is_empty() => ValueDetail::Args,
            _ => return,
        };
        if needed <= self.document.recorded.values || self.of_values.is_some() {
            return;
        }
        let what = match needed {
            ValueDetail::Full => "variables of a line",
            _ => "arguments",
        };
        let problem = format!("{what}, where {MODULES_FILE} says that none were asked for");
        self.of_values = Some((index, problem));
    }

    /// Compares a call that begins, and notes the module whose body it is.
    pub fn begins(&mut self, call: &mut Call, definitions: &Definitions) {
        self.last = call.event;
        if self.of_calls.is_some() {
            return;
        }
        let comparison = self.comparison(definitions);
        let next = self.document.modules.get(self.called);
        let has_all_calls = self.document.recorded.events >= Detail::Calls;
        // Each module is called in turn, with calls of other functions between.
        let is_body = !has_all_calls || next.is_some_and(|module| comparison.is_of(call, module));
        let problem = match (call.number, next) {
            (0, _) => comparison.top_level(call),
            (_, Some(module)) if is_body => comparison.call(self.called, call, module),
            _ if has_all_calls => match comparison.unlisted(call) {
                Some(unlisted) if comparison.is_lost_main(call) => Some(unlisted),
                unlisted => {
                    let unlisted = unlisted.map(|text| (call.event, text));
                    self.unlisted = self.unlisted.take().or(unlisted);
                    comparison.stepless(call)
                }
            },
            _ => None,
        };
        if call.number > 0 && is_body {
            call.module = Some(self.called);
            self.called += 1;
        }
        self.of_calls = problem.map(|problem| (call.event, problem));
    }

    /// Compares the value that a call returns by the event at `index`.
    pub fn ends(
        &mut self,
        call: &Call,
        index: usize,
        value: &ValueRecord,
        definitions: &Definitions,
    ) {
        if self.of_calls.is_some() {
            return;
        }
        let comparison = self.comparison(definitions);
        let module = call
            .module
            .and_then(|module| Some((module, self.document.modules.get(module)?)));
        let problem = match module {
            Some((number, module)) => comparison.value(number, module, value),
            None if call.number == 0 => {
                let is_status = matches!(value, ValueRecord::None { .. } | ValueRecord::Int { .. });
                (!is_status).then(|| format!("{TOP_LEVEL} returns a value that is no exit status"))
            }
            None => None,
        };
        self.of_calls = problem.map(|problem| (index, problem));
    }

    /// Returns what is no proof of a difference, with the index of an event: a program may give a function any name.
    pub fn note(&self) -> Option<(usize, String)> {
        let (index, text) = self.unlisted.as_ref()?;
        let note = format!("{text}: a function with the name of a body, unless a body was lost");
        Some((*index, note))
    }

    /// Returns what differs, each with the index of an event. All ids must be defined and all calls must have returned.
    pub fn finish(self) -> impl Iterator<Item = (usize, String)> {
        let listed = self.document.modules.len();
        let of_count = || {
            if self.called == listed {
                return None;
            }
            let problem = match self.document.modules.get(self.called) {
                Some(module) if self.document.recorded.events >= Detail::Calls => format!(
                    "no call of {} up to here, where {MODULES_FILE} lists it as module {}",
                    Comparison::expected(module),
                    self.called
                ),
                _ => format!(
                    "{} calls within {TOP_LEVEL} up to here, where {MODULES_FILE} lists {listed} modules",
                    self.called
                ),
            };
            Some((self.last, problem))
        };
        let of_calls = self.of_calls.or_else(of_count);
        of_calls.into_iter().chain(self.of_values)
    }

    fn comparison<'b>(&self, definitions: &'b Definitions) -> Comparison<'b>
    where
        'a: 'b,
    {
        Comparison {
            definitions,
            document: self.document,
            program: self.program,
        }
    }
}

struct Comparison<'a> {
    definitions: &'a Definitions,
    document: &'a Document,
    program: &'a RecordedProgram,
}

impl Comparison<'_> {
    fn top_level(&self, call: &Call) -> Option<String> {
        let expected = format!("{TOP_LEVEL} ({}:1)", self.program.name);
        let found = self.described(call);
        (call.function != FunctionId(0) || found != expected)
            .then(|| format!("the outermost call is {found} and should be {expected}"))
    }

    /// Returns whether a call is one of the module's body.
    fn is_of(&self, call: &Call, module: &Module) -> bool {
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

    fn call(&self, index: usize, call: &Call, module: &Module) -> Option<String> {
        if !self.is_of(call, module) {
            let (found, expected) = (self.described(call), Self::expected(module));
            return Some(format!(
                "a call of {found}, where {MODULES_FILE} lists {expected} as module {index}"
            ));
        }
        // The first thread has no name before there are others.
        let first = self.document.modules.first();
        let thread = call.thread.or_else(|| Some(first?.thread))?;
        if thread != module.thread {
            return Some(format!(
                "a call of {} on thread {thread}, where {MODULES_FILE} lists module {index} \
                 on thread {}",
                self.described(call),
                module.thread
            ));
        }
        self.stepless(call)
    }

    /// Finds a call of what has the name of a body, and is none of those that are listed.
    fn unlisted(&self, call: &Call) -> Option<String> {
        let function = self.definitions.function(call.function)?;
        let mut modules = self.document.modules.iter();
        let is_unlisted =
            is_dotted_label(&function.name) && !modules.any(|module| self.is_of(call, module));
        is_unlisted.then(|| {
            let found = self.described(call);
            format!("a call of {found}, which {MODULES_FILE} does not list")
        })
    }

    /// Returns whether a call is one of the main program's body, where no module is the main program.
    fn is_lost_main(&self, call: &Call) -> bool {
        let function = self.definitions.function(call.function);
        let mut modules = self.document.modules.iter();
        function.is_some_and(|function| function.name == MAIN)
            && !modules.any(|module| module.label == MAIN)
    }

    fn stepless(&self, call: &Call) -> Option<String> {
        let function = self.definitions.function(call.function)?;
        (call.step != Some((function.path_id, function.line.0))).then(|| {
            let found = self.described(call);
            format!("a call of {found} without a step to its first line")
        })
    }

    /// Finds a returned value that is not what the module says.
    fn value(&self, index: usize, module: &Module, value: &ValueRecord) -> Option<String> {
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
            format!(
                "{} returns {}, where {MODULES_FILE} says that module {index} {outcome}",
                module.label,
                self.described_value(value)
            )
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

    fn described(&self, call: &Call) -> String {
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

/// Returns whether a name is like that of a body. Code that goes on, as `<module>` may, is in no list, and libraries make up
/// names with blanks in them.
fn is_dotted_label(name: &str) -> bool {
    let is_dotted = |name: &str| {
        let mut characters = name.chars();
        characters.all(|it| it.is_alphanumeric() || matches!(it, '_' | '.' | '-'))
    };
    let within = name.strip_prefix('<').and_then(|it| it.strip_suffix('>'));
    within.is_some_and(is_dotted) && !FUNCTIONS.contains(&name) && name != BARE_LABEL
}
