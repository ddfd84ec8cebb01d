//! Paths, functions and types get their numbers, and are defined before they are used.

use std::collections::{HashMap, VecDeque};

use runtime_tracing::{
    CallRecord, FullValueRecord, FunctionId, FunctionRecord, Line, NONE_TYPE_ID, NONE_VALUE,
    PathId, StepRecord, TraceLowLevelEvent as Event, TypeId, TypeKind, TypeRecord,
    TypeSpecificInfo, ValueRecord,
};
use spool::{Outcome, Process};

use super::events::{TOP_LEVEL, UNFINISHED_TYPE, why_unfinished};
use super::program::Program;
use crate::document::{Ending, Module};

/// The numbers that were given.
#[derive(Default)]
pub(super) struct Ids {
    paths: HashMap<String, PathId>,
    /// By path and first line, then by name.
    functions: HashMap<(PathId, u32), Vec<(String, FunctionId)>>,
    function_count: usize,
    /// All but that of `None`, by name, then by kind.
    types: HashMap<String, Vec<(TypeKind, TypeId)>>,
    type_count: usize,
}

/// A function that is defined.
#[derive(Clone, Copy)]
pub(super) struct Function {
    id: FunctionId,
    pub(super) path_id: PathId,
    line: Line,
}

impl Function {
    /// The events with which it starts: a step to its first line, then the call.
    pub(super) fn enter(self) -> [Event; 2] {
        let Self { id, path_id, line } = self;
        [Event::Step(StepRecord { path_id, line }), call(id)]
    }

    /// The same, with arguments.
    pub(super) fn enter_with(self, args: Vec<FullValueRecord>) -> [Event; 2] {
        let [step, _] = self.enter();
        let function_id = self.id;
        [step, Event::Call(CallRecord { function_id, args })]
    }
}

impl Ids {
    /// The same as `TraceWriter::start`.
    pub(super) fn start(&mut self, process: &Process, events: &mut VecDeque<Event>) {
        let program = Program::of(&process.arguments).text;
        self.function(TOP_LEVEL.to_owned(), &program, 1, events);
        events.push_back(call(FunctionId(0)));
        events.push_back(type_event(TypeKind::None, "None", TypeSpecificInfo::None));
    }

    /// The function of this name, path and first line.
    pub(super) fn function(
        &mut self,
        name: String,
        path: &str,
        line: u32,
        events: &mut VecDeque<Event>,
    ) -> Function {
        let path_id = self.path(path, events);
        let named = self.functions.entry((path_id, line)).or_default();
        let first_line = Line(line.into());
        let known = named.iter().find(|(known, _)| *known == name);
        let id = if let Some((_, id)) = known {
            *id
        } else {
            let id = FunctionId(self.function_count);
            self.function_count += 1;
            named.push((name.clone(), id));
            events.push_back(Event::Function(FunctionRecord {
                path_id,
                line: first_line,
                name,
            }));
            id
        };
        Function {
            id,
            path_id,
            line: first_line,
        }
    }

    /// What a body returns.
    pub(super) fn value(
        &mut self,
        module: &Module,
        ending: Ending,
        events: &mut VecDeque<Event>,
    ) -> ValueRecord {
        match module.outcome {
            Outcome::Returned | Outcome::Suspended => NONE_VALUE,
            Outcome::Raised => {
                let exception = module.exception.as_deref().unwrap_or_default();
                self.error(exception, exception, events)
            }
            Outcome::Unfinished => self.error(why_unfinished(ending), UNFINISHED_TYPE, events),
        }
    }

    /// An error of the type with that name.
    pub(super) fn error(
        &mut self,
        message: &str,
        name: &str,
        events: &mut VecDeque<Event>,
    ) -> ValueRecord {
        ValueRecord::Error {
            msg: message.to_owned(),
            type_id: self.named_type(TypeKind::Error, name, events),
        }
    }

    /// The type of this kind with that name.
    pub(super) fn named_type(
        &mut self,
        kind: TypeKind,
        name: &str,
        events: &mut VecDeque<Event>,
    ) -> TypeId {
        self.type_with(kind, name, TypeSpecificInfo::None, events)
    }

    /// The type of this kind with that name, of which more is known.
    pub(super) fn type_with(
        &mut self,
        kind: TypeKind,
        name: &str,
        specific_info: TypeSpecificInfo,
        events: &mut VecDeque<Event>,
    ) -> TypeId {
        let known = self.types.get(name).map(Vec::as_slice).unwrap_or_default();
        if let Some((_, id)) = known.iter().find(|(known, _)| *known == kind) {
            return *id;
        }
        self.type_count += 1;
        let id = TypeId(NONE_TYPE_ID.0 + self.type_count);
        let named = self.types.entry(name.to_owned()).or_default();
        named.push((kind, id));
        events.push_back(type_event(kind, name, specific_info));
        id
    }

    /// The path, as it is written.
    pub(super) fn path(&mut self, text: &str, events: &mut VecDeque<Event>) -> PathId {
        if let Some(&id) = self.paths.get(text) {
            return id;
        }
        let id = PathId(self.paths.len());
        self.paths.insert(text.to_owned(), id);
        events.push_back(Event::Path(text.into()));
        id
    }
}

fn call(function_id: FunctionId) -> Event {
    Event::Call(CallRecord {
        function_id,
        args: Vec::new(),
    })
}

fn type_event(kind: TypeKind, name: &str, specific_info: TypeSpecificInfo) -> Event {
    Event::Type(TypeRecord {
        kind,
        lang_type: name.to_owned(),
        specific_info,
    })
}
