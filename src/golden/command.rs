//! The `truename run` that records a scenario's program.

use std::path::Path;

use interpreters::CACHE_VARIABLE;

use crate::sandbox::{Invocation, Program, Sandbox};

/// Returns the command that records a program into a sandbox's trace folder.
pub(super) fn recorded(program: &Program, sandbox: &Sandbox, truename: &Path) -> Invocation {
    let mut words = vec![
        shown(truename),
        "run".to_owned(),
        "--python".to_owned(),
        shown(&program.python),
        "--out".to_owned(),
        shown(&sandbox.trace()),
    ];
    for filter in &program.filters {
        words.extend(["--filter".to_owned(), shown(filter)]);
    }
    words.extend(program.options.iter().cloned());
    words.push("--".to_owned());
    words.extend(program.arguments.iter().cloned());
    let mut invocation = Invocation::new(words, program);
    // truename's own files are made once for all runs; the program does not see it.
    if let Some(cache) = interpreters::cache_folder() {
        invocation.set(CACHE_VARIABLE, shown(&cache));
    }
    invocation
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
