//! Traces: written, read back, checked, damaged and shown.

mod damage;
mod records;
mod sound;
mod tree;
