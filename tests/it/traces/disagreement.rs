//! Traces whose files do not agree, and what is said of them.

use std::fs;
use std::path::Path;
use std::process::Command;

use rstest::rstest;
use runtime_tracing::{
    FullValueRecord, FunctionId, NONE_VALUE, PathId, ThreadId, TraceLowLevelEvent as Event, TypeId,
    VariableId,
};
use serde_json::Value;
use tempfile::TempDir;
use trace::Format;
use trace::read::Folder;

use crate::traces::records::{busy_program, written};

/// Returns what `truename check` says, with the folder's name as `DIR`.
pub fn verdict(folder: &TempDir) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_truename"));
    let output = command.arg("check").arg(folder.path()).output().unwrap();
    let [found, error] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    let text = match error.trim_end().strip_prefix("truename: error: ") {
        Some(error) => format!("exit {}: {error}", output.status.code().unwrap()),
        None => found,
    };
    text.replace(&folder.path().display().to_string(), "DIR")
}

pub fn json_trace() -> TempDir {
    written(&busy_program(), Format::Json)
}

pub fn edit_events(folder: &Path, edit: impl FnOnce(&mut Vec<Event>)) {
    let mut events = Folder::open(folder).unwrap().events().unwrap();
    edit(&mut events);
    fs::write(
        folder.join("trace.json"),
        serde_json::to_string(&events).unwrap(),
    )
    .unwrap();
}

fn edit_modules(folder: &Path, edit: impl FnOnce(&mut Value)) {
    let file = folder.join("trace_modules.json");
    let mut document = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    edit(&mut document);
    fs::write(file, document.to_string()).unwrap();
}

#[rstest]
#[case::undefined_function(
    |events: &mut Vec<Event>| set_call(events, 1, 9),
    "DIR/trace.json: event 8: function 9 is used before it is defined\n1 problem\n"
)]
#[case::unasked_variable(
    |events: &mut Vec<Event>| {
        let value = FullValueRecord { variable_id: VariableId(0), value: NONE_VALUE };
        events.splice(9..9, [Event::VariableName("x".to_owned()), Event::Value(value)]);
    },
    "DIR/trace.json: event 10: variables of a line, where trace_modules.json says that none were \
     asked for\n1 problem\n"
)]
#[case::unasked_argument(
    |events: &mut Vec<Event>| {
        let value = FullValueRecord { variable_id: VariableId(0), value: NONE_VALUE };
        if let Event::Call(call) = &mut events[8] {
            call.args.push(value);
        }
        events.insert(1, Event::VariableName("x".to_owned()));
    },
    "DIR/trace.json: event 9: arguments, where trace_modules.json says that none were asked \
     for\n1 problem\n"
)]
#[case::swapped_function(
    |events: &mut Vec<Event>| set_call(events, 1, 0),
    "DIR/trace.json: event 8: a call of <toplevel> (main.py:1), where trace_modules.json lists \
     <__main__> (/home/app/main.py:1) as module 0\n1 problem\n"
)]
#[case::swapped_top_level(
    |events: &mut Vec<Event>| {
        if let Event::Function(function) = &mut events[1] {
            function.name = "<main>".to_owned();
        }
    },
    "DIR/trace.json: event 2: the outermost call is <main> (main.py:1) and should be \
     <toplevel> (main.py:1)\n1 problem\n"
)]
#[case::wrong_label(
    |events: &mut Vec<Event>| {
        if let Event::Function(function) = &mut events[6] {
            function.name = "<other>".to_owned();
        }
    },
    "DIR/trace.json: event 8: a call of <other> (/home/app/main.py:1), where trace_modules.json \
     lists <__main__> (/home/app/main.py:1) as module 0\n1 problem\n"
)]
#[case::dropped_return(
    |events: &mut Vec<Event>| drop_last(events, |event| matches!(event, Event::Return(_))),
    "DIR/trace.json: event 48: thread 0 ends with calls still open\n\
     DIR/trace.json: event 2: this call never returns\n\
     2 problems\n"
)]
#[case::dropped_call(
    |events: &mut Vec<Event>| drop_last(events, |event| matches!(event, Event::Call(_))),
    "DIR/trace.json: event 47: a return without an open call on its thread\n1 problem\n"
)]
#[case::dropped_step(
    |events: &mut Vec<Event>| drop_last(events, |event| matches!(event, Event::Step(_))),
    "DIR/trace.json: event 39: a call of <main> (/home/app/lib/main.py:1) without a step \
     to its first line\n\
     1 problem\n"
)]
#[case::dropped_path(
    |events: &mut Vec<Event>| drop_last(events, |event| matches!(event, Event::Path(_))),
    "DIR/trace.json: event 37: path 7 is used before it is defined\n\
     DIR/trace.json: event 38: path 7 is used before it is defined\n\
     DIR/trace_paths.json: path 7 is /home/app/lib/main.py, where the events have none\n\
     3 problems\n"
)]
#[case::dropped_type(
    |events: &mut Vec<Event>| drop_last(events, |event| matches!(event, Event::Type(_))),
    "DIR/trace.json: event 46: type 2 is used before it is defined\n1 problem\n"
)]
#[case::dropped_thread_start(
    |events: &mut Vec<Event>| drop_last(events, |event| matches!(event, Event::ThreadStart(_))),
    "DIR/trace.json: event 30: a switch to thread 1, which never started\n\
     DIR/trace.json: event 40: a switch to thread 1, which never started\n\
     DIR/trace.json: event 42: thread 1 ends without a start\n\
     3 problems\n"
)]
#[case::other_thread(
    |events: &mut Vec<Event>| for event in events {
        if let Event::ThreadStart(id) | Event::ThreadSwitch(id) | Event::ThreadExit(id) = event {
            *id = ThreadId(id.0 + 7);
        }
    },
    "DIR/trace.json: event 8: a call of <__main__> (/home/app/main.py:1) on thread 7, \
     where trace_modules.json lists module 0 on thread 0\n\
     1 problem\n"
)]
#[case::other_type(
    |events: &mut Vec<Event>| for event in events {
        if let Event::Return(record) = event
            && let runtime_tracing::ValueRecord::Error { type_id, .. } = &mut record.return_value
        {
            *type_id = TypeId(0);
        }
    },
    "DIR/trace.json: event 28: <pkg.fast> returns the error `ImportError` of type None, \
     where trace_modules.json says that module 4 raised ImportError\n\
     1 problem\n"
)]
#[case::other_path(
    |events: &mut Vec<Event>| if let Event::Step(step) = &mut events[7] {
        step.path_id = PathId(0);
    },
    "DIR/trace.json: event 8: a call of <__main__> (/home/app/main.py:1) without a step \
     to its first line\n\
     1 problem\n"
)]
#[case::no_event(
    |events: &mut Vec<Event>| events.clear(),
    "DIR/trace.json: event 0: there is no call at all\n\
     DIR/trace_paths.json: path 0 is main.py, where the events have none\n\
     2 problems\n"
)]
fn events_that_do_not_add_up(#[case] edit: fn(&mut Vec<Event>), #[case] expected: &str) {
    let folder = json_trace();
    edit_events(folder.path(), edit);
    assert_eq!(verdict(&folder), expected);
}

