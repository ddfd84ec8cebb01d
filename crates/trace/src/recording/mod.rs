//! The recording of one process, put together from its spool.

mod assembly;
mod import_log;
mod timeline;

pub use assembly::Assembly;
pub use timeline::{Moment, Recording};
