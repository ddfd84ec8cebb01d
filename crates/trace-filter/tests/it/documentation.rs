//! The filters that `docs/filters.md` shows are filters.

use trace_filter::parse;

const META: &str = "[meta]\nname = 't'\nversion = 1\n";
const SCOPE: &str = "[scope]\ndefault_exec = 'trace'\ndefault_value_action = 'allow'\n";

#[test]
fn each_filter_that_is_shown_is_valid() {
    let page = include_str!("../../../../docs/filters.md");
    let shown: Vec<_> = page
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap_or(rest))
        .collect();
    assert!(!shown.is_empty(), "the page shows no filter");
    for text in shown {
        // An example may leave out the sections that a reader knows already.
        let meta = if text.contains("[meta]") { "" } else { META };
        let scope = if text.contains("[scope]") { "" } else { SCOPE };
        if let Err(error) = parse("docs/filters.md", &format!("{meta}{scope}{text}")) {
            panic!("{error}");
        }
    }
}
