//! What is told of the values in a code object, decided once for each.

use std::cell::{Cell, RefCell};
use std::ptr;
use std::sync::OnceLock;

use foldhash::HashMap;
use module_identity::cpython::{self, Object};
use pyo3::ffi;
use pyo3::prelude::*;
use spool::{Value, write_number};
use trace_filter::{ValueAction, ValueKind, ValuePolicy};

use crate::code::Code;
use crate::journal;
use crate::values::{Teller, copy_text, is_definition};

/// How many variables are told at once.
const VARIABLES: usize = 64;
/// How many names of a namespace are remembered with what becomes of them.
const REMEMBERED: usize = 1024;
/// How many characters of a name in a namespace are told.
const NAME: usize = 128;

unsafe extern "C" {
    /// The namespace of a frame whose variables are in a dictionary. Since CPython 3.11.
    fn PyFrame_GetLocals(frame: *mut ffi::PyFrameObject) -> *mut ffi::PyObject;
}

/// What is told of the values in a code object.
pub struct Plan {
    pub arguments: Vec<Variable>,
    /// What becomes of what it returns and yields.
    pub returned: ValueAction,
    locals: Locals,
}

/// A variable that is told, or that there is one.
pub struct Variable {
    name: Object,
    number: u32,
    is_hidden: bool,
    /// Whether it was set when it was asked for last.
    was_set: Cell<bool>,
    /// For `**kwargs`: what becomes of each of them.
    keywords: Option<Names>,
}

/// The variables that are told at each line.
enum Locals {
    Own(Vec<Variable>),
    /// Those of the dictionary that is the frame's namespace.
    Namespace(Names),
    /// Those of the globals, unless the frame is found to have a dictionary of its own.
    Globals {
        globals: Names,
        own: Option<Names>,
    },
    Untold,
}

/// What becomes of names that are only known when they are there.
struct Names {
    policy: ValuePolicy,
    kinds: &'static [ValueKind],
    /// By their addresses; they are kept alive.
    known: RefCell<HashMap<usize, Known>>,
}

struct Known {
    _name: Object,
    action: ValueAction,
    number: u32,
}

impl Plan {
    /// The plan for a code object; with what is told at its lines, if that is wanted.
    pub fn new(py: Python<'_>, code: Code<'_>, policy: &ValuePolicy, with_lines: bool) -> Self {
        let (arguments, others) = code.variables();
        let (mut told, mut locals) = (Vec::new(), Vec::new());
        let last = arguments.len().wrapping_sub(1);
        for (index, name) in arguments.iter().enumerate() {
            let is_keywords = index == last && code.has_keywords();
            let variable = |kinds: &'static [ValueKind]| {
                let mut variable = Variable::new(py, name, kinds, policy)?;
                variable.keywords = is_keywords.then(|| Names::new(policy, kinds));
                Some(variable)
            };
            told.extend(variable(&[ValueKind::Arg]));
            if with_lines {
                locals.extend(variable(&[ValueKind::Arg, ValueKind::Local]));
            }
        }
        let qualname = code.qualname();
        let name = qualname.rsplit('.').next().unwrap_or(&qualname);
        // CPython 3.12 writes variables of code's own into the namespace when it is asked for.
        let is_written_to = py.version_info() < (3, 13) && code.has_own_variables();
        Self {
            arguments: told,
            returned: policy.action(ValueKind::Ret, name),
            locals: match (with_lines, code.is_optimized()) {
                (false, _) => Locals::Untold,
                (true, true) => {
                    for name in &others {
                        // (an argument that a closure uses is in both lists)
                        let is_new = !arguments.iter().any(|it| it.as_ptr() == name.as_ptr());
                        if is_new {
                            locals.extend(Variable::new(py, name, &[ValueKind::Local], policy));
                        }
                    }
                    Locals::Own(locals)
                }
                (true, false) if code.is_of_a_module() => Locals::Globals {
                    globals: Names::new(policy, &[ValueKind::Global]),
                    own: (!is_written_to).then(|| Names::new(policy, &[ValueKind::Local])),
                },
                (true, false) if is_written_to => Locals::Untold,
                (true, false) => {
                    Locals::Namespace(Names::new(policy, &[ValueKind::Local, ValueKind::Attr]))
                }
            },
        }
    }

    /// Tells the arguments of the calling thread's frame.
    ///
    /// # Safety
    ///
    /// The frame is one of this plan's code, and has just started.
    pub unsafe fn tell_arguments(&self, py: Python<'_>, teller: &mut Teller) {
        // SAFETY: by contract.
        unsafe { tell_variables(py, &self.arguments, teller) };
    }

    /// Tells the variables of the calling thread's frame.
    ///
    /// # Safety
    ///
    /// The frame is one of this plan's code.
    pub unsafe fn tell_locals(&self, py: Python<'_>, teller: &mut Teller) {
        // SAFETY: by contract; a frame that runs lends its globals.
        unsafe {
            match &self.locals {
                Locals::Own(variables) => tell_variables(py, variables, teller),
                Locals::Globals { globals, own } => {
                    let namespace = ffi::PyEval_GetGlobals();
                    if let Some(own) = own
                        && let Some(locals) = namespace_of_frame(py)
                        && locals.as_ptr() != namespace
                        && ffi::PyDict_CheckExact(locals.as_ptr()) != 0
                    {
                        return tell_namespace(py, own, locals.as_ptr(), teller);
                    }
                    tell_namespace(py, globals, namespace, teller);
                }
                Locals::Namespace(names) => {
                    if let Some(namespace) = namespace_of_frame(py) {
                        tell_namespace(py, names, namespace.as_ptr(), teller);
                    }
                }
                Locals::Untold => {}
            }
        }
    }
}

