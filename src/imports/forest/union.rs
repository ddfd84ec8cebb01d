//! The forests of several runs of a program as one.

use std::collections::HashMap;

use super::{ImportForest, Node};
use crate::imports::samples::{Sample, Samples};

/// The things by which an import or a body of one run is recognised in another, beside the node around it: name, outcome,
/// and the place that asked, or where the body's code is.
type Key<'a> = (
    &'a str,
    bool,
    (&'static str, Option<&'a str>),
    Option<(&'a str, u32)>,
);

/// A key within a node, or at the top, and the number of those before it that are alike.
type Position<'a> = (Option<usize>, Key<'a>, usize);

impl<'a> ImportForest<'a> {
    /// Unites the forests of several runs, each with the number of its run. A node of one run is that of another where
    /// what is around it, its name, its outcome and the place that asked are the same. Its times are the medians of the
    /// runs that have it.
    pub fn united(runs: Vec<(usize, Self)>) -> Self {
        let mut united = Self::empty();
        let mut known: HashMap<Position<'a>, usize> = HashMap::new();
        for (run, forest) in runs {
            united.merged = united.merged.max(forest.merged);
            let mut places = vec![None; forest.nodes.len()];
            let mut counts: HashMap<(Option<usize>, Key<'a>), usize> = HashMap::new();
            for index in forest.preorder() {
                let node = &forest.nodes[index];
                let parent = node.parent.and_then(|it| places[it]);
                let key = node.key();
                let count = counts.entry((parent, key)).or_default();
                let place = *known
                    .entry((parent, key, *count))
                    .or_insert_with(|| united.push(node, parent, run));
                *count += 1;
                places[index] = Some(place);
                united.nodes[place].samples.add(run, node.sample());
            }
        }
        for node in &mut united.nodes {
            let typical = node.samples.typical();
            (node.total, node.own_time) = (typical.total, typical.own);
        }
        united.index();
        united
    }

    fn push(&mut self, node: &Node<'a>, parent: Option<usize>, run: usize) -> usize {
        let place = self.nodes.len();
        self.nodes.push(Node {
            import: node.import,
            body: node.body,
            parent,
            children: Vec::new(),
            total: None,
            own_time: node.own_time,
            first_run: run,
            samples: Samples::default(),
        });
        match parent {
            Some(parent) => self.nodes[parent].children.push(place),
            None => self.roots.push(place),
        }
        place
    }
}

impl<'a> Node<'a> {
    fn key(&self) -> Key<'a> {
        let place = match (self.importer(), self.import, self.body) {
            (Some(site), ..) => Some((site.file.as_str(), site.line)),
            (None, None, Some((_, body))) => Some((body.file.as_str(), body.line)),
            _ => None,
        };
        (
            self.name(),
            self.import.is_some(),
            self.end().words(),
            place,
        )
    }

    pub(super) fn sample(&self) -> Sample {
        Sample {
            imports: 1,
            total: self.total,
            own: self.own_time,
        }
    }

    /// Returns its times by run.
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// Returns the number of runs that have it.
    pub fn runs(&self) -> usize {
        self.samples.runs()
    }
}
