//! Fixtures recorded on real interpreters, and what they show: goldens.
//!
//! `command` is the `truename run` of a scenario, `selection` decides which processes and bodies of a trace are
//! shown, `text` writes them, `events` does the same for raw events; `verdict` holds a person's claims against
//! them, `agreement` joins what several interpreters show, `report` gathers what helps to mend a failure, and
//! [`Harness`] is all of that in order. `snapshots` finds goldens that belong to no fixture.

mod agreement;
mod command;
mod error;
mod events;
mod harness;
mod process;
mod report;
mod selection;
mod snapshots;
mod text;
mod verdict;

pub use agreement::Golden;
pub use error::HarnessError;
pub use harness::Harness;
pub use snapshots::{Orphan, fixtures, orphans, slug};
pub(crate) use text::visible;
