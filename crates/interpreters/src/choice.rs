//! Picking the interpreter to run.

use std::ffi::OsStr;
use std::path::Path;

use super::candidate::{examine, newest};
use super::request::PythonRequest;
use super::search::{on_path, python_of};
use super::{Candidate, Environment, Interpreter, Refusal, Version};
use failure::{Failure, Result};

/// The number of found Pythons that a message names at most.
const NAMED: usize = 4;

const INSTALL: &str = "install CPython 3.12 or newer (`uv python install 3.13`, `pyenv install 3.13` \
                       or the system's packages)";

pub(super) fn choose(environment: &Environment, requested: Option<&OsStr>) -> Result<Interpreter> {
    if let Some(text) = requested {
        return wished(environment, text, "--python");
    }
    if let Some(text) = &environment.truename_python {
        return wished(environment, text, "$TRUENAME_PYTHON");
    }
    if let Some(folder) = &environment.virtual_env {
        return of_virtual_env(environment, folder);
    }
    match from_path(environment) {
        Some(interpreter) => Ok(interpreter),
        None => newest(environment, |_| true).map_err(|found| nothing_usable(&found)),
    }
}

fn wished(environment: &Environment, text: &OsStr, by: &str) -> Result<Interpreter> {
    let path = match PythonRequest::read(text) {
        PythonRequest::Version(parts) => return of_version(environment, &parts, by),
        PythonRequest::Path(path) => path,
        PythonRequest::Command(name) => on_path(environment, &name).ok_or_else(|| {
            Failure::usage(format!(
                "{by} asks for the command \"{}\", and no folder of PATH holds such a program. Name \
                 one that `truename pythons` lists, by its path, its command or its version.",
                name.display()
            ))
        })?,
    };
    examine(environment, &path).map_err(|refusal| {
        Failure::usage(format!(
            "{by} asks for {}, which {refusal}. {}",
            path.display(),
            remedy(&path, &refusal)
        ))
    })
}

fn remedy(path: &Path, refusal: &Refusal) -> String {
    match refusal {
        Refusal::Folder => format!(
            "Name the interpreter inside it, such as {}.",
            python_of(path).display()
        ),
        _ => another(),
    }
}

fn another() -> String {
    format!("Name one that `truename pythons` lists as usable, or {INSTALL}.")
}

fn of_version(environment: &Environment, parts: &[u32], by: &str) -> Result<Interpreter> {
    newest(environment, |found| begins_with(found.version, parts))
        .map_err(|found| no_such_version(&found, parts, by))
}

fn no_such_version(found: &[Candidate], parts: &[u32], by: &str) -> Failure {
    let parts_as_text: Vec<_> = parts.iter().map(u32::to_string).collect();
    let asked = format!("{by} asks for Python {}", parts_as_text.join("."));
    let unusable = found.iter().find(|candidate| {
        candidate
            .version()
            .is_some_and(|version| begins_with(version, parts))
    });
    Failure::usage(match unusable {
        Some(candidate) => format!("{asked}; {}. {}", described(candidate), another()),
        None => format!(
            "{asked}, and none was found; usable here: {}. Install it, or name another one by its \
             path, its command or its version.",
            usable_versions(found)
        ),
    })
}

fn begins_with((major, minor, micro): Version, parts: &[u32]) -> bool {
    [major, minor, micro].starts_with(parts)
}

fn usable_versions(candidates: &[Candidate]) -> String {
    let usable = candidates
        .iter()
        .filter_map(|candidate| candidate.verdict.as_ref().ok());
    let mut versions: Vec<_> = usable.map(Interpreter::shown_version).collect();
    versions.dedup();
    match versions.is_empty() {
        true => "none".to_owned(),
        false => versions.join(", "),
    }
}

