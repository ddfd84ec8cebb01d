//! Identities for code without a frame: an answer that says that it was inferred.

use std::path::{Path, PathBuf};

use crate::registry::{Registry, lookup_module_name};
use crate::roots::module_name_from_roots;
use crate::{Grounds, Identity, ModuleName, NameSource, Rival, Rule};

/// The evidence for code without a frame: a filter that is asked ahead of time, a tool over saved
/// code.
#[derive(Clone, Copy, Debug, Default)]
pub struct FramelessEvidence<'a> {
    /// `co_filename`.
    pub file: &'a str,
    /// A `__name__` that the caller has from somewhere.
    pub hint: Option<&'a str>,
}

/// Infers whose body code from a file would be: the module in `registry` that has the file, then the
/// hint, then a guess from `roots`. Names that lose are kept as rivals.
pub fn infer(
    evidence: FramelessEvidence<'_>,
    registry: &mut dyn Registry,
    roots: &[PathBuf],
) -> Identity {
    let usable = |text: Option<&str>| ModuleName::new(text?).ok();
    let path = Path::new(evidence.file);
    let hint = usable(evidence.hint);
    let guess = module_name_from_roots(path, roots);
    let mut losers = [
        (hint, Rule::Hint, NameSource::Name),
        (guess, Rule::Roots, NameSource::Roots),
    ]
    .into_iter()
    .filter_map(|(name, rule, source)| name.map(|name| (name, rule, source)));
    if let Some(found) = lookup_module_name(registry, path) {
        let mut rivals = found.rivals;
        rivals.extend(losers.map(|(name, _, source)| Rival { name, source }));
        let grounds = Grounds {
            file: Some(found.source),
            ..Grounds::default()
        };
        return identity(
            found.name,
            Rule::Registry,
            NameSource::Registry,
            grounds,
            rivals,
        );
    }
    match losers.next() {
        Some((name, rule, source)) => {
            let rivals = losers
                .map(|(name, _, source)| Rival { name, source })
                .collect();
            identity(name, rule, source, Grounds::default(), rivals)
        }
        None => Identity::new(None, Rule::Unproven),
    }
}

fn identity(
    name: ModuleName,
    rule: Rule,
    source: NameSource,
    grounds: Grounds,
    mut rivals: Vec<Rival>,
) -> Identity {
    rivals.retain(|rival| rival.name != name);
    let grounds = Grounds {
        name: Some(source),
        ..grounds
    };
    Identity {
        name: Some(name),
        rule,
        grounds,
        rivals,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FileSource, RegistryEntry};

    struct Counted {
        entries: Vec<RegistryEntry<'static>>,
        asked: u32,
    }

    impl Registry for Counted {
        fn visit(&mut self, visit: &mut dyn FnMut(&RegistryEntry<'_>)) {
            self.asked += 1;
            self.entries.iter().for_each(visit);
        }
    }

    fn ask(
        evidence: FramelessEvidence<'_>,
        entries: &[RegistryEntry<'static>],
    ) -> (String, Rule, usize, u32) {
        let mut registry = Counted {
            entries: entries.to_vec(),
            asked: 0,
        };
        let identity = infer(evidence, &mut registry, &[PathBuf::from("/r")]);
        (
            identity.label(),
            identity.rule,
            identity.rivals.len(),
            registry.asked,
        )
    }

    const FILE: FramelessEvidence<'static> = FramelessEvidence {
        file: "/r/p/m.py",
        hint: None,
    };

    #[test]
    fn the_registry_beats_hint_and_roots_and_is_asked_once() {
        let entry = RegistryEntry {
            name: "q.m",
            file: Some("/r/p/m.py"),
            ..RegistryEntry::default()
        };
        let evidence = FramelessEvidence {
            hint: Some("__main__"),
            ..FILE
        };
        assert_eq!(
            ask(evidence, &[entry]),
            ("<q.m>".into(), Rule::Registry, 2, 1)
        );
    }

    #[test]
    fn the_grounds_say_where_the_name_and_the_file_are_from() {
        let grounds = |entries: &[RegistryEntry<'static>]| {
            let mut registry = Counted {
                entries: entries.to_vec(),
                asked: 0,
            };
            let grounds = infer(FILE, &mut registry, &[PathBuf::from("/r")]).grounds;
            (grounds.name, grounds.file)
        };
        let entry = RegistryEntry {
            name: "q.m",
            cached: Some("/r/p/m.py"),
            ..RegistryEntry::default()
        };
        assert_eq!(
            grounds(&[entry]),
            (Some(NameSource::Registry), Some(FileSource::Cached))
        );
        assert_eq!(grounds(&[]), (Some(NameSource::Roots), None));
    }

    #[test]
    fn a_hint_beats_the_roots() {
        let evidence = FramelessEvidence {
            hint: Some("h"),
            ..FILE
        };
        assert_eq!(ask(evidence, &[]), ("<h>".into(), Rule::Hint, 1, 1));
        assert_eq!(ask(FILE, &[]), ("<p.m>".into(), Rule::Roots, 0, 1));
    }

    #[test]
    fn nothing_at_hand_stays_bare() {
        let evidence = FramelessEvidence {
            file: "<string>",
            hint: Some("<run_path>"),
        };
        assert_eq!(
            ask(evidence, &[]),
            ("<module>".into(), Rule::Unproven, 0, 1)
        );
    }
}
