//! Scenarios made ready to run: files, packages and an environment of their own, and commands that run in them.
//!
//! `folders` are those of one run, `packages` installs what is required, `program` is what a scenario runs,
//! `invocation` a command that runs it and how that ended, `leftovers` are processes that go on then;
//! `redaction` takes out of names what differs between machines, `version` is what people call an interpreter.

mod error;
mod folders;
mod invocation;
mod leftovers;
mod packages;
mod program;
mod redaction;
pub(crate) mod version;

pub use error::SandboxError;
pub use folders::Sandbox;
pub(crate) use invocation::{Ended, Invocation};
pub(crate) use packages::provide as provide_packages;
pub use program::Program;
pub(crate) use redaction::Redaction;
