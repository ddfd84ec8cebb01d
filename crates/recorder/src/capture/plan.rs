//! The plan for the values in a code object, decided once for each.

use std::cell::RefCell;
use std::rc::Rc;

use foldhash::HashMap;
use module_identity::cpython::{CodeVariable, Object};
use pyo3::prelude::*;
use spool::{ValuePlace, write_number};
use trace_filter::{ValueAction, ValueKind};

use super::actions::Actions;
use super::encoder::{NAME, ValueEncoder};
use super::objects::is_definition;
use super::texts::copy_text;
use crate::cpython::code::{CodeRef, OptimizedCode};
use crate::cpython::frames::{self, FrameRef};
use crate::cpython::object::{ObjectRef, StrRef};

/// The number of variables that are recorded at once.
const VARIABLES: usize = 64;
/// The number of names of a namespace that are remembered with what becomes of them.
const REMEMBERED: usize = 1024;

/// The name of the argument that an exception is with which code goes on.
const THROWN: &str = "exception";

/// Returns the number of a variable's name.
pub type Interner<'a> = &'a dyn Fn(&str) -> u32;

/// The values in a code object that are recorded.
pub struct Plan {
    /// The code, where it has variables of its own. It forgets its plan when it goes.
    code: Option<OptimizedCode>,
    pub arguments: PlannedVariables,
    /// The action for what it returns and yields.
    pub returned: ValueAction,
    /// The action for an exception with which it goes on, an argument of that name.
    pub thrown: ValueAction,
    locals: Locals,
}

/// Variables, and what becomes of them.
#[derive(Default)]
pub struct PlannedVariables {
    recorded: Vec<PlannedVariable>,
    /// Those that a filter drops: they are counted where they are set.
    dropped: Vec<CodeVariable>,
}

/// A variable that is recorded, or of which it is recorded that there is one.
struct PlannedVariable {
    variable: CodeVariable,
    number: u32,
    is_hidden: bool,
    /// For `**kwargs`: what becomes of each of them.
    keywords: Option<NameActions>,
}

/// The variables that are recorded at each line.
enum Locals {
    Own(PlannedVariables),
    /// Those of the dictionary that is the frame's namespace.
    Namespace(NameActions),
    /// Those of the globals, unless the frame is found to have a dictionary of its own.
    Globals {
        globals: NameActions,
        own: Option<NameActions>,
    },
    None,
}

/// Actions for names that are only known when they are there.
struct NameActions {
    /// They are keys of a namespace: all but names that begin with two underscores.
    is_of_namespace: bool,
    actions: Rc<Actions>,
    kinds: &'static [ValueKind],
    /// By their addresses; they are kept alive.
    cached: RefCell<HashMap<usize, CachedName>>,
}

struct CachedName {
    _name: Object,
    found: Option<(ValueAction, u32)>,
}

