//! Discovery: the files that may be Python interpreters.

use std::collections::HashSet;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::environment::SearchEnvironment;
use super::identity::ExecutableIdentity;
use super::request::PythonRequest;
use super::source::PythonSource;

/// A file that may be a Python interpreter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PythonExecutable {
    pub(super) path: PathBuf,
    pub(super) source: PythonSource,
}

/// Lists the files that may be Python interpreters, each file once.
pub(super) fn python_executables(environment: &SearchEnvironment) -> Vec<PythonExecutable> {
    let mut found = ExecutableList::default();
    if let Some(path) = named_by_variable(environment) {
        found.file(PythonSource::TruenamePython, path);
    }
    if let Some(folder) = &environment.virtual_env {
        found.file(PythonSource::VirtualEnv, python_of(folder));
    }
    for folder in path_folders(environment) {
        found.folder(PythonSource::Path, &folder);
    }
    for version in subfolders(pyenv_versions(environment)) {
        found.file_if_there(PythonSource::Pyenv, version.join("bin/python"));
    }
    for version in subfolders(uv_pythons(environment)) {
        found.file_if_there(PythonSource::Uv, version.join("bin/python3"));
    }
    for version in subfolders(own_pythons(environment)) {
        found.folder(PythonSource::Truename, &version.join("usr/bin"));
    }
    for folder in ["usr/bin", "usr/local/bin"] {
        found.folder(PythonSource::System, &environment.root.join(folder));
    }
    for folder in subfolders(Some(environment.root.join("opt"))) {
        found.folder(PythonSource::Opt, &folder.join("bin"));
        found.folder(PythonSource::Opt, &folder.join("usr/bin"));
    }
    found.executables
}

#[derive(Default)]
struct ExecutableList {
    executables: Vec<PythonExecutable>,
    identities: HashSet<ExecutableIdentity>,
    /// Large folders are often reached twice, as `/bin` and `/usr/bin` are.
    folders: HashSet<PathBuf>,
}

impl ExecutableList {
    fn file(&mut self, source: PythonSource, path: PathBuf) {
        if self.identities.insert(ExecutableIdentity::of(&path)) {
            self.executables.push(PythonExecutable { path, source });
        }
    }

    /// Adds a file that is there. A link that leads nowhere is there, too, so that it is reported.
    fn file_if_there(&mut self, source: PythonSource, path: PathBuf) {
        if path.symlink_metadata().is_ok() {
            self.file(source, path);
        }
    }

    fn folder(&mut self, source: PythonSource, folder: &Path) {
        let Ok(real) = folder.canonicalize() else {
            return;
        };
        if self.folders.insert(real) {
            for path in entries(folder, is_python_name) {
                self.file(source, path);
            }
        }
    }
}

/// Finds the file that a shell would run for the command `name`.
pub(super) fn on_path(environment: &SearchEnvironment, name: &OsStr) -> Option<PathBuf> {
    let files = path_folders(environment)
        .into_iter()
        .map(|folder| folder.join(name));
    files.into_iter().find(|file| is_executable(file))
}

/// Returns the path of the interpreter of a virtual environment.
pub(super) fn python_of(virtual_env: &Path) -> PathBuf {
    virtual_env.join("bin/python")
}

fn named_by_variable(environment: &SearchEnvironment) -> Option<PathBuf> {
    match PythonRequest::read(environment.truename_python.as_ref()?) {
        PythonRequest::File(path) => Some(path),
        PythonRequest::ExecutableName(name) => on_path(environment, &name),
        PythonRequest::Version(_) => None,
    }
}

fn path_folders(environment: &SearchEnvironment) -> Vec<PathBuf> {
    let folders = environment.path.iter().flat_map(env::split_paths);
    // An empty entry is the working folder; spelt out, it keeps a slash in what is found there.
    let spelt = folders.map(|folder| match folder.as_os_str().is_empty() {
        true => PathBuf::from("."),
        false => folder,
    });
    spelt.collect()
}

fn pyenv_versions(environment: &SearchEnvironment) -> Option<PathBuf> {
    let root = environment
        .pyenv_root
        .clone()
        .or_else(|| environment.at_home(".pyenv"))?;
    Some(root.join("versions"))
}

fn uv_pythons(environment: &SearchEnvironment) -> Option<PathBuf> {
    let given = environment.uv_python_install_dir.clone();
    given.or_else(|| Some(environment.data_home()?.join("uv/python")))
}

fn own_pythons(environment: &SearchEnvironment) -> Option<PathBuf> {
    Some(environment.data_home()?.join("truename/pythons"))
}

fn subfolders(folder: Option<PathBuf>) -> Vec<PathBuf> {
    let mut found = folder.map_or_else(Vec::new, |folder| entries(&folder, |_| true));
    found.retain(|path| path.is_dir());
    found
}

/// Lists the entries of a folder whose names are `wanted`, sorted; none when it cannot be read.
fn entries(folder: &Path, wanted: fn(&OsStr) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name());
    let mut names: Vec<_> = names.filter(|name| wanted(name)).collect();
    names.sort();
    names.iter().map(|name| folder.join(name)).collect()
}

fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// Returns whether a file's name is one that a Python 3 goes by: `python`, `python3` or `python3.N`.
fn is_python_name(name: &OsStr) -> bool {
    match name.to_str().and_then(|name| name.strip_prefix("python")) {
        Some("" | "3") => true,
        Some(rest) => rest
            .strip_prefix("3.")
            .is_some_and(|minor| minor.parse::<u32>().is_ok()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::testing::TestMachine;
    use super::*;

    fn listed(machine: &TestMachine, environment: &SearchEnvironment) -> Vec<String> {
        let executables = python_executables(environment);
        let lines = executables
            .iter()
            .map(|it| format!("{} {}", it.source, it.path.display()));
        lines.map(|line| machine.redact(line)).collect()
    }

    #[test]
    fn every_kind_of_place_is_looked_at() {
        let machine = TestMachine::new();
        for file in [
            "named/python3.12",
            "venv/bin/python",
            "path/python",
            "path/python3",
            "path/python3.13",
            "home/.pyenv/versions/3.12.1/bin/python",
            "home/.pyenv/versions/pypy3.10/bin/python",
            "home/.local/share/uv/python/cpython-3.13/bin/python3",
            "home/.local/share/truename/pythons/py3.14/usr/bin/python3.14",
            "usr/bin/python3",
            "usr/local/bin/python3.12",
            "opt/homebrew/bin/python3",
            "opt/vendor/usr/bin/python3",
        ] {
            machine.executable(file, "not a program");
        }
        let environment = SearchEnvironment {
            truename_python: Some(machine.at("named/python3.12").into()),
            virtual_env: Some(machine.at("venv")),
            ..machine.environment()
        };
        assert_eq!(
            listed(&machine, &environment),
            [
                "$TRUENAME_PYTHON /named/python3.12",
                "$VIRTUAL_ENV /venv/bin/python",
                "PATH /path/python",
                "PATH /path/python3",
                "PATH /path/python3.13",
                "pyenv /home/.pyenv/versions/3.12.1/bin/python",
                "pyenv /home/.pyenv/versions/pypy3.10/bin/python",
                "uv /home/.local/share/uv/python/cpython-3.13/bin/python3",
                "truename /home/.local/share/truename/pythons/py3.14/usr/bin/python3.14",
                "system /usr/bin/python3",
                "system /usr/local/bin/python3.12",
                "/opt /opt/homebrew/bin/python3",
                "/opt /opt/vendor/usr/bin/python3",
            ]
        );
    }

    #[test]
    fn folders_that_variables_name_are_looked_at_instead() {
        let machine = TestMachine::new();
        for file in [
            "home/.pyenv/versions/3.12.1/bin/python",
            "home/.local/share/uv/python/cpython-3.13/bin/python3",
            "home/.local/share/truename/pythons/py3.14/usr/bin/python3.14",
            "pyenv/versions/3.12.2/bin/python",
            "uv/cpython-3.13.2/bin/python3",
            "data/truename/pythons/py3.15/usr/bin/python3.15",
        ] {
            machine.executable(file, "not a program");
        }
        let environment = SearchEnvironment {
            pyenv_root: Some(machine.at("pyenv")),
            uv_python_install_dir: Some(machine.at("uv")),
            xdg_data_home: Some(machine.at("data")),
            ..machine.environment()
        };
        assert_eq!(
            listed(&machine, &environment),
            [
                "pyenv /pyenv/versions/3.12.2/bin/python",
                "uv /uv/cpython-3.13.2/bin/python3",
                "truename /data/truename/pythons/py3.15/usr/bin/python3.15",
            ]
        );
    }

    #[test]
    fn each_file_is_listed_once_and_a_broken_link_is_listed() {
        let machine = TestMachine::new();
        machine.executable("usr/bin/python3.13", "not a program");
        machine.link("usr/bin/python3", "python3.13");
        machine.link("bin", "usr/bin");
        machine.link("path/python3", "../usr/bin/python3");
        machine.link("home/.pyenv/versions/gone/bin/python", "python3.9");
        machine.write("home/.pyenv/versions/half-installed/README", "");
        let environment = SearchEnvironment {
            path: Some(env::join_paths([machine.at("path"), machine.at("bin")]).unwrap()),
            ..machine.environment()
        };
        assert_eq!(
            listed(&machine, &environment),
            [
                "PATH /path/python3",
                "pyenv /home/.pyenv/versions/gone/bin/python"
            ]
        );
    }

    #[test]
    fn an_empty_environment_leads_nowhere() {
        let nowhere = SearchEnvironment {
            root: "/nonexistent".into(),
            ..SearchEnvironment::default()
        };
        assert_eq!(python_executables(&nowhere), []);
    }

    #[test]
    fn a_command_is_the_first_file_on_path_that_may_be_executed() {
        let machine = TestMachine::new();
        machine.write("plain/python3", "");
        fs::create_dir_all(machine.at("folder/python3")).unwrap();
        let first = machine.executable("first/python3", "");
        machine.executable("second/python3", "");
        let folders = ["none", "plain", "folder", "first", "second"].map(|name| machine.at(name));
        let environment = SearchEnvironment {
            path: Some(env::join_paths(folders).unwrap()),
            ..machine.environment()
        };
        assert_eq!(on_path(&environment, OsStr::new("python3")), Some(first));
        assert_eq!(on_path(&environment, OsStr::new("python")), None);
    }

    #[test]
    fn the_working_folder_on_path_is_spelt_out() {
        let environment = SearchEnvironment {
            path: Some(":/usr/bin".into()),
            ..SearchEnvironment::default()
        };
        let folders = path_folders(&environment);
        assert_eq!(folders, [Path::new("."), Path::new("/usr/bin")]);
    }

    #[rstest]
    #[case("python", true)]
    #[case("python3", true)]
    #[case("python3.12", true)]
    #[case("python2", false)]
    #[case("python2.7", false)]
    #[case("python3.", false)]
    #[case("python3.12-config", false)]
    #[case("python-config", false)]
    #[case("ipython", false)]
    #[case("pypy3", false)]
    fn names(#[case] name: &str, #[case] is_one: bool) {
        assert_eq!(is_python_name(OsStr::new(name)), is_one);
    }
}
