//! The numbers of values that filters keep out, in `trace_modules.json`.

use std::fs;

use trace::document::ValueCounts;

use crate::context::pythons;
use crate::events::snippet::Snippet;

const FILTER: &str = "
[meta]
name = 'counted'
version = 1
[scope]
default_exec = 'trace'
default_value_action = 'allow'
[[scope.rules]]
selector = 'pkg:*'
exec = 'skip'
[[scope.rules]]
selector = 'pkg:__main__'
exec = 'trace'
";

const CODE: &str = "
def f(hidden_1, gone_1, gone_2, **rest):
    hidden_2 = 1
    return hidden_2
def hidden_call(): return 1
def gone_call(): raise ValueError('secret')
def g():
    try: yield
    except ValueError: pass
for _ in range(3): f(1, 2, 3, hidden_3=4, gone_3=5, other=6)
for _ in range(4): hidden_call()
for _ in range(5):
    try: gone_call()
    except ValueError: pass
hidden_4 = gone_4 = gone_5 = 1
pass
pass
";

/// Returns the filter with a pattern for each kind of value.
fn filter() -> String {
    let pattern = |kind: &str, name: &str, action: &str| {
        format!(
            "[[scope.rules.value_patterns]]\nselector = '{kind}:{name}*'\naction = '{action}'\n"
        )
    };
    let patterns = ["arg", "ret", "local", "global"]
        .map(|kind| pattern(kind, "hidden", "redact") + &pattern(kind, "gone", "drop"));
    format!("{FILTER}{}", patterns.concat())
}

#[test]
fn hidden_and_dropped_values_are_counted_by_where_they_were() {
    let snippet = Snippet::new(CODE);
    fs::write(snippet.folder().join("counted.toml"), filter()).unwrap();
    for python in pythons() {
        let shown = python.path.display();
        let filtered = |options: &[&str]| {
            let options = [options, &["--filter", "counted.toml"]].concat();
            snippet.run(python, &options);
            snippet.trace().document.filters
        };
        let counts = |arg, ret| ValueCounts {
            arg,
            ret,
            ..ValueCounts::default()
        };
        let seen = filtered(&["--values", "args"]);
        assert_eq!(seen.values_redacted, counts(6, 4), "on {shown}");
        assert_eq!(seen.values_dropped, counts(9, 5), "on {shown}");

        let seen = filtered(&["--events", "lines", "--values", "full"]);
        // At both lines of `f` there are an argument and one of `rest`, at the second also a variable.
        let expected = ValueCounts {
            local: 3 * 5,
            global: 2,
            ..counts(6, 4)
        };
        assert_eq!(seen.values_redacted, expected, "on {shown}");
        let expected = ValueCounts {
            local: 3 * 6,
            global: 4,
            ..counts(9, 5)
        };
        assert_eq!(seen.values_dropped, expected, "on {shown}");

        let seen = filtered(&[]);
        assert_eq!(seen.values_redacted, ValueCounts::default(), "on {shown}");
        assert_eq!(seen.values_dropped, ValueCounts::default(), "on {shown}");
    }
}
