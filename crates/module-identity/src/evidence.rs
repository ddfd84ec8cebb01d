//! The evidence that a start of code named `<module>` leaves.

use std::borrow::Cow;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use crate::{ModuleName, Runner};

/// `CO_GENERATOR | CO_COROUTINE | CO_ITERABLE_COROUTINE | CO_ASYNC_GENERATOR | CO_OPTIMIZED |
/// CO_NEWLOCALS`, from CPython's `Include/cpython/code.h`: code with one of these is a function's,
/// a generator's or a coroutine's, never a module body's.
const NOT_A_BODY: u32 = 0x20 | 0x80 | 0x100 | 0x200 | 0x1 | 0x2;

/// Code that starts, and the namespace in which it starts.
#[derive(Clone, Debug, Default)]
pub struct FrameEvidence<'a> {
    /// The code object.
    pub code: CodeEvidence<'a>,
    /// True if the frame's locals are its globals, as in each module body.
    pub locals_are_globals: bool,
    /// The frame's globals.
    pub namespace: NamespaceEvidence<'a>,
}

/// A code object's own attributes.
#[derive(Clone, Debug, Default)]
pub struct CodeEvidence<'a> {
    /// `co_name`.
    pub name: Cow<'a, str>,
    /// `co_qualname`.
    pub qualname: Cow<'a, str>,
    /// `co_filename`.
    pub file: Cow<'a, str>,
    /// `co_flags`.
    pub flags: u32,
}

impl CodeEvidence<'_> {
    /// Returns whether the code's own shape is a module body's: named `<module>`, stray white space
    /// aside, and neither a function nor a coroutine.
    pub fn is_module_code(&self) -> bool {
        self.name.trim() == crate::BARE_LABEL
            && self.qualname.trim() == crate::BARE_LABEL
            && self.flags & NOT_A_BODY == 0
    }
}

/// The names of a namespace that say whose it is, read without running any of the program's code.
#[derive(Clone, Debug, Default)]
pub struct NamespaceEvidence<'a> {
    /// `__name__`, when it is a str.
    pub name: Option<Cow<'a, str>>,
    /// `__file__`, when it is a str.
    pub file: Option<Cow<'a, str>>,
    /// `__spec__`, when it is there and not `None`.
    pub spec: Option<SpecEvidence<'a>>,
    /// True if it holds only what the import system sets before a body runs.
    pub fresh: bool,
    /// True if all of its names are dunders, those that the import system sets or others.
    pub only_dunders: bool,
    /// True if the loader reads from a zip file.
    pub zipped: bool,
    /// True if it holds any of the names that each module object is born with: a plain dict that
    /// was given to `exec` does not, and is not worth a search of `sys.modules`.
    pub has_module_dunders: bool,
}

/// The module spec in a namespace.
#[derive(Clone, Debug, Default)]
pub struct SpecEvidence<'a> {
    /// `name`, when it is a str.
    pub name: Option<Cow<'a, str>>,
    /// `origin`, when it is a str.
    pub origin: Option<Cow<'a, str>>,
    /// `_initializing`: the import system is at work on this module.
    pub initializing: bool,
}

/// The names that the import system sets before a body runs; a namespace with others is not fresh.
///
/// From `importlib._bootstrap._init_module_attrs`, `PyModule_New`, `exec` (`__builtins__`), and
/// `runpy` and the interpreter's own preparation of `__main__` (`__annotations__`).
pub const FRESH_NAMES: &[&str] = &[
    "__name__",
    "__doc__",
    "__package__",
    "__loader__",
    "__spec__",
    "__path__",
    "__file__",
    "__cached__",
    "__builtins__",
    "__annotations__",
];

/// The evidence that only a running Python has, asked for when a decision needs it and at most once.
pub trait PythonState {
    /// Finds out who runs the code that starts.
    fn runner(&mut self) -> Runner;

    /// Returns whether the entry of `sys.modules` under `name` has this very namespace.
    fn is_registered_as(&mut self, name: &ModuleName) -> bool;

    /// Returns the key in `sys.modules` of the module that has this very namespace.
    fn registered_name(&mut self) -> Option<String>;

    /// Returns whether the code starts on the interpreter's main thread.
    fn on_main_thread(&mut self) -> bool;

    /// Returns whether the code starts in the interpreter with which the process began: the one that has the
    /// program of `-c`, of standard input and of the prompt.
    fn in_main_interpreter(&mut self) -> bool;

    /// Returns whether the namespace is the one that the interpreter itself made for `__main__`: that of a
    /// script, of `-c` and of its own prompt. A notebook's is another.
    fn is_builtin_main_namespace(&mut self) -> bool;

    /// Returns whether the function that runs the code was handed it, or the namespace for it, and is
    /// not of the module that the namespace is of.
    fn is_handed_over(&mut self) -> bool;

    /// Returns whether the function that runs the code is the one that runs the statements of the prompt
    /// or the cells of the notebook that this namespace is of: the one that ran the first of them.
    fn is_kernel(&mut self) -> bool;

