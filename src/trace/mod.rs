//! Traces on disk.