impl Plan {
    /// Makes the plan for a code object; with what is recorded at its lines, if that is wanted.
    pub fn new(
        code: CodeRef<'_>,
        actions: &Rc<Actions>,
        with_lines: bool,
        intern: Interner<'_>,
    ) -> Self {
        let py = code.py();
        let (arguments, others) = code.variables();
        let (mut recorded, mut locals) = (PlannedVariables::default(), PlannedVariables::default());
        let last = arguments.len().wrapping_sub(1);
        for (index, argument) in arguments.iter().enumerate() {
            let is_keywords = index == last && code.has_keywords();
            let add = |variables: &mut PlannedVariables, kinds: &'static [ValueKind]| {
                if let Some(variable) = variables.add(py, argument, kinds, actions, intern) {
                    variable.keywords =
                        is_keywords.then(|| NameActions::of_keywords(actions, kinds));
                }
            };
            add(&mut recorded, &[ValueKind::Arg]);
            if with_lines {
                add(&mut locals, &[ValueKind::Arg, ValueKind::Local]);
            }
        }
        let qualname = code.qualname();
        let name = qualname.rsplit('.').next().unwrap_or(&qualname);
        // CPython 3.12 writes variables of code's own into the namespace when it is asked for.
        let is_written_to = py.version_info() < (3, 13) && code.has_own_variables();
        Self {
            code: code.as_optimized(),
            arguments: recorded,
            returned: actions.action(ValueKind::Ret, name),
            thrown: actions.action(ValueKind::Arg, THROWN),
            locals: match (with_lines, code.is_optimized()) {
                (false, _) => Locals::None,
                (true, true) => {
                    for variable in &others {
                        locals.add(py, variable, &[ValueKind::Local], actions, intern);
                    }
                    Locals::Own(locals)
                }
                (true, false) if code.is_of_a_module() => Locals::Globals {
                    globals: NameActions::of_namespace(actions, &[ValueKind::Global]),
                    own: (!is_written_to)
                        .then(|| NameActions::of_namespace(actions, &[ValueKind::Local])),
                },
                (true, false) if is_written_to => Locals::None,
                (true, false) => Locals::Namespace(NameActions::of_namespace(
                    actions,
                    &[ValueKind::Local, ValueKind::Attr],
                )),
            },
        }
    }

    /// Encodes the arguments of a frame, which is the calling thread's, one of this plan's code, and has just
    /// started.
    pub fn encode_arguments(
        &self,
        frame: FrameRef<'_>,
        encoder: &mut ValueEncoder,
        intern: Interner<'_>,
    ) {
        self.encode_variables(
            frame,
            &self.arguments,
            ValuePlace::Argument,
            encoder,
            intern,
        );
    }

    /// Encodes an exception with which this plan's code goes on, unless a filter drops it.
    pub fn encode_thrown(
        &self,
        exception: ObjectRef<'_>,
        encoder: &mut ValueEncoder,
        intern: Interner<'_>,
    ) {
        if self.thrown == ValueAction::Drop {
            encoder.dropped += 1;
        } else {
            begin(intern(THROWN), &mut encoder.bytes);
            match self.thrown {
                ValueAction::Redact => encoder.redact(),
                _ => encoder.encode_exception(exception, self.thrown),
            }
        }
        encoder.put_filtered(ValuePlace::Argument);
    }

    /// Encodes the variables of a frame, which is the calling thread's and one of this plan's code.
    pub fn encode_locals(
        &self,
        frame: FrameRef<'_>,
        encoder: &mut ValueEncoder,
        intern: Interner<'_>,
    ) {
        let py = frame.py();
        let locals = || frame.locals();
        match &self.locals {
            Locals::Own(variables) => {
                self.encode_variables(frame, variables, ValuePlace::Local, encoder, intern);
            }
            Locals::Globals { globals, own } => {
                let namespace = frames::globals(py).map(ObjectRef::from_borrowed);
                let kept = own.as_ref().and_then(|own| Some((own, locals()?)));
                if let Some((own, locals)) = &kept {
                    let locals = ObjectRef::of(py, locals);
                    let is_other =
                        namespace.is_none_or(|globals| globals.address() != locals.address());
                    if is_other && locals.as_plain_dict().is_some() {
                        return encode_namespace(own, locals, ValuePlace::Local, encoder, intern);
                    }
                }
                if let Some(namespace) = namespace {
                    encode_namespace(globals, namespace, ValuePlace::Global, encoder, intern);
                }
            }
            Locals::Namespace(names) => {
                if let Some(namespace) = locals() {
                    let namespace = ObjectRef::of(py, &namespace);
                    encode_namespace(names, namespace, ValuePlace::Local, encoder, intern);
                }
            }
            Locals::None => {}
        }
    }

    /// Encodes variables of a frame, which is as for [`encode_locals`](Self::encode_locals), as far as they are set.
    fn encode_variables(
        &self,
        frame: FrameRef<'_>,
        variables: &PlannedVariables,
        place: ValuePlace,
        encoder: &mut ValueEncoder,
        intern: Interner<'_>,
    ) {
        if variables.is_empty() {
            return;
        }
        let Some(values) = self.code.and_then(|code| frame.variables(code)) else {
            return;
        };
        for variable in variables.recorded.iter().take(VARIABLES) {
            // SAFETY: to encode a value runs no code of the program's.
            let Some(value) = (unsafe { values.lend(&variable.variable) }) else {
                continue;
            };
            let value = ObjectRef::from_borrowed(value);
            begin(variable.number, &mut encoder.bytes);
            if variable.is_hidden {
                encoder.redact();
            } else if let Some(names) = &variable.keywords {
                encoder.encode_keywords(value, |key| {
                    let found = names.find(key.as_object(), intern);
                    found.map_or(ValueAction::Allow, |(action, _)| action)
                });
            } else {
                encoder.encode(value);
            }
            encoder.end_variable();
        }
        append_more(variables.recorded.len().saturating_sub(VARIABLES), encoder);
        for variable in &variables.dropped {
            // SAFETY: as above.
            let value = unsafe { values.lend(variable) };
            encoder.dropped += u64::from(value.is_some());
        }
        encoder.put_filtered(place);
    }
}

