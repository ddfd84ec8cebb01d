//! The child processes of several runs of one program: which of them are the same.

use std::collections::HashMap;

use spool::ProcessOrigin;
use trace::read::Family;

/// A process and its children in one run, with the number of the run, from 0.
pub(super) type InRun<'a> = (usize, &'a Family);

/// The looks of a child, by which one of another run is recognised.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Looks {
    origin: ProcessOrigin,
    /// Its command line, with a `0` for each number: descriptors and process ids differ from run to run.
    words: Vec<String>,
}

/// Parts the children of one process in several runs into those that are the same child, in the order of their first
/// runs. Of children with the same looks the first of each run are the same, and the second, and so on.
pub(super) fn same_children<'a>(process: &[InRun<'a>]) -> Vec<Vec<InRun<'a>>> {
    let mut children: Vec<Vec<InRun<'a>>> = Vec::new();
    let mut known: HashMap<(Looks, usize), usize> = HashMap::new();
    for &(run, family) in process {
        let mut counts: HashMap<Looks, usize> = HashMap::new();
        for child in &family.children {
            let looks = Looks::of(child);
            let count = counts.entry(looks.clone()).or_default();
            let index = *known.entry((looks, *count)).or_insert_with(|| {
                children.push(Vec::new());
                children.len() - 1
            });
            *count += 1;
            children[index].push((run, child));
        }
    }
    children
}

impl Looks {
    fn of(family: &Family) -> Self {
        let process = &family.document.run.process;
        Self {
            origin: process.origin,
            words: process
                .arguments
                .iter()
                .map(|it| without_numbers(it))
                .collect(),
        }
    }
}

fn without_numbers(word: &str) -> String {
    let mut text = String::with_capacity(word.len());
    let mut is_in_number = false;
    for character in word.chars() {
        let is_digit = character.is_ascii_digit();
        if !is_digit {
            text.push(character);
        } else if !is_in_number {
            text.push('0');
        }
        is_in_number = is_digit;
    }
    text
}
