//! Records a Python program and names every module body that ran.
//!
//! Data flows one way: a recorded process writes a spool ([`spool`]), the spool becomes a
//! [`recording`], the recording a trace on disk ([`trace`]), and the trace a [`view`].

pub mod failure;
pub mod fixture;
pub mod golden;
pub mod interpreter;
pub mod launch;
pub mod python_arguments;
pub mod recording;
pub mod trace;
pub mod view;
