//! CPython's tables of the tools that follow single instructions.
//!
//! Code that goes from one tool to several gets such a table, and CPython makes it empty: a tool that followed the
//! instructions by then sees none of them any more (python/cpython#157900). Debuggers are such tools. A table that
//! is there already stays right, so it is made early, by a second tool that follows instructions for a moment.

use std::cell::Cell;
use std::ptr;

use module_identity::cpython::{Object, named};
use pyo3::ffi;
use pyo3::prelude::*;

use super::code::CodeRef;
use super::monitoring::{TOOL, kept_number, monitoring};

/// The ids that are tried: those that CPython gives to debuggers, coverage and profilers are left to them.
const TOOL_IDS: [i32; 3] = [3, 4, 5];

/// Makes the tables, with a tool id that is taken when the first one is needed.
pub struct InstructionTables {
    id: Cell<Option<usize>>,
    ids: [Object; TOOL_IDS.len()],
    name: Object,
    get_tool: Object,
    use_tool_id: Object,
    free_tool_id: Object,
    set_local_events: Object,
    /// The start of code, which the recorder follows as well, and instructions.
    events: Object,
    none: Object,
}

impl InstructionTables {
    /// Gets ready; no id is taken yet.
    ///
    /// # Errors
    ///
    /// When `sys.monitoring` is incomplete.
    pub fn new(py: Python<'_>) -> PyResult<Self> {
        let monitoring = monitoring(py)?;
        let events = monitoring.getattr("events")?;
        let event = |name: &str| events.getattr(name)?.extract::<i32>();
        let function = |name: &str| monitoring.getattr(name).map(Object::from);
        let number = |value: i32| kept_number(py, value);
        let [first, second, third] = TOOL_IDS;
        Ok(Self {
            id: Cell::new(None),
            ids: [number(first)?, number(second)?, number(third)?],
            name: named(py, TOOL),
            get_tool: function("get_tool")?,
            use_tool_id: function("use_tool_id")?,
            free_tool_id: function("free_tool_id")?,
            set_local_events: function("set_local_events")?,
            events: number(event("PY_START")? | event("INSTRUCTION")?)?,
            none: number(0)?,
        })
    }

    /// Takes an id. Returns whether one was free.
    pub fn acquire(&self, py: Python<'_>) -> bool {
        let is_free = |id: &Object| call(py, &self.use_tool_id, [id, &self.name]).is_some();
        self.id.set(self.ids.iter().position(is_free));
        self.id.get().is_some()
    }

    /// Has CPython make the table of `code`, where it has none.
    pub fn make(&self, code: CodeRef<'_>) {
        let py = code.py();
        let Some(id) = self.own_id(py) else { return };
        let code = code.as_object().keep();
        for events in [&self.events, &self.none] {
            // Code that never says where it starts is refused.
            call(py, &self.set_local_events, [id, &code, events]);
        }
    }

    /// Gives the id back, if one was taken.
    pub fn release(&self, py: Python<'_>) {
        if let Some(id) = self.own_id(py) {
            call(py, &self.free_tool_id, [id]);
        }
        self.id.set(None);
    }

    /// Returns the id, unless the program gave it to another tool.
    fn own_id(&self, py: Python<'_>) -> Option<&Object> {
        let id = &self.ids[self.id.get()?];
        let holder = call(py, &self.get_tool, [id])?;
        ptr::eq(holder.as_ptr(), self.name.as_ptr()).then_some(id)
    }
}

/// Calls a function of `sys.monitoring`. What it refuses is no error of the program's.
fn call<const COUNT: usize>(
    py: Python<'_>,
    function: &Object,
    arguments: [&Object; COUNT],
) -> Option<Object> {
    let arguments = arguments.map(Object::as_ptr);
    // SAFETY: all are alive, and there are as many arguments as is said; the call gives a new reference or an
    // error.
    unsafe {
        let no_names = ptr::null_mut();
        let result =
            ffi::PyObject_Vectorcall(function.as_ptr(), arguments.as_ptr(), COUNT, no_names);
        Object::own(py, result)
    }
}
