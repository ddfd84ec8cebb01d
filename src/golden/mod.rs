//! Fixtures recorded on real interpreters, and what they show: goldens.
//!
//! `sandbox` gives a scenario folders and an environment of its own, `recorder` runs `truename run` in
//! it, `leftovers` are processes that go on then, `packages` installs what is required; `redaction`
//! takes out of names what differs between machines, `selection` decides which processes and bodies of a trace are
//! shown, `text` writes them, `events` does the same for raw events; `verdict` holds a person's claims against
//! them, `agreement` joins what several interpreters show, `report` gathers what helps to mend a failure, and
//! [`Harness`] is all of that in order. `snapshots` finds goldens that belong to no fixture.

mod agreement;
mod error;
mod events;
mod harness;
mod leftovers;
mod packages;
mod process;
mod recorder;
mod redaction;
mod report;
mod sandbox;
mod selection;
mod snapshots;
mod text;
mod verdict;
mod version;

pub use agreement::Golden;
pub use error::HarnessError;
pub use harness::Harness;
pub use snapshots::{Orphan, fixtures, orphans, slug};
