//! The numbers of paths, functions and types, which are defined before they are used.

use std::collections::HashMap;

use runtime_tracing::{
    CallRecord, FullValueRecord, FunctionId, FunctionRecord, Line, NONE_TYPE_ID, PathId,
    StepRecord, TraceLowLevelEvent as Event, TypeId, TypeKind, TypeRecord, TypeSpecificInfo,
    ValueRecord,
};

use crate::names::TOP_LEVEL;

/// The numbers that were given. An event that defines one is appended to the `events` of the caller.
#[derive(Default)]
pub struct Ids {
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
pub struct Function {
    id: FunctionId,
    pub path_id: PathId,
    line: Line,
}

impl Function {
    /// Returns the events with which it starts: a step to its first line, then the call.
    pub fn enter(self) -> [Event; 2] {
        let Self { id, path_id, line } = self;
        [Event::Step(StepRecord { path_id, line }), call(id)]
    }

    /// Returns the events with which it starts, with arguments.
    pub fn enter_with(self, args: Vec<FullValueRecord>) -> [Event; 2] {
        let [step, _] = self.enter();
        let function_id = self.id;
        [step, Event::Call(CallRecord { function_id, args })]
    }
}

impl Ids {
    /// Gives the first events of a trace, those of `TraceWriter::start`.
    pub fn start(&mut self, program: &str, events: &mut Vec<Event>) {
        self.function(TOP_LEVEL.to_owned(), program, 1, events);
        events.push(call(FunctionId(0)));
        events.push(type_event(TypeKind::None, "None", TypeSpecificInfo::None));
    }

    /// Returns the function of this name, path and first line.
    pub fn function(
        &mut self,
        name: String,
        path: &str,
        line: u32,
        events: &mut Vec<Event>,
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
            events.push(Event::Function(FunctionRecord {
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

    /// Returns an error of the type with that name.
    pub fn error(&mut self, message: &str, name: &str, events: &mut Vec<Event>) -> ValueRecord {
        ValueRecord::Error {
            msg: message.to_owned(),
            type_id: self.named_type(TypeKind::Error, name, events),
        }
    }

    /// Returns the type of this kind with that name.
    pub fn named_type(&mut self, kind: TypeKind, name: &str, events: &mut Vec<Event>) -> TypeId {
        self.type_with(kind, name, TypeSpecificInfo::None, events)
    }

    /// Returns the type of this kind with that name, of which more is known.
    pub fn type_with(
        &mut self,
        kind: TypeKind,
        name: &str,
        specific_info: TypeSpecificInfo,
        events: &mut Vec<Event>,
    ) -> TypeId {
        let known = self.types.get(name).map(Vec::as_slice).unwrap_or_default();
        if let Some((_, id)) = known.iter().find(|(known, _)| *known == kind) {
            return *id;
        }
        self.type_count += 1;
        let id = TypeId(NONE_TYPE_ID.0 + self.type_count);
        let named = self.types.entry(name.to_owned()).or_default();
        named.push((kind, id));
        events.push(type_event(kind, name, specific_info));
        id
    }

    /// Returns the path, as it is written.
    pub fn path(&mut self, text: &str, events: &mut Vec<Event>) -> PathId {
        if let Some(&id) = self.paths.get(text) {
            return id;
        }
        let id = PathId(self.paths.len());
        self.paths.insert(text.to_owned(), id);
        events.push(Event::Path(text.into()));
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
