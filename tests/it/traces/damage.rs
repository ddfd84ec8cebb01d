//! Files of a trace that are missing, foreign or damaged, and what is said of them.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use rstest::rstest;
use tempfile::TempDir;
use trace::Format;
use trace::read::Family;
use truename::check;

use crate::traces::disagreement::{edit_events, json_trace, verdict};
use crate::traces::records::{busy_program, write, written};

fn binary_trace() -> TempDir {
    written(&busy_program(), Format::Binary)
}

#[rstest]
#[case::folder(
    |folder: &Path| fs::remove_dir_all(folder).unwrap(),
    "exit 2: there is no folder DIR. Name the folder of a trace, or make one: truename \
     run --out DIR ..."
)]
#[case::everything(
    |folder: &Path| empty(folder),
    "exit 2: DIR is not a trace: it holds neither trace.bin nor trace.json. Name the \
     folder of a trace, or make one: truename run --out DIR ..."
)]
#[case::events(
    |folder: &Path| fs::remove_file(folder.join("trace.bin")).unwrap(),
    "exit 2: DIR is not a trace: it holds neither trace.bin nor trace.json. Name the \
     folder of a trace, or make one: truename run --out DIR ..."
)]
#[case::modules(
    |folder: &Path| fs::remove_file(folder.join("trace_modules.json")).unwrap(),
    "cannot read DIR/trace_modules.json: No such file or directory (os error 2). It \
     belongs to the trace: record the program again.\n\
     1 problem\n"
)]
#[case::metadata(
    |folder: &Path| fs::remove_file(folder.join("trace_metadata.json")).unwrap(),
    "cannot read DIR/trace_metadata.json: No such file or directory (os error 2). It \
     belongs to the trace: record the program again.\n\
     1 problem\n"
)]
#[case::paths(
    |folder: &Path| fs::remove_file(folder.join("trace_paths.json")).unwrap(),
    "cannot read DIR/trace_paths.json: No such file or directory (os error 2). It \
     belongs to the trace: record the program again.\n\
     1 problem\n"
)]
fn what_is_missing_is_named(#[case] remove: fn(&Path), #[case] expected: &str) {
    let folder = binary_trace();
    remove(folder.path());
    assert_eq!(verdict(&folder), expected);
}

fn empty(folder: &Path) {
    fs::remove_dir_all(folder).unwrap();
    fs::create_dir(folder).unwrap();
}

#[rstest]
#[case::foreign(
    "trace.bin",
    "#!/bin/sh\necho hello\n",
    "DIR/trace.bin does not hold what truename writes there: it does not start as \
     runtime_tracing's files do. Record the program again.\n\
     1 problem\n"
)]
#[case::a_few_bytes(
    "trace.bin",
    "\u{7f}",
    "DIR/trace.bin does not hold what truename writes there: it does not start as \
     runtime_tracing's files do. Record the program again.\n\
     1 problem\n"
)]
#[case::empty(
    "trace.bin",
    "",
    "DIR/trace.bin is truncated: its end is missing. Record the program again.\n1 problem\n"
)]
#[case::no_json(
    "trace_modules.json",
    "hello",
    "DIR/trace_modules.json does not hold what truename writes there: expected value at \
     line 1 column 1. Record the program again.\n\
     1 problem\n"
)]
#[case::other_json(
    "trace_modules.json",
    "{}",
    "DIR/trace_modules.json does not hold what truename writes there: missing field \
     `format` at line 1 column 2. Record the program again.\n\
     1 problem\n"
)]
#[case::empty_json(
    "trace_paths.json",
    "",
    "DIR/trace_paths.json is truncated: its end is missing. Record the program again.\n1 problem\n"
)]
#[case::half_json(
    "trace_metadata.json",
    "{\"workdir\": \"/wo",
    "DIR/trace_metadata.json is truncated: its end is missing. Record the program \
     again.\n\
     1 problem\n"
)]
#[case::two_traces(
    "trace.json",
    "[]",
    "exit 2: DIR holds both trace.bin and trace.json, and a trace is one of them. Remove \
     the one that does not belong."
)]
#[case::stray_child(
    "children",
    "",
    "cannot read DIR/children: Not a directory (os error 20). Record the program again.\n\
     1 problem\n"
)]
fn foreign_files_are_reported(#[case] name: &str, #[case] content: &str, #[case] expected: &str) {
    let folder = binary_trace();
    fs::write(folder.path().join(name), content).unwrap();
    assert_eq!(verdict(&folder), expected);
}

