//! The procedure: from evidence to identity, for a frame that starts.
//!
//! `docs/labelling.md` explains each step. A wrong name is worse than `<module>`, so each
//! step that names a module asks for proof that the code is that module's body.

use crate::evidence::{FrameEvidence, NamespaceEvidence, PythonState};
use crate::identity::is_real_file_name;
use crate::name::{MAIN, UnusableName};
use crate::{FileSource, Grounds, Identity, ModuleName, NameSource, Rival, Rule, Runner};

const COMMAND_FILE: &str = "<string>";

/// The beginnings of the file names that the interpreter's own prompt gives its statements, and of that
/// of a program on standard input: `<stdin>`, numbered as `<stdin>-0` by 3.13 and `<stdin-0>` later.
const STANDARD_INPUT: [&str; 2] = ["<stdin>", "<stdin-"];

/// The beginnings of those of the prompts that are written in Python: CPython's newer one, and IPython's.
const PROMPTS: [&str; 2] = ["<python-input-", "<ipython-input-"];

/// The endings of the files that Python's own loaders read.
const MODULE_FILES: [&str; 4] = [".py", ".pyc", ".so", ".pyd"];

/// CPython 3.13 starts its prompt as this module, in the namespace of `__main__`.
const PROMPT_MODULE: &str = "_pyrepl.__main__";

/// Decides which module's body starts.
///
/// `python` is asked lazily, each question at most once.
pub fn decide(evidence: &FrameEvidence<'_>, python: &mut dyn PythonState) -> Identity {
    Procedure::new(evidence, python).decide()
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
    answers: Answers,
}

