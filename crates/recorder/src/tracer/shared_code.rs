//! Code that runs in several namespaces, of which filters say different things.
//!
//! A module's code may run as the body of several modules, and its functions' code is then shared by
//! them. Shared code has a variant, with a number of its own, for each thing that filters say of it.

use foldhash::HashMap;
use module_identity::NamespaceOwner;

use super::scopes::Decision;
use crate::state::code_table::CodeState;

/// The module that a namespace says it is.
pub type Owner = Option<NamespaceOwner>;

/// The number of namespaces of the same code that are remembered.
const REMEMBERED: usize = 64;

/// The namespaces of code, by the addresses of code objects that are alive.
#[derive(Default)]
pub struct SharedCodes {
    /// The generation of the spool that has the numbers.
    generation: u32,
    /// Of a module's code, and of what is nested in it first: the first namespace that it ran in, and
    /// others that were compared with it.
    seen: HashMap<usize, Vec<Owner>>,
    codes: HashMap<usize, SharedCode>,
}

/// Code that filters judge by its namespace.
struct SharedCode {
    /// The state that it had in the spool before, which calls have that began then.
    before: CodeState,
    variants: Vec<Variant>,
}

/// One of the things that filters say of code.
struct Variant {
    decision: Decision,
    /// The state of the code in the spool where they say so.
    state: CodeState,
    owners: Vec<Owner>,
}

impl SharedCodes {
    /// Notes that a module's code, with what is nested in it, runs in the namespace of `owner`. Returns the
    /// first one that it ran in, unless it ran in this one before.
    pub fn first_owner_if_new(&mut self, code: usize, owner: &Owner) -> Option<Owner> {
        let owners = self.seen.entry(code).or_default();
        if owners.contains(owner) {
            return None;
        }
        let first = owners.first().cloned();
        if owners.len() == REMEMBERED {
            owners.truncate(1);
        }
        owners.push(owner.clone());
        first
    }

    /// Notes that code is shared from now on, which was in this state before. Until now it was decided for
    /// `owner`.
    pub fn share(
        &mut self,
        generation: u32,
        code: usize,
        before: CodeState,
        owner: Owner,
        decision: Decision,
    ) {
        self.follow(generation);
        let mut variants = Vec::new();
        // A function that somebody made may have been decided for another namespace.
        let is_recorded = !matches!(before, CodeState::Unknown | CodeState::Skipped);
        if before != CodeState::Unknown && is_recorded == decision.is_recorded {
            variants.push(Variant {
                decision,
                state: before,
                owners: vec![owner],
            });
        }
        self.codes.insert(code, SharedCode { before, variants });
    }

    /// Notes that code is shared from the start: no call of it is in the spool.
    pub fn share_unseen(&mut self, generation: u32, code: usize) {
        self.follow(generation);
        let shared = SharedCode {
            before: CodeState::Unknown,
            variants: Vec::new(),
        };
        self.codes.insert(code, shared);
    }

    /// Returns what the calls of shared code are in the spool that began before it was shared.
    pub fn before(&mut self, generation: u32, code: usize) -> CodeState {
        self.follow(generation);
        let code = self.codes.get(&code);
        code.map_or(CodeState::Unknown, |code| code.before)
    }

    /// Returns what shared code is in the spool, in the namespace of `owner`; [`CodeState::Unknown`] until
    /// that is decided.
    pub fn variant(&mut self, generation: u32, code: usize, owner: &Owner) -> CodeState {
        self.follow(generation);
        let code = self.codes.get(&code);
        let variants = code.into_iter().flat_map(|code| &code.variants);
        let mut found = variants.filter(|it| it.owners.contains(owner));
        found
            .next()
            .map_or(CodeState::Unknown, |variant| variant.state)
    }

    /// Adds the namespace of `owner` to the variant of which filters say the same. Returns its state; `None`
    /// where there is none such.
    pub fn join_variant(
        &mut self,
        generation: u32,
        code: usize,
        owner: &Owner,
        decision: &Decision,
    ) -> Option<CodeState> {
        self.follow(generation);
        let mut variants = self.codes.get_mut(&code)?.variants.iter_mut();
        let variant = variants.find(|it| it.decision == *decision)?;
        if variant.owners.len() == REMEMBERED {
            variant.owners.clear();
        }
        variant.owners.push(owner.clone());
        Some(variant.state)
    }

    /// Adds a variant, for the namespace of `owner`.
    pub fn add_variant(
        &mut self,
        generation: u32,
        code: usize,
        owner: Owner,
        decision: Decision,
        state: CodeState,
    ) {
        self.follow(generation);
        if let Some(code) = self.codes.get_mut(&code) {
            code.variants.push(Variant {
                decision,
                state,
                owners: vec![owner],
            });
        }
    }

    /// Forgets code that goes away. Returns the states that it had in the spool of the generation.
    pub fn forget(&mut self, generation: u32, code: usize) -> Vec<CodeState> {
        self.follow(generation);
        self.seen.remove(&code);
        let code = self.codes.remove(&code);
        let variants = code.into_iter().flat_map(|code| code.variants);
        variants.map(|variant| variant.state).collect()
    }

    /// Forgets the numbers of a spool that was left.
    fn follow(&mut self, generation: u32) {
        if generation != self.generation {
            self.generation = generation;
            for code in self.codes.values_mut() {
                code.before = CodeState::Unknown;
                code.variants.clear();
            }
        }
    }
}