#[rstest]
#[case::foreign(
    b"hello".as_slice(),
    "DIR/trace.json does not hold what truename writes there: expected value at line 1 \
     column 1. Record the program again.\n\
     1 problem\n"
)]
#[case::other_json(
    b"{}",
    "DIR/trace.json does not hold what truename writes there: invalid type: map, \
     expected a list of events at line 1 column 1. Record the program again.\n\
     1 problem\n"
)]
#[case::other_list(
    b"[{\"Unknown\": 1}]",
    "DIR/trace.json does not hold what truename writes there: event 0: unknown variant `Unknown`, \
     expected one of `Step`, `Path`, `VariableName`, `Variable`, `Type`, `Value`, \
     `Function`, `Call`, `Return`, `Event`, `Asm`, `BindVariable`, `Assignment`, \
     `DropVariables`, `CompoundValue`, `CellValue`, `AssignCompoundItem`, `AssignCell`, \
     `VariableCell`, `DropVariable`, `ThreadStart`, `ThreadExit`, `ThreadSwitch`, \
     `DropLastStep` at line 1 column 10. Record the program again.\n\
     1 problem\n"
)]
#[case::bytes(
    b"\xff\xfe",
    "DIR/trace.json does not hold what truename writes there: expected value at line 1 \
     column 1. Record the program again.\n\
     1 problem\n"
)]
#[case::empty(
    b"",
    "DIR/trace.json is truncated: its end is missing. Record the program again.\n1 problem\n"
)]
fn foreign_json_events_are_reported(#[case] content: &[u8], #[case] expected: &str) {
    let folder = json_trace();
    fs::write(folder.path().join("trace.json"), content).unwrap();
    assert_eq!(verdict(&folder), expected);
}

#[test]
fn a_file_is_no_trace() {
    let folder = binary_trace();
    let file = folder.path().join("trace.bin");
    let failure = check(&file).unwrap_err();
    assert_eq!(
        failure.to_string(),
        format!("{} is no folder, so it is not a trace", file.display())
    );
}

#[test]
fn a_truncated_trace_says_so_at_every_length() {
    for (folder, name) in [(binary_trace(), "trace.bin"), (json_trace(), "trace.json")] {
        let file = folder.path().join(name);
        let whole = fs::read(&file).unwrap();
        for length in 0..whole.len() {
            fs::write(&file, &whole[..length]).unwrap();
            assert_eq!(
                check(folder.path()).unwrap().to_string(),
                format!(
                    "{} is truncated: its end is missing\n1 problem\n",
                    file.display()
                ),
                "{length} of {} bytes",
                whole.len()
            );
        }
    }
}

#[test]
fn what_follows_a_trace_is_counted() {
    let folder = binary_trace();
    let file = folder.path().join("trace.bin");
    let whole = fs::read(&file).unwrap();
    for rest in [b"garbage".as_slice(), &whole] {
        fs::write(&file, [&whole[..], rest].concat()).unwrap();
        assert_eq!(
            verdict(&folder),
            format!(
                "DIR/trace.bin is damaged: the trace in it is whole, and {} more bytes follow. \
                 Record the program again.\n1 problem\n",
                rest.len()
            )
        );
    }
}

#[test]
fn a_damaged_middle_is_reported() {
    let folder = binary_trace();
    let file = folder.path().join("trace.bin");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[8..middle].fill(0);
    fs::write(&file, bytes).unwrap();
    assert_eq!(
        verdict(&folder),
        "DIR/trace.bin is damaged: it cannot be decompressed. Record the program again.\n\
         1 problem\n"
    );
}

#[test]
fn problems_of_children_name_their_files() {
    let folder = binary_trace();
    let children = folder.path().join("children");
    for child in ["1", "2"] {
        write(&children.join(child), &busy_program(), Format::Json);
    }
    edit_events(&children.join("2"), |events| drop(events.pop()));
    edit_events(&children.join("2"), |events| drop(events.pop()));
    fs::remove_file(children.join("1/trace.json")).unwrap();
    assert_eq!(
        verdict(&folder),
        "DIR/children/1 is not a trace: it holds neither trace.bin nor trace.json. Name \
         the folder of a trace, or make one: truename run --out DIR ...\n\
         DIR/children/2/trace.json: event 2: this call never returns\n\
         2 problems\n"
    );
}

#[test]
fn a_stray_child_is_named() {
    let folder = binary_trace();
    fs::create_dir_all(folder.path().join("children/one")).unwrap();
    assert_eq!(
        verdict(&folder),
        "DIR/children/one is not a child's trace: those are named by a number. Move it \
         away.\n\
         1 problem\n"
    );
    let failure = Family::read(folder.path()).unwrap_err();
    assert!(
        failure
            .to_string()
            .contains("children/one is not a child's trace")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Not every damage shows, as the format has no checksum; none may bring truename down.
    #[test]
    fn no_damage_panics(
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        json in any::<bool>(),
    ) {
        let format = if json { Format::Json } else { Format::Binary };
        let folder = written(&busy_program(), format);
        let file = folder.path().join(format.file_name());
        let mut bytes = fs::read(&file).unwrap();
        for (place, byte) in hits {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        fs::write(&file, bytes).unwrap();
        let report = check(folder.path()).unwrap();
        prop_assert!(!report.to_string().contains("panic"));
    }
}
