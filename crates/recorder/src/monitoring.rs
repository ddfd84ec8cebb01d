//! What the recorder asks of `sys.monitoring`.

use std::ffi::c_long;
use std::ptr;

use module_identity::cpython::Object;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;

use crate::held;

/// The tool's name in `sys.monitoring.get_tool`.
const TOOL: &str = "truename";

/// Tool ids in the order in which they are tried. CPython gives 0, 1, 2 and 5 to debuggers,
/// coverage, profilers and optimizers, which a program may well start later.
const TOOL_IDS: [i32; 6] = [4, 3, 5, 2, 1, 0];

/// The events that the recorder follows, in the numbers of the running CPython: 3.14 renumbered
/// them.
#[derive(Clone, Copy)]
pub struct Events {
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
    /// Whether single code objects can be asked for their unwindings. Since CPython 3.15.
    unwinds_by_code: bool,
}

impl Events {
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

    /// Those that the code of a module is asked for.
    fn of_module(self) -> i32 {
        let unwind = if self.unwinds_by_code { self.unwind } else { 0 };
        self.start | self.returns | self.yields | unwind
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

    /// Those that come from all code.
    fn of_all_code(self, reach: Reach) -> i32 {
        match reach {
            Reach::ModuleCode if self.unwinds_by_code => 0,
            Reach::ModuleCode => self.unwind,
            Reach::Starts => self.start | self.unwind,
            Reach::AllCode => {
                let all = self.all().into_iter().fold(0, |set, event| set | event);
                all & !self.line
            }
        }
    }
}

/// Which code tells of its events by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Only that which is [asked to](Tool::watch_module).
    ModuleCode,
    /// All code, that it starts.
    Starts,
    /// All code, everything but lines.
    AllCode,
}

/// A tool id, held until [`Tool::release`].
pub struct Tool {
    id: i32,
    events: Events,
    /// Those that come from all code.
    followed: i32,
    get_events: Object,
    set_events: Object,
    set_local_events: Object,
    id_object: Object,
    ends: Object,
    of_module: Object,
    lines: Object,
    of_all_code: Object,
    none: Object,
    /// `sys.monitoring.DISABLE`.
    disable: Object,
}

