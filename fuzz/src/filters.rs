//! Any bytes as a filter file.

use trace_filter::{Filter, FilterChain, FilterContext, Query, Selector, SelectorKind, ValueKind};

/// Reads bytes as a filter file, and uses the filter or its error as the program does.
///
/// # Panics
///
/// When what is read is not what it should be.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let file = match trace_filter::parse("f.toml", text) {
        Ok(file) => file,
        Err(error) => {
            let (line, column) = error.position().expect("an error in a text has a place");
            assert!(line >= 1 && line <= text.split('\n').count());
            assert!(column >= 1 && column <= text.chars().count() + 1);
            assert!(error.to_string().contains('^'));
            return;
        }
    };
    for rule in &file.rules {
        let shown = rule.selector.to_string();
        let read = Selector::parse(&shown, &SelectorKind::SCOPES);
        assert_eq!(read.as_ref(), Ok(&rule.selector));
    }
    let chain = FilterChain { files: vec![file] };
    let bytes = postcard::to_stdvec(&chain).expect("a chain can be written");
    let read: FilterChain = postcard::from_bytes(&bytes).expect("a chain can be read");
    assert_eq!(read, chain);

    let notes = trace_filter::notes(&chain);
    assert!(
        notes
            .iter()
            .all(|note| note.location.starts_with(&chain.files[0].path))
    );
    let filter = Filter::new(chain, FilterContext::default());
    let query = Query {
        module: Some("a.b"),
        alias: Some("__main__"),
        file: "/a/b.py",
        qualname: "C.d",
    };
    let explanation = filter.explain(&query);
    assert!(!explanation.to_string().is_empty());
    explanation
        .resolution
        .values
        .action(ValueKind::Local, "secret");
}
