//! The procedure: from evidence to identity, for a frame that starts.
//!
//! `docs/labelling.md` explains each step. A wrong name is worse than `<module>`, so each
//! step that names a module asks for proof that the code is that module's body.

use crate::evidence::{FrameEvidence, NamespaceEvidence, PythonState};
use crate::{FileSource, Grounds, Identity, ModuleName, NameSource, Rival, Rule, Runner};

const MAIN: &str = "__main__";
const COMMAND_FILE: &str = "<string>";

/// The beginnings of the file names that the interpreter's own prompt gives its statements, and of that
/// of a program on standard input: `<stdin>`, numbered as `<stdin>-0` by 3.13 and `<stdin-0>` later.
const STANDARD_INPUT: [&str; 2] = ["<stdin>", "<stdin-"];

/// The beginnings of those of the prompts that are written in Python: CPython's newer one, and IPython's.
const PROMPTS: [&str; 2] = ["<python-input-", "<ipython-input-"];

/// CPython 3.13 starts its prompt as this module, in the namespace of `__main__`.
const PROMPT_MODULE: &str = "_pyrepl.__main__";

/// Decides which module's body starts.
///
/// `python` is asked lazily, each question at most once.
pub fn decide(evidence: &FrameEvidence<'_>, python: &mut dyn PythonState) -> Identity {
    let identity = Procedure::new(evidence, python).decide();
    log(evidence, &identity);
    identity
}

/// Logs what somebody who looks for a label that they miss would want to know.
fn log(evidence: &FrameEvidence<'_>, identity: &Identity) {
    let file = &evidence.code.file;
    if identity.name.is_none() && is_real_file_name(file) && identity.rule != Rule::NotModuleCode {
        log::debug!("{file} stays <module>: {}", identity.rule.reason());
    }
    for rival in identity
        .rivals
        .iter()
        .filter(|rival| rival.name.as_str() != MAIN)
    {
        let label = identity.label();
        log::debug!(
            "{file} is {label}, though {:?} says {}",
            rival.source,
            rival.name
        );
    }
}

struct OwnerClaim {
    name: ModuleName,
    source: NameSource,
}

struct Procedure<'a, 'p> {
    evidence: &'a FrameEvidence<'a>,
    python: &'p mut dyn PythonState,
    grounds: Grounds,
    rivals: Vec<Rival>,
    registered: Option<bool>,
}

impl<'a, 'p> Procedure<'a, 'p> {
    fn new(evidence: &'a FrameEvidence<'a>, python: &'p mut dyn PythonState) -> Self {
        let grounds = Grounds {
            fresh: evidence.namespace.fresh,
            ..Grounds::default()
        };
        Self {
            evidence,
            python,
            grounds,
            rivals: Vec::new(),
            registered: None,
        }
    }

    fn decide(mut self) -> Identity {
        if !self.evidence.code.is_module_code() || !self.evidence.locals_are_globals {
            return self.bare(Rule::NotModuleCode);
        }
        let Some(owner) = self.owner() else {
            return self.bare(Rule::NoOwner);
        };
        self.grounds.name = Some(owner.source);
        match self.rule_for(&owner) {
            Ok(rule) => self.named(owner, rule),
            Err(rule) => self.bare(rule),
        }
    }

    /// Returns the rule that proves `owner`, or else the rule that keeps `<module>`.
    fn rule_for(&mut self, owner: &OwnerClaim) -> Result<Rule, Rule> {
        if self.is_interactive() {
            return Ok(Rule::Interactive);
        }
        self.grounds.file = self.agreeing_file();
        let nested = self.is_nested();
        if self.grounds.file.is_some() && self.runs_its_file() {
            return Ok(Rule::File);
        }
        if self.is_frozen() && !nested && self.is_first_code() {
            return Ok(Rule::Frozen);
        }
        if owner.name.as_str() == MAIN && self.is_unfiled() {
            return self.main_rule(owner, nested);
        }
        if nested {
            return Err(Rule::Nested);
        }
        if self.is_bytecode() {
            return Ok(Rule::Bytecode);
        }
        if self.is_under_way(owner) && !self.is_contradicted() {
            return Ok(Rule::Loader);
        }
        if self.is_hand_made(owner) {
            return Ok(Rule::HandMade);
        }
        Err(Rule::Unproven)
    }