fn of_virtual_env(environment: &Environment, folder: &Path) -> Result<Interpreter> {
    let path = python_of(folder);
    examine(environment, &path).map_err(|refusal| {
        Failure::usage(format!(
            "The virtual environment {} is active (VIRTUAL_ENV), and its {} {refusal}. Make it anew \
             with CPython 3.12 or newer, leave it with `deactivate`, or name another interpreter \
             with --python.",
            folder.display(),
            path.display(),
        ))
    })
}

fn from_path(environment: &Environment) -> Option<Interpreter> {
    ["python3", "python"].into_iter().find_map(|name| {
        let path = on_path(environment, OsStr::new(name))?;
        let examined = examine(environment, &path);
        examined
            .inspect_err(|refusal| log::debug!("passing over {}, which {refusal}", path.display()))
            .ok()
    })
}

fn nothing_usable(candidates: &[Candidate]) -> Failure {
    let found = match candidates {
        [] => "none at all".to_owned(),
        _ => {
            let mut list: Vec<_> = candidates.iter().take(NAMED).map(described).collect();
            if candidates.len() > NAMED {
                list.push(format!("and {} more", candidates.len() - NAMED));
            }
            list.join("; ")
        }
    };
    Failure::usage(format!(
        "There is no Python here that truename can record: it needs CPython 3.12 or newer, and found \
         on PATH and in the folders of pyenv, uv, truename, /usr and /opt: {found}. To go on, \
         {INSTALL}, or name one with --python."
    ))
}

