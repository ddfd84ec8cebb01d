//! The decisions about code and its values.

mod candidates;
mod filter;
mod module_file;
mod query;
mod values;

pub(crate) use candidates::Candidates;
pub use filter::{Decider, Filter, ScopeResolution};
pub use module_file::ModuleFileDecision;
pub use query::{FilterContext, Query};
pub use values::ValuePolicy;
