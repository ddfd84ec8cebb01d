//! The part of an import forest that a person wants to see, line by line.

use crate::imports::{End, ImportForest, ModulePattern};

/// The selection of imports for a tree.
#[derive(Clone, Debug, Default)]
pub struct TreeOptions {
    /// Also bare `<module>`s, each with the reason why it has no name, and imports that found no module.
    pub all: bool,
    /// The number of levels below the top.
    pub depth: Option<usize>,
    /// The least time, in nanoseconds: what took less is counted in one line.
    pub min: Option<u64>,
    /// The modules to show, with those around them.
    pub only: Option<ModulePattern>,
    /// Leaves out the standard library; what it imports is shown as imported by the next one around it.
    pub no_stdlib: bool,
    /// The width of the terminal, in columns.
    pub width: Option<usize>,
}

/// Nodes of a forest, each below the nearest selected one around it.
pub(super) struct Selection {
    roots: Vec<usize>,
    children: Vec<Vec<usize>>,
    /// The number of imports that found no module and are left out.
    pub not_found: usize,
}

/// A line of a tree.
pub(super) struct Row {
    pub content: Content,
    /// The number of lines around it.
    pub depth: usize,
    /// True if it is the last in the one around it.
    pub is_last: bool,
}

/// The subject of a line.
pub(super) enum Content {
    /// Nodes.
    Nodes {
        /// A chain: each but the last has the next for its only child.
        chain: Vec<usize>,
        /// Siblings that are equal to it, without itself.
        equal: Vec<usize>,
        /// The number of nodes below that are too deep to be shown.
        below: usize,
    },
    /// Siblings that took too little time.
    Rest {
        /// Their number.
        count: usize,
        /// The sum of their totals, in nanoseconds.
        total: u64,
    },
}

impl Selection {
    /// Selects nodes.
    pub(super) fn of(forest: &ImportForest<'_>, options: &TreeOptions) -> Self {
        let order = forest.preorder();
        let size = order.iter().max().map_or(0, |last| last + 1);
        let mut selection = Self {
            roots: Vec::new(),
            children: vec![Vec::new(); size],
            not_found: 0,
        };
        let mut shown = vec![false; size];
        for &index in &order {
            let node = forest.node(index);
            let is_cheap = node.total < Some(options.min.unwrap_or(u64::MAX));
            let is_miss = !options.all && node.end() == End::NotFound && is_cheap;
            let is_foreign = options.no_stdlib && node.is_standard_library();
            shown[index] = !is_miss && !is_foreign;
            selection.not_found += usize::from(is_miss && !is_foreign);
        }
        if let Some(only) = &options.only {
            let mut is_wanted = vec![false; size];
            for &index in order.iter().rev() {
                let node = forest.node(index);
                is_wanted[index] |= shown[index] && only.matches(node.name());
                if let (Some(parent), true) = (node.parent, is_wanted[index]) {
                    is_wanted[parent] = true;
                }
                shown[index] &= is_wanted[index];
            }
            selection.not_found = 0;
        }
        selection.adopt(forest, &order, &shown);
        selection
    }

    fn adopt(&mut self, forest: &ImportForest<'_>, order: &[usize], shown: &[bool]) {
        // The nearest shown node that is this one or around it; parents come first.
        let mut nearest = vec![None; shown.len()];
        for &index in order {
            let around = forest.node(index).parent.and_then(|it| nearest[it]);
            nearest[index] = if shown[index] { Some(index) } else { around };
            match around.filter(|_| shown[index]) {
                Some(parent) => self.children[parent].push(index),
                None if shown[index] => self.roots.push(index),
                None => {}
            }
        }
    }

