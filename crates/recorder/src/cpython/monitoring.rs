//! The tool id of `sys.monitoring`, and the events that are asked for with it.

use std::cell::Cell;
use std::ffi::{CStr, c_long};
use std::ptr;

use module_identity::cpython::{Object, named};
use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;

use super::code::CodeRef;
use super::object::ObjectRef;

/// The tool's name in `sys.monitoring.get_tool`.
pub(super) const TOOL: &CStr = c"truename";

/// Tool ids in the order in which they are tried. CPython gives 0, 1, 2 and 5 to debuggers,
/// coverage, profilers and optimizers, which a program may well start later.
const TOOL_IDS: [i32; 6] = [4, 3, 5, 2, 1, 0];

/// The events that the recorder follows, in the numbers of the running CPython: 3.14 renumbered
/// them.
#[derive(Clone, Copy)]
pub struct EventNumbers {
    /// Code starts.
    pub start: i32,
    /// A coroutine or a generator goes on.
    pub resume: i32,
    /// It goes on with an exception.
    pub throw: i32,
    /// Code returns.
    pub returns: i32,
    /// A coroutine or a generator is suspended.
    pub yields: i32,
    /// An exception leaves code.
    pub unwind: i32,
    /// A line is about to run.
    pub line: i32,
    /// Set where single code objects can be asked for their unwindings: since CPython 3.15.
    unwinds_by_code: bool,
}

impl EventNumbers {
    fn read(monitoring: &Bound<'_, PyAny>) -> PyResult<Self> {
        let events = monitoring.getattr("events")?;
        let number = |name: &str| events.getattr(name)?.extract();
        Ok(Self {
            start: number("PY_START")?,
            resume: number("PY_RESUME")?,
            throw: number("PY_THROW")?,
            returns: number("PY_RETURN")?,
            yields: number("PY_YIELD")?,
            unwind: number("PY_UNWIND")?,
            line: number("LINE")?,
            unwinds_by_code: monitoring.py().version_info() >= (3, 15),
        })
    }

    /// Returns those that the code of a module is asked for.
    fn of_module(self) -> i32 {
        self.start | self.returns | self.yields | self.local_unwind()
    }

    /// Returns the unwindings of single code objects, where they can be asked for. There CPython crashes when
    /// those of all code are, and an exception leaves code that has no `RESUME`.
    fn local_unwind(self) -> i32 {
        if self.unwinds_by_code { self.unwind } else { 0 }
    }

    fn all(self) -> [i32; 7] {
        [
            self.start,
            self.resume,
            self.throw,
            self.returns,
            self.yields,
            self.unwind,
            self.line,
        ]
    }

    /// Returns those that come from all code.
    fn of_all_code(self, reach: Reach) -> i32 {
        match reach {
            Reach::ModuleCode if self.unwinds_by_code => 0,
            Reach::ModuleCode => self.unwind,
            Reach::Starts => self.start | self.unwind,
            Reach::AllCode => {
                let all = self.all().into_iter().fold(0, |set, event| set | event);
                all & !self.line & !self.local_unwind()
            }
        }
    }
}

/// The code whose events come without being asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// None: each is [asked for](Tool::watch_module).
    ModuleCode,
    /// All code, its starts.
    Starts,
    /// All code, everything but lines.
    AllCode,
}

/// The tool id is not the recorder's any more: the program freed it or took it over.
#[derive(Clone, Copy, Debug)]
pub struct Revoked;

/// A tool id, held until [`Tool::release`].
pub struct Tool {
    id: i32,
    events: EventNumbers,
    /// Those that come from all code.
    followed: Cell<i32>,
    get_events: Object,
    set_events: Object,
    set_local_events: Object,
    id_object: Object,
    ends: Object,
    of_module: Object,
    of_calls: Object,
    of_lines: Object,
    of_all_code: Object,
    none: Object,
    /// `sys.monitoring.DISABLE`.
    disable: Object,
}

