//! The text of an exception, from what it was made with: none of the program's code is asked.

use std::fmt::Write;

use spool::{Container, ExceptionForm, Items, Value, Values};

use super::literal::{DEEPEST, bytes_literal};
use crate::names::{MORE, REDACTED};

/// Returns the text of an exception as the last line of a traceback has it: `KeyError: 'name'`. Its arguments are read
/// from `values`.
pub fn error_text(form: ExceptionForm, name: &str, values: &mut Values<'_>) -> String {
    error_text_at(0, form, name, values)
}

fn error_text_at(depth: usize, form: ExceptionForm, name: &str, values: &mut Values<'_>) -> String {
    let mut text = String::new();
    match values.value() {
        None | Some(Value::Dropped) => {}
        Some(Value::Redacted) => text.push_str(REDACTED),
        Some(Value::Items {
            kind: Items::Tuple,
            shown: 1,
            more: 0,
        }) => match values.value() {
            Some(Value::Text { text: only, more }) if form != ExceptionForm::Key => {
                text.push_str(only);
                push_more(more, &mut text);
            }
            Some(only) => push(only, depth, values, &mut text),
            None => {}
        },
        Some(Value::Items {
            kind: Items::Tuple,
            shown: 0,
            more: 0,
        }) => {}
        Some(arguments) => push_arguments(form, arguments, depth, values, &mut text),
    }
    match text.is_empty() {
        true => name.to_owned(),
        false => format!("{name}: {text}"),
    }
}

fn push_arguments(
    form: ExceptionForm,
    arguments: Value<'_>,
    depth: usize,
    values: &mut Values<'_>,
    text: &mut String,
) {
    let mut ahead = *values;
    if form == ExceptionForm::System
        && let Value::Items { shown: 2.., .. } = arguments
        && let Some(Value::Int(number)) = ahead.value()
        && let Some(Value::Text { text: reason, more }) = ahead.value()
    {
        let _ = write!(text, "[Errno {number}] {reason}");
        push_more(more, text);
    }
    let is_shown = !text.is_empty();
    let mut rest = String::new();
    // What is not shown is read all the same.
    push(
        arguments,
        depth,
        values,
        if is_shown { &mut rest } else { text },
    );
}

/// Appends a value as it is written in Python, with all that it holds.
fn push(value: Value<'_>, depth: usize, values: &mut Values<'_>, text: &mut String) {
    if depth > DEEPEST {
        return;
    }
    // A String takes whatever is written.
    let _ = match value {
        Value::None => write!(text, "None"),
        Value::Bool(true) => write!(text, "True"),
        Value::Bool(false) => write!(text, "False"),
        Value::Int(int) => write!(text, "{int}"),
        Value::BigInt {
            negative,
            magnitude,
        } => {
            let digits: String = magnitude.iter().map(|byte| format!("{byte:02x}")).collect();
            let sign = if negative { "-" } else { "" };
            write!(text, "{sign}0x{}", digits.trim_start_matches('0'))
        }
        Value::HugeInt(bits) => write!(text, "<int of {bits} bits>"),
        Value::Float(float) => write!(text, "{}", float_text(float)),
        Value::Complex(real, imaginary) => {
            let (real, imaginary) = (float_text(real), float_text(imaginary));
            write!(text, "complex({real}, {imaginary})")
        }
        Value::Text { text: string, more } => {
            push_quoted(string, text);
            push_more(more, text);
            Ok(())
        }
        Value::Bytes {
            mutable,
            bytes,
            more,
        } => match (mutable, bytes_literal(bytes, more)) {
            (false, bytes) => write!(text, "{bytes}"),
            (true, bytes) => write!(text, "bytearray({bytes})"),
        },
        Value::Range => {
            push_items(("range(", ")"), 3, 0, depth, values, text);
            Ok(())
        }
        Value::Items { kind, shown, more } => {
            let brackets = match kind {
                Items::List => ("[", "]"),
                Items::Tuple if (shown, more) == (1, 0) => ("(", ",)"),
                Items::Tuple => ("(", ")"),
                Items::Set => ("{", "}"),
                Items::FrozenSet => ("frozenset({", "})"),
            };
            push_items(brackets, shown, more, depth, values, text);
            Ok(())
        }
        Value::Dict { shown, more } => {
            push_dict(shown, more, depth, values, text);
            Ok(())
        }
        Value::Deep(_, count) => write!(text, "{MORE} {count} more"),
        Value::Cycle(Container::Items(_) | Container::Dict) => write!(text, "<cycle>"),
        Value::Module(name) => write!(text, "<module {name}>"),
        Value::Function(name) => write!(text, "<function {name}>"),
        Value::Builtin(name) => write!(text, "<built-in function {name}>"),
        Value::Class(name, _) => write!(text, "<class {name}>"),
        Value::Object(name) => write!(text, "<{name} object>"),
        Value::Exception(form, name) => {
            text.push_str(&error_text_at(depth + 1, form, name, values));
            Ok(())
        }
        Value::Redacted => write!(text, "{REDACTED}"),
        Value::Dropped => write!(text, "{MORE}"),
    };
}

fn push_items(
    (open, close): (&str, &str),
    shown: u64,
    more: u64,
    depth: usize,
    values: &mut Values<'_>,
    text: &mut String,
) {
    text.push_str(open);
    for index in 0..shown {
        let Some(value) = values.value() else { break };
        if index > 0 {
            text.push_str(", ");
        }
        push(value, depth + 1, values, text);
    }
    push_more(more, text);
    text.push_str(close);
}

fn push_dict(shown: u64, more: u64, depth: usize, values: &mut Values<'_>, text: &mut String) {
    text.push('{');
    for index in 0..shown {
        let Some(key) = values.value() else { break };
        if index > 0 {
            text.push_str(", ");
        }
        push(key, depth + 1, values, text);
        text.push_str(": ");
        let Some(value) = values.value() else { break };
        push(value, depth + 1, values, text);
    }
    push_more(more, text);
    text.push('}');
}

/// Appends that there is more of something.
fn push_more(more: u64, text: &mut String) {
    if more > 0 {
        let _ = write!(text, "{MORE} {more} more");
    }
}

fn push_quoted(string: &str, text: &mut String) {
    let quote = if string.contains('\'') && !string.contains('"') {
        '"'
    } else {
        '\''
    };
    text.push(quote);
    for character in string.chars() {
        match character {
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\\' => text.push_str("\\\\"),
            _ if character == quote => text.extend(['\\', quote]),
            _ => text.push(character),
        }
    }
    text.push(quote);
}

fn float_text(float: f64) -> String {
    match float {
        f64::INFINITY => "inf".to_owned(),
        f64::NEG_INFINITY => "-inf".to_owned(),
        _ if float.is_nan() => "nan".to_owned(),
        _ => format!("{float:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No recorder nests exceptions; a damaged spool can.
    #[test]
    fn exceptions_in_exceptions_end_at_the_deepest() {
        let mut bytes = Vec::new();
        for _ in 0..200_000 {
            Value::Exception(ExceptionForm::Plain, "E").write(&mut bytes);
        }
        let text = error_text(ExceptionForm::Plain, "E", &mut Values::new(&bytes));
        assert!(text.starts_with("E: E: E"), "{text}");
        assert!(text.len() < 100, "{text}");
    }
}
