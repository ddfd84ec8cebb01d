//! Fixtures recorded on real interpreters, and what they show: goldens.
//!
//! `sandbox` gives a scenario folders and an environment of its own, `recorder` runs `truename run` in
//! it, `packages` installs what it requires; `redaction` takes out of names what differs between
//! machines, `process` decides what of a trace is shown, `text` writes it, `events` does the same
//! for raw events; `verdict` holds a person's claims against it, `report` tells what went wrong, and
//! [`Harness`] is all of that in order. `snapshots` finds goldens that belong to no fixture.

mod events;
mod harness;
mod packages;
mod process;
mod recorder;
mod redaction;
mod report;
mod sandbox;
mod snapshots;
mod text;
mod verdict;

pub use harness::{Golden, Harness};
pub use snapshots::{slug, strays};
