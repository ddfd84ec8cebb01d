//! Prints the module calls of a trace, read with nothing but `runtime_tracing`.
//!
//! ```sh
//! cargo run --example read_trace -- DIR
//! ```

use std::error::Error;
use std::path::{Path, PathBuf};

use runtime_tracing::{
    FunctionRecord, TraceEventsFileFormat, TraceLowLevelEvent, create_trace_reader,
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os()
        .nth(1)
        .ok_or("usage: read_trace DIR, where DIR is a trace that `truename run --out DIR` wrote")?;
    let events = read(Path::new(&folder))?;

    // An id is the number of definitions of its kind before it.
    let mut paths: Vec<&PathBuf> = Vec::new();
    let mut functions: Vec<&FunctionRecord> = Vec::new();
    for event in &events {
        match event {
            TraceLowLevelEvent::Path(path) => paths.push(path),
            TraceLowLevelEvent::Function(function) => functions.push(function),
            TraceLowLevelEvent::Call(call) => {
                let function = functions[call.function_id.0];
                let path = paths[function.path_id.0].display();
                println!("{} {path}:{}", function.name, function.line.0);
            }
            _ => {}
        }
    }
    Ok(())
}

fn read(folder: &Path) -> Result<Vec<TraceLowLevelEvent>, Box<dyn Error>> {
    let binary = folder.join("trace.bin");
    if binary.exists() {
        create_trace_reader(TraceEventsFileFormat::Binary).load_trace_events(&binary)
    } else {
        let json = folder.join("trace.json");
        create_trace_reader(TraceEventsFileFormat::Json).load_trace_events(&json)
    }
}
