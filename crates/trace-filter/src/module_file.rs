//! What is decided once for all code of a module in one file.

use std::cell::LazyCell;

use crate::query::Candidates;
use crate::{Exec, Filter, Query, SelectorKind};

/// What a filter says of the code that one module has in one file: all but what depends on the
/// object.
///
/// A program has many functions and few of these, so that whoever keeps them asks most rules once
/// for many functions.
#[derive(Clone, Debug)]
pub struct ModuleFileDecision {
    /// Whether code is recorded that none of `objects` selects.
    otherwise: Exec,
    /// The `obj` rules that count for more than that and may select something here: their indices,
    /// the last rule first.
    objects: Vec<usize>,
}

impl ModuleFileDecision {
    /// Whether all code here is recorded, or none; `None` where that depends on the object.
    pub fn exec(&self) -> Option<Exec> {
        self.objects.is_empty().then_some(self.otherwise)
    }
}

impl Filter {
    /// Decides what can be decided about the module and the file of `query`.
    pub fn module_file(&self, query: &Query<'_>) -> ModuleFileDecision {
        let candidates = Candidates::of_module_file(query, &self.context);
        let mut otherwise = self.chain().default_exec().0;
        let mut objects = Vec::new();
        for (index, rule) in self.rules.iter().enumerate().rev() {
            let Some(exec) = rule.exec else { continue };
            if rule.kind == SelectorKind::Obj {
                let prefix = rule.matcher.prefix();
                if prefix.is_none_or(|prefix| may_select_in(prefix, query)) {
                    objects.push(index);
                }
            } else if rule.matching(&candidates).is_some() {
                otherwise = exec;
                break;
            }
        }
        // (rules that come first and agree need not be asked)
        let agrees = |index: &mut usize| self.rules[*index].exec == Some(otherwise);
        while objects.pop_if(agrees).is_some() {}
        ModuleFileDecision { otherwise, objects }
    }

    /// Whether the code of `query` is recorded: what [`resolve`](Self::resolve) says of it, where
    /// `module_file` is that of its module and file. The file is not looked at again.
    pub fn exec(&self, module_file: &ModuleFileDecision, query: &Query<'_>) -> Exec {
        if let Some(exec) = module_file.exec() {
            return exec;
        }
        let outline = query.outline_of_objects();
        let objects = LazyCell::new(|| query.objects());
        let rules = module_file
            .objects
            .iter()
            .filter_map(|it| self.rules.get(*it));
        let mut rules = rules.filter(|rule| rule.matcher.may_match(outline));
        let deciding = rules.find(|rule| {
            let mut objects = objects.iter().flatten();
            objects.any(|object| rule.matcher.matches(object))
        });
        let exec = deciding.and_then(|rule| rule.exec);
        exec.unwrap_or(module_file.otherwise)
    }
}

/// Whether an object of the query's module can have a name that begins so.
fn may_select_in(prefix: &str, query: &Query<'_>) -> bool {
    let modules = query.modules();
    let begins = |module: &str| match prefix.strip_prefix(module) {
        Some(rest) => rest.is_empty() || rest.starts_with('.'),
        None => module.starts_with(prefix),
    };
    modules.into_iter().flatten().any(begins)
}
