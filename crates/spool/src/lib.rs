//! The memory-mapped file through which a recorded Python process hands its events to truename.
//!
//! A spool is a sequence of words. What happens often is an [`Event`], one word, or one with
//! [`Values`] behind a word that holds their length. All else is a [`Record`] behind such a word. The word is written last, so whatever ends the
//! process, a reader finds whole records and then a zero. The pages belong to the kernel as soon as
//! they are written: not even SIGKILL loses them.
//!
//! One reader may follow the writer while it writes: it tells how far it has read, and the writer
//! waits for it rather than fill the disk.

mod child_launch;
mod config;
mod event;
mod injection;
mod items;
mod layout;
mod reader;
mod record;
mod space;
mod tail;
mod value;
mod writer;

pub use child_launch::{ChildLaunch, LAUNCH_EXTENSION, REFUSAL_EXTENSION, refuse};
pub use config::{CONFIG_EXTENSION, Detail, Recorded, RecordingConfig, ValueDetail};
pub use event::{Event, NUMBERS};
pub use injection::{InjectionMode, SPOOL_VARIABLE};
pub use items::{Damage, Events, Item};
pub use layout::FILE_EXTENSION;
pub use reader::Reader;
pub use record::{
    Begin, Code, End, Exception, FilterNote, Outcome, Process, ProcessOrigin, Record,
    RecordingStart, Variable,
};
pub use tail::Tail;
pub use value::{Container, Items, Value, Values, write_int, write_number, write_text};
pub use writer::Writer;