    /// Finds out whose namespace it is: `__spec__.name`, then `__name__`, then whoever has it in
    /// `sys.modules`.
    fn owner(&mut self) -> Option<OwnerClaim> {
        let namespace = &self.evidence.namespace;
        let (spec, name) = names(namespace);
        match (spec, name) {
            (Some(spec), name) => {
                if let Some(name) = name.filter(|name| *name != spec) {
                    self.rivals.push(Rival {
                        name,
                        source: NameSource::Name,
                    });
                }
                Some(OwnerClaim {
                    name: spec,
                    source: NameSource::Spec,
                })
            }
            (None, Some(name)) => Some(OwnerClaim {
                name,
                source: NameSource::Name,
            }),
            (None, None) if namespace.has_module_dunders => {
                let name = usable(self.python.registered_name().as_deref())?;
                self.registered = Some(true);
                Some(OwnerClaim {
                    name,
                    source: NameSource::Registry,
                })
            }
            (None, None) => None,
        }
    }

    fn runner(&mut self) -> Runner {
        match self.grounds.runner {
            Some(runner) => runner,
            None => *self.grounds.runner.insert(self.python.runner()),
        }
    }

    fn is_registered(&mut self, owner: &OwnerClaim) -> bool {
        match self.registered {
            Some(registered) => registered,
            None => *self
                .registered
                .insert(self.python.is_registered_as(&owner.name)),
        }
    }

    /// Returns whether it is a statement at a prompt, or the program on standard input: run by the interpreter itself, or
    /// by the code of a prompt, and never by the program's own code.
    fn is_interactive(&mut self) -> bool {
        let file = &*self.evidence.code.file;
        let begins = |names: &[&str]| names.iter().any(|name| file.starts_with(name));
        let typed = if begins(&STANDARD_INPUT) {
            self.runner() == Runner::Interpreter
        } else if begins(&PROMPTS) {
            let spec = self.evidence.namespace.spec.as_ref();
            let prompt = spec.is_some_and(|spec| spec.name.as_deref() == Some(PROMPT_MODULE));
            prompt || !self.is_nested()
        } else {
            false
        };
        typed && ModuleName::new(MAIN).is_ok_and(|main| self.python.is_registered_as(&main))
    }

    fn agreeing_file(&mut self) -> Option<FileSource> {
        let code = &*self.evidence.code.file;
        let file = self.evidence.namespace.file.as_deref();
        let origin = origin(&self.evidence.namespace).filter(|origin| file != Some(origin));
        let candidates = [(FileSource::File, file), (FileSource::Origin, origin)];
        let agrees = |same: &mut dyn FnMut(&str) -> bool| {
            candidates
                .iter()
                .find(|(_, path)| path.is_some_and(&mut *same))
                .map(|(source, _)| *source)
        };
        agrees(&mut |path| path == code).or_else(|| {
            let real = is_real_file_name(code);
            agrees(&mut |path| real && is_real_file_name(path) && self.python.same_file(path, code))
        })
    }

    fn is_nested(&mut self) -> bool {
        matches!(self.runner(), Runner::Module | Runner::SameFile)
    }

    /// Returns whether the code, whose file is the owner's, is the body. It is when the import system runs it, or when
    /// nothing has run in the namespace: from a helper of its own (pdb runs the script so), but
    /// never from the very file that is running already. Whoever else runs a module's file in a
    /// namespace that is in use (a thread, `atexit`, another module) may run any part of it. And
    /// while an import of it is under way, the import system has begun the body already.
    fn runs_its_file(&mut self) -> bool {
        let fresh = self.evidence.namespace.fresh;
        match self.runner() {
            Runner::Import => true,
            Runner::SameFile => false,
            Runner::Other => fresh && !self.is_initializing(),
            Runner::Module | Runner::Interpreter => fresh,
        }
    }

    fn is_initializing(&self) -> bool {
        let spec = self.evidence.namespace.spec.as_ref();
        spec.is_some_and(|spec| spec.initializing)
    }

    /// Returns whether the import system runs it, or nothing has run in the namespace.
    fn is_first_code(&mut self) -> bool {
        self.evidence.namespace.fresh || self.runner() == Runner::Import
    }

    /// Returns whether it is a frozen module's. The spec's name counts, not the one inside the brackets: aliases differ.
    fn is_frozen(&self) -> bool {
        self.evidence.code.file.starts_with("<frozen ")
            && origin(&self.evidence.namespace) == Some("frozen")
    }

    fn is_unfiled(&self) -> bool {
        self.evidence.namespace.spec.is_none() && self.evidence.namespace.file.is_none()
    }

