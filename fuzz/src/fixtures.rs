//! Any bytes as the page of a fixture.

use truename::fixture::{Fixture, FixtureError};

/// Reads bytes as a fixture, or as a page with an error on one of its lines.
///
/// # Panics
///
/// When an error is on no line of the page, or says nothing.
pub fn check(bytes: &[u8]) {
    let Ok(page) = std::str::from_utf8(bytes) else {
        return;
    };
    match Fixture::parse(page) {
        Ok(fixture) => assert!(!fixture.claims.is_empty()),
        Err(FixtureError::Invalid { path, line, text }) => {
            assert_eq!(path, None);
            assert!(
                (1..=page.split('\n').count()).contains(&line),
                "line {line}"
            );
            assert!(!text.is_empty());
        }
        Err(error @ FixtureError::Unreadable { .. }) => panic!("nothing was read: {error}"),
    }
}
