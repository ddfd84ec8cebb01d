//! Any bytes as a file of a trace.

use std::fs;

use tempfile::TempDir;
use trace::read::Family;
use truename::view::tree::write_tree;
use truename::view::{TreeOptions, write_tree_json};

/// The files of a small trace: JSON, so that a mutation is one of what it says.
const FILES: [(&str, &[u8]); 4] = [
    ("trace.json", include_bytes!("../trace/trace.json")),
    (
        "trace_modules.json",
        include_bytes!("../trace/trace_modules.json"),
    ),
    (
        "trace_metadata.json",
        include_bytes!("../trace/trace_metadata.json"),
    ),
    (
        "trace_paths.json",
        include_bytes!("../trace/trace_paths.json"),
    ),
];

/// Puts bytes in the place of one file of a trace, which the first byte chooses, and checks and shows the
/// trace.
///
/// # Panics
///
/// When a trace is called sound that cannot be read, or cannot be shown.
pub fn check(bytes: &[u8]) {
    let Some((choice, bytes)) = bytes.split_first() else {
        return;
    };
    let folder = TempDir::new().expect("a folder for temporary files");
    let write = |name: &str, bytes: &[u8]| {
        fs::write(folder.path().join(name), bytes).expect("a temporary file can be written");
    };
    // The binary events are a fifth file, instead of those in JSON. The digits choose in order.
    let choice = usize::from(choice.wrapping_sub(b'0')) % (FILES.len() + 1);
    for (number, (name, content)) in FILES.into_iter().enumerate() {
        match choice {
            4 if number == 0 => write("trace.bin", bytes),
            _ if number == choice => write(name, bytes),
            _ => write(name, content),
        }
    }
    let report = truename::check(folder.path()).expect("a trace is there");
    assert!(!report.to_string().is_empty());
    let Ok(family) = Family::read(folder.path()) else {
        assert!(!report.is_ok(), "what cannot be read is not sound");
        return;
    };
    for all in [false, true] {
        let mut text = Vec::new();
        write_tree(
            &mut text,
            std::slice::from_ref(&family),
            &TreeOptions {
                all,
                ..TreeOptions::default()
            },
        )
        .expect("a vector takes all");
        assert!(std::str::from_utf8(&text).is_ok());
    }
    let mut json = Vec::new();
    write_tree_json(
        &mut json,
        folder.path(),
        std::slice::from_ref(&family),
        &TreeOptions::default(),
    )
    .expect("a vector takes all");
    assert!(!json.is_empty());
}