fn set_call(events: &mut [Event], which: usize, function: usize) {
    let mut calls = events.iter_mut().filter_map(|event| match event {
        Event::Call(call) => Some(call),
        _ => None,
    });
    calls.nth(which).unwrap().function_id = FunctionId(function);
}

fn drop_last(events: &mut Vec<Event>, is_it: impl Fn(&Event) -> bool) {
    let last = events.iter().rposition(is_it).unwrap();
    events.remove(last);
}

#[rstest]
#[case::label(
    |document: &mut Value| document["modules"][1]["label"] = "<other>".into(),
    "DIR/trace_modules.json: module 1: the label is <other>, and its name makes it \
     <pkg>\n\
     DIR/trace.json: event 12: a call of <pkg> \
     (/home/app/.venv/lib/python3.12/site-packages/pkg/__init__.py:1), where \
     trace_modules.json lists <other> \
     (/home/app/.venv/lib/python3.12/site-packages/pkg/__init__.py:1) as module 1\n\
     2 problems\n"
)]
#[case::unjustified(
    |document: &mut Value| document["modules"][2]["rule"] = "file".into(),
    "DIR/trace_modules.json: module 2: a bare <module> that nothing justifies: its rule \
     says: the code comes from the file that the module was loaded from\n\
     1 problem\n"
)]
#[case::named_against_its_rule(
    |document: &mut Value| document["modules"][0]["rule"] = "nested".into(),
    "DIR/trace_modules.json: module 0: <__main__> has a name, and its rule says: no \
     module body: exec or eval by the module's own code\n\
     1 problem\n"
)]
#[case::guessed(
    |document: &mut Value| document["modules"][0]["rule"] = "roots".into(),
    "DIR/trace_modules.json: module 0: <__main__> is a guess: inferred from the roots on \
     sys.path\n\
     1 problem\n"
)]
#[case::thread(
    |document: &mut Value| document["modules"][5]["thread"] = 0.into(),
    "DIR/trace.json: event 35: a call of <plugin> (/home/app/plugin.py:1) on thread 1, \
     where trace_modules.json lists module 5 on thread 0\n\
     1 problem\n"
)]
#[case::parent_on_another_thread(
    |document: &mut Value| document["modules"][5]["parent"] = 0.into(),
    "DIR/trace_modules.json: module 5: <plugin> has a parent on another thread\n1 problem\n"
)]
#[case::parent_after_child(
    |document: &mut Value| document["modules"][1]["parent"] = 1.into(),
    "DIR/trace_modules.json is damaged: module 1 has a parent that starts after it. \
     Record the program again.\n\
     1 problem\n"
)]
#[case::within_itself(
    |document: &mut Value| document["modules"][5]["within"] = serde_json::json!({"body": 5}),
    "DIR/trace_modules.json is damaged: what an import or a body began within is not there, or is \
     within it. Record the program again.\n\
     1 problem\n"
)]
#[case::within_no_import(
    |document: &mut Value| document["modules"][5]["within"] = serde_json::json!({"import": 0}),
    "DIR/trace_modules.json is damaged: what an import or a body began within is not there, or is \
     within it. Record the program again.\n\
     1 problem\n"
)]
#[case::outcome(
    |document: &mut Value| document["modules"][4]["outcome"] = "returned".into(),
    "DIR/trace.json: event 28: <pkg.fast> returns the error `ImportError` of type \
     ImportError, where trace_modules.json says that module 4 returned\n\
     1 problem\n"
)]
#[case::exception(
    |document: &mut Value| document["modules"][4]["exception"] = "KeyError".into(),
    "DIR/trace.json: event 28: <pkg.fast> returns the error `ImportError` of type \
     ImportError, where trace_modules.json says that module 4 raised KeyError\n\
     1 problem\n"
)]
#[case::one_less(
    |document: &mut Value| drop(document["modules"].as_array_mut().unwrap().pop()),
    "DIR/trace.json: event 40: 7 calls within <toplevel> up to here, where \
     trace_modules.json lists 6 modules\n\
     1 problem\n"
)]
#[case::program(
    |document: &mut Value| document["process"]["arguments"][1] = "other.py".into(),
    "DIR/trace.json: event 2: the outermost call is <toplevel> (main.py:1) and should be \
     <toplevel> (other.py:1)\n\
     DIR/trace_metadata.json: `main.py` [\"--fast\"] in /home/app, where \
     trace_modules.json has `other.py` [\"--fast\"] in /home/app\n\
     2 problems\n"
)]
#[case::directory(
    |document: &mut Value| document["process"]["directory"] = "/elsewhere".into(),
    "DIR/trace_metadata.json: `main.py` [\"--fast\"] in /home/app, where \
     trace_modules.json has `main.py` [\"--fast\"] in /elsewhere\n\
     1 problem\n"
)]
#[case::sub_interpreter(
    |document: &mut Value| document["process"]["origin"] = "interpreter".into(),
    "DIR/trace_modules.json: a sub-interpreter has the number 0, which is the main one's\n\
     1 problem\n"
)]
#[case::main_interpreter(
    |document: &mut Value| document["process"]["interpreter"] = 3.into(),
    "DIR/trace_modules.json: a process was started with interpreter 3, and the main one is 0\n\
     1 problem\n"
)]
#[case::format(
    |document: &mut Value| document["format"] = 1.into(),
    "DIR/trace_modules.json is of format 1, and this truename reads format 2. Use the \
     truename that wrote it, or record the program again.\n\
     1 problem\n"
)]
#[case::unusable_name(
    |document: &mut Value| document["modules"][0]["name"] = "<run_path>".into(),
    "DIR/trace_modules.json does not hold what truename writes there: a module name \
     cannot hold `<` or `>` at line 1 column 403. Record the program again.\n\
     1 problem\n"
)]
fn modules_that_do_not_agree(#[case] edit: fn(&mut Value), #[case] expected: &str) {
    let folder = json_trace();
    edit_modules(folder.path(), edit);
    assert_eq!(verdict(&folder), expected);
}

#[test]
fn paths_that_do_not_agree() {
    let folder = json_trace();
    fs::write(folder.path().join("trace_paths.json"), r#"["main.py"]"#).unwrap();
    assert_eq!(
        verdict(&folder),
        "DIR/trace_paths.json: path 1 is none, where the events have /home/app/main.py\n1 problem\n"
    );
}