fn described(candidate: &Candidate) -> String {
    match &candidate.verdict {
        Ok(interpreter) => format!(
            "{} is CPython {}",
            candidate.path.display(),
            interpreter.shown_version()
        ),
        Err(refusal) => format!("{} {refusal}", candidate.path.display()),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::Stage;
    use super::super::testing::Machine;
    use super::*;

    fn chosen(machine: &Machine, environment: &Environment, requested: Option<&str>) -> String {
        let chosen = choose(environment, requested.map(OsStr::new)).unwrap();
        machine.redact(chosen.path.display())
    }

    fn refused(machine: &Machine, environment: &Environment, requested: Option<&str>) -> String {
        let failure = choose(environment, requested.map(OsStr::new)).unwrap_err();
        assert_eq!(failure.status(), 2);
        machine.redact(failure)
    }

    #[test]
    fn each_way_of_asking_goes_before_the_next() {
        let machine = Machine::new();
        machine.answering("asked/python3", (3, 12, 0));
        machine.answering("named/python3", (3, 12, 1));
        machine.answering("venv/bin/python", (3, 12, 2));
        machine.answering("path/python3", (3, 12, 3));
        machine.answering("path/python", (3, 12, 4));
        machine.answering("usr/bin/python3", (3, 13, 0));
        let mut environment = Environment {
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
    fn commands_on_path_that_cannot_be_recorded_are_passed_over() {
        let machine = Machine::new();
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
        let machine = Machine::new();
        machine.remembered("path/python3", (3, 13, 0));
        let environment = machine.environment();
        assert_eq!(chosen(&machine, &environment, None), "/path/python3");
    }

    #[test]
    fn a_script_is_run_as_it_was_found() {
        let machine = Machine::new();
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
    fn a_version_is_the_newest_that_fits(#[case] wish: &str, #[case] path: &str) {
        let machine = Machine::new();
        machine.answering("path/python3.12", (3, 12, 11));
        machine.answering("opt/old/bin/python3.12", (3, 12, 1));
        machine.answering("usr/bin/python3.13", (3, 13, 0));
        let mut environment = machine.environment();
        assert_eq!(chosen(&machine, &environment, Some(wish)), path);
        environment.truename_python = Some(wish.into());
        assert_eq!(chosen(&machine, &environment, None), path);
    }

    #[rstest]
    #[case(None, "/usr/bin/python3.14")]
    #[case(Some("3"), "/usr/bin/python3.14")]
    #[case(Some("3.15"), "/opt/candidate/bin/python3.15")]
    #[case(Some("3.16"), "/opt/alpha/bin/python3.16")]
    fn a_release_goes_before_what_comes_before_a_release(
        #[case] wish: Option<&str>,
        #[case] path: &str,
    ) {
        let machine = Machine::new();
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
        assert_eq!(chosen(&machine, &machine.environment(), wish), path);
    }

    #[test]
    fn an_interpreter_that_was_asked_for_is_refused_and_not_replaced() {
        let machine = Machine::new();
        let old = machine.answering("usr/bin/python3.11", (3, 11, 2));
        machine.answering("path/python3", (3, 13, 0));
        let mut environment = machine.environment();
        assert_eq!(
            refused(&machine, &environment, old.to_str()),
            "--python asks for /usr/bin/python3.11, which is CPython 3.11.2, and truename needs 3.12 \
             or newer. Name one that `truename pythons` lists as usable, or install CPython 3.12 or \
             newer (`uv python install 3.13`, `pyenv install 3.13` or the system's packages)."
        );
        assert_eq!(
            refused(&machine, &environment, Some("3.11")),
            "--python asks for Python 3.11; /usr/bin/python3.11 is CPython 3.11.2, and truename needs \
             3.12 or newer. Name one that `truename pythons` lists as usable, or install CPython 3.12 \
             or newer (`uv python install 3.13`, `pyenv install 3.13` or the system's packages)."
        );
        assert_eq!(
            refused(&machine, &environment, Some("3.14")),
            "--python asks for Python 3.14, and none was found; usable here: 3.13.0. Install it, or \
             name another one by its path, its command or its version."
        );
        assert_eq!(
            refused(&machine, &environment, machine.at("usr").to_str()),
            "--python asks for /usr, which is a folder, not an interpreter. Name the interpreter \
             inside it, such as /usr/bin/python."
        );
        environment.truename_python = Some("python3.11".into());
        assert_eq!(
            refused(&machine, &environment, None),
            "$TRUENAME_PYTHON asks for the command \"python3.11\", and no folder of PATH holds such a \
             program. Name one that `truename pythons` lists, by its path, its command or its version."
        );
    }

    #[test]
    fn an_active_virtual_environment_is_refused_and_not_replaced() {
        let machine = Machine::new();
        machine.answering("path/python3", (3, 13, 0));
        machine.link("venv/bin/python", "/gone/python3.12");
        let environment = Environment {
            virtual_env: Some(machine.at("venv")),
            ..machine.environment()
        };
        assert_eq!(
            refused(&machine, &environment, None),
            "The virtual environment /venv is active (VIRTUAL_ENV), and its /venv/bin/python is a link \
             to /gone/python3.12, which does not exist. Make it anew with CPython 3.12 or newer, leave \
             it with `deactivate`, or name another interpreter with --python."
        );
    }

    #[test]
    fn where_nothing_can_be_recorded_what_was_found_is_named() {
        let machine = Machine::new();
        let environment = machine.environment();
        assert_eq!(
            refused(&machine, &environment, None),
            "There is no Python here that truename can record: it needs CPython 3.12 or newer, and \
             found on PATH and in the folders of pyenv, uv, truename, /usr and /opt: none at all. To go \
             on, install CPython 3.12 or newer (`uv python install 3.13`, `pyenv install 3.13` or the \
             system's packages), or name one with --python."
        );
        for minor in 6..12 {
            machine.answering(&format!("usr/bin/python3.{minor}"), (3, minor, 0));
        }
        let message = refused(&machine, &environment, None);
        assert!(
            message.contains("/opt: /usr/bin/python3.11 is CPython 3.11.0, and"),
            "{message}"
        );
        assert!(
            message.contains("needs 3.12 or newer; and 2 more. To go on"),
            "{message}"
        );
        assert_eq!(
            refused(&machine, &environment, Some("3.13")),
            "--python asks for Python 3.13, and none was found; usable here: none. Install it, or name \
             another one by its path, its command or its version."
        );
    }
}
