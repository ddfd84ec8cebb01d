//! Recognising two paths that lead to one interpreter.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The things that two paths to one interpreter have in common: the program, and the virtual environment in
/// which Python finds itself when it is started by that path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ExecutableIdentity {
    program: PathBuf,
    environment: Option<PathBuf>,
}

impl ExecutableIdentity {
    pub(super) fn of(path: &Path) -> Self {
        let program = match path.canonicalize() {
            Ok(real) if is_named_python(&real) => real,
            // A link to a program of another name: mise, for one, goes by the name of the link.
            _ => path.to_owned(),
        };
        Self {
            program,
            environment: pyvenv_cfg(path).and_then(|file| file.canonicalize().ok()),
        }
    }
}

/// Finds the file that makes `path` the interpreter of a virtual environment. As CPython does, this looks
/// beside the path as it is written and one folder up, and follows no links.
pub(super) fn pyvenv_cfg(path: &Path) -> Option<PathBuf> {
    let folder = path.parent()?;
    let candidates = [Some(folder), folder.parent()];
    let mut files = candidates
        .into_iter()
        .flatten()
        .map(|folder| folder.join("pyvenv.cfg"));
    files.find(|file| file.is_file())
}

/// Returns whether `path` seems to be an interpreter itself, rather than a script or another program that
/// starts one.
pub(super) fn is_interpreter_itself(path: &Path) -> bool {
    path.canonicalize()
        .is_ok_and(|real| is_named_python(&real) && !is_script(&real))
}

/// Returns whether a file is a text that another program runs, such as a shell script. A file that cannot
/// be read is not.
pub(super) fn is_script(file: &Path) -> bool {
    let first_two = || -> io::Result<[u8; 2]> {
        let mut start = [0; 2];
        File::open(file)?.read_exact(&mut start)?;
        Ok(start)
    };
    first_two().is_ok_and(|start| &start == b"#!")
}

fn is_named_python(file: &Path) -> bool {
    file.file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| name.starts_with("python"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::TestMachine;
    use super::*;

    #[test]
    fn links_to_one_interpreter_are_one() {
        let machine = TestMachine::new();
        let real = machine.executable("bin/python3.13", "not a program");
        let link = machine.link("bin/python", "python3.13");
        let far = machine.link("elsewhere/py", &real);
        assert_eq!(ExecutableIdentity::of(&link), ExecutableIdentity::of(&real));
        assert_eq!(ExecutableIdentity::of(&far), ExecutableIdentity::of(&real));
    }

    #[test]
    fn a_virtual_environment_is_not_the_interpreter_that_it_was_made_from() {
        let machine = TestMachine::new();
        let real = machine.executable("bin/python3.13", "not a program");
        let first = machine.link("first/bin/python", &real);
        let second = machine.link("second/bin/python", &real);
        machine.write("first/pyvenv.cfg", "");
        machine.write("second/pyvenv.cfg", "");
        assert_ne!(
            ExecutableIdentity::of(&first),
            ExecutableIdentity::of(&real)
        );
        assert_ne!(
            ExecutableIdentity::of(&first),
            ExecutableIdentity::of(&second)
        );
    }

    #[test]
    fn links_to_one_version_manager_are_not_one() {
        let machine = TestMachine::new();
        let mise = machine.executable("bin/mise", "not a program");
        let older = machine.link("shims/python3.12", &mise);
        let newer = machine.link("shims/python3.13", &mise);
        assert_ne!(
            ExecutableIdentity::of(&older),
            ExecutableIdentity::of(&newer)
        );
        assert!(!is_interpreter_itself(&older));
    }

    #[test]
    fn a_script_is_not_an_interpreter_itself() {
        let machine = TestMachine::new();
        assert!(!is_interpreter_itself(&machine.script("python3", "exit 1")));
        assert!(is_interpreter_itself(
            &machine.executable("python", "\x7fELF")
        ));
        assert!(is_interpreter_itself(&machine.executable("python3.12", "")));
        assert!(!is_interpreter_itself(&machine.at("missing")));
    }
}
