//! Describes Python programs as fixtures, records them, and holds their labels against goldens.
//!
//! Data flows one way: a recorded process writes a spool ([`spool`]), the spool becomes a
//! [`trace`], the trace a forest of [`imports`], and that a [`view`]. A [`fixture`] is a scenario, and [`golden`] is what a trace
//! of it shows.

mod check;
pub mod conform;
pub mod duration;
pub mod export;
pub mod fixture;
pub mod golden;
pub mod imports;
pub mod interruption;
mod markup;
pub mod relabel;
pub mod sandbox;
pub mod tree;
pub mod view;

pub use check::check;
pub use interpreters;
