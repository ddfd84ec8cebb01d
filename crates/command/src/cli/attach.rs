//! The command that follows what a running process records of itself.

use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use launcher::{Attachment, AttachmentRequest};
use serde_json::json;

use super::arguments::{AttachArguments, RecordingArguments};
use super::failure::Result;
use super::output::print;
use super::run::recorded;

/// The time after which the process is looked for again.
const PAUSE: Duration = Duration::from_millis(100);

/// Prints the folder that the process is to record into. When there is a byte to read, or the process is gone, it makes
/// the trace, and prints a summary.
pub fn attach(attach: AttachArguments) -> Result<u8> {
    let recorded = recorded(&attach.recording)?;
    let RecordingArguments {
        format,
        filter,
        no_default_filter,
        ..
    } = attach.recording;
    let filters = launcher::filters(&[], &filter, !no_default_filter)?;
    let attachment = Attachment::begin(AttachmentRequest {
        pid: attach.pid,
        folder: attach.out,
        format: format.into(),
        recorded,
        filters,
    })?;
    print(|out| {
        out.write_all(attachment.spool().as_os_str().as_bytes())?;
        out.write_all(b"\n")
    })?;
    wait_for_end(&attachment, &input());
    let trace = attachment.finish()?;
    print(|out| {
        let summary = json!({
            "bodies": trace.bodies,
            "children": trace.children,
            "interpreters": trace.interpreters,
            "broken_off": trace.broken_off,
        });
        writeln!(out, "{summary}")
    })
}

/// Waits for a byte, or for the end of the process. A process that it forked may keep the pipe open longer.
fn wait_for_end(attachment: &Attachment, input: &Receiver<()>) {
    while input.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
        if !attachment.is_running() {
            return;
        }
    }
}

/// Returns what hears of the first byte of standard input, or of its end.
fn input() -> Receiver<()> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let _ = io::stdin().read(&mut [0]);
        // Nobody listens any more where the process was gone first.
        let _ = send.send(());
    });
    receive
}
