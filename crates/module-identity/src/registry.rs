//! Finding a file among the modules that Python has.

use std::path::{Path, PathBuf};

use crate::roots::source_path;
use crate::{FileSource, ModuleName, NameSource, Rival};

/// The modules in `sys.modules`, as their raw dictionaries have them.
pub trait Registry {
    /// Calls `visit` with each module, in the registry's order.
    fn visit(&mut self, visit: &mut dyn FnMut(&RegistryEntry<'_>));
}

/// One module in `sys.modules`.
#[derive(Clone, Copy, Debug, Default)]
pub struct RegistryEntry<'a> {
    /// The key.
    pub name: &'a str,
    /// `__file__`, when it is a str.
    pub file: Option<&'a str>,
    /// `__cached__`, when it is a str.
    pub cached: Option<&'a str>,
    /// `__spec__.origin`, when it is a str.
    pub origin: Option<&'a str>,
}

/// A module that was found by its file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Registered {
    /// Its name.
    pub name: ModuleName,
    /// The attribute that named the file.
    pub source: FileSource,
    /// Other modules from the same file.
    pub rivals: Vec<Rival>,
}

/// Finds the module that came from `file`, whether that names its source or its bytecode.
///
/// Of several, one that is not `__main__` or `__mp_main__` comes first, then the registry's order
/// counts. Modules without a file (namespace packages, built-in modules) are never found.
pub fn lookup_module_name(registry: &mut dyn Registry, file: &Path) -> Option<Registered> {
    let wanted = comparable(file);
    let mut found: Vec<(ModuleName, FileSource)> = Vec::new();
    registry.visit(&mut |entry| {
        let sources = [
            (FileSource::File, entry.file),
            (FileSource::Cached, entry.cached),
            (FileSource::Origin, entry.origin),
        ];
        let agreeing = sources
            .into_iter()
            .find(|(_, path)| path.is_some_and(|path| comparable(Path::new(path)) == wanted));
        if let (Some((source, _)), Ok(name)) = (agreeing, ModuleName::new(entry.name)) {
            found.push((name, source));
        }
    });
    found.sort_by_key(|(name, _)| matches!(name.as_str(), "__main__" | "__mp_main__"));
    let mut found = found.into_iter();
    let (name, source) = found.next()?;
    let rivals = found
        .map(|(name, _)| Rival {
            name,
            source: NameSource::Registry,
        })
        .collect();
    Some(Registered {
        name,
        source,
        rivals,
    })
}

fn comparable(file: &Path) -> PathBuf {
    source_path(file).unwrap_or_else(|| file.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Stub(Vec<RegistryEntry<'static>>);

    impl Registry for Stub {
        fn visit(&mut self, visit: &mut dyn FnMut(&RegistryEntry<'_>)) {
            self.0.iter().for_each(visit);
        }
    }

    fn lookup(entries: &[RegistryEntry<'static>], file: &str) -> Option<(String, Vec<String>)> {
        let found = lookup_module_name(&mut Stub(entries.to_vec()), Path::new(file))?;
        let rivals = found
            .rivals
            .into_iter()
            .map(|rival| rival.name.into())
            .collect();
        Some((found.name.into(), rivals))
    }

    fn from_file(name: &'static str, file: &'static str) -> RegistryEntry<'static> {
        RegistryEntry {
            name,
            file: Some(file),
            ..RegistryEntry::default()
        }
    }

    #[test]
    fn source_and_bytecode_are_one_module() {
        let sourceless = [from_file("a", "/r/a.pyc")];
        assert_eq!(lookup(&sourceless, "/r/a.py"), Some(("a".into(), vec![])));
        let source = [from_file("a", "/r/a.py")];
        assert_eq!(lookup(&source, "/r/a.pyc"), Some(("a".into(), vec![])));
        assert_eq!(
            lookup(&source, "/r/__pycache__/a.cpython-312.pyc"),
            Some(("a".into(), vec![]))
        );
    }

    #[test]
    fn cached_and_origin_serve_where_file_is_missing() {
        let cached = RegistryEntry {
            name: "a",
            cached: Some("/r/a.py"),
            ..RegistryEntry::default()
        };
        let origin = RegistryEntry {
            name: "b",
            origin: Some("/r/b.py"),
            ..RegistryEntry::default()
        };
        let both = [cached, origin];
        assert_eq!(lookup(&both, "/r/a.py"), Some(("a".into(), vec![])));
        assert_eq!(lookup(&both, "/r/b.py"), Some(("b".into(), vec![])));
    }

    #[test]
    fn the_main_program_yields_to_the_imported_module() {
        let twice = [from_file("__main__", "/r/a.py"), from_file("a", "/r/a.py")];
        assert_eq!(
            lookup(&twice, "/r/a.py"),
            Some(("a".into(), vec!["__main__".into()]))
        );
    }

    #[test]
    fn namespace_packages_unusable_keys_and_strangers_are_not_found() {
        let entries = [
            RegistryEntry {
                name: "namespace",
                ..RegistryEntry::default()
            },
            from_file("<run_path>", "/r/a.py"),
            from_file("other", "/r/other.py"),
        ];
        assert_eq!(lookup(&entries, "/r/a.py"), None);
        assert_eq!(lookup(&[], "/r/a.py"), None);
    }
}