    /// Returns the lines; where `is_folded`, chains of single children and equal siblings are one line each.
    pub(super) fn rows(
        &self,
        forest: &ImportForest<'_>,
        options: &TreeOptions,
        is_folded: bool,
    ) -> Vec<Row> {
        let mut rows = Vec::new();
        let level = |siblings: &[usize], depth| {
            let mut rows = self.siblings(forest, siblings, options, is_folded, depth);
            rows.reverse();
            rows
        };
        // A stack rather than recursion: a program decides how deep its imports are.
        let mut waiting = level(&self.roots, 0);
        while let Some(mut row) = waiting.pop() {
            if let Content::Nodes { chain, below, .. } = &mut row.content {
                let children = chain.last().map_or(&[][..], |last| &self.children[*last]);
                if options.depth.is_none_or(|depth| row.depth < depth) {
                    waiting.extend(level(children, row.depth + 1));
                } else {
                    *below = self.count(children);
                }
            }
            rows.push(row);
        }
        rows
    }

    fn siblings(
        &self,
        forest: &ImportForest<'_>,
        siblings: &[usize],
        options: &TreeOptions,
        is_folded: bool,
        depth: usize,
    ) -> Vec<Row> {
        let min = options.min.unwrap_or(0);
        let mut rows: Vec<Row> = Vec::new();
        let (mut count, mut total) = (0, 0_u64);
        for &index in siblings {
            let node = forest.node(index);
            if let Some(time) = node.total.filter(|time| *time < min) {
                count += 1;
                total = total.saturating_add(time);
                continue;
            }
            if let Some(equal) = is_folded
                .then(|| self.equal_row(forest, &mut rows, index))
                .flatten()
            {
                equal.push(index);
                continue;
            }
            let chain = match is_folded && !options.all {
                true => self.chain(forest, index, min),
                false => vec![index],
            };
            rows.push(Row {
                content: Content::Nodes {
                    chain,
                    equal: Vec::new(),
                    below: 0,
                },
                depth,
                is_last: false,
            });
        }
        if count > 0 {
            rows.push(Row {
                content: Content::Rest { count, total },
                depth,
                is_last: false,
            });
        }
        if let Some(last) = rows.last_mut() {
            last.is_last = true;
        }
        rows
    }

    /// Finds the line of an earlier sibling that would look the same.
    fn equal_row<'r>(
        &self,
        forest: &ImportForest<'_>,
        rows: &'r mut [Row],
        index: usize,
    ) -> Option<&'r mut Vec<usize>> {
        let node = forest.node(index);
        let looks_like = |other: usize| {
            let it = forest.node(other);
            it.label() == node.label()
                && it.file() == node.file()
                && it.body.map(|(_, body)| (body.line, body.rule))
                    == node.body.map(|(_, body)| (body.line, body.rule))
                && it.end() == node.end()
                && it.thread() == node.thread()
                && it.runs() == node.runs()
                && self.children[other].is_empty()
        };
        if !self.children[index].is_empty() {
            return None;
        }
        rows.iter_mut().find_map(|row| match &mut row.content {
            Content::Nodes { chain, equal, .. } => match chain[..] {
                [only] => looks_like(only).then_some(equal),
                _ => None,
            },
            Content::Rest { .. } => None,
        })
    }

    /// Returns the chain that begins with a node. It is only itself where less than three would be in it, and
    /// where one of them cost something that a line of its own would show.
    fn chain(&self, forest: &ImportForest<'_>, first: usize, min: u64) -> Vec<usize> {
        let thread = forest.node(first).thread();
        let runs = forest.node(first).runs();
        let is_plain = |index: usize| {
            let node = forest.node(index);
            let is_small = matches!((node.own(), forest.node(first).total), (Some(own), Some(total)) if own <= total / 10);
            node.end() == End::Loaded && node.thread() == thread && !node.is_program() && is_small
        };
        let mut chain = vec![first];
        let mut last = first;
        while let ([only], true) = (&self.children[last][..], is_plain(last)) {
            let node = forest.node(*only);
            let is_alike = node.thread() == thread && node.runs() == runs;
            if node.end() != End::Loaded || !is_alike || node.total < Some(min) {
                break;
            }
            chain.push(*only);
            last = *only;
        }
        if chain.len() < 3 {
            chain.truncate(1);
        }
        chain
    }

    fn count(&self, nodes: &[usize]) -> usize {
        let mut count = 0;
        let mut waiting = nodes.to_vec();
        while let Some(index) = waiting.pop() {
            count += 1;
            waiting.extend(&self.children[index]);
        }
        count
    }
}
