//! `truename diff`.

use serde_json::{Value, json};
use trace::read::Family;
use truename::imports::difference::Difference;
use truename::imports::{BareBodies, ModuleSet, recorded_processes};
use truename::view::{write_diff, write_diff_markdown};

use super::sample::{changed_shop, shop};
use super::{at, plain};
use crate::context::{Context, out, show};

fn difference(before: &Family, after: &Family) -> Difference {
    let [before, after] = [before, after].map(|it| recorded_processes(it, BareBodies::Merged));
    Difference::between(&ModuleSet::of(&before), &ModuleSet::of(&after))
}

#[test]
fn it_is_what_a_change_did_to_the_imports() {
    let difference = difference(&shop(), &changed_shop());
    let text = |width| {
        at(width, |out, width| {
            write_diff(out, &difference, "/srv/shop", width)
        })
    };
    insta::assert_snapshot!(text(120), @"
    11 modules, 142.7 ms → 142.7 ms of import time.

    gained: 2 modules
      + polars  shop/__init__.py:2  90.0 ms  and 1 more with it

    lost: 2 modules
      - pandas  shop/__init__.py:2  90.0 ms  and 1 more with it

    moved: another module asks first
      ~ logging  shop/__init__.py:3 → main.py:3

    slower: own time grew by more than 20 % and 5.0 ms
      ! re._constants  12.0 ms → 21.0 ms
    ");
    insta::assert_snapshot!(text(60), @"
    11 modules, 142.7 ms → 142.7 ms of import time.

    gained: 2 modules
      + polars  shop/__init__.py:2  90.0 ms  and 1 more with it

    lost: 2 modules
      - pandas  shop/__init__.py:2  90.0 ms  and 1 more with it

    moved: another module asks first
      ~ logging  shop/__init__.py:3 → main.py:3

    slower: own time grew by more than 20 % and 5.0 ms
      ! re._constants  12.0 ms → 21.0 ms
    ");
}

#[test]
fn markdown_has_the_same_in_tables() {
    let difference = difference(&shop(), &changed_shop());
    let text = plain(|out| write_diff_markdown(out, &difference, "/srv/shop"));
    insta::assert_snapshot!(text, @"
    **Imports:** 11 modules, 142.7 ms → 142.7 ms of import time.

    ### gained: 2 modules

    | module | asked for at | own time | with it |
    |---|---|---|---|
    | `polars` | `shop/__init__.py:2` | 90.0 ms | and 1 more with it |

    ### lost: 2 modules

    | module | asked for at | own time | with it |
    |---|---|---|---|
    | `pandas` | `shop/__init__.py:2` | 90.0 ms | and 1 more with it |

    ### moved: another module asks first

    | module | before | after |
    |---|---|---|
    | `logging` | `shop/__init__.py:3` | `main.py:3` |

    ### slower: own time grew by more than 20 % and 5.0 ms

    | module | before | after |
    |---|---|---|
    | `re._constants` | 12.0 ms | 21.0 ms |
    ");
}

/// Nothing imports what `exec_module` runs: the module that ran it has asked.
#[test]
fn a_module_that_code_loads_by_itself_has_an_asker() {
    let load = "from importlib import util
spec = util.spec_from_file_location('plugin', 'plugin.py')
spec.loader.exec_module(util.module_from_spec(spec))
";
    let context = Context::of([("main.py", "import app"), ("app.py", ""), ("plugin.py", "")]);
    for (trace, app) in [("before", ""), ("after", load)] {
        context.write("app.py", app);
        let words = ["run", "--out", trace, "--", "main.py"];
        let run = context.truename(&words).output().unwrap();
        assert!(run.status.success(), "{}", show(&run));
    }
    let diff = context
        .truename(&["diff", "before", "after"])
        .output()
        .unwrap();
    assert!(
        out(&diff).contains("+ plugin  within app"),
        "{}",
        show(&diff)
    );
    let json = context
        .truename(&["diff", "--json", "before", "after"])
        .output()
        .unwrap();
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    let mut gained = json["gained"].as_array().unwrap().iter();
    let plugin = gained.find(|it| it["name"] == "plugin").unwrap();
    assert_eq!(plugin["asked"], json!({"within": "app"}), "{json}");
}

#[test]
fn the_same_trace_does_not_differ() {
    let difference = difference(&shop(), &shop());
    assert!(difference.is_empty());
    insta::assert_snapshot!(plain(|out| write_diff(out, &difference, "/srv/shop", None)), @"No difference: 11 modules, 142.7 ms → 142.7 ms of import time.");
}
