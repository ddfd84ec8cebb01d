//! Fixtures recorded on real interpreters, and what they show: goldens.
//!
//! `sandbox` gives a scenario folders and an environment of its own, `recorder` runs `truename run` in
//! it, `leftovers` are processes that go on then, `packages` installs what is required; `redaction`
//! takes out of names what differs between machines, `process` decides what of a trace is shown,
//! `text` writes it, `events` does the same for raw events; `verdict` holds a person's claims against
//! it, `agreement` joins what several interpreters show, `report` tells what went wrong, and
//! [`Harness`] is all of that in order. `snapshots` finds goldens that belong to no fixture.

mod agreement;
mod events;
mod harness;
mod leftovers;
mod packages;
mod process;
mod recorder;
mod redaction;
mod report;
mod sandbox;
mod snapshots;
mod text;
mod verdict;

pub use agreement::Golden;
pub use harness::Harness;
pub use snapshots::{slug, strays};
