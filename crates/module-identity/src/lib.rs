//! Decides, from evidence, whose body a piece of Python code is.
//!
//! CPython names every module body `<module>`. This crate finds the module's name: [`decide`] for a frame that starts, [`infer`] for code without a frame,
//! [`Identity`] for the answer and its reason.
//!
//! The procedure is plain Rust over an evidence type ([`FrameEvidence`]) and a trait for what only a
//! running interpreter knows ([`PythonState`]). The feature `python` adds the layer that reads both
//! from CPython ([`cpython::ModuleIdentityResolver`]).
//!
//! Rules, grounds and what else answers consist of may be joined by new ones in a minor version: these types are
//! non-exhaustive. Evidence is exhaustive on purpose: whoever gathers it must hear of a new kind, or labels would
//! silently be worse. It comes with a major version.

#[cfg(feature = "python")]
pub mod cpython;
mod decide;
mod evidence;
mod identity;
mod infer;
mod name;
mod registry;
mod roots;

pub use decide::{NamespaceOwner, decide, namespace_owner};
pub use evidence::{
    CodeEvidence, FRESH_NAMES, FrameEvidence, NamespaceEvidence, PythonState, SpecEvidence,
};
pub use identity::{BARE_LABEL, FileSource, Grounds, Identity, NameSource, Rival, Rule, Runner};
pub use infer::{FramelessEvidence, infer};
pub use name::{ModuleName, UnusableName};
pub use registry::{Registered, Registry, RegistryEntry, lookup_module_name};
pub use roots::module_name_from_roots;