impl PlannedVariables {
    /// Returns whether there is none, and none to count.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.recorded.is_empty() && self.dropped.is_empty()
    }

    /// Plans a variable. Returns it, unless a filter drops it.
    fn add(
        &mut self,
        py: Python<'_>,
        variable: &CodeVariable,
        kinds: &[ValueKind],
        actions: &Rc<Actions>,
        intern: Interner<'_>,
    ) -> Option<&mut PlannedVariable> {
        let mut text = String::new();
        let name = ObjectRef::of(py, &variable.name).as_str()?;
        copy_text(name, usize::MAX, &mut text);
        let action = actions.strictest(kinds, &text);
        let variable = CodeVariable {
            name: name.as_object().keep(),
            ..*variable
        };
        if action == ValueAction::Drop {
            self.dropped.push(variable);
            return None;
        }
        self.recorded.push(PlannedVariable {
            variable,
            number: intern(&text),
            is_hidden: action == ValueAction::Redact,
            keywords: None,
        });
        self.recorded.last_mut()
    }
}

impl NameActions {
    /// The actions for arguments by keyword.
    fn of_keywords(actions: &Rc<Actions>, kinds: &'static [ValueKind]) -> Self {
        Self {
            is_of_namespace: false,
            ..Self::of_namespace(actions, kinds)
        }
    }

    fn of_namespace(actions: &Rc<Actions>, kinds: &'static [ValueKind]) -> Self {
        Self {
            is_of_namespace: true,
            actions: Rc::clone(actions),
            kinds,
            cached: RefCell::default(),
        }
    }

    /// Returns what becomes of what has this name, and the number of the name; `None` where it is none of these names.
    fn find(&self, name: ObjectRef<'_>, intern: Interner<'_>) -> Option<(ValueAction, u32)> {
        if let Some(cached) = self.cached.borrow().get(&name.address()) {
            return cached.found;
        }
        let found = self.find_new(name.as_str()?, intern);
        let mut cached = self.cached.borrow_mut();
        // The program would notice when one of a subclass goes.
        if name.is_plain_str() && cached.len() < REMEMBERED {
            let name = name.keep();
            cached.insert(name.as_ptr() as usize, CachedName { _name: name, found });
        }
        found
    }

    fn find_new(&self, name: StrRef<'_>, intern: Interner<'_>) -> Option<(ValueAction, u32)> {
        if self.is_of_namespace && (!name.as_object().is_plain_str() || name.is_dunder()) {
            return None;
        }
        let mut text = String::new();
        copy_text(name, NAME, &mut text);
        Some((self.actions.strictest(self.kinds, &text), intern(&text)))
    }
}

/// Encodes what has a name in a namespace, but definitions and names that begin with `__`.
fn encode_namespace(
    names: &NameActions,
    namespace: ObjectRef<'_>,
    place: ValuePlace,
    encoder: &mut ValueEncoder,
    intern: Interner<'_>,
) {
    // While a comprehension within a class's body runs, there is no dictionary to be had.
    let Some(namespace) = namespace.as_plain_dict() else {
        return;
    };
    let (mut recorded, mut more) = (0, 0);
    for (key, value) in namespace.entries() {
        if is_definition(value) {
            continue;
        }
        let Some((action, number)) = names.find(key, intern) else {
            continue;
        };
        if action == ValueAction::Drop {
            encoder.dropped += 1;
            continue;
        }
        if recorded == VARIABLES {
            more += 1;
            continue;
        }
        recorded += 1;
        begin(number, &mut encoder.bytes);
        if action == ValueAction::Redact {
            encoder.redact();
        } else {
            encoder.encode(value);
        }
        encoder.end_variable();
    }
    append_more(more, encoder);
    encoder.put_filtered(place);
}

/// Begins a variable; 0 is none.
fn begin(number: u32, bytes: &mut Vec<u8>) {
    write_number(u64::from(number) + 1, bytes);
}

/// Appends that there are more variables.
fn append_more(count: usize, encoder: &mut ValueEncoder) {
    if count > 0 {
        write_number(0, &mut encoder.bytes);
        write_number(count as u64, &mut encoder.bytes);
        encoder.end_variable();
    }
}
