//! Module bodies nested as they ran.

use trace::document::{Document, Module};

/// The bodies to show, each with its place in the tree; a body comes right before what it imports.
pub struct Rows<'a> {
    /// In the order in which they are shown.
    pub rows: Vec<Row<'a>>,
    /// The number of bare `<module>`s that are left out.
    pub hidden: usize,
}

/// One body to show.
pub struct Row<'a> {
    /// The body's index in [`Document::modules`].
    pub index: usize,
    /// The body.
    pub module: &'a Module,
    /// The number of bodies around it.
    pub depth: usize,
    /// True if it is the last that the body around it imports.
    pub is_last: bool,
    /// True if it imports any.
    pub has_children: bool,
    /// Its time less that of the bodies in it, in nanoseconds; `None` when it never ended.
    pub own_time: Option<u64>,
}

impl<'a> Rows<'a> {
    /// The rows of a document; with bare `<module>`s when `all`. What a body that is left out
    /// imports is shown as imported by the next one around it.
    pub fn of(document: &'a Document, all: bool) -> Self {
        let nest = Nest::of(&document.modules, all);
        let mut rows = Vec::new();
        // A stack rather than recursion: a program decides how deep its imports are.
        let mut waiting: Vec<_> = in_reverse(&nest.roots, 0).collect();
        while let Some(Place {
            index,
            depth,
            is_last,
        }) = waiting.pop()
        {
            let children = &nest.children[index];
            rows.push(Row {
                index,
                module: &document.modules[index],
                depth,
                is_last,
                has_children: !children.is_empty(),
                own_time: own_time(&document.modules, index, children),
            });
            waiting.extend(in_reverse(children, depth + 1));
        }
        Self {
            hidden: document.modules.len() - rows.len(),
            rows,
        }
    }
}

/// The bodies to show, below the bodies that they are in. All numbers are indices of modules.
struct Nest {
    roots: Vec<usize>,
    children: Vec<Vec<usize>>,
}

impl Nest {
    fn of(modules: &[Module], all: bool) -> Self {
        let mut nest = Self {
            roots: Vec::new(),
            children: vec![Vec::new(); modules.len()],
        };
        // The nearest shown body that is this one or around it; parents come first.
        let mut shown: Vec<Option<usize>> = Vec::with_capacity(modules.len());
        for (index, module) in modules.iter().enumerate() {
            let around = module.parent.and_then(|parent| shown[parent]);
            if module.name.is_none() && !all {
                shown.push(around);
                continue;
            }
            shown.push(Some(index));
            match around {
                Some(parent) => nest.children[parent].push(index),
                None => nest.roots.push(index),
            }
        }
        nest
    }
}

struct Place {
    index: usize,
    depth: usize,
    is_last: bool,
}

fn in_reverse(siblings: &[usize], depth: usize) -> impl Iterator<Item = Place> + '_ {
    let last = siblings.last().copied();
    siblings.iter().rev().map(move |&index| Place {
        index,
        depth,
        is_last: Some(index) == last,
    })
}

fn own_time(modules: &[Module], index: usize, children: &[usize]) -> Option<u64> {
    let durations = children
        .iter()
        .filter_map(|&child| modules[child].duration_ns);
    let within = durations.fold(0, u64::saturating_add);
    // Bodies in greenlets overlap, so that they can add up to more than the whole.
    Some(modules[index].duration_ns?.saturating_sub(within))
}
