//! The side of the recorded process.

mod snapshots;
mod values;
mod writer;

pub use snapshots::Snapshots;
pub use values::{write_int, write_number, write_text};
pub use writer::Writer;