impl Tool {
    /// Takes a free tool id.
    ///
    /// # Errors
    ///
    /// When there is no `sys.monitoring` or no tool id is free.
    pub fn acquire(py: Python<'_>) -> PyResult<Self> {
        let monitoring = monitoring(py)?;
        let events = EventNumbers::read(&monitoring)?;
        let id = take_id(&monitoring)?;
        let attribute = |name: &str| monitoring.getattr(name).map(Object::from);
        let number = |value: i32| kept_number(py, value);
        Ok(Self {
            id,
            events,
            followed: Cell::new(0),
            get_events: attribute("get_events")?,
            set_events: attribute("set_events")?,
            set_local_events: attribute("set_local_events")?,
            id_object: number(id)?,
            ends: number(events.returns | events.yields)?,
            of_module: number(events.of_module())?,
            of_calls: number(events.local_unwind())?,
            of_lines: number(events.line | events.local_unwind())?,
            of_all_code: number(events.of_all_code(Reach::AllCode))?,
            none: number(0)?,
            disable: attribute("DISABLE")?,
        })
    }

    /// Returns the events in the numbers of the running CPython.
    pub fn events(&self) -> EventNumbers {
        self.events
    }

    /// Has the callbacks called once [`follow`](Self::follow) lets them. Of several for one event the last
    /// one is called.
    pub fn register<'py>(
        &self,
        py: Python<'py>,
        callbacks: Vec<(i32, Bound<'py, PyAny>)>,
    ) -> PyResult<()> {
        let monitoring = monitoring(py)?;
        for (event, callback) in callbacks {
            monitoring.call_method1("register_callback", (self.id, event, callback))?;
        }
        Ok(())
    }

    /// Lets the events come. Last: each event may be a callback from here on.
    pub fn follow(&self, py: Python<'_>, reach: Reach) -> PyResult<()> {
        let followed = self.events.of_all_code(reach);
        self.followed.set(followed);
        monitoring(py)?.call_method1("set_events", (self.id, followed))?;
        Ok(())
    }

    /// Returns whether the events still come that [`follow`](Self::follow) asked for.
    pub fn has_events(&self, py: Python<'_>) -> bool {
        // SAFETY: all are alive, the list of arguments ends in a null, and what is given is an int. An
        // exception that is on its way stays.
        unsafe {
            let exception = ffi::PyErr_GetRaisedException();
            let events = ffi::PyObject_CallFunctionObjArgs(
                self.get_events.as_ptr(),
                self.id_object.as_ptr(),
                ptr::null_mut::<ffi::PyObject>(),
            );
            let events = Object::own(py, events);
            let events = events.map(|events| ffi::PyLong_AsLong(events.as_ptr()));
            ffi::PyErr_SetRaisedException(exception);
            events.is_none_or(|events| events == c_long::from(self.followed.get()))
        }
    }

    /// Gives the tool id back.
    pub fn release(&self, py: Python<'_>) -> PyResult<()> {
        let monitoring = monitoring(py)?;
        monitoring.call_method1("set_events", (self.id, 0))?;
        for event in self.events.all() {
            monitoring.call_method1("register_callback", (self.id, event, py.None()))?;
        }
        monitoring.call_method1("free_tool_id", (self.id,))?;
        // What was disabled for this tool stays disabled, and a later recording would not see it.
        monitoring.call_method0("restart_events")?;
        Ok(())
    }

    /// Asks for an event when the code of a module starts, returns and is suspended.
    ///
    /// # Errors
    ///
    /// When the tool id is not the recorder's any more.
    pub fn watch_module(&self, code: CodeRef<'_>) -> Result<(), Revoked> {
        self.watch(code, &self.of_module)
    }

    /// Asks for an event when `code` returns and is suspended.
    ///
    /// # Errors
    ///
    /// As for [`watch_module`](Self::watch_module).
    pub fn watch_end(&self, code: CodeRef<'_>) -> Result<(), Revoked> {
        self.watch(code, &self.ends)
    }

