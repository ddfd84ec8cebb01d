//! What is told of values, and with which events.

use std::rc::Rc;

use pyo3::ffi;
use pyo3::prelude::*;
use spool::{Event, Record, Variable};

use super::{Journal, with};
use crate::codes::Known;
use crate::plan::Plan;
use crate::threads;
use crate::values::{Extent, Teller};

/// What is told of the values in code that has this number, with the number, when nothing has to be
/// looked at first.
pub fn plan(py: Python<'_>, number: u32) -> Option<(u32, Rc<Plan>)> {
    with(py, |journal| journal.plan(number))
}

/// The same for a code object that is called, as the body of a module is not.
#[inline(always)]
pub fn called(py: Python<'_>, code: *mut ffi::PyObject) -> Option<(u32, Rc<Plan>)> {
    with(py, |journal| match journal.find(code) {
        Known::Number(number) => journal.plan(number),
        _ => None,
    })
}

/// Keeps what is told of the values in code that has this number.
pub fn keep_plan(py: Python<'_>, number: u32, plan: Plan) {
    let (plan, number) = (Rc::new(plan), number as usize);
    with(py, |journal| {
        let needed = journal.plans.len().max(number + 1);
        journal.plans.resize(needed, None);
        journal.plans[number] = Some(plan);
    });
}

/// The number of a variable, by its name.
pub fn variable(py: Python<'_>, name: &str) -> u32 {
    with(py, |journal| {
        let variables = journal.variables.get_or_insert_default();
        if let Some(number) = variables.get(name) {
            return *number;
        }
        let number = variables.len() as u32;
        variables.insert(name.to_owned(), number);
        // (an error shows at the next event)
        let _ = journal.append(&Record::Variable(Variable {
            number,
            name: name.into(),
        }));
        number
    })
}

/// What tells values, with nothing told.
#[inline]
pub fn teller(py: Python<'_>, extent: Extent) -> Box<Teller> {
    let mut teller = with(py, |journal| journal.teller.take()).unwrap_or_default();
    teller.begin(extent);
    teller
}

/// Appends an event of code that has a number, with the values that were told.
#[inline]
pub fn append_valued(py: Python<'_>, event: Event, teller: Box<Teller>) {
    with(py, |journal| {
        if let Some(spool) = &mut journal.spool {
            let pushed = if teller.bytes.is_empty() {
                spool.push(event)
            } else {
                spool.push_valued(event, &teller.bytes)
            };
            if let Err(error) = pushed {
                journal.lose(&error);
            }
        }
        journal.teller = Some(teller);
    });
}

impl Journal {
    /// A number, and what is told of the values in its code, when nothing has to be looked at first.
    #[inline(always)]
    fn plan(&self, number: u32) -> Option<(u32, Rc<Plan>)> {
        if !threads::is_current() {
            return None;
        }
        let plan = self.plans.get(number as usize)?.as_ref()?;
        Some((number, Rc::clone(plan)))
    }
}
