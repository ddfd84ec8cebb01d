//! Outcomes as people and other programs read them.

mod junit;
mod page;
mod summary;

pub use junit::write as write_junit;
pub use page::write as write_page;
pub use summary::{Count, Summary, table};
