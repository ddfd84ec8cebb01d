//! Filters and queries to test with.

use trace_filter::{Filter, FilterChain, FilterContext, FilterFile, Query, parse};

pub const HEAD: &str = "[meta]\nname = 't'\nversion = 1\n[scope]\n";

/// A file of rules that are each `SELECTOR EXEC`; it has no opinion on what they do not select.
pub fn file(path: &str, rules: &[(&str, &str)]) -> FilterFile {
    let mut text = format!("{HEAD}default_exec = 'inherit'\ndefault_value_action = 'inherit'\n");
    for (selector, exec) in rules {
        text.push_str(&format!(
            "[[scope.rules]]\nselector = '{selector}'\nexec = '{exec}'\n"
        ));
    }
    parse(path, &text).unwrap()
}

pub fn context() -> FilterContext {
    FilterContext {
        project_root: Some("/home/me/app".to_owned()),
        stdlib: vec!["/py/lib/python3.13".to_owned()],
    }
}

pub fn filter(files: Vec<FilterFile>) -> Filter {
    Filter::new(FilterChain { files }, context())
}

pub fn of_file(file: &str) -> Query<'_> {
    Query {
        module: Some("app.views"),
        alias: Some("__main__"),
        file,
        qualname: "Page.show",
    }
}

pub const VIEWS: &str = "/home/me/app/src/views.py";
pub const JSON: &str = "/py/lib/python3.13/json/decoder.py";
pub const BOTO3: &str = "/py/lib/python3.13/site-packages/boto3/session.py";