/// The answers of Python that more than one step asks for.
#[derive(Default)]
struct Answers {
    on_main_thread: Option<bool>,
    is_kernel: Option<bool>,
    has_had_a_body: Option<bool>,
    registered: Vec<(ModuleName, bool)>,
    files: Vec<(String, bool)>,
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
            answers: Answers::default(),
        }
    }

    fn decide(mut self) -> Identity {
        if !self.evidence.code.is_module_code() || !self.evidence.locals_are_globals {
            return self.bare(Rule::NotModuleCode);
        }
        let Some(owner) = self.owner() else {
            let rule = match has_unprintable_name(&self.evidence.namespace) {
                true => Rule::UnprintableName,
                false => Rule::NoOwner,
            };
            return self.bare(rule);
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
        if self.is_frozen() && !nested && (self.is_loaded() || self.is_first()) {
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
        if (self.is_under_way(owner) || self.is_registered_by_hand(owner))
            && !self.is_contradicted()
        {
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
                self.answers.registered.push((name.clone(), true));
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

    fn is_registered(&mut self, name: &ModuleName) -> bool {
        let registered = &mut self.answers.registered;
        if let Some((_, answer)) = registered.iter().find(|(known, _)| known == name) {
            return *answer;
        }
        let answer = self.python.is_registered_as(name);
        registered.push((name.clone(), answer));
        answer
    }

    fn is_file(&mut self, path: &str) -> bool {
        let files = &mut self.answers.files;
        if let Some((_, answer)) = files.iter().find(|(known, _)| known == path) {
            return *answer;
        }
        let answer = self.python.is_file(path);
        files.push((path.to_owned(), answer));
        answer
    }

    fn on_main_thread(&mut self) -> bool {
        let python = &mut *self.python;
        let answer = &mut self.answers.on_main_thread;
        *answer.get_or_insert_with(|| python.on_main_thread())
    }

    fn is_kernel(&mut self) -> bool {
        let python = &mut *self.python;
        let answer = &mut self.answers.is_kernel;
        *answer.get_or_insert_with(|| python.is_kernel())
    }

    fn has_had_a_body(&mut self) -> bool {
        let python = &mut *self.python;
        let answer = &mut self.answers.has_had_a_body;
        *answer.get_or_insert_with(|| python.has_had_a_body())
    }

    /// Returns whether it is a statement at a prompt, or the program on standard input: run by the
    /// interpreter itself, or by the code of a prompt, and never by the program's own code.
    ///
    /// `atexit` and new threads can run code without a Python caller, too. So a statement needs a prompt
    /// and the main thread, and the program on standard input is the first code that runs.
    fn is_interactive(&mut self) -> bool {
        let file = &*self.evidence.code.file;
        let begins = |names: &[&str]| names.iter().any(|name| file.starts_with(name));
        let typed = if begins(&STANDARD_INPUT) {
            self.runner() == Runner::Interpreter
                && self.on_main_thread()
                && self.python.in_main_interpreter()
                && (self.is_first() || self.python.has_prompt())
        } else if begins(&PROMPTS) {
            let spec = self.evidence.namespace.spec.as_ref();
            let prompt = spec.is_some_and(|spec| spec.name.as_deref() == Some(PROMPT_MODULE));
            (prompt || !self.is_nested()) && self.is_kernel()
        } else {
            false
        };
        typed && ModuleName::new(MAIN).is_ok_and(|main| self.is_registered(&main))
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

    /// Returns whether the code, whose file is the owner's, is the body. It is when a loader runs it, or
    /// when it is the first code in the namespace: from a helper of its own (pdb runs the script so), but
    /// never from the very file that is running already. While an import of it is under way, the import
    /// system has begun the body already. Whoever else runs a module's file in a namespace that is in use
    /// (a thread, `atexit`, another module) may run any part of it.
    fn runs_its_file(&mut self) -> bool {
        match self.runner() {
            Runner::Import | Runner::Loader => true,
            Runner::SameFile => false,
            Runner::LoaderHelper | Runner::Module | Runner::Interpreter => {
                self.is_first() || self.is_launched()
            }
            Runner::Other => (self.is_first() && !self.is_initializing()) || self.is_launched(),
        }
    }

    /// Returns whether the file runs as the main program, in a namespace that others have used before: a
    /// launcher that is written in Python does that, with the namespace of its own main program or with
    /// one that it has filled.
    ///
    /// The launcher has set `__file__` for the program, is handed the code or the namespace, and nobody
    /// has run that file there before. Under a name of its own, which `sys.modules` has, too, the namespace
    /// may hold nothing yet but dunders.
    fn is_launched(&mut self) -> bool {
        let namespace = &self.evidence.namespace;
        let Some(name) = usable(namespace.name.as_deref()) else {
            return false;
        };
        let only_dunders = namespace.only_dunders;
        let is_main = name.as_str() == MAIN;
        let is_alone = namespace.spec.is_none() && only_dunders;
        if self.grounds.file != Some(FileSource::File)
            || !is_real_file_name(&self.evidence.code.file)
            || self.is_initializing()
            || !(is_main || is_alone)
        {
            return false;
        }
        let is_run = match self.runner() {
            Runner::Interpreter => {
                is_main && self.on_main_thread() && !self.python.has_run_its_file()
            }
            Runner::Other | Runner::Module => {
                self.python.is_handed_over()
                    && match is_main {
                        true => only_dunders || !self.python.has_run_its_file(),
                        false => !self.has_had_a_body(),
                    }
            }
            _ => false,
        };
        is_run && self.is_registered(&name)
    }

    fn is_initializing(&self) -> bool {
        let spec = self.evidence.namespace.spec.as_ref();
        spec.is_some_and(|spec| spec.initializing)
    }

    /// Returns whether a loader of the module runs it.
    fn is_loaded(&mut self) -> bool {
        matches!(self.runner(), Runner::Import | Runner::Loader)
    }

    /// Returns whether nothing has run in the namespace. That it is fresh is not enough, since an
    /// expression leaves it so. In a `__main__` that Python code runs, what came before does not count: a
    /// debugger empties it to start the program again.
    fn is_first(&mut self) -> bool {
        let namespace = &self.evidence.namespace;
        if !namespace.fresh {
            return false;
        }
        let is_main = namespace.name.as_deref() == Some(MAIN);
        (is_main && self.runner() != Runner::Interpreter) || !self.has_had_a_body()
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
            // `atexit` and new threads can call `exec` without a Python caller, too, and each sub-interpreter is
            // given texts to run.
            let first = command
                && self.is_first()
                && self.on_main_thread()
                && self.python.in_main_interpreter()
                && self.is_registered(&owner.name);
            if first {
                Ok(Rule::Command)
            } else {
                Err(Rule::Unproven)
            }
        } else if !command
            && self.is_registered(&owner.name)
            && !self.python.is_builtin_main_namespace()
            && self.is_kernel()
        {
            Ok(Rule::Cell)
        } else {
            Err(Rule::Unproven)
        }
    }

    /// Returns whether it is bytecode on its own. Such code keeps whatever file name it was compiled with,
    /// even one of another real file, so that only who runs it proves it. A zip importer leaves that to the
    /// import system.
    fn is_bytecode(&mut self) -> bool {
        let namespace = &self.evidence.namespace;
        let is_zipped = namespace.zipped;
        let mut files = [namespace.file.as_deref(), origin(namespace)]
            .into_iter()
            .flatten();
        let sourceless = files.find(|path| path.ends_with(".pyc"));
        if !is_zipped && !sourceless.is_some_and(|path| self.is_file(path)) {
            return false;
        }
        match self.runner() {
            Runner::Import => true,
            Runner::Loader => !is_zipped && self.is_first(),
            Runner::Interpreter => self.is_first(),
            _ => false,
        }
    }

    /// Returns whether a loader runs it, for a module that is being made.
    fn is_under_way(&mut self, owner: &OwnerClaim) -> bool {
        let runs = match self.runner() {
            Runner::Import | Runner::Loader => true,
            Runner::LoaderHelper => self.is_first(),
            _ => false,
        };
        runs && (self.is_initializing() || self.is_registered(&owner.name))
    }

    /// Returns whether it is the first code of a module that somebody made by hand and registered, where
    /// no spec ties it to a loader. Nothing else ties the code to the module, so that an expression could as
    /// well be evaluated there.
    fn is_registered_by_hand(&mut self, owner: &OwnerClaim) -> bool {
        let namespace = &self.evidence.namespace;
        namespace.spec.is_none()
            && namespace.fresh
            && self.is_registered(&owner.name)
            && self.is_first()
            && self.python.binds_names()
    }

    /// Returns whether the file speaks against it: a module from a file of Python's own kinds does not get
    /// its body from `<somewhere else>`.
    fn is_contradicted(&mut self) -> bool {
        let synthetic = !is_real_file_name(&self.evidence.code.file);
        let file = self.evidence.namespace.file.as_deref();
        let file = file.filter(|file| MODULE_FILES.iter().any(|suffix| file.ends_with(suffix)));
        synthetic && file.is_some_and(|file| self.is_file(file) || self.python.is_in_archive(file))
    }

    fn is_hand_made(&mut self, owner: &OwnerClaim) -> bool {
        let path = std::path::Path::new(&*self.evidence.code.file);
        self.is_unfiled()
            && path.is_absolute()
            && path.extension().is_some_and(|extension| extension == "py")
            && path
                .file_stem()
                .is_some_and(|stem| stem == owner.name.last_component())
            && self.is_first()
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
#[non_exhaustive]
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

/// Returns whether a module's name is kept out of labels by its characters alone. Without a spec, a name such as
/// `<run_path>` is none.
fn has_unprintable_name(namespace: &NamespaceEvidence<'_>) -> bool {
    let unusable = |name: Option<&str>| ModuleName::new(name?).err();
    let spec = namespace.spec.as_ref();
    let of_spec = unusable(spec.and_then(|spec| spec.name.as_deref()));
    matches!(
        of_spec,
        Some(UnusableName::Control | UnusableName::AngleBracket)
    ) || unusable(namespace.name.as_deref()) == Some(UnusableName::Control)
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
