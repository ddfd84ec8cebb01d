//! The trace that is written is what was recorded, and it checks.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::select;
use rstest::rstest;
use runtime_tracing::{
    FunctionId, Line, NONE_VALUE, TraceEventsFileFormat, TraceLowLevelEvent as Event, TraceWriter,
    TypeId, TypeKind, ValueRecord, create_trace_writer,
};
use spool::{Outcome, Record};
use trace::Format;
use trace::document::{Document, Ending};
use trace::read::Folder;
use truename::check;

use crate::traces::event_bytes;
use crate::traces::records::{
    Records, begin, busy_program, end, end_with, lost, raised, recording, recording_of, start,
    write, written,
};

#[rstest]
fn a_busy_program_checks(
    #[values(
        Format::Binary,
        Format::Json,
        Format::CodeTracer,
        Format::CodeTracerJson
    )]
    format: Format,
) {
    let folder = written(&busy_program(), format);
    let report = check(folder.path()).unwrap();
    assert_eq!(
        report.to_string(),
        "ok: 6 module bodies, 7 calls, 0 child processes\n"
    );
}

#[test]
fn the_events_are_calls_threads_and_errors() {
    insta::assert_snapshot!(shown(&busy_program()), @r#"
    {"Path":"main.py"}
    {"Function":{"path_id":0,"line":1,"name":"<toplevel>"}}
    {"Call":{"function_id":0,"args":[]}}
    {"Type":{"kind":30,"lang_type":"None","specific_info":{"kind":"None"}}}
    {"ThreadStart":0}
    {"Path":"/home/app/main.py"}
    {"Function":{"path_id":1,"line":1,"name":"<__main__>"}}
    {"Step":{"path_id":1,"line":1}}
    {"Call":{"function_id":1,"args":[]}}
    {"Path":"/home/app/.venv/lib/python3.12/site-packages/pkg/__init__.py"}
    {"Function":{"path_id":2,"line":1,"name":"<pkg>"}}
    {"Step":{"path_id":2,"line":1}}
    {"Call":{"function_id":2,"args":[]}}
    {"Path":"<string>"}
    {"Function":{"path_id":3,"line":1,"name":"<module>"}}
    {"Step":{"path_id":3,"line":1}}
    {"Call":{"function_id":3,"args":[]}}
    {"Path":"/usr/lib/python3.12/json/__init__.py"}
    {"Function":{"path_id":4,"line":1,"name":"<json>"}}
    {"Step":{"path_id":4,"line":1}}
    {"Call":{"function_id":4,"args":[]}}
    {"Return":{"return_value":{"kind":"None","type_id":0}}}
    {"Return":{"return_value":{"kind":"None","type_id":0}}}
    {"Path":"/home/app/.venv/lib/python3.12/site-packages/pkg/fast.py"}
    {"Function":{"path_id":5,"line":1,"name":"<pkg.fast>"}}
    {"Step":{"path_id":5,"line":1}}
    {"Call":{"function_id":5,"args":[]}}
    {"Type":{"kind":24,"lang_type":"ImportError","specific_info":{"kind":"None"}}}
    {"Return":{"return_value":{"kind":"Error","msg":"ImportError","type_id":1}}}
    {"Return":{"return_value":{"kind":"None","type_id":0}}}
    {"ThreadStart":1}
    {"ThreadSwitch":1}
    {"Path":"/home/app/plugin.py"}
    {"Function":{"path_id":6,"line":1,"name":"<plugin>"}}
    {"Step":{"path_id":6,"line":1}}
    {"Call":{"function_id":6,"args":[]}}
    {"ThreadSwitch":0}
    {"Path":"/home/app/lib/main.py"}
    {"Function":{"path_id":7,"line":1,"name":"<main>"}}
    {"Step":{"path_id":7,"line":1}}
    {"Call":{"function_id":7,"args":[]}}
    {"ThreadSwitch":1}
    {"Return":{"return_value":{"kind":"None","type_id":0}}}
    {"ThreadExit":1}
    {"ThreadSwitch":0}
    {"Return":{"return_value":{"kind":"None","type_id":0}}}
    {"Type":{"kind":24,"lang_type":"<unfinished>","specific_info":{"kind":"None"}}}
    {"Return":{"return_value":{"kind":"Error","msg":"the process ended first","type_id":2}}}
    {"Return":{"return_value":{"kind":"None","type_id":0}}}
    {"ThreadExit":0}
    "#);
}

#[test]
fn one_thread_needs_no_mention() {
    let it = recording(vec![
        begin(0, 0, 1, "a", "/home/app/a.py"),
        begin(1, 0, 2, "b", "/home/app/b.py"),
        raised(1, 3, "ValueError"),
        raised(0, 4, "ValueError"),
        begin(2, 0, 5, "a", "/home/app/a.py"),
        end(2, 6),
    ]);
    insta::assert_snapshot!(shown(&it), @r#"
    {"Path":"main.py"}
    {"Function":{"path_id":0,"line":1,"name":"<toplevel>"}}
    {"Call":{"function_id":0,"args":[]}}
    {"Type":{"kind":30,"lang_type":"None","specific_info":{"kind":"None"}}}
    {"Path":"/home/app/a.py"}
    {"Function":{"path_id":1,"line":1,"name":"<a>"}}
    {"Step":{"path_id":1,"line":1}}
    {"Call":{"function_id":1,"args":[]}}
    {"Path":"/home/app/b.py"}
    {"Function":{"path_id":2,"line":1,"name":"<b>"}}
    {"Step":{"path_id":2,"line":1}}
    {"Call":{"function_id":2,"args":[]}}
    {"Type":{"kind":24,"lang_type":"ValueError","specific_info":{"kind":"None"}}}
    {"Return":{"return_value":{"kind":"Error","msg":"ValueError","type_id":1}}}
    {"Return":{"return_value":{"kind":"Error","msg":"ValueError","type_id":1}}}
    {"Step":{"path_id":1,"line":1}}
    {"Call":{"function_id":1,"args":[]}}
    {"Return":{"return_value":{"kind":"None","type_id":0}}}
    {"Return":{"return_value":{"kind":"None","type_id":0}}}
    "#);
}

/// Returns the events of a trace.
fn events(records: &Records) -> Vec<Event> {
    let folder = written(records, Format::Json);
    Folder::open(folder.path()).unwrap().events().unwrap()
}

/// One event a line.
fn shown(records: &Records) -> String {
    let events = events(records).into_iter();
    let lines = events.map(|event| serde_json::to_string(&event).unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn functions_of_one_name_in_two_files_are_two() {
    let it = recording(vec![
        begin(0, 0, 1, "twice", "/home/app/one.py"),
        end(0, 2),
        begin(1, 0, 3, "twice", "/home/app/two.py"),
        end(1, 4),
        begin(2, 0, 5, "twice", "/home/app/one.py"),
        end(2, 6),
    ]);
    let called: Vec<_> = events(&it)
        .into_iter()
        .filter_map(|event| match event {
            Event::Call(call) => Some(call.function_id.0),
            _ => None,
        })
        .collect();
    assert_eq!(called, [0, 1, 2, 1]);
}

#[test]
fn a_module_named_like_a_mark_is_still_a_module() {
    let it = recording(vec![
        begin(0, 0, 1, "toplevel", "main.py"),
        begin(1, 0, 2, "module", "/home/app/module.py"),
        raised(1, 3, "None"),
        end(0, 4),
    ]);
    let folder = written(&it, Format::Binary);
    let report = check(folder.path()).unwrap();
    assert_eq!(
        report.to_string(),
        "ok: 2 module bodies, 2 calls, 0 child processes\n"
    );
}

#[rstest]
#[case::binary(Format::Binary, TraceEventsFileFormat::Binary)]
#[case::json(Format::Json, TraceEventsFileFormat::Json)]
fn the_bytes_are_those_of_runtime_tracings_own_writer(
    #[case] format: Format,
    #[case] theirs: TraceEventsFileFormat,
) {
    let it = recording(vec![
        begin(0, 0, 1, "a", "/home/app/a.py"),
        begin(1, 0, 2, "b", "/home/app/b.py"),
        raised(1, 3, "ValueError"),
        end(0, 4),
    ]);
    let folder = written(&it, format);

    // Each method exists twice, in two traits, so that it must be called by its trait's name.
    let other = tempfile::tempdir().unwrap();
    let mut writer = create_trace_writer("main.py", &["--fast".to_owned()], theirs);
    let w = &mut *writer;
    w.begin_writing_trace_events(&other.path().join("events"))
        .unwrap();
    TraceWriter::begin_writing_trace_paths(w, &other.path().join("paths")).unwrap();
    TraceWriter::start(w, Path::new("main.py"), Line(1));
    TraceWriter::register_function(w, "<a>", Path::new("/home/app/a.py"), Line(1));
    TraceWriter::register_call(w, FunctionId(1), vec![]);
    TraceWriter::register_function(w, "<b>", Path::new("/home/app/b.py"), Line(1));
    TraceWriter::register_call(w, FunctionId(2), vec![]);
    let type_id = TraceWriter::ensure_type_id(w, TypeKind::Error, "ValueError");
    let msg = "ValueError".to_owned();
    TraceWriter::register_return(w, ValueRecord::Error { msg, type_id });
    TraceWriter::register_return(w, NONE_VALUE);
    TraceWriter::register_return(w, NONE_VALUE);
    w.finish_writing_trace_events().unwrap();
    TraceWriter::finish_writing_trace_paths(w).unwrap();

    assert_eq!(type_id, TypeId(1));
    let ours = event_bytes(&folder.path().join(format.file_name()), format);
    let theirs = event_bytes(&other.path().join("events"), format);
    assert!(ours == theirs, "events differ");
    let ours = fs::read_to_string(folder.path().join("trace_paths.json")).unwrap();
    assert_eq!(
        ours,
        fs::read_to_string(other.path().join("paths")).unwrap()
    );
}

/// More than one zstd frame, which holds two megabytes.
#[test]
fn a_long_trace_has_the_same_bytes_too() {
    let records = (0..20_000).flat_map(|body: u64| {
        let name = format!("m{}", body.wrapping_mul(2_654_435_761) % 1_000_003);
        let file = format!("/home/app/{name}.py");
        [
            begin(body, 0, body * 2, &name, &file),
            end(body, body * 2 + 1),
        ]
    });
    let it = recording(records.collect());
    let folder = written(&it, Format::Binary);
    let other = tempfile::NamedTempFile::new().unwrap();
    let mut writer = create_trace_writer("main.py", &[], TraceEventsFileFormat::Binary);
    writer.begin_writing_trace_events(other.path()).unwrap();
    for event in events(&it) {
        TraceWriter::add_event(&mut *writer, event);
    }
    writer.finish_writing_trace_events().unwrap();
    let ours = event_bytes(&folder.path().join("trace.bin"), Format::Binary);
    assert!(ours == event_bytes(other.path(), Format::Binary));
    assert!(check(folder.path()).unwrap().is_ok());
}

#[test]
fn the_metadata_are_what_runtime_tracing_keeps() {
    let folder = written(&busy_program(), Format::Binary);
    let text = fs::read_to_string(folder.path().join("trace_metadata.json")).unwrap();
    assert_eq!(
        text,
        r#"{"workdir":"/home/app","program":"main.py","args":["--fast"]}"#
    );
}

#[test]
fn the_modules_are_one_a_line() {
    let folder = written(&busy_program(), Format::Binary);
    let text = fs::read_to_string(folder.path().join("trace_modules.json")).unwrap();
    insta::assert_snapshot!(text, @r#"
    {
    "format": 2,
    "process": {"pid":4241,"parent":4200,"origin":"start","interpreter":0,"python":"3.12.1","executable":"/usr/bin/python3","arguments":["python3","main.py","--fast"],"directory":"/home/app","started":"2026-01-01T00:00:00.000000000Z","ended":"process-ended","reason":null},
    "recorded": {"events":"modules","values":"none"},
    "filters": {"chain":[],"scopes_skipped":0,"values_redacted":{"arg":0,"ret":0,"local":0,"global":0},"values_dropped":{"arg":0,"ret":0,"local":0,"global":0}},
    "loaded_before": ["builtins","sys"],
    "modules": [
    {"label":"<__main__>","name":"__main__","rule":"file","why":"the code comes from the file that the module was loaded from","grounds":{"name":null,"file":null,"fresh":false,"runner":null},"rivals":[],"file":"/home/app/main.py","line":1,"thread":0,"parent":null,"within":null,"start_ns":100000,"duration_ns":null,"outcome":"unfinished","exception":null},
    {"label":"<pkg>","name":"pkg","rule":"file","why":"the code comes from the file that the module was loaded from","grounds":{"name":null,"file":null,"fresh":false,"runner":null},"rivals":[],"file":"/home/app/.venv/lib/python3.12/site-packages/pkg/__init__.py","line":1,"thread":0,"parent":0,"within":{"body":0},"start_ns":200000,"duration_ns":2000000,"outcome":"returned","exception":null},
    {"label":"<module>","name":null,"rule":"nested","why":"no module body: exec or eval by the module's own code","grounds":{"name":null,"file":null,"fresh":false,"runner":null},"rivals":[],"file":"<string>","line":1,"thread":0,"parent":1,"within":{"body":1},"start_ns":300000,"duration_ns":1200000,"outcome":"returned","exception":null},
    {"label":"<json>","name":"json","rule":"file","why":"the code comes from the file that the module was loaded from","grounds":{"name":null,"file":null,"fresh":false,"runner":null},"rivals":[],"file":"/usr/lib/python3.12/json/__init__.py","line":1,"thread":0,"parent":2,"within":{"body":2},"start_ns":400000,"duration_ns":1000000,"outcome":"returned","exception":null},
    {"label":"<pkg.fast>","name":"pkg.fast","rule":"file","why":"the code comes from the file that the module was loaded from","grounds":{"name":null,"file":null,"fresh":false,"runner":null},"rivals":[],"file":"/home/app/.venv/lib/python3.12/site-packages/pkg/fast.py","line":1,"thread":0,"parent":1,"within":{"body":1},"start_ns":1600000,"duration_ns":100000,"outcome":"raised","exception":"ImportError"},
    {"label":"<plugin>","name":"plugin","rule":"file","why":"the code comes from the file that the module was loaded from","grounds":{"name":null,"file":null,"fresh":false,"runner":null},"rivals":[],"file":"/home/app/plugin.py","line":1,"thread":1,"parent":null,"within":null,"start_ns":2300000,"duration_ns":200000,"outcome":"returned","exception":null},
    {"label":"<main>","name":"main","rule":"file","why":"the code comes from the file that the module was loaded from","grounds":{"name":null,"file":null,"fresh":false,"runner":null},"rivals":[],"file":"/home/app/lib/main.py","line":1,"thread":0,"parent":0,"within":{"body":0},"start_ns":2400000,"duration_ns":200000,"outcome":"suspended","exception":null}
    ],
    "imports": [
    ]
    }
    "#);
    let document: Document = serde_json::from_str(&text).unwrap();
    assert_eq!(document.modules, busy_program().assembled().modules);
}

#[test]
fn a_recording_without_bodies_checks() {
    let folder = written(&recording(vec![]), Format::Binary);
    let report = check(folder.path()).unwrap();
    assert_eq!(
        report.to_string(),
        "ok: 0 module bodies, 0 calls, 0 child processes\n"
    );
    let document = Folder::open(folder.path()).unwrap().modules().unwrap();
    assert_eq!(document.modules, []);
    assert_eq!(document.run.ended, Ending::ProcessEnded);
}

#[test]
fn children_count_at_any_depth() {
    let folder = written(&busy_program(), Format::Binary);
    for child in ["children/1", "children/2", "children/2/children/1"] {
        write(&folder.path().join(child), &busy_program(), Format::Json);
    }
    let report = check(folder.path()).unwrap();
    assert_eq!(
        report.to_string(),
        "ok: 24 module bodies, 28 calls, 3 child processes\n"
    );
}

#[test]
fn children_come_in_the_order_of_their_numbers() {
    let folder = written(&busy_program(), Format::Binary);
    for child in ["10", "9", "1"] {
        write(
            &folder.path().join("children").join(child),
            &busy_program(),
            Format::Binary,
        );
    }
    let children = Folder::open(folder.path()).unwrap().children().unwrap();
    let names: Vec<_> = children
        .iter()
        .map(|path| path.file_name().unwrap())
        .collect();
    assert_eq!(names, ["1", "9", "10"]);
}

#[test]
fn a_second_recording_replaces_the_first() {
    let folder = written(&busy_program(), Format::Json);
    write(folder.path(), &recording(vec![]), Format::Binary);
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = [
        "trace.bin",
        "trace_metadata.json",
        "trace_modules.json",
        "trace_paths.json",
    ];
    assert_eq!(names, expected);
    assert!(check(folder.path()).unwrap().is_ok());
}

#[cfg(unix)]
#[test]
fn files_get_the_usual_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let folder = written(&busy_program(), Format::Binary);
    let usual = folder.path().join("usual");
    fs::write(&usual, "").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&folder.path().join("trace.bin")), mode(&usual));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "").unwrap();
    let target = file.join("trace");
    let trace = busy_program().traced(parent.path(), Format::Binary);
    let message = trace.publish(&target).unwrap_err().to_string();
    assert_eq!(
        message,
        format!(
            "cannot make the folder {}: Not a directory (os error 20)",
            target.display()
        )
    );
}

/// The next thing that a thread does, in random programs.
#[derive(Clone, Debug)]
enum Step {
    Begin {
        thread: u64,
        name: &'static str,
        file: &'static str,
    },
    /// Ends a body that began, perhaps not the innermost, perhaps for a second time.
    End {
        which: prop::sample::Index,
        how: u8,
    },
    EndOfNothing,
    Stop,
}

fn step() -> impl Strategy<Value = Step> {
    let names = select(vec!["", "a", "a.b", "módulo", "module", "toplevel", "main"]);
    let files = select(vec![
        "/a.py",
        "/b.py",
        "<string>",
        "",
        "main.py",
        "\"\u{1f40d}",
    ]);
    prop_oneof![
        6 => (0..3_u64, names, files)
            .prop_map(|(thread, name, file)| Step::Begin { thread, name, file }),
        5 => (any::<prop::sample::Index>(), 0..4_u8)
            .prop_map(|(which, how)| Step::End { which, how }),
        1 => Just(Step::EndOfNothing),
        1 => Just(Step::Stop),
    ]
}

fn records_of(steps: &[Step]) -> Vec<Record<'static>> {
    let mut begun = 0;
    let mut records = Vec::new();
    for (micros, step) in (0..).zip(steps) {
        records.push(match step {
            Step::Begin { thread, name, file } => {
                begun += 1;
                begin(begun - 1, *thread, micros, name, file)
            }
            Step::End { which, how } if begun > 0 => {
                let body = which.index(usize::try_from(begun).unwrap()) as u64;
                match how {
                    0 => end(body, micros),
                    1 => raised(body, micros, "ValueError"),
                    2 => raised(body, micros, "<unfinished>"),
                    _ => end_with(body, micros, Outcome::Suspended),
                }
            }
            Step::End { .. } | Step::EndOfNothing => end(1_000_000, micros),
            Step::Stop => Record::Stop { time: 0 },
        });
    }
    records
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_was_recorded_checks(steps in prop::collection::vec(step(), 0..60)) {
        let it = recording(records_of(&steps));
        let (binary, json) = (written(&it, Format::Binary), written(&it, Format::Json));
        for folder in [&binary, &json] {
            let report = check(folder.path()).unwrap();
            prop_assert!(report.is_ok(), "{report}");
        }
        let read = |folder: &Path| {
            let events = Folder::open(folder).unwrap().events().unwrap();
            serde_json::to_string(&events).unwrap()
        };
        prop_assert_eq!(read(binary.path()), read(json.path()));
    }

    #[test]
    fn each_body_keeps_its_own_times(steps in prop::collection::vec(step(), 0..60)) {
        let it = recording(records_of(&steps)).assembled();
        for (index, body) in it.modules.iter().enumerate() {
            let Some(parent) = body.parent else { continue };
            let parent_body = &it.modules[parent];
            prop_assert!(parent < index);
            prop_assert_eq!(parent_body.thread, body.thread);
            let parent_ends = parent_body
                .duration_ns
                .map(|duration| parent_body.start_ns + duration);
            prop_assert!(parent_ends.is_none_or(|ends| ends > body.start_ns));
        }
    }
}

#[test]
fn a_lost_recording_is_a_problem_and_can_be_read() {
    let mut records = vec![begin(0, 0, 1, "a", "/home/app/a.py")];
    records.push(lost(2, "the disk is full"));
    let folder = written(&recording_of(start(), records), Format::Binary);
    let report = check(folder.path()).unwrap();
    assert_eq!(
        report.to_string(),
        format!(
            "{}: the recording was lost before the process ended: the disk is full (the last body that \
             started: <a>)\n1 problem\n",
            folder.path().join("trace_modules.json").display()
        )
    );
}
