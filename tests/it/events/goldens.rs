//! The events that goldens show, read by the crates of both generations.

use std::fs;
use std::path::{Path, PathBuf};

use runtime_tracing::TraceLowLevelEvent as Event;
use trace::{Conversion, Format};
use walkdir::WalkDir;

use crate::events::dialects::{codetracers, normal, ours, runtime_tracings};
use crate::traces::records::{busy_program, written};

/// Returns the goldens that show events.
fn goldens() -> Vec<PathBuf> {
    let folder = Path::new(env!("TRUENAME_ROOT")).join("snapshots");
    let files = WalkDir::new(folder).sort_by_file_name().into_iter();
    files
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.to_string_lossy().ends_with(".events.snap"))
        .collect()
}

/// Returns the events of a golden, one a line behind its head.
fn events(golden: &Path) -> Vec<Event> {
    let text = fs::read_to_string(golden).unwrap();
    let lines = text.lines().filter(|line| line.starts_with('{'));
    lines
        .map(|line| {
            serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("{}: {error}: {line}", golden.display()))
        })
        .collect()
}

#[test]
fn all_readers_see_the_same_events() {
    let goldens = goldens();
    assert!(goldens.len() >= 40, "{} goldens", goldens.len());
    for golden in &goldens {
        let events = events(golden);
        let expected = normal(&events);
        assert!(expected.len() > 5, "{}", golden.display());
        let folder = written(&busy_program(), Format::Json);
        let text = serde_json::to_string(&events).unwrap();
        fs::write(folder.path().join("trace.json"), text).unwrap();
        for format in Format::ALL {
            let target = folder.path().join(format!("{format:?}"));
            let mut conversion = Conversion::default();
            conversion.add(folder.path(), format, &target).unwrap();
            conversion.publish().unwrap();
            let read = match format {
                Format::Binary | Format::Json => runtime_tracings(&target),
                Format::CodeTracer | Format::CodeTracerJson => codetracers(&target),
            };
            let shown = golden.display();
            assert!(read == expected, "{shown} as {format:?}");
            assert!(ours(&target) == expected, "{shown} as {format:?}");
        }
    }
}
