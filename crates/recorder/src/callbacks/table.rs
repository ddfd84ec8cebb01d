//! The callback for each event.

use std::rc::Rc;

use pyo3::prelude::*;
use spool::{Detail, ValueDetail};

use super::{calls, modules, valued};
use crate::cpython::callable::{CallableType, Callback, callback};
use crate::tracer::RuntimeTracer;

/// Makes the callback for each event, with the tracer. Of several for one event the last one counts.
///
/// # Errors
///
/// When Python has no memory left.
pub fn callbacks<'py>(
    py: Python<'py>,
    tracer: &Rc<RuntimeTracer>,
) -> PyResult<Vec<(i32, Bound<'py, PyAny>)>> {
    let parts = tracer.parts();
    let events = parts.tool.events();
    let of_modules: &[(i32, Callback<RuntimeTracer>)] = &[
        (events.start, callback!(RuntimeTracer, modules::on_start)),
        (events.returns, callback!(RuntimeTracer, modules::on_return)),
        (events.yields, callback!(RuntimeTracer, modules::on_yield)),
        (events.unwind, callback!(RuntimeTracer, modules::on_unwind)),
    ];
    let of_calls: &[(i32, Callback<RuntimeTracer>)] = &[
        (events.start, callback!(RuntimeTracer, calls::on_start)),
        (events.resume, callback!(RuntimeTracer, calls::on_resume)),
        (events.throw, callback!(RuntimeTracer, calls::on_throw)),
        (events.returns, callback!(RuntimeTracer, calls::on_return)),
        (events.yields, callback!(RuntimeTracer, calls::on_yield)),
        (events.unwind, callback!(RuntimeTracer, calls::on_unwind)),
        (events.line, callback!(RuntimeTracer, calls::on_line)),
    ];
    let with_values: &[(i32, Callback<RuntimeTracer>)] = &[
        (events.start, callback!(RuntimeTracer, valued::on_start)),
        (events.returns, callback!(RuntimeTracer, valued::on_return)),
        (events.yields, callback!(RuntimeTracer, valued::on_yield)),
        (events.throw, callback!(RuntimeTracer, valued::on_throw)),
        (events.unwind, callback!(RuntimeTracer, valued::on_unwind)),
    ];
    let with_locals: &[(i32, Callback<RuntimeTracer>)] =
        &[(events.line, callback!(RuntimeTracer, valued::on_line))];
    let callable = CallableType::new(py)?;
    let callbacks = match parts.detail {
        Detail::Modules => of_modules,
        Detail::Calls | Detail::Lines => of_calls,
    };
    let instead = match (parts.detail, parts.values) {
        (Detail::Modules, _) | (_, ValueDetail::None) => [&[][..], &[]],
        (_, ValueDetail::Args) => [with_values, &[]],
        (_, ValueDetail::Full) => [with_values, with_locals],
    };
    let callbacks = callbacks.iter().chain(instead.into_iter().flatten());
    callbacks
        .map(|&(event, callback)| Ok((event, callable.object(callback, tracer)?)))
        .collect()
}
