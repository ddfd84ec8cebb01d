//! Decisions that are made once for all code of a module in one file.

use std::cell::LazyCell;

use super::candidates::{self, Candidates};
use super::filter::Filter;
use super::query::Query;
use crate::rules::{Exec, SelectorKind};

/// The decision of a filter about the code that one module has in one file, apart from what depends
/// on the object.
///
/// A program has many functions and few of these. A caller that keeps them asks most rules once for
/// many functions.
#[derive(Clone, Debug)]
pub struct ModuleFileDecision {
    /// The decision about code that none of `objects` selects.
    otherwise: Exec,
    /// The indices of the `obj` rules that override it and may select something here, the last rule
    /// first.
    objects: Vec<usize>,
}

impl ModuleFileDecision {
    /// Returns the decision for all code here; `None` where it depends on the object.
    pub fn exec(&self) -> Option<Exec> {
        self.objects.is_empty().then_some(self.otherwise)
    }
}

impl Filter {
    /// Decides as far as the module and the file of `query` allow.
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
        // The first rules need not be asked while they agree with the rest.
        let agrees = |index: &mut usize| self.rules[*index].exec == Some(otherwise);
        while objects.pop_if(agrees).is_some() {}
        ModuleFileDecision { otherwise, objects }
    }

    /// Returns whether the code of `query` is recorded, as [`resolve`](Self::resolve) does.
    /// `module_file` is the decision about its module and file; the file is not looked at again.
    pub fn exec(&self, module_file: &ModuleFileDecision, query: &Query<'_>) -> Exec {
        if let Some(exec) = module_file.exec() {
            return exec;
        }
        let outline = candidates::outline_of_objects(query);
        let objects = LazyCell::new(|| candidates::objects(query));
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

/// Returns whether an object of the query's module can have a name that begins with `prefix`.
fn may_select_in(prefix: &str, query: &Query<'_>) -> bool {
    let modules = query.modules();
    let begins = |module: &str| match prefix.strip_prefix(module) {
        Some(rest) => rest.is_empty() || rest.starts_with('.'),
        None => module.starts_with(prefix),
    };
    modules.into_iter().flatten().any(begins)
}
