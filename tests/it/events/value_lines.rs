//! Values in a trace, one line for each event.

use std::path::{Path, PathBuf};

use runtime_tracing::{
    FullValueRecord, ThreadId, TraceLowLevelEvent as Event, TypeId, TypeRecord, ValueRecord,
};
use trace::read::Folder;

#[derive(Default)]
struct ValueLines<'a> {
    paths: Vec<&'a PathBuf>,
    functions: Vec<(&'a str, bool)>,
    types: Vec<&'a TypeRecord>,
    variables: Vec<&'a str>,
    lines: Vec<String>,
}

/// Lists what the functions of a file do and with which values, less the body of the main program; and the
/// lines of the file, but for the one that comes with each call.
pub fn values_of(trace: &Path, file: &str) -> Vec<String> {
    let events = Folder::open(trace).unwrap().events().unwrap();
    let mut lines = ValueLines::default();
    let (mut stacks, mut thread) = (vec![Vec::new()], 0);
    // A line waits for its values, and for the call that it may belong to.
    let (mut line, mut values) = (None, Vec::new());
    for event in &events {
        match event {
            Event::Value(value) => values.push(value.clone()),
            Event::Path(path) => lines.paths.push(path),
            Event::Type(kind) => lines.types.push(kind),
            Event::VariableName(name) => lines.variables.push(name),
            Event::Function(it) => {
                let is_shown = lines.paths[it.path_id.0].ends_with(file)
                    && !matches!(it.name.as_str(), "<__main__>" | "<toplevel>");
                lines.functions.push((&it.name, is_shown));
            }
            event => {
                if let Some(line) = line.take()
                    && !matches!(event, Event::Call(_))
                {
                    lines.push_line(line, &values);
                }
                values.clear();
                match event {
                    Event::Step(step) => {
                        let is_shown = lines.paths[step.path_id.0].ends_with(file);
                        line = is_shown.then(|| format!("line {}", step.line.0));
                    }
                    Event::ThreadSwitch(ThreadId(id)) => {
                        thread = *id as usize;
                        stacks.resize_with(stacks.len().max(thread + 1), Vec::new);
                    }
                    Event::Call(call) => {
                        stacks[thread].push(call.function_id.0);
                        let (name, is_shown) = lines.functions[call.function_id.0];
                        if is_shown {
                            lines.push_line(format!("enter {name}"), &call.args);
                        }
                    }
                    Event::Return(record) => {
                        let function = stacks[thread].pop().unwrap();
                        let (name, is_shown) = lines.functions[function];
                        if is_shown {
                            lines.leave(name, &record.return_value);
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    lines.lines
}

impl ValueLines<'_> {
    fn push_line(&mut self, mut line: String, values: &[FullValueRecord]) {
        for (index, value) in values.iter().enumerate() {
            line.push_str(if index == 0 { " " } else { ", " });
            line.push_str(self.variables[value.variable_id.0]);
            line.push('=');
            line.push_str(&self.show(&value.value));
        }
        self.lines.push(line);
    }

    fn leave(&mut self, name: &str, value: &ValueRecord) {
        self.lines.push(match value {
            ValueRecord::Error { msg, .. } => format!("raise {name} {msg}"),
            value => format!("leave {name} {}", self.show(value)),
        });
    }

    /// A value with its type: `int 1`, `list[str 'a']`.
    fn show(&self, value: &ValueRecord) -> String {
        let named = |id: &TypeId| self.types[id.0].lang_type.as_str();
        let all = |values: &[ValueRecord]| {
            let shown = values.iter().map(|value| self.show(value));
            shown.collect::<Vec<_>>().join(", ")
        };
        match value {
            ValueRecord::None { .. } => "None".to_owned(),
            ValueRecord::Error { msg, .. } => msg.clone(),
            ValueRecord::Int { i, type_id } => format!("{} {i}", named(type_id)),
            ValueRecord::Float { f, type_id } => format!("{} {f:?}", named(type_id)),
            ValueRecord::Bool { b, type_id } => {
                format!("{} {}", named(type_id), if *b { "True" } else { "False" })
            }
            ValueRecord::String { text, type_id } => format!("{} '{text}'", named(type_id)),
            ValueRecord::Raw { r, type_id } => format!("{} {r}", named(type_id)),
            ValueRecord::Sequence {
                elements, type_id, ..
            } => format!("{}[{}]", named(type_id), all(elements)),
            ValueRecord::Tuple { elements, type_id } => {
                format!("{}({})", named(type_id), all(elements))
            }
            ValueRecord::Struct {
                field_values,
                type_id,
            } => format!("{}{{{}}}", named(type_id), all(field_values)),
            ValueRecord::BigInt {
                b,
                negative,
                type_id,
            } => {
                let sign = if *negative { '-' } else { '+' };
                let digits: String = b.iter().map(|byte| format!("{byte:02x}")).collect();
                let digits = digits.trim_start_matches('0');
                format!("{} {sign}0x{digits}", named(type_id))
            }
            other => panic!("{other:?}"),
        }
    }
}
