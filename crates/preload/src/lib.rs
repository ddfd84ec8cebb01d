//! Starts truename's recorder in a Python that ignores its environment.
//!
//! Under `-I`, `-E` and `-S` a `sitecustomize` on `PYTHONPATH` is never seen. There truename has
//! the dynamic linker load this library. In a process that is no Python it does nothing. In a
//! Python it waits, by an audit hook, until the interpreter is about to run the program.

#[cfg(target_os = "linux")]
mod environment;
#[cfg(target_os = "linux")]
mod hook;
#[cfg(target_os = "linux")]
mod python;
