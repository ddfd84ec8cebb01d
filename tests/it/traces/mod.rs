//! Traces: written, read back, checked, damaged and shown.

mod calls;
mod damage;
mod disagreement;
pub mod records;
mod sound;
mod tree;