    /// Asks for the events of `code` that do not come from all code: when an exception leaves it, where that
    /// can be asked for, and its lines. What costs time is CPython's own work for code with such events, so they
    /// are asked for code by code.
    ///
    /// # Errors
    ///
    /// As for [`watch_module`](Self::watch_module).
    pub fn watch_calls(&self, code: CodeRef<'_>, with_lines: bool) -> Result<(), Revoked> {
        if with_lines || self.events.unwinds_by_code {
            return self.watch(code, self.of_calls(with_lines));
        }
        Ok(())
    }

    fn of_calls(&self, with_lines: bool) -> &Object {
        if with_lines {
            &self.of_lines
        } else {
            &self.of_calls
        }
    }

    /// Brings the events of code back that was [disabled](Self::disable), and those of its lines if that is
    /// wanted. For a tool that follows [all code](Reach::AllCode).
    ///
    /// `sys.monitoring.restart_events` would do so for all tools, those of the program too. CPython
    /// forgets what was disabled, too, when events of one tool end and begin: so all end, the code is
    /// brought up to date, and all begin. No event is missed, since no other code runs meanwhile.
    ///
    /// # Errors
    ///
    /// As for [`watch_module`](Self::watch_module).
    pub fn ask_again(
        &self,
        py: Python<'_>,
        codes: &[Object],
        with_lines: bool,
    ) -> Result<(), Revoked> {
        let wanted = self.of_calls(with_lines);
        self.set_events(py, &self.none)?;
        for code in codes {
            let code = CodeRef::new(ObjectRef::of(py, code));
            // Only a change brings code up to date: none was asked for its ends.
            for events in [&self.ends, wanted] {
                self.watch(code, events)?;
            }
        }
        self.set_events(py, &self.of_all_code)
    }

    fn set_events(&self, py: Python<'_>, events: &Object) -> Result<(), Revoked> {
        let (set, id) = (self.set_events.as_ptr(), self.id_object.as_ptr());
        // SAFETY: all are alive, and the list of arguments ends in a null.
        let done = unsafe {
            let end = ptr::null_mut::<ffi::PyObject>();
            let done = ffi::PyObject_CallFunctionObjArgs(set, id, events.as_ptr(), end);
            Object::own(py, done)
        };
        done.map(drop).ok_or(Revoked)
    }

    fn watch(&self, code: CodeRef<'_>, events: &Object) -> Result<(), Revoked> {
        let py = code.py();
        // SAFETY: all are alive, and the list of arguments ends in a null.
        let is_revoked = unsafe {
            let done = ffi::PyObject_CallFunctionObjArgs(
                self.set_local_events.as_ptr(),
                self.id_object.as_ptr(),
                code.as_ptr(),
                events.as_ptr(),
                ptr::null_mut::<ffi::PyObject>(),
            );
            // Code that never says where it starts, with no `RESUME`, is refused by another error: its
            // events come to nobody.
            let is_revoked =
                done.is_null() && ffi::PyErr_ExceptionMatches(ffi::PyExc_ValueError) != 0;
            Object::own(py, done);
            is_revoked
        };
        // CPython 3.12 and 3.13 refuse this when the id has been freed, and go on calling back.
        if is_revoked { Err(Revoked) } else { Ok(()) }
    }

    /// Returns what ends the events of the code that a callback was called for.
    pub fn disable(&self, py: Python<'_>) -> Object {
        ObjectRef::of(py, &self.disable).keep()
    }
}

pub(super) fn monitoring(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import("sys")?.getattr("monitoring")
}

/// Returns an int, to be kept and handed to functions of `sys.monitoring`.
pub(super) fn kept_number(py: Python<'_>, value: i32) -> PyResult<Object> {
    Ok(value.into_pyobject(py)?.into())
}

fn take_id(monitoring: &Bound<'_, PyAny>) -> PyResult<i32> {
    let name = named(monitoring.py(), TOOL);
    for id in TOOL_IDS {
        if monitoring.call_method1("get_tool", (id,))?.is_none() {
            monitoring.call_method1("use_tool_id", (id, name.bind(monitoring.py())))?;
            return Ok(id);
        }
    }
    Err(PyRuntimeError::new_err(
        "all six tool ids of sys.monitoring are taken",
    ))
}