    /// Returns whether the interpreter has a prompt of its own.
    fn has_prompt(&mut self) -> bool;

    /// Returns whether the code binds a name in its namespace, which an expression does not.
    fn binds_names(&mut self) -> bool;

    /// Returns whether code in this namespace was named before that no loader ran.
    fn has_had_a_body(&mut self) -> bool;

    /// Returns whether the namespace's file, `__file__`, has run in it as the main program.
    fn has_run_its_file(&mut self) -> bool;

    /// Returns whether two file names lead to the same existing file.
    fn same_file(&mut self, one: &str, other: &str) -> bool {
        let real = |path| std::fs::canonicalize(path_of(path));
        match (real(one), real(other)) {
            (Ok(one), Ok(other)) => one == other,
            _ => false,
        }
    }

    /// Returns whether there is such a file.
    fn is_file(&mut self, path: &str) -> bool {
        path_of(path).is_file()
    }

    /// Returns whether a path leads into a file, as into a zip file.
    fn is_in_archive(&mut self, path: &str) -> bool {
        let path = path_of(path);
        let mut above = path.ancestors().skip(1);
        above.find(|path| path.exists()).is_some_and(Path::is_file)
    }
}

/// Returns the path that a text from Python names. What of it UTF-8 cannot carry appears there as `\udce9`,
/// which is Python's way to write the byte 0xE9.
fn path_of(text: &str) -> Cow<'_, Path> {
    const ESCAPE: &str = r"\udc";
    let literal = Cow::Borrowed(Path::new(text));
    if !text.contains(ESCAPE) || literal.exists() {
        return literal;
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(ESCAPE) {
        bytes.extend_from_slice(before.as_bytes());
        let byte = after
            .get(..2)
            .and_then(|it| u8::from_str_radix(it, 16).ok());
        let Some(byte) = byte else { return literal };
        bytes.push(byte);
        rest = &after[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    Cow::Owned(PathBuf::from(OsString::from_vec(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Python that knows nothing but the machine's files.
    struct Files;

    impl PythonState for Files {
        fn runner(&mut self) -> Runner {
            Runner::Other
        }

        fn is_registered_as(&mut self, _: &ModuleName) -> bool {
            false
        }

        fn registered_name(&mut self) -> Option<String> {
            None
        }

        fn on_main_thread(&mut self) -> bool {
            false
        }

        fn in_main_interpreter(&mut self) -> bool {
            false
        }

        fn is_builtin_main_namespace(&mut self) -> bool {
            false
        }

        fn is_handed_over(&mut self) -> bool {
            false
        }

        fn is_kernel(&mut self) -> bool {
            false
        }

        fn has_prompt(&mut self) -> bool {
            false
        }

        fn binds_names(&mut self) -> bool {
            false
        }

        fn has_had_a_body(&mut self) -> bool {
            false
        }

        fn has_run_its_file(&mut self) -> bool {
            false
        }
    }

    #[test]
    fn files_are_looked_for_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        for name in ["a.py", "b.py", r"caf\udce9.py"] {
            std::fs::write(path(name), "").unwrap();
        }
        std::os::unix::fs::symlink(path("a.py"), path("link.py")).unwrap();

        assert!(Files.same_file(&path("a.py"), &path("link.py")));
        assert!(!Files.same_file(&path("a.py"), &path("b.py")));
        assert!(!Files.same_file(&path("none.py"), &path("none.py")));

        assert!(Files.is_file(&path("a.py")));
        assert!(Files.is_file(&path(r"caf\udce9.py")));
        assert!(!Files.is_file(&path("none.py")));
        assert!(!Files.is_file(&path("")));

        assert!(Files.is_in_archive(&path("a.py/pkg/mod.py")));
        assert!(!Files.is_in_archive(&path("a.py")));
        assert!(!Files.is_in_archive(&path("none/pkg/mod.py")));
    }

    #[test]
    fn each_flag_of_a_function_or_a_coroutine_is_no_bodys() {
        let code = |flags| CodeEvidence {
            name: crate::BARE_LABEL.into(),
            qualname: crate::BARE_LABEL.into(),
            flags,
            ..CodeEvidence::default()
        };
        assert!(code(0x40).is_module_code());
        for flag in [0x1, 0x2, 0x20, 0x80, 0x100, 0x200] {
            assert!(!code(0x40 | flag).is_module_code(), "{flag:#x}");
        }
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_found_behind_their_escapes() {
        let path = |text: &'static str| path_of(text).into_owned().into_os_string().into_vec();
        assert_eq!(path("caf\u{e9}/a.py"), "caf\u{e9}/a.py".as_bytes());
        assert_eq!(path(r"caf\udce9/\udcff.py"), b"caf\xe9/\xff.py");
        assert_eq!(path(r"caf\udc"), br"caf\udc");
        assert_eq!(path(r"caf\udcxy\udce9"), br"caf\udcxy\udce9");
    }
}
