//! Reading a trace back.

mod binary;
mod calls;
mod catch_panic;
mod common_event;
mod event_stream;
mod family;
mod folder;
mod runs;
mod seek_table;

pub use calls::{CallEntry, each_call};
pub use family::Family;
pub use folder::Folder;
pub use runs::run_folders;
