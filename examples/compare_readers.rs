//! Compares a trace, read with nothing but `runtime_tracing`, with what it is in CodeTracer's format, read with nothing but
//! CodeTracer's crates.
//!
//! ```sh
//! truename convert DIR --format codetracer --out OTHER
//! cargo run --example compare_readers -- DIR OTHER
//! ```

use std::error::Error;
use std::path::PathBuf;

use codetracer_trace_reader as codetracer;
use codetracer_trace_types::{
    TraceLowLevelEvent as CodeTracerEvent, ValueRecord as CodeTracerValue,
};
use runtime_tracing::{TraceLowLevelEvent as Event, ValueRecord};
use serde::Serialize;
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let folders: Vec<_> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [trace, converted] = &folders[..] else {
        return Err("usage: compare_readers DIR OTHER".into());
    };
    let format = runtime_tracing::TraceEventsFileFormat::Binary;
    let mut reader = runtime_tracing::create_trace_reader(format);
    let events = reader.load_trace_events(&trace.join("trace.bin"))?;
    let format = codetracer::TraceEventsFileFormat::Binary;
    let mut reader = codetracer::create_trace_reader(format);
    let others = reader.load_trace_events(&converted.join("trace.bin"))?;
    if events.is_empty() || events.len() != others.len() {
        return Err(format!("{} events, {} converted", events.len(), others.len()).into());
    }
    for (number, (event, other)) in events.iter().zip(&others).enumerate() {
        if !is_same(event, other)? {
            return Err(format!("event {number}: {event:?}, converted {other:?}").into());
        }
    }
    println!("{} events are the same", events.len());
    Ok(())
}

fn is_same(event: &Event, other: &CodeTracerEvent) -> serde_json::Result<bool> {
    Ok(match (event, other) {
        // Most are one of these, and need no long way.
        (Event::Step(step), CodeTracerEvent::Step(other)) => {
            step.path_id.0 == other.path_id.0 && step.line.0 == other.line.0
        }
        (Event::Call(call), CodeTracerEvent::Call(other)) if call.args.is_empty() => {
            call.function_id.0 == other.function_id.0 && other.args.is_empty()
        }
        (Event::Return(returned), CodeTracerEvent::Return(other)) => {
            match (&returned.return_value, &other.return_value) {
                (ValueRecord::None { type_id }, CodeTracerValue::None { type_id: other }) => {
                    type_id.0 == other.0
                }
                (value, other) => comparable(value)? == comparable(other)?,
            }
        }
        _ => comparable(event)? == comparable(other)?,
    })
}

/// Returns an event in which floats are texts, as they are in CodeTracer's format.
fn comparable(event: &impl Serialize) -> serde_json::Result<Value> {
    fn write(value: &mut Value) {
        match value {
            Value::Number(number) if number.is_f64() => {
                let text = number.as_f64().map(|number| number.to_string());
                *value = text.into();
            }
            Value::Array(items) => items.iter_mut().for_each(write),
            Value::Object(fields) => fields.values_mut().for_each(write),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(event)?;
    write(&mut value);
    Ok(value)
}
