//! Starts truename's recorder in a Python that ignores its environment.
//!
//! Under `-I`, `-E` and `-S` a `sitecustomize` on `PYTHONPATH` is never seen. There truename has
//! the dynamic linker load this library. In a process that is no Python it does nothing. In a
//! Python it waits, by an audit hook, until the interpreter is about to run the program.
//!
//! Where every Python process is to be recorded it is the only way in: it comes as early as a `sitecustomize`
//! would, also in a program that embeds Python, and hands itself down to each process that is started.

#[cfg(target_os = "linux")]
mod environment;
#[cfg(target_os = "linux")]
mod exec;
#[cfg(target_os = "linux")]
mod hook;
#[cfg(target_os = "linux")]
mod python;
