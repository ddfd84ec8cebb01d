//! The places where Pythons may lie.

use std::collections::HashSet;
use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::Environment;
use super::identity::Identity;
use super::request::PythonRequest;

/// The way in which a Python was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `$TRUENAME_PYTHON` names it.
    TruenamePython,
    /// It belongs to the active virtual environment, `$VIRTUAL_ENV`.
    VirtualEnv,
    /// It lies in a folder of `$PATH`.
    Path,
    /// pyenv installed it.
    Pyenv,
    /// uv installed it.
    Uv,
    /// It was unpacked into truename's own folder, as `just pythons` does.
    Truename,
    /// It lies in `/usr/bin` or `/usr/local/bin`, and `$PATH` does not lead there.
    System,
    /// It lies in a folder of `/opt`.
    Opt,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::TruenamePython => "$TRUENAME_PYTHON",
            Self::VirtualEnv => "$VIRTUAL_ENV",
            Self::Path => "PATH",
            Self::Pyenv => "pyenv",
            Self::Uv => "uv",
            Self::Truename => "truename",
            Self::System => "system",
            Self::Opt => "/opt",
        })
    }
}

/// A path that may be a Python's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) origin: Origin,
}

/// Every place where a Python may lie, each file once.
pub(super) fn places(environment: &Environment) -> Vec<Place> {
    let mut found = Found::default();
    if let Some(path) = named_by_variable(environment) {
        found.file(Origin::TruenamePython, path);
    }
    if let Some(folder) = &environment.virtual_env {
        found.file(Origin::VirtualEnv, python_of(folder));
    }
    for folder in path_folders(environment) {
        found.folder(Origin::Path, &folder);
    }
    for version in subfolders(pyenv_versions(environment)) {
        found.file_if_there(Origin::Pyenv, version.join("bin/python"));
    }
    for version in subfolders(uv_pythons(environment)) {
        found.file_if_there(Origin::Uv, version.join("bin/python3"));
    }
    for version in subfolders(own_pythons(environment)) {
        found.folder(Origin::Truename, &version.join("usr/bin"));
    }
    for folder in ["usr/bin", "usr/local/bin"] {
        found.folder(Origin::System, &environment.root.join(folder));
    }
    for folder in subfolders(Some(environment.root.join("opt"))) {
        found.folder(Origin::Opt, &folder.join("bin"));
        found.folder(Origin::Opt, &folder.join("usr/bin"));
    }
    found.places
}

#[derive(Default)]
struct Found {
    places: Vec<Place>,
    identities: HashSet<Identity>,
    /// Large folders are often reached twice, as `/bin` and `/usr/bin` are.
    folders: HashSet<PathBuf>,
}

impl Found {
    fn file(&mut self, origin: Origin, path: PathBuf) {
        if self.identities.insert(Identity::of(&path)) {
            self.places.push(Place { path, origin });
        }
    }

    /// A link that leads nowhere is there, too, so that it is reported.
    fn file_if_there(&mut self, origin: Origin, path: PathBuf) {
        if path.symlink_metadata().is_ok() {
            self.file(origin, path);
        }
    }

    fn folder(&mut self, origin: Origin, folder: &Path) {
        let Ok(real) = folder.canonicalize() else {
            return;
        };
        if self.folders.insert(real) {
            for path in entries(folder, is_python_name) {
                self.file(origin, path);
            }
        }
    }
}

/// The file that a shell would run for the command `name`.
pub(super) fn on_path(environment: &Environment, name: &OsStr) -> Option<PathBuf> {
    let files = path_folders(environment)
        .into_iter()
        .map(|folder| folder.join(name));
    files.into_iter().find(|file| is_executable(file))
}

/// The interpreter of a virtual environment.
pub(super) fn python_of(virtual_env: &Path) -> PathBuf {
    virtual_env.join("bin/python")
}

fn named_by_variable(environment: &Environment) -> Option<PathBuf> {
    match PythonRequest::read(environment.truename_python.as_ref()?) {
        PythonRequest::Path(path) => Some(path),
        PythonRequest::Command(name) => on_path(environment, &name),
        PythonRequest::Version(_) => None,
    }
}

fn path_folders(environment: &Environment) -> Vec<PathBuf> {
    let folders = environment.path.iter().flat_map(env::split_paths);
    // An empty entry is the working folder; spelt out, it keeps a slash in what is found there.
    let spelt = folders.map(|folder| match folder.as_os_str().is_empty() {
        true => PathBuf::from("."),
        false => folder,
    });
    spelt.collect()
}

fn pyenv_versions(environment: &Environment) -> Option<PathBuf> {
    let root = environment
        .pyenv_root
        .clone()
        .or_else(|| environment.at_home(".pyenv"))?;
    Some(root.join("versions"))
}

fn uv_pythons(environment: &Environment) -> Option<PathBuf> {
    let given = environment.uv_python_install_dir.clone();
    given.or_else(|| Some(environment.data_home()?.join("uv/python")))
}

fn own_pythons(environment: &Environment) -> Option<PathBuf> {
    Some(environment.data_home()?.join("truename/pythons"))
}

fn subfolders(folder: Option<PathBuf>) -> Vec<PathBuf> {
    let mut found = folder.map_or_else(Vec::new, |folder| entries(&folder, |_| true));
    found.retain(|path| path.is_dir());
    found
}

/// Lists the entries of a folder whose names are `wanted`, sorted; nothing when it cannot be read.
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

    use super::super::testing::Machine;
    use super::*;

    fn listed(machine: &Machine, environment: &Environment) -> Vec<String> {
        let places = places(environment);
        let lines = places
            .iter()
            .map(|place| format!("{} {}", place.origin, place.path.display()));
        lines.map(|line| machine.redact(line)).collect()
    }

    #[test]
    fn every_kind_of_place_is_looked_at() {
        let machine = Machine::new();
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
        let environment = Environment {
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
        let machine = Machine::new();
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
        let environment = Environment {
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
        let machine = Machine::new();
        machine.executable("usr/bin/python3.13", "not a program");
        machine.link("usr/bin/python3", "python3.13");
        machine.link("bin", "usr/bin");
        machine.link("path/python3", "../usr/bin/python3");
        machine.link("home/.pyenv/versions/gone/bin/python", "python3.9");
        machine.write("home/.pyenv/versions/half-installed/README", "");
        let environment = Environment {
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
        let nowhere = Environment {
            root: "/nonexistent".into(),
            ..Environment::default()
        };
        assert_eq!(places(&nowhere), []);
    }

    #[test]
    fn a_command_is_the_first_file_on_path_that_may_be_executed() {
        let machine = Machine::new();
        machine.write("plain/python3", "");
        fs::create_dir_all(machine.at("folder/python3")).unwrap();
        let first = machine.executable("first/python3", "");
        machine.executable("second/python3", "");
        let folders = ["none", "plain", "folder", "first", "second"].map(|name| machine.at(name));
        let environment = Environment {
            path: Some(env::join_paths(folders).unwrap()),
            ..machine.environment()
        };
        assert_eq!(on_path(&environment, OsStr::new("python3")), Some(first));
        assert_eq!(on_path(&environment, OsStr::new("python")), None);
    }

    #[test]
    fn the_working_folder_on_path_is_spelt_out() {
        let environment = Environment {
            path: Some(":/usr/bin".into()),
            ..Environment::default()
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
