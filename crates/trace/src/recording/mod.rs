//! The recording of one process, put together from its spool.

mod assembly;
mod ending;
mod import_log;
mod timeline;

pub use assembly::Assembly;
pub use ending::ProcessEnd;
pub use timeline::{Moment, Recording};