impl Variable {
    /// `None` for one that a filter drops.
    fn new(
        py: Python<'_>,
        name: &Object,
        kinds: &[ValueKind],
        policy: &ValuePolicy,
    ) -> Option<Self> {
        let mut text = String::new();
        // SAFETY: the names of a code object's variables are str.
        unsafe { copy_text(name.as_ptr(), usize::MAX, &mut text) };
        let action = strictest(policy, kinds, &text);
        if action == ValueAction::Drop {
            return None;
        }
        Some(Self {
            // SAFETY: the name is alive.
            name: unsafe { Object::keep(py, name.as_ptr()) }?,
            number: journal::variable(py, &text),
            is_hidden: action == ValueAction::Redact,
            was_set: Cell::new(true),
            keywords: None,
        })
    }
}

impl Names {
    fn new(policy: &ValuePolicy, kinds: &'static [ValueKind]) -> Self {
        Self {
            policy: policy.clone(),
            kinds,
            known: RefCell::default(),
        }
    }

    /// What becomes of what has this name, and the number of the name.
    ///
    /// # Safety
    ///
    /// `name` is a live str, or of a subclass.
    unsafe fn find(&self, py: Python<'_>, name: *mut ffi::PyObject) -> (ValueAction, u32) {
        let mut known = self.known.borrow_mut();
        if let Some(known) = known.get(&(name as usize)) {
            return (known.action, known.number);
        }
        let mut text = String::new();
        // SAFETY: by contract.
        unsafe { copy_text(name, NAME, &mut text) };
        let action = strictest(&self.policy, self.kinds, &text);
        let number = journal::variable(py, &text);
        // (of a subclass it would be the program's to know when it goes)
        // SAFETY: by contract.
        let is_plain = unsafe { ffi::PyUnicode_CheckExact(name) } != 0;
        if !is_plain || known.len() >= REMEMBERED {
            return (action, number);
        }
        // SAFETY: by contract.
        if let Some(kept) = unsafe { Object::keep(py, name) } {
            let found = Known {
                _name: kept,
                action,
                number,
            };
            known.insert(name as usize, found);
        }
        (action, number)
    }
}

fn strictest(policy: &ValuePolicy, kinds: &[ValueKind], name: &str) -> ValueAction {
    let actions = kinds.iter().map(|kind| policy.action(*kind, name));
    actions.max().unwrap_or(ValueAction::Drop)
}

/// # Safety
///
/// The calling thread's frame has these variables.
unsafe fn tell_variables(py: Python<'_>, variables: &[Variable], teller: &mut Teller) {
    if variables.is_empty() {
        return;
    }
    // SAFETY: a frame that runs lends its frame object; the names are str.
    unsafe {
        let frame = ffi::PyEval_GetFrame();
        let mut view = View::new(frame);
        for variable in variables.iter().take(VARIABLES) {
            let name = variable.name.as_ptr();
            if !variable.was_set.get() && view.lacks(py, name) {
                continue;
            }
            let value = cpython::variable(py, frame, name);
            variable.was_set.set(value.is_some());
            let Some(value) = value else {
                continue;
            };
            begin(variable.number, &mut teller.bytes);
            if variable.is_hidden {
                Value::Redacted.write(&mut teller.bytes);
            } else if let Some(names) = &variable.keywords {
                teller.tell_keywords(py, value.as_ptr(), |key| names.find(py, key).0);
            } else {
                teller.tell(py, value.as_ptr());
            }
        }
        more(variables.len().saturating_sub(VARIABLES), teller);
    }
}

