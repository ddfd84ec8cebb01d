//! Which module's body starts here?
//!
//! CPython names every module body `<module>`. This crate decides, from evidence, which module's
//! body a piece of code is: [`decide`] for a frame that starts, [`infer`] for code without a frame,
//! [`Identity`] for the answer and its reason.
//!
//! The procedure is plain Rust over an evidence type ([`Start`]) and a trait for what only a
//! running interpreter can tell ([`Python`]). The feature `python` adds the layer that reads both
//! from CPython ([`python::ModuleIdentityResolver`]).

mod decide;
mod identity;
mod infer;
mod name;
#[cfg(feature = "python")]
pub mod python;
mod registry;
mod roots;
mod start;

pub use decide::{NamespaceOwner, decide, namespace_owner};
pub use identity::{BARE_LABEL, FileSource, Grounds, Identity, NameSource, Rival, Rule, Runner};
pub use infer::{Question, infer};
pub use name::{ModuleName, UnusableName};
pub use registry::{Entry, Registered, Registry, lookup_module_name};
pub use roots::module_name_from_roots;
pub use start::{Code, FRESH_NAMES, Namespace, Python, Spec, Start};
