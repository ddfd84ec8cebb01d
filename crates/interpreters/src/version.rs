//! Versions of Python.

/// A Python version: major, minor, micro.
pub type PythonVersion = (u32, u32, u32);

/// The first version that can be recorded: `sys.monitoring` came with it.
pub(super) const OLDEST: PythonVersion = (3, 12, 0);

/// Writes a version as people do.
pub(super) fn dotted((major, minor, micro): PythonVersion) -> String {
    format!("{major}.{minor}.{micro}")
}
