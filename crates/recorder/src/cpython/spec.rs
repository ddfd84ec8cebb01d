//! The kind and the file of a module that is about to be loaded.

use module_identity::cpython::SpecSummary;
use spool::ModuleKind;

use super::object::ObjectRef;

/// Returns the kind of module that a spec describes, and its file, if it has one.
pub fn module_kind_and_file(spec: ObjectRef<'_>) -> (ModuleKind, Option<String>) {
    let spec = SpecSummary::read(spec.as_borrowed());
    let kind = match spec.loader.as_deref() {
        Some("SourceFileLoader") => ModuleKind::Source,
        Some("SourcelessFileLoader") => ModuleKind::Bytecode,
        Some("ExtensionFileLoader") => ModuleKind::Extension,
        Some("BuiltinImporter") => ModuleKind::BuiltIn,
        Some("FrozenImporter") => ModuleKind::Frozen,
        Some("NamespaceLoader") | None => ModuleKind::Namespace,
        Some("zipimporter") => ModuleKind::Zip,
        Some(_) => ModuleKind::Other,
    };
    (kind, spec.origin.filter(|_| spec.has_location))
}
