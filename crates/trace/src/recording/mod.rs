//! The recording of one process, put together from its spool.

mod assembly;
mod timeline;

pub use assembly::Assembly;
pub use timeline::{Moment, Recording};
