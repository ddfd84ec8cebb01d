//! The imports of a trace as a person asks after them: what they cost, who asked for them, and what changed.
//!
//! [`ImportForest`] nests the imports and bodies of one process, [`RecordedProcess`] has those of a process and its
//! children side by side, in one run of a program or in several: then its times are medians, and [`samples`] has what the
//! runs differ by. From these come the [`ranking`], the [`chain`] to a module, the [`difference`] of two traces
//! and the verdict of a [`budget`]. All of it is plain data: [`view`](crate::view) writes it down.

pub mod budget;
pub mod chain;
pub mod difference;
pub mod explanation;
mod forest;
pub mod lazy;
pub mod mentions;
mod pattern;
mod process;
pub mod ranking;
mod reloads;
mod same_children;
pub mod samples;
pub mod source_file;
mod statements;

pub use forest::{BareBodies, End, ImportForest, Node};
pub use pattern::{InvalidPattern, ModulePattern};
pub use process::{
    ModuleSet, Occurrence, ProcessInRun, RecordedProcess, import_time, processes_of_runs,
    recorded_processes, run_count, typical_run,
};
