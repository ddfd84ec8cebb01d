//! Traces: written, read back, checked, damaged and shown.

mod calls;
mod damage;
mod disagreement;
mod records;
mod sound;
mod tree;
