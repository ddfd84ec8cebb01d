//! The memory-mapped file through which a recorded Python process hands its events to truename.
//!
//! A spool is a sequence of [`Record`]s, each behind a word that holds its length. The word is
//! written last, so whatever ends the process, a reader finds whole records and then a zero. The
//! pages belong to the kernel as soon as they are written: not even SIGKILL loses them.

mod layout;
mod reader;
mod record;
mod writer;

pub use layout::FILE_EXTENSION;
pub use reader::{Damage, Reader};
pub use record::{Begin, End, Origin, Outcome, Process, Record};
pub use writer::Writer;