impl Tool {
    /// Takes a free tool id, and has the callbacks called once [`follow`](Self::follow) lets them.
    ///
    /// # Errors
    ///
    /// When there is no `sys.monitoring` or no tool id is free.
    pub fn acquire<'py>(
        py: Python<'py>,
        callbacks: impl FnOnce(Events) -> PyResult<Vec<(i32, Bound<'py, PyAny>)>>,
    ) -> PyResult<Self> {
        let monitoring = monitoring(py)?;
        let events = Events::read(&monitoring)?;
        let callbacks = callbacks(events)?;
        let id = take_id(&monitoring)?;
        for (event, callback) in callbacks {
            monitoring.call_method1("register_callback", (id, event, callback))?;
        }
        let object = |value: Bound<'_, PyAny>| {
            // SAFETY: the value is alive.
            unsafe { Object::keep(py, value.as_ptr()) }
                .ok_or_else(|| PyRuntimeError::new_err("sys.monitoring is incomplete"))
        };
        let number = |value: i32| object(value.into_pyobject(py)?.into_any());
        Ok(Self {
            id,
            events,
            followed: 0,
            get_events: object(monitoring.getattr("get_events")?)?,
            set_events: object(monitoring.getattr("set_events")?)?,
            set_local_events: object(monitoring.getattr("set_local_events")?)?,
            id_object: number(id)?,
            ends: number(events.returns | events.yields)?,
            of_module: number(events.of_module())?,
            lines: number(events.line)?,
            of_all_code: number(events.of_all_code(Reach::AllCode))?,
            none: number(0)?,
            disable: object(monitoring.getattr("DISABLE")?)?,
        })
    }

    /// Lets the events come. Last: each event may be a callback from here on.
    pub fn follow(&mut self, py: Python<'_>, reach: Reach) -> PyResult<()> {
        self.followed = self.events.of_all_code(reach);
        monitoring(py)?.call_method1("set_events", (self.id, self.followed))?;
        Ok(())
    }

    /// Whether the events still come that [`follow`](Self::follow) asked for.
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
            events.is_none_or(|events| events == c_long::from(self.followed))
        }
    }

    /// Gives the tool id back.
    pub fn release(self, py: Python<'_>) -> PyResult<()> {
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

    /// Asks to be told when the code of a module starts, returns and is suspended.
    ///
    /// # Safety
    ///
    /// `code` is a live code object.
    pub unsafe fn watch_module(&self, py: Python<'_>, code: *mut ffi::PyObject) {
        // SAFETY: by contract.
        unsafe { self.watch(py, code, &self.of_module) };
    }

    /// Asks to be told when `code` returns and is suspended.
    ///
    /// # Safety
    ///
    /// `code` is a live code object.
    pub unsafe fn watch_end(&self, py: Python<'_>, code: *mut ffi::PyObject) {
        // SAFETY: by contract.
        unsafe { self.watch(py, code, &self.ends) };
    }

    /// Asks to be told of each line of `code`. What costs time is CPython's own work for code with
    /// such events, so they are asked for code by code.
    ///
    /// # Safety
    ///
    /// `code` is a live code object.
    pub unsafe fn watch_lines(&self, py: Python<'_>, code: *mut ffi::PyObject) {
        // SAFETY: by contract.
        unsafe { self.watch(py, code, &self.lines) };
    }

    /// Has code tell of its events again that was [disabled](Self::disable), and of its lines if that is
    /// wanted. For a tool that follows [all code](Reach::AllCode).
    ///
    /// `sys.monitoring.restart_events` would do so for all tools, those of the program too. CPython
    /// forgets what was disabled, too, when events of one tool end and begin: so all end, the code is
    /// brought up to date, and all begin. No event is missed, since no other code runs meanwhile.
    pub fn ask_again(&self, py: Python<'_>, codes: &[Object], with_lines: bool) {
        let wanted = if with_lines { &self.lines } else { &self.none };
        self.set_events(py, &self.none);
        for code in codes {
            // (only a change brings code up to date: none was asked for its ends)
            for events in [&self.ends, wanted] {
                // SAFETY: the code object is alive.
                unsafe { self.watch(py, code.as_ptr(), events) };
            }
        }
        self.set_events(py, &self.of_all_code);
    }

    fn set_events(&self, py: Python<'_>, events: &Object) {
        let (set, id) = (self.set_events.as_ptr(), self.id_object.as_ptr());
        // SAFETY: all are alive, and the list of arguments ends in a null.
        let done = unsafe {
            let end = ptr::null_mut::<ffi::PyObject>();
            let done = ffi::PyObject_CallFunctionObjArgs(set, id, events.as_ptr(), end);
            Object::own(py, done)
        };
        if done.is_none() {
            held::is_lost(py);
        }
    }

    /// # Safety
    ///
    /// `code` is a live code object.
    unsafe fn watch(&self, py: Python<'_>, code: *mut ffi::PyObject, events: &Object) {
        // SAFETY: all are alive, and the list of arguments ends in a null.
        let is_lost = unsafe {
            let done = ffi::PyObject_CallFunctionObjArgs(
                self.set_local_events.as_ptr(),
                self.id_object.as_ptr(),
                code,
                events.as_ptr(),
                ptr::null_mut::<ffi::PyObject>(),
            );
            // (code that never says where it starts, with no `RESUME`, is refused by another error:
            // nobody is told of its events)
            let is_lost = done.is_null() && ffi::PyErr_ExceptionMatches(ffi::PyExc_ValueError) != 0;
            Object::own(py, done);
            is_lost
        };
        if is_lost {
            // CPython 3.12 and 3.13 refuse this when the id has been freed, and go on calling back.
            held::is_lost(py);
        }
    }

    /// A callback's answer that ends the events of this code.
    pub fn disable(&self) -> *mut ffi::PyObject {
        let disable = self.disable.as_ptr();
        // SAFETY: the object is alive; the caller gets a reference of its own.
        unsafe { ffi::Py_INCREF(disable) };
        disable
    }
}

fn monitoring(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import("sys")?.getattr("monitoring")
}

fn take_id(monitoring: &Bound<'_, PyAny>) -> PyResult<i32> {
    for id in TOOL_IDS {
        match monitoring.call_method1("use_tool_id", (id, TOOL)) {
            Ok(_) => return Ok(id),
            Err(error) if error.is_instance_of::<PyValueError>(monitoring.py()) => {}
            Err(error) => return Err(error),
        }
    }
    Err(PyRuntimeError::new_err(
        "all six tool ids of sys.monitoring are taken",
    ))
}
