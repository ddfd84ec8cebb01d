//! The versions of interpreters, as fixtures and people write them.

use interpreters::Interpreter;

/// Returns an interpreter's version, major and minor.
pub(crate) fn short(interpreter: &Interpreter) -> (u32, u32) {
    (interpreter.version.0, interpreter.version.1)
}

/// Returns an interpreter's whole version as people write it.
pub(crate) fn dotted(interpreter: &Interpreter) -> String {
    let (major, minor, micro) = interpreter.version;
    format!("{major}.{minor}.{micro}")
}

/// Returns whether an interpreter has a version, written as `3.13` or `3.13.1`.
pub(crate) fn is_version(interpreter: &Interpreter, version: &str) -> bool {
    let (major, minor) = short(interpreter);
    version == format!("{major}.{minor}") || version == dotted(interpreter)
}
