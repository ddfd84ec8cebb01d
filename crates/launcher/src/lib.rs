//! Runs a Python program under the recorder, and makes traces of what was recorded.
//!
//! A [`LaunchRequest`] goes in, a [`RunReport`] comes out. `payload` puts the recorder where Python
//! finds it, `injection` makes Python load it, `child` runs the program with the help of `inherited` and
//! `signals`, `output_folder` keeps the trace folder, `runs_folder` that of several runs, and `folder_lock` other recordings
//! out of it, `follow` reads what is recorded while the program runs and completes the traces of processes that have
//! ended, `finish` completes the others and gives each its place, `unrecorded` names the
//! processes that have none, and `session` is all of that in order. `attachment` does the same for a process that runs already,
//! and that loads the recorder itself.
//!
//! ```no_run
//! use launcher::{LaunchRequest, launch};
//!
//! let arguments = vec!["main.py".into()];
//! let report = launch(&LaunchRequest {
//!     interpreter: interpreters::choose(None)?,
//!     filters: launcher::filters(&arguments, &[], true)?,
//!     arguments,
//!     folder: "main-trace".into(),
//!     format: trace::Format::Binary,
//!     recorded: spool::Recorded::default(),
//!     with_children: true,
//!     everywhere: false,
//! })?;
//! if let Some(trace) = report.trace {
//!     println!("{} module bodies", trace.bodies);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attachment;
mod child;
mod error;
mod filters;
mod finish;
mod finished;
mod folder_lock;
mod follow;
mod followed;
mod inherited;
mod injection;
mod launches;
mod output_folder;
mod payload;
mod replaced;
mod request;
mod run_report;
mod running;
mod runs_folder;
mod session;
mod signals;
mod spool_folder;
mod spools;
mod unrecorded;

pub use attachment::{Attachment, AttachmentRequest};
pub use child::ProgramStatus;
pub use error::{FolderAction, LauncherError, NoTrace};
pub use filters::filters;
pub use finish::{finish, is_unfinished};
pub use payload::{RECORDER_BYTES, provide_recorder};
pub use request::LaunchRequest;
pub use run_report::{RunReport, TraceSummary};
pub use runs_folder::RunsFolder;
pub use session::launch;
pub use unrecorded::{UnrecordedProcess, UnrecordedReason};