/// A frame's variables as a mapping, once that is needed. To ask a frame for one that is not set would
/// make an exception each time; the mapping just says no.
struct View {
    frame: *mut ffi::PyFrameObject,
    mapping: Option<Option<Object>>,
}

impl View {
    fn new(frame: *mut ffi::PyFrameObject) -> Self {
        Self {
            frame,
            mapping: None,
        }
    }

    /// Whether the variable is known not to be set.
    ///
    /// # Safety
    ///
    /// The frame is a live one of a function, and `name` a live str.
    unsafe fn lacks(&mut self, py: Python<'_>, name: *mut ffi::PyObject) -> bool {
        // CPython 3.12 has but a dictionary, which the program may hold, and would write to it.
        if !has_views(py) {
            return false;
        }
        // SAFETY: by contract; the call gives a new reference to what just looks at the frame.
        let mapping = self
            .mapping
            .get_or_insert_with(|| unsafe { Object::own(py, PyFrame_GetLocals(self.frame)) });
        let Some(mapping) = mapping else {
            return false;
        };
        // SAFETY: both are alive.
        let contained = unsafe { ffi::PySequence_Contains(mapping.as_ptr(), name) };
        if contained < 0 {
            // SAFETY: attached to the interpreter.
            unsafe { ffi::PyErr_Clear() };
        }
        contained == 0
    }
}

/// The namespace of the calling thread's frame.
///
/// # Safety
///
/// The frame is not one of a function.
unsafe fn namespace_of_frame(py: Python<'_>) -> Option<Object> {
    // SAFETY: a frame that runs lends its frame object, which gives a new reference.
    unsafe { Object::own(py, PyFrame_GetLocals(ffi::PyEval_GetFrame()).cast()) }
}

/// Whether the mapping of a function's variables is but a view of them (PEP 667).
fn has_views(py: Python<'_>) -> bool {
    static HAS_VIEWS: OnceLock<bool> = OnceLock::new();
    *HAS_VIEWS.get_or_init(|| py.version_info() >= (3, 13))
}

/// Tells the names in a namespace, but those of definitions and those that begin with `__`.
///
/// # Safety
///
/// `namespace` is null or a live object.
unsafe fn tell_namespace(
    py: Python<'_>,
    names: &Names,
    namespace: *mut ffi::PyObject,
    teller: &mut Teller,
) {
    // SAFETY: by contract; a dict lends its keys and values, and nothing changes it meanwhile.
    unsafe {
        // (while a comprehension within a class's body runs, there is no dictionary to be had)
        if namespace.is_null() || ffi::PyDict_CheckExact(namespace) == 0 {
            return;
        }
        let (mut position, mut key, mut value) = (0, ptr::null_mut(), ptr::null_mut());
        let (mut told, mut untold) = (0, 0);
        while ffi::PyDict_Next(namespace, &mut position, &mut key, &mut value) != 0 {
            if ffi::PyUnicode_CheckExact(key) == 0 || is_definition(value) || is_dunder(key) {
                continue;
            }
            let (action, number) = names.find(py, key);
            if action == ValueAction::Drop {
                continue;
            }
            if told == VARIABLES {
                untold += 1;
                continue;
            }
            told += 1;
            begin(number, &mut teller.bytes);
            if action == ValueAction::Redact {
                Value::Redacted.write(&mut teller.bytes);
            } else {
                teller.tell(py, value);
            }
        }
        more(untold, teller);
    }
}

/// Begins a variable; 0 is none.
fn begin(number: u32, bytes: &mut Vec<u8>) {
    write_number(u64::from(number) + 1, bytes);
}

/// Tells that there are more variables.
fn more(count: usize, teller: &mut Teller) {
    if count > 0 {
        write_number(0, &mut teller.bytes);
        write_number(count as u64, &mut teller.bytes);
    }
}

/// # Safety
///
/// `name` is a live str.
unsafe fn is_dunder(name: *mut ffi::PyObject) -> bool {
    let underscore = u32::from(b'_');
    // SAFETY: by contract; both places are within the text.
    unsafe {
        ffi::PyUnicode_GetLength(name) > 2
            && ffi::PyUnicode_ReadChar(name, 0) == underscore
            && ffi::PyUnicode_ReadChar(name, 1) == underscore
    }
}
