//! The sums of a forest, over random documents.

use proptest::prelude::*;
use serde_json::{Value, json};
use trace::document::Document;

use super::{BareBodies, ImportForest};

/// A node as it is made up: an import with or without a body, a named body or a bare one.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Import { has_body: bool },
    Body { is_bare: bool },
}

#[derive(Clone, Copy, Debug)]
struct Sketch {
    shape: Shape,
    /// Of the nodes before it, the one that it is within; the top where it is too great.
    within: usize,
    parts: [u64; 3],
}

fn sketch() -> impl Strategy<Value = Sketch> {
    let shape = prop_oneof![
        any::<bool>().prop_map(|has_body| Shape::Import { has_body }),
        any::<bool>().prop_map(|is_bare| Shape::Body { is_bare }),
    ];
    (shape, 0..30_usize, [0..1000_u64, 0..1000, 0..1000]).prop_map(|(shape, within, parts)| {
        Sketch {
            shape,
            within,
            parts,
        }
    })
}

fn document(sketches: &[Sketch]) -> Document {
    let parents: Vec<_> = sketches
        .iter()
        .enumerate()
        .map(|(index, it)| (it.within < index).then_some(it.within))
        .collect();
    let mut totals: Vec<u64> = sketches
        .iter()
        .map(|it| match it.shape {
            Shape::Import { .. } => it.parts.iter().sum(),
            Shape::Body { .. } => it.parts[2],
        })
        .collect();
    for index in (0..sketches.len()).rev() {
        if let Some(parent) = parents[index] {
            totals[parent] += totals[index];
        }
    }
    let (mut imports, mut modules): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
    let mut causes: Vec<Value> = Vec::new();
    for (index, it) in sketches.iter().enumerate() {
        let within = parents[index].map(|parent| causes[parent].clone());
        let module = |name: Option<String>, within: &Option<Value>| {
            json!({
                "label": name.as_ref().map_or("<module>".into(), |name| format!("<{name}>")),
                "name": name, "rule": "file", "why": "",
                "grounds": {"name": null, "file": null, "fresh": false, "runner": null},
                "rivals": [], "file": "a.py", "line": 1, "thread": 0, "parent": null,
                "within": within, "start_ns": index, "duration_ns": totals[index],
                "outcome": "returned", "exception": null,
            })
        };
        match it.shape {
            Shape::Import { has_body } => {
                let cause = json!({"import": imports.len()});
                let body = has_body.then_some(modules.len());
                if has_body {
                    modules.push(module(Some(format!("m{index}")), &Some(cause.clone())));
                }
                let [finding, loading, running] = it.parts;
                imports.push(json!({
                    "name": format!("m{index}"), "outcome": "loaded", "exception": null,
                    "kind": "source", "file": "a.py", "importer": null, "within": within,
                    "body": body, "thread": 0, "start_ns": index, "total_ns": totals[index],
                    "finding_ns": finding, "loading_ns": loading, "running_ns": running,
                }));
                causes.push(cause);
            }
            Shape::Body { is_bare } => {
                causes.push(json!({"body": modules.len()}));
                modules.push(module((!is_bare).then(|| format!("m{index}")), &within));
            }
        }
    }
    serde_json::from_value(json!({
        "format": 2,
        "process": {
            "pid": 1, "parent": 0, "interpreter": 0, "origin": "start", "python": "3.13.1", "executable": "python3",
            "arguments": ["python3"], "directory": "/", "started": "2026-01-01T00:00:00Z",
            "ended": "process-ended", "reason": null,
        },
        "recorded": {"events": "modules", "values": "none"},
        "filters": {"chain": [], "scopes_skipped": 0},
        "loaded_before": [], "modules": modules, "imports": imports,
    }))
    .unwrap()
}

proptest! {
    #[test]
    fn own_times_and_totals_of_children_add_up(sketches in prop::collection::vec(sketch(), 0..30)) {
        let document = document(&sketches);
        let bare = sketches.iter().filter(|it| matches!(it.shape, Shape::Body { is_bare: true }));
        for (bodies, count) in [
            (BareBodies::Kept, sketches.len()),
            (BareBodies::Merged, sketches.len() - bare.count()),
        ] {
            let forest = ImportForest::of(&document, bodies);
            let order = forest.preorder();
            prop_assert_eq!(order.len(), count);
            for index in order {
                let node = forest.node(index);
                let children: u64 = node.children.iter().map(|it| forest.node(*it).total.unwrap()).sum();
                prop_assert_eq!(node.total, Some(node.own().unwrap() + children));
            }
        }
    }
}
