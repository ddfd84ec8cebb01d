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
            text.push_str(&complex_text(real, imaginary));
            Ok(())
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
            let mut parts = String::new();
            push_items(("range(", ")"), 3, 0, depth, values, &mut parts);
            // Python leaves out a step of 1.
            match parts.strip_suffix(", 1)") {
                Some(start_and_stop) => text.extend([start_and_stop, ")"]),
                None => text.push_str(&parts),
            }
            Ok(())
        }
        Value::Items { kind, shown, more } => {
            let brackets = match kind {
                Items::List => ("[", "]"),
                Items::Tuple if (shown, more) == (1, 0) => ("(", ",)"),
                Items::Tuple => ("(", ")"),
                Items::Set if (shown, more) == (0, 0) => ("set(", ")"),
                Items::FrozenSet if (shown, more) == (0, 0) => ("frozenset(", ")"),
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
            _ if character.is_control() => drop(write!(text, "\\x{:02x}", u32::from(character))),
            _ => text.push(character),
        }
    }
    text.push(quote);
}

/// Returns a float as Python writes it: with an exponent of two digits below 1e-4 and from 1e16 on.
fn float_text(float: f64) -> String {
    let text = short_float(float);
    match text.contains(['.', 'e', 'n']) {
        true => text,
        false => text + ".0",
    }
}

/// Returns a float as it is within a complex number, where a whole one has no point.
fn short_float(float: f64) -> String {
    if float.is_nan() {
        return "nan".to_owned();
    }
    let text = format!("{float:e}");
    let Some((digits, exponent)) = text.split_once('e') else {
        return text;
    };
    match exponent.parse::<i32>() {
        Ok(number) if !(-4..16).contains(&number) => {
            let sign = if number < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", number.abs())
        }
        _ => format!("{float}"),
    }
}

fn complex_text(real: f64, imaginary: f64) -> String {
    let sign = if imaginary.is_sign_negative() && !imaginary.is_nan() {
        ""
    } else {
        "+"
    };
    match real == 0.0 && real.is_sign_positive() {
        true => format!("{}j", short_float(imaginary)),
        false => format!("({}{sign}{}j)", short_float(real), short_float(imaginary)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_in_python() {
        let written = |float| float_text(float);
        let floats = [
            1.0,
            0.1,
            -0.0,
            1e15,
            1e16,
            1.5e300,
            1e-4,
            1e-5,
            f64::INFINITY,
            f64::NAN,
        ];
        assert_eq!(
            floats.map(written),
            [
                "1.0",
                "0.1",
                "-0.0",
                "1000000000000000.0",
                "1e+16",
                "1.5e+300",
                "0.0001",
                "1e-05",
                "inf",
                "nan"
            ]
        );
        assert_eq!(complex_text(0.0, 1.0), "1j");
        assert_eq!(complex_text(-0.0, -1.5), "(-0-1.5j)");
        assert_eq!(complex_text(2.0, f64::NAN), "(2+nanj)");
    }

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
