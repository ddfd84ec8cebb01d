//! The inputs of pyenv when it chooses the interpreter that one of its shims starts.
//!
//! To ask a shim what it is takes pyenv, a shell script, a tenth of a second. As long as all this is the
//! same it starts the same interpreter.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::environment::SearchEnvironment;
use super::identity::is_script;
use super::stamp::FileStamp;

/// The file by which a folder, and all below it, choose a version.
const VERSION_FILE: &str = ".python-version";

/// The line by which a shim hands over to pyenv: `exec "/home/me/.pyenv/libexec/pyenv" exec "$program" "$@"`.
const HAND_OVER: [&str; 2] = ["exec \"", "pyenv\" exec \"$program\" \"$@\""];
/// The line by which it names the folder of the versions.
const ROOT: [&str; 2] = ["export PYENV_ROOT=\"", "\""];

/// The inputs of the choice: the environment, the folder, and files that are there or not.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PyenvInputs {
    /// Names and values, as bytes.
    variables: Vec<(Vec<u8>, Vec<u8>)>,
    /// Paths, as bytes, with what is there.
    files: Vec<(Vec<u8>, Option<FileStamp>)>,
}

impl PyenvInputs {
    /// Collects the inputs of the choice that this shim leads to; `None` for what is no shim of pyenv's.
    pub(super) fn of(environment: &SearchEnvironment, shim: &Path) -> Option<Self> {
        let root = root(shim)?;
        let name = |name: &str| name.as_bytes().to_vec();
        let value = |value: Option<&Path>| {
            let value = value.map(|it| it.as_os_str().as_bytes().to_vec());
            value.unwrap_or_default()
        };
        let variables = environment.of_pyenv.iter();
        let mut variables: Vec<_> = variables
            .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
            .collect();
        // The version `system` is what PATH leads to.
        let path = environment.path.as_deref().map(Path::new);
        variables.push((name("PATH"), value(path)));
        let folder = environment.working_folder.as_deref()?;
        variables.push((name("PWD"), value(Some(folder))));
        variables.sort();

        let asked = environment.of_pyenv.iter().find(|it| it.0 == "PYENV_DIR");
        let folders = asked.map(|(_, folder)| Path::new(folder)).into_iter();
        let choices = folders
            .chain([folder])
            .flat_map(Path::ancestors)
            .map(|folder| folder.join(VERSION_FILE));
        // Plugins may have a say in the choice.
        let own = ["version", "versions", "plugins", "pyenv.d"].map(|name| root.join(name));
        let stamped = |file: PathBuf| {
            let stamp = file.metadata().ok().map(|found| FileStamp::of(&found));
            (file.into_os_string().as_bytes().to_vec(), stamp)
        };
        let files = choices.chain(own).map(stamped).collect();
        Some(Self { variables, files })
    }
}

/// Reads the folder of the pyenv that a shim hands over to.
fn root(shim: &Path) -> Option<PathBuf> {
    if !is_script(shim) {
        return None;
    }
    let text = fs::read_to_string(shim).ok()?;
    let [begin, end] = HAND_OVER;
    let last = text.lines().last()?;
    if !(last.starts_with(begin) && last.ends_with(end)) {
        return None;
    }
    let [begin, end] = ROOT;
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(begin));
    lines.next()?.strip_suffix(end).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::super::testing::{TestMachine, pyenv_shim};
    use super::*;

    fn environment(machine: &TestMachine) -> SearchEnvironment {
        SearchEnvironment {
            working_folder: Some(machine.at("home/project/src")),
            ..machine.environment()
        }
    }

    #[test]
    fn other_scripts_have_no_inputs() {
        let machine = TestMachine::new();
        let environment = environment(&machine);
        let shim = machine.executable("shims/python3", &pyenv_shim(&machine.at("pyenv")));
        assert!(PyenvInputs::of(&environment, &shim).is_some());
        let changed = fs::read_to_string(&shim).unwrap() + "echo more\n";
        let changed = machine.executable("shims/other", &changed);
        assert_eq!(PyenvInputs::of(&environment, &changed), None);
        let script = machine.script("path/python3", "exec python3.13 \"$@\"");
        assert_eq!(PyenvInputs::of(&environment, &script), None);
        assert_eq!(PyenvInputs::of(&environment, &machine.at("nothing")), None);
    }

    #[test]
    fn whatever_pyenv_goes_by_makes_them_others() {
        let machine = TestMachine::new();
        let root = machine.at("pyenv");
        let shim = machine.executable("pyenv/shims/python3", &pyenv_shim(&root));
        machine.write("pyenv/version", "3.12.1");
        let mut environment = environment(&machine);
        let mut last = PyenvInputs::of(&environment, &shim).unwrap();
        let mut expect_other = |environment: &SearchEnvironment| {
            let now = PyenvInputs::of(environment, &shim).unwrap();
            assert_ne!(now, last);
            assert_eq!(now, PyenvInputs::of(environment, &shim).unwrap());
            last = now;
        };
        for file in [
            "home/project/src/.python-version",
            "home/.python-version",
            "pyenv/version",
            "pyenv/versions/3.13.0/bin/python3",
            "pyenv/plugins/own/bin/pyenv-own",
        ] {
            machine.write(file, "3.13.0, in more than before");
            expect_other(&environment);
        }
        environment.path = Some("/bin".into());
        expect_other(&environment);
        environment.working_folder = Some(machine.at("home"));
        expect_other(&environment);
        let version: OsString = "PYENV_VERSION".into();
        environment.of_pyenv = vec![(version, "3.13.0".into())];
        expect_other(&environment);
        environment.of_pyenv = vec![("PYENV_DIR".into(), machine.at("away/from").into())];
        expect_other(&environment);
        machine.write("away/.python-version", "3.12.1");
        expect_other(&environment);
    }
}
