//! The cache of what interpreters said of themselves, so that they need not be started to be asked.
//!
//! One small file per interpreter: truename processes that run at the same time cannot undo each
//! other's work. A cache that cannot be read or written is no error; it only costs time.

use std::io::{self, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::path::{self, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::environment::SearchEnvironment;
use super::identity::{is_script, pyvenv_cfg};
use super::info::InterpreterInfo;
use super::private::{make_private_folder, open_private_file, private_folder};
use super::pyenv::PyenvInputs;
use super::stamp::FileStamp;

/// The end of an entry's file name. Its number goes up when entries change, so that two versions of
/// truename do not replace each other's for ever.
const EXTENSION: &str = ".4.json";

/// Everything on which the answer of an interpreter depends.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CacheKey {
    /// The bytes of the path by which it is started.
    path: Vec<u8>,
    /// The bytes of the path where its file really is, links resolved.
    real_path: Vec<u8>,
    file: FileStamp,
    /// The `pyvenv.cfg` that makes it the interpreter of a virtual environment.
    pyvenv_cfg: Option<FileStamp>,
    /// The inputs of pyenv's choice, where this is one of its shims.
    pyenv: Option<PyenvInputs>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CacheEntry {
    key: CacheKey,
    info: InterpreterInfo,
    /// The interpreter that answered, which a shim has elsewhere.
    executable: Option<FileStamp>,
}

impl CacheKey {
    /// Makes the key of the interpreter at `path`; `None` when there is none.
    pub(super) fn of(environment: &SearchEnvironment, path: &Path) -> Option<Self> {
        let path = path::absolute(path).ok()?;
        let real_path = path.canonicalize().ok()?;
        let pyvenv_cfg = match pyvenv_cfg(&path) {
            Some(file) => Some(FileStamp::of(&file.metadata().ok()?)),
            None => None,
        };
        Some(Self {
            file: FileStamp::of(&real_path.metadata().ok()?),
            path: path.as_os_str().as_bytes().to_vec(),
            pyenv: PyenvInputs::of(environment, &real_path),
            real_path: real_path.as_os_str().as_bytes().to_vec(),
            pyvenv_cfg,
        })
    }

    fn file_name(&self) -> String {
        let digest = Sha256::digest(&self.path);
        let name: String = digest
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        name + EXTENSION
    }
}

/// Returns the last answer of the interpreter at `path`, if it is still the same.
pub(super) fn get(environment: &SearchEnvironment, path: &Path) -> Option<InterpreterInfo> {
    let key = CacheKey::of(environment, path)?;
    let folder = private_folder(&folder(environment)?).ok()?;
    let file = open_private_file(&folder.join(key.file_name())).ok()?;
    let entry: CacheEntry = serde_json::from_reader(BufReader::new(file)).ok()?;
    (entry.key == key && entry.executable == stamp_of(&entry.info)).then_some(entry.info)
}

/// Stamps the interpreter that answered.
fn stamp_of(info: &InterpreterInfo) -> Option<FileStamp> {
    let file = info.executable()?.metadata().ok()?;
    Some(FileStamp::of(&file))
}

/// Keeps an answer, when it will be the same as long as the key is.
pub(super) fn put(environment: &SearchEnvironment, key: CacheKey, info: &InterpreterInfo) {
    let Some(folder) = folder(environment) else {
        return;
    };
    if !spoke_for_itself(&key, info) {
        return;
    }
    let name = key.file_name();
    let entry = CacheEntry {
        key,
        info: info.clone(),
        executable: stamp_of(info),
    };
    if let Err(error) = write(&folder, &name, &entry) {
        log::debug!(
            "cannot cache the probe of an interpreter in {}: {error}",
            folder.display()
        );
    }
}

fn folder(environment: &SearchEnvironment) -> Option<PathBuf> {
    Some(environment.cache_folder()?.join("interpreters"))
}

/// Returns whether the answer came from the very file that was started. Which interpreter a script or a
/// version manager's stand-in starts can change without a change to its file; of pyenv's it is known what
/// changes it.
fn spoke_for_itself(key: &CacheKey, info: &InterpreterInfo) -> bool {
    if key.pyenv.is_some() {
        return true;
    }
    let real_path = Path::new(std::ffi::OsStr::from_bytes(&key.real_path));
    let executable = info.executable().and_then(|path| path.canonicalize().ok());
    executable.as_deref() == Some(real_path) && !is_script(real_path)
}

fn write(folder: &Path, name: &str, entry: &CacheEntry) -> io::Result<()> {
    let folder = make_private_folder(folder)?;
    let mut temporary = NamedTempFile::new_in(&folder)?;
    serde_json::to_writer(&mut temporary, entry)?;
    temporary.persist(folder.join(name))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::{Duration, SystemTime};

    use super::super::testing::{TestMachine, info, pyenv_shim};
    use super::*;

    const VERSION: (u32, u32, u32) = (3, 13, 1);

    #[test]
    fn an_answer_is_remembered() {
        let machine = TestMachine::new();
        let python = machine.remembered("bin/python3", VERSION);
        assert_eq!(
            get(&machine.environment(), &python),
            Some(info(VERSION, &python))
        );
        assert_eq!(get(&machine.environment(), &machine.at("bin/python")), None);
    }

    #[test]
    fn a_file_that_was_written_to_is_another() {
        let machine = TestMachine::new();
        let python = machine.remembered("bin/python3", VERSION);
        machine.write("bin/python3", "another");
        assert_eq!(get(&machine.environment(), &python), None);
    }

    #[test]
    fn a_nanosecond_makes_another_file() {
        let machine = TestMachine::new();
        let python = machine.executable("bin/python3", "not a program");
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let touch = |time| {
            File::options()
                .append(true)
                .open(&python)
                .unwrap()
                .set_modified(time)
        };
        touch(modified).unwrap();
        machine.remember(&python, VERSION);
        assert!(get(&machine.environment(), &python).is_some());
        touch(modified + Duration::from_nanos(1)).unwrap();
        assert_eq!(get(&machine.environment(), &python), None);
    }

    #[test]
    fn a_file_that_was_replaced_by_its_copy_is_another() {
        let machine = TestMachine::new();
        let python = machine.remembered("bin/python3", VERSION);
        let modified = python.metadata().unwrap().modified().unwrap();
        let copy = machine.executable("bin/copy", "not a program");
        File::options()
            .append(true)
            .open(&copy)
            .unwrap()
            .set_modified(modified)
            .unwrap();
        fs::rename(&copy, &python).unwrap();
        assert_eq!(get(&machine.environment(), &python), None);
    }

    #[test]
    fn an_interpreter_that_becomes_part_of_a_virtual_environment_is_another() {
        let machine = TestMachine::new();
        let python = machine.remembered("venv/bin/python", VERSION);
        machine.write("venv/pyvenv.cfg", "home = /usr/bin");
        assert_eq!(get(&machine.environment(), &python), None);
        machine.remember(&python, VERSION);
        assert!(get(&machine.environment(), &python).is_some());
        machine.write("venv/pyvenv.cfg", "home = /usr/local/bin");
        assert_eq!(get(&machine.environment(), &python), None);
    }

    #[test]
    fn a_link_that_leads_elsewhere_now_is_another() {
        let machine = TestMachine::new();
        machine.executable("old/python3", "not a program");
        let python = machine.link("python3", machine.at("old/python3"));
        machine.remember(&python, VERSION);
        assert!(get(&machine.environment(), &python).is_some());
        fs::rename(machine.at("old"), machine.at("new")).unwrap();
        fs::remove_file(&python).unwrap();
        machine.link("python3", machine.at("new/python3"));
        assert_eq!(get(&machine.environment(), &python), None);
    }

    #[test]
    fn a_script_is_never_remembered() {
        let machine = TestMachine::new();
        let python = machine.answering("bin/python3", VERSION);
        machine.remember(&python, VERSION);
        assert_eq!(get(&machine.environment(), &python), None);
        assert!(!machine.at("home").exists());
    }

    #[test]
    fn what_pyenv_chose_is_remembered_until_it_may_choose_anew() {
        let machine = TestMachine::new();
        let environment = SearchEnvironment {
            working_folder: Some(machine.at("home")),
            ..machine.environment()
        };
        let chosen = machine.executable("pyenv/versions/3.13.1/bin/python3", "not a program");
        let shim = machine.executable("pyenv/shims/python3", &pyenv_shim(&machine.at("pyenv")));
        let answer = info(VERSION, &chosen);
        let remember = || {
            let key = CacheKey::of(&environment, &shim).unwrap();
            put(&environment, key, &answer);
            assert_eq!(get(&environment, &shim), Some(answer.clone()));
        };
        remember();
        machine.write("home/.python-version", "3.12.1");
        assert_eq!(get(&environment, &shim), None);
        remember();
        machine.write("pyenv/versions/3.13.1/bin/python3", "another");
        assert_eq!(get(&environment, &shim), None);
    }

    #[test]
    fn a_program_that_starts_another_is_never_remembered() {
        let machine = TestMachine::new();
        let mise = machine.executable("bin/mise", "not a program");
        let python = machine.executable("bin/python3", "not a program");
        let answer = info(VERSION, &python);
        put(
            &machine.environment(),
            CacheKey::of(&machine.environment(), &mise).unwrap(),
            &answer,
        );
        assert_eq!(get(&machine.environment(), &mise), None);
    }

    #[test]
    fn what_is_not_an_entry_is_ignored_and_replaced() {
        let machine = TestMachine::new();
        let environment = machine.environment();
        let python = machine.remembered("bin/python3", VERSION);
        let key = CacheKey::of(&environment, &python).unwrap();
        let file = folder(&environment).unwrap().join(key.file_name());
        fs::write(file, "{\"key\": ").unwrap();
        assert_eq!(get(&environment, &python), None);
        machine.remember(&python, VERSION);
        assert!(get(&environment, &python).is_some());
    }

    #[test]
    fn a_cache_that_cannot_be_written_is_no_error() {
        let machine = TestMachine::new();
        machine.write("home", "a file where a folder should be");
        let python = machine.remembered("bin/python3", VERSION);
        assert_eq!(get(&machine.environment(), &python), None);
    }

    #[test]
    fn without_a_home_nothing_is_remembered() {
        let machine = TestMachine::new();
        let python = machine.executable("bin/python3", "not a program");
        let homeless = SearchEnvironment::default();
        put(
            &homeless,
            CacheKey::of(&homeless, &python).unwrap(),
            &info(VERSION, &python),
        );
        assert_eq!(get(&homeless, &python), None);
    }
}
