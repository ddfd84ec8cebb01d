//! Requests to run a program.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use interpreters::Interpreter;
use spool::Recorded;
use trace::Format;
use trace_filter::FilterConfig;

/// A request to run a program and to record it.
#[derive(Clone, Debug)]
pub struct LaunchRequest {
    /// The interpreter.
    pub interpreter: Interpreter,
    /// Its command line, without its own name.
    pub arguments: Vec<OsString>,
    /// The trace folder.
    pub folder: PathBuf,
    /// The format in which events are stored.
    pub format: Format,
    /// The events and values that are recorded.
    pub recorded: Recorded,
    /// The filters, which leave code and values out.
    pub filters: FilterConfig,
    /// Records the Python processes that the program starts, too.
    pub with_children: bool,
    /// Records them in whatever way they are started: Python need not read its environment, and the program need not
    /// hand it down.
    pub everywhere: bool,
}

impl LaunchRequest {
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.interpreter.path);
        command.args(&self.arguments);
        command
    }
}
