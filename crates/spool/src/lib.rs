//! The memory-mapped file through which a recorded Python process hands its events to truename.
//!
//! A spool is a sequence of words. An [`Event`], such as a call, is one word; an event with [`Values`]
//! stands behind a word that holds its length, and so does a [`Record`]. That word is written last: whatever
//! ends the process, a reader finds whole records and then a zero. The pages belong to the kernel as soon as
//! they are written: not even SIGKILL loses them.
//!
//! One reader may follow the writer while it writes. It notes the offset that it has read up to, and the
//! writer waits for it rather than fill the disk.
//!
//! `write` runs inside the recorded process, `read` inside truename; everything else belongs to both.

mod child_launch;
mod config;
mod event;
mod import;
mod injection;
mod layout;
mod read;
mod record;
mod space;
mod value;
mod write;

pub use child_launch::{ChildLaunch, LAUNCH_EXTENSION, REFUSAL_EXTENSION, is_python, refuse};
pub use config::{CONFIG_EXTENSION, Detail, Recorded, RecordingConfig, ValueDetail};
pub use event::{Event, NUMBERS};
pub use import::{ImportBegin, ImportEnd, ImportLoading, Importer, ModuleKind};
pub use injection::{EVERYWHERE_VARIABLE, InjectionMode, SPOOL_VARIABLE};
pub use layout::FILE_EXTENSION;
pub use read::{
    Damage, Events, Item, LineVariable, LineVariables, Reader, SpoolEnd, Tail, Values,
    shows_release,
};
pub use record::{
    Begin, Code, End, Exception, FilterNote, Outcome, Process, ProcessOrigin, Record,
    RecordingStart, Variable,
};
pub use value::{Container, ExceptionForm, FilteredValues, Items, Value, ValuePlace};
pub use write::{Snapshots, Writer, write_int, write_number, write_text};