    /// Decides about `__main__` with neither spec nor file: `-c`, or a notebook's cell.
    fn main_rule(&mut self, owner: &OwnerClaim, nested: bool) -> Result<Rule, Rule> {
        let command = &*self.evidence.code.file == COMMAND_FILE;
        if nested {
            Err(Rule::Nested)
        } else if self.runner() == Runner::Interpreter {
            // `atexit` and new threads can call `exec` without a Python caller, too: by then the
            // namespace is no longer fresh, or it is another one.
            let first = command
                && self.evidence.namespace.fresh
                && self.python.on_main_thread()
                && self.is_registered(owner);
            if first {
                Ok(Rule::Command)
            } else {
                Err(Rule::Unproven)
            }
        } else if !command && self.is_registered(owner) && !self.python.is_builtin_main_namespace()
        {
            Ok(Rule::Cell)
        } else {
            Err(Rule::Unproven)
        }
    }

    /// Returns whether it is bytecode on its own. Such code keeps whatever file name it was compiled with, even one of another real file.
    fn is_bytecode(&mut self) -> bool {
        let namespace = &self.evidence.namespace;
        let sourceless = [namespace.file.as_deref(), origin(namespace)]
            .into_iter()
            .flatten()
            .find(|path| path.ends_with(".pyc"));
        (namespace.zipped || sourceless.is_some_and(|path| self.python.is_file(path)))
            && self.runner() != Runner::Other
            && self.is_first_code()
    }

    /// Returns whether a loader runs it; or whoever made the module, where no spec ties it to a loader.
    fn is_under_way(&mut self, owner: &OwnerClaim) -> bool {
        let namespace = &self.evidence.namespace;
        let by_hand = namespace.fresh && namespace.spec.is_none();
        (by_hand || self.runner() == Runner::Import)
            && (self.is_initializing() || self.is_registered(owner))
    }

    /// Returns whether the file speaks against it: a module that has a source file does not get its body from `<somewhere else>`.
    fn is_contradicted(&mut self) -> bool {
        let synthetic = !is_real_file_name(&self.evidence.code.file);
        let source = self.evidence.namespace.file.as_deref();
        synthetic && source.is_some_and(|path| path.ends_with(".py") && self.python.is_file(path))
    }

    fn is_hand_made(&self, owner: &OwnerClaim) -> bool {
        let path = std::path::Path::new(&*self.evidence.code.file);
        self.evidence.namespace.fresh
            && self.is_unfiled()
            && path.is_absolute()
            && path.extension().is_some_and(|extension| extension == "py")
            && path
                .file_stem()
                .is_some_and(|stem| stem == owner.name.last_component())
    }

    fn named(self, owner: OwnerClaim, rule: Rule) -> Identity {
        let name = match rule {
            Rule::Interactive => ModuleName::new(MAIN).ok(),
            _ => Some(owner.name),
        };
        Identity {
            name,
            rule,
            grounds: self.grounds,
            rivals: self.rivals,
        }
    }

    fn bare(self, rule: Rule) -> Identity {
        Identity {
            name: None,
            rule,
            grounds: self.grounds,
            rivals: self.rivals,
        }
    }
}

/// Returns the module that a namespace says it is, for code in it that is no module's body: a function's.
pub fn namespace_owner(namespace: &NamespaceEvidence<'_>) -> Option<NamespaceOwner> {
    let is_main = namespace.name.as_deref() == Some(MAIN);
    let spec = name_of_spec(namespace).filter(|spec| !(is_main && spec.as_str() == PROMPT_MODULE));
    let name = spec.or_else(|| usable(namespace.name.as_deref()))?;
    Some(NamespaceOwner { name, is_main })
}

/// The module that a namespace says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceOwner {
    /// Its name.
    pub name: ModuleName,
    /// True if it is `__main__`, under whatever name: `-m` runs a module so.
    pub is_main: bool,
}

/// Returns what the spec and `__name__` say, where they can be used.
fn names(namespace: &NamespaceEvidence<'_>) -> (Option<ModuleName>, Option<ModuleName>) {
    (name_of_spec(namespace), usable(namespace.name.as_deref()))
}

fn name_of_spec(namespace: &NamespaceEvidence<'_>) -> Option<ModuleName> {
    usable(namespace.spec.as_ref()?.name.as_deref())
}

fn usable(text: Option<&str>) -> Option<ModuleName> {
    ModuleName::new(text?).ok()
}

fn origin<'a>(namespace: &'a NamespaceEvidence<'_>) -> Option<&'a str> {
    namespace.spec.as_ref()?.origin.as_deref()
}

/// Returns whether a code object's file name could be a file's: `<string>` and the empty name are not.
fn is_real_file_name(file: &str) -> bool {
    let synthetic = file.is_empty() || (file.starts_with('<') && file.ends_with('>'));
    !synthetic
}
