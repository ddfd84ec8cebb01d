//! Reasons why the interpreter that was chosen is another than `python3` means in a shell.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

use super::discovery::on_path;
use super::environment::SearchEnvironment;
use super::identity::ExecutableIdentity;
use super::installation::examine;
use super::interpreter::Interpreter;
use super::unusable::UnusablePython;

/// A reason why an interpreter that nobody requested is not the first `python3` on `PATH`. Displayed as a clause:
/// `the virtual environment /venv is active`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathDeviation {
    /// `$TRUENAME_PYTHON` asks for this.
    Variable(OsString),
    /// This virtual environment is active.
    VirtualEnv(PathBuf),
    /// No folder of `PATH` holds a `python3`.
    NotOnPath,
    /// The one on `PATH` cannot be recorded.
    Unusable {
        /// The path of that one.
        path: PathBuf,
        /// The reason.
        reason: UnusablePython,
    },
}

/// Returns why `chosen` is not the first `python3` on `PATH`; `None` if it is.
pub(super) fn of(environment: &SearchEnvironment, chosen: &Interpreter) -> Option<PathDeviation> {
    let first = on_path(environment, OsStr::new("python3"));
    let of_chosen = ExecutableIdentity::of(&chosen.path);
    if first
        .as_ref()
        .is_some_and(|it| ExecutableIdentity::of(it) == of_chosen)
    {
        return None;
    }
    if let Some(request) = &environment.truename_python {
        return Some(PathDeviation::Variable(request.clone()));
    }
    if let Some(folder) = &environment.virtual_env {
        return Some(PathDeviation::VirtualEnv(folder.clone()));
    }
    let Some(path) = first else {
        return Some(PathDeviation::NotOnPath);
    };
    let reason = examine(environment, &path).err()?;
    Some(PathDeviation::Unusable { path, reason })
}

impl fmt::Display for PathDeviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(request) => write!(f, "$TRUENAME_PYTHON asks for {}", request.display()),
            Self::VirtualEnv(folder) => {
                write!(f, "the virtual environment {} is active", folder.display())
            }
            Self::NotOnPath => write!(f, "no folder of PATH holds a python3"),
            Self::Unusable { path, reason } => {
                write!(f, "python3 on PATH is {}, which {reason}", path.display())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::choice::choose;
    use super::super::testing::TestMachine;
    use super::*;

    fn deviation(machine: &TestMachine, environment: &SearchEnvironment) -> Option<String> {
        let chosen = choose(environment, None).unwrap();
        of(environment, &chosen).map(|it| machine.redact(it))
    }

    #[test]
    fn each_choice_but_the_first_python3_has_its_reason() {
        let machine = TestMachine::new();
        let newest = machine.answering("opt/new/bin/python3", (3, 13, 0));
        let mut environment = machine.environment();
        let text = |environment: &SearchEnvironment| deviation(&machine, environment).unwrap();
        assert_eq!(text(&environment), "no folder of PATH holds a python3");
        let old = machine.answering("path/python3", (3, 11, 2));
        assert_eq!(
            text(&environment),
            "python3 on PATH is /path/python3, which is CPython 3.11.2, and truename needs 3.12 or newer"
        );
        machine.answering("venv/bin/python", (3, 12, 2));
        environment.virtual_env = Some(machine.at("venv"));
        assert_eq!(
            text(&environment),
            "the virtual environment /venv is active"
        );
        environment.truename_python = Some("3.13".into());
        assert_eq!(text(&environment), "$TRUENAME_PYTHON asks for 3.13");
        std::fs::remove_file(old).unwrap();
        machine.link("path/python3", newest);
        assert_eq!(deviation(&machine, &environment), None);
    }

    #[test]
    fn both_names_in_an_active_environment_are_one_python() {
        let machine = TestMachine::new();
        let real = machine.remembered("usr/bin/python3.13", (3, 13, 1));
        machine.write("venv/pyvenv.cfg", "");
        for name in ["python", "python3"] {
            let link = machine.link(&format!("venv/bin/{name}"), &real);
            machine.remember(&link, (3, 13, 1));
        }
        let environment = SearchEnvironment {
            path: Some(machine.at("venv/bin").into()),
            virtual_env: Some(machine.at("venv")),
            ..machine.environment()
        };
        assert_eq!(deviation(&machine, &environment), None);
    }
}
