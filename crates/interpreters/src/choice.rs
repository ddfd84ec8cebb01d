//! The choice of the interpreter to run.

use std::ffi::OsStr;
use std::path::Path;

use super::discovery::{on_path, python_of};
use super::environment::SearchEnvironment;
use super::error::{InterpreterError, RequestError, RequestedBy};
use super::installation::{PythonInstallation, examine, newest};
use super::interpreter::Interpreter;
use super::request::PythonRequest;
use super::version::PythonVersion;

pub(super) fn choose(
    environment: &SearchEnvironment,
    requested: Option<&OsStr>,
) -> Result<Interpreter, InterpreterError> {
    let of_environment = environment.truename_python.as_deref();
    let request = requested
        .map(|text| (text, RequestedBy::Caller))
        .or_else(|| of_environment.map(|text| (text, RequestedBy::Variable)));
    if let Some((text, by)) = request {
        return find_requested(environment, text)
            .map_err(|error| InterpreterError::Requested { by, error });
    }
    if let Some(folder) = &environment.virtual_env {
        return of_virtual_env(environment, folder);
    }
    match from_path(environment) {
        Some(interpreter) => Ok(interpreter),
        None => {
            newest(environment, |_| true).map_err(|found| InterpreterError::NoneUsable { found })
        }
    }
}

fn find_requested(
    environment: &SearchEnvironment,
    text: &OsStr,
) -> Result<Interpreter, RequestError> {
    let path = match PythonRequest::read(text) {
        PythonRequest::Version(parts) => return of_version(environment, &parts),
        // That of a virtual environment, or of any installation.
        PythonRequest::File(path) if python_of(&path).exists() => python_of(&path),
        PythonRequest::File(path) => path,
        PythonRequest::ExecutableName(name) => {
            on_path(environment, &name).ok_or(RequestError::NoSuchCommand { name })?
        }
    };
    examine(environment, &path).map_err(|reason| RequestError::Unusable { path, reason })
}

fn of_version(environment: &SearchEnvironment, parts: &[u32]) -> Result<Interpreter, RequestError> {
    newest(environment, |found| begins_with(found.version, parts))
        .map_err(|found| no_such_version(found, parts))
}

fn no_such_version(found: Vec<PythonInstallation>, parts: &[u32]) -> RequestError {
    let parts_as_text: Vec<_> = parts.iter().map(u32::to_string).collect();
    let version = parts_as_text.join(".");
    let is_asked_for = |version| begins_with(version, parts);
    let of_that_version = |it: &&PythonInstallation| it.version().is_some_and(is_asked_for);
    match found.iter().find(of_that_version) {
        Some(unusable) => RequestError::UnusableVersion {
            version,
            found: Box::new(unusable.clone()),
        },
        None => RequestError::NoSuchVersion { version, found },
    }
}

fn begins_with((major, minor, micro): PythonVersion, parts: &[u32]) -> bool {
    [major, minor, micro].starts_with(parts)
}

fn of_virtual_env(
    environment: &SearchEnvironment,
    folder: &Path,
) -> Result<Interpreter, InterpreterError> {
    let python = python_of(folder);
    examine(environment, &python).map_err(|reason| InterpreterError::VirtualEnv {
        folder: folder.to_owned(),
        python,
        reason,
    })
}

fn from_path(environment: &SearchEnvironment) -> Option<Interpreter> {
    ["python3", "python"].into_iter().find_map(|name| {
        let path = on_path(environment, OsStr::new(name))?;
        let examined = examine(environment, &path);
        examined
            .inspect_err(|reason| log::debug!("passing over {}, which {reason}", path.display()))
            .ok()
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::stage::Stage;
    use super::super::testing::TestMachine;
    use super::*;

    fn chosen(
        machine: &TestMachine,
        environment: &SearchEnvironment,
        requested: Option<&str>,
    ) -> String {
        let chosen = choose(environment, requested.map(OsStr::new)).unwrap();
        machine.redact(chosen.path.display())
    }

    fn refused(
        machine: &TestMachine,
        environment: &SearchEnvironment,
        requested: Option<&str>,
    ) -> String {
        let error = choose(environment, requested.map(OsStr::new)).unwrap_err();
        machine.redact(error)
    }

    #[test]
    fn each_way_of_asking_goes_before_the_next() {
        let machine = TestMachine::new();
        machine.answering("asked/python3", (3, 12, 0));
        machine.answering("named/python3", (3, 12, 1));
        machine.answering("venv/bin/python", (3, 12, 2));
        machine.answering("path/python3", (3, 12, 3));
        machine.answering("path/python", (3, 12, 4));
        machine.answering("usr/bin/python3", (3, 13, 0));
        let mut environment = SearchEnvironment {
            truename_python: Some(machine.at("named/python3").into()),
            virtual_env: Some(machine.at("venv")),
            ..machine.environment()
        };
        let asked = machine.at("asked/python3");
        assert_eq!(
            chosen(&machine, &environment, asked.to_str()),
            "/asked/python3"
        );
        assert_eq!(chosen(&machine, &environment, None), "/named/python3");
        environment.truename_python = None;
        assert_eq!(chosen(&machine, &environment, None), "/venv/bin/python");
        environment.virtual_env = None;
        assert_eq!(chosen(&machine, &environment, None), "/path/python3");
        std::fs::remove_file(machine.at("path/python3")).unwrap();
        assert_eq!(chosen(&machine, &environment, None), "/path/python");
        std::fs::remove_file(machine.at("path/python")).unwrap();
        assert_eq!(chosen(&machine, &environment, None), "/usr/bin/python3");
    }

    #[test]
    fn a_folder_stands_for_the_python_in_it() {
        let machine = TestMachine::new();
        machine.answering("venv/bin/python", (3, 12, 2));
        let folder = machine.at("venv");
        let environment = machine.environment();
        assert_eq!(
            chosen(&machine, &environment, folder.to_str()),
            "/venv/bin/python"
        );
    }

    #[test]
    fn commands_on_path_that_cannot_be_recorded_are_passed_over() {
        let machine = TestMachine::new();
        machine.script(
            "path/python3",
            "echo 'pyenv: python3: command not found'; exit 127",
        );
        machine.answering("path/python", (2, 7, 18));
        machine.answering("usr/bin/python3", (3, 12, 0));
        machine.answering("opt/new/bin/python3", (3, 13, 0));
        let environment = machine.environment();
        assert_eq!(chosen(&machine, &environment, None), "/opt/new/bin/python3");
    }

    #[test]
    fn an_interpreter_that_is_remembered_is_not_started() {
        let machine = TestMachine::new();
        machine.remembered("path/python3", (3, 13, 0));
        let environment = machine.environment();
        assert_eq!(chosen(&machine, &environment, None), "/path/python3");
    }

    #[test]
    fn a_script_is_run_as_it_was_found() {
        let machine = TestMachine::new();
        let real = machine.remembered("home/.pyenv/versions/3.12.1/bin/python", (3, 12, 1));
        let shim = machine.shim("path/python3", (3, 12, 1), &real);
        assert_eq!(
            choose(&machine.environment(), None).unwrap(),
            Interpreter {
                path: shim,
                version: (3, 12, 1),
                stage: Stage::Final(0),
                executable: real
            }
        );
    }

    #[rstest]
    #[case("3", "/usr/bin/python3.13")]
    #[case("3.12", "/path/python3.12")]
    #[case("3.12.1", "/opt/old/bin/python3.12")]
    #[case("python3.12", "/path/python3.12")]
    fn a_version_is_the_newest_that_fits(#[case] request: &str, #[case] path: &str) {
        let machine = TestMachine::new();
        machine.answering("path/python3.12", (3, 12, 11));
        machine.answering("opt/old/bin/python3.12", (3, 12, 1));
        machine.answering("usr/bin/python3.13", (3, 13, 0));
        let mut environment = machine.environment();
        assert_eq!(chosen(&machine, &environment, Some(request)), path);
        environment.truename_python = Some(request.into());
        assert_eq!(chosen(&machine, &environment, None), path);
    }

    #[rstest]
    #[case(None, "/usr/bin/python3.14")]
    #[case(Some("3"), "/usr/bin/python3.14")]
    #[case(Some("3.15"), "/opt/candidate/bin/python3.15")]
    #[case(Some("3.16"), "/opt/alpha/bin/python3.16")]
    fn a_release_goes_before_what_comes_before_a_release(
        #[case] request: Option<&str>,
        #[case] path: &str,
    ) {
        let machine = TestMachine::new();
        machine.answering("usr/bin/python3.14", (3, 14, 2));
        for (file, version, stage) in [
            ("opt/alpha/bin/python3.16", (3, 16, 0), Stage::Alpha(1)),
            ("opt/beta/bin/python3.15", (3, 15, 0), Stage::Beta(4)),
            (
                "opt/candidate/bin/python3.15",
                (3, 15, 0),
                Stage::Candidate(1),
            ),
        ] {
            machine.answering_before_release(file, version, stage);
        }
        assert_eq!(chosen(&machine, &machine.environment(), request), path);
    }

    #[test]
    fn an_interpreter_that_was_asked_for_is_refused_and_not_replaced() {
        let machine = TestMachine::new();
        let old = machine.answering("usr/bin/python3.11", (3, 11, 2));
        machine.answering("path/python3", (3, 13, 0));
        let mut environment = machine.environment();
        assert_eq!(
            refused(&machine, &environment, old.to_str()),
            "the request asks for /usr/bin/python3.11, which is CPython 3.11.2, and truename needs \
             3.12 or newer"
        );
        assert_eq!(
            refused(&machine, &environment, Some("3.11")),
            "the request asks for Python 3.11; /usr/bin/python3.11 is CPython 3.11.2, and truename \
             needs 3.12 or newer"
        );
        assert_eq!(
            refused(&machine, &environment, Some("3.14")),
            "the request asks for Python 3.14, and none was found; usable here: 3.13.0"
        );
        assert_eq!(
            refused(&machine, &environment, machine.at("usr").to_str()),
            "the request asks for /usr, which is a folder, not an interpreter"
        );
        environment.truename_python = Some("python3.11".into());
        assert_eq!(
            refused(&machine, &environment, None),
            "$TRUENAME_PYTHON asks for the command \"python3.11\", and no folder of PATH holds such a \
             program"
        );
    }

    #[test]
    fn an_active_virtual_environment_is_refused_and_not_replaced() {
        let machine = TestMachine::new();
        machine.answering("path/python3", (3, 13, 0));
        machine.link("venv/bin/python", "/gone/python3.12");
        let environment = SearchEnvironment {
            virtual_env: Some(machine.at("venv")),
            ..machine.environment()
        };
        assert_eq!(
            refused(&machine, &environment, None),
            "The virtual environment /venv is active (VIRTUAL_ENV), and its /venv/bin/python is a link \
             to /gone/python3.12, which does not exist"
        );
    }

    #[test]
    fn where_nothing_can_be_recorded_the_error_says_what_was_found() {
        let machine = TestMachine::new();
        let environment = machine.environment();
        assert_eq!(
            refused(&machine, &environment, None),
            "There is no Python here that truename can record: it needs CPython 3.12 or newer, and \
             found on PATH and in the folders of pyenv, uv, truename, /usr and /opt: none at all"
        );
        for minor in 6..12 {
            machine.answering(&format!("usr/bin/python3.{minor}"), (3, minor, 0));
        }
        let error = refused(&machine, &environment, None);
        assert!(
            error.contains("/opt: /usr/bin/python3.11 is CPython 3.11.0, and"),
            "{error}"
        );
        assert!(
            error.ends_with("needs 3.12 or newer; and 2 more"),
            "{error}"
        );
        assert_eq!(
            refused(&machine, &environment, Some("3.13")),
            "the request asks for Python 3.13, and none was found; usable here: none"
        );
    }
}
