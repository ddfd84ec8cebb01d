//! Values become bytes.

use crate::value::{Container, FilteredValues, Value};

impl Value<'_> {
    /// Appends the value.
    #[inline]
    pub fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::None => out.push(0),
            Self::Bool(false) => out.push(1),
            Self::Bool(true) => out.push(2),
            Self::Int(int) => write_int(int, out),
            Self::BigInt {
                negative,
                magnitude,
            } => {
                out.push(if negative { 5 } else { 4 });
                write_bytes(magnitude, out);
            }
            Self::HugeInt(bits) => {
                out.push(6);
                write_number(bits, out);
            }
            Self::Float(float) => {
                out.push(7);
                out.extend(float.to_le_bytes());
            }
            Self::Complex(real, imaginary) => {
                out.push(8);
                out.extend(real.to_le_bytes());
                out.extend(imaginary.to_le_bytes());
            }
            Self::Text { text, more } => write_text(text.bytes(), more, out),
            Self::Bytes {
                mutable,
                bytes,
                more,
            } => {
                out.push(if mutable { 11 } else { 10 });
                write_number(more, out);
                write_bytes(bytes, out);
            }
            Self::Range => out.push(12),
            Self::Items { kind, shown, more } => {
                out.push(13);
                out.push(Container::Items(kind).byte());
                write_number(shown, out);
                write_number(more, out);
            }
            Self::Dict { shown, more } => {
                out.push(14);
                write_number(shown, out);
                write_number(more, out);
            }
            Self::Deep(container, count) => {
                out.push(15);
                out.push(container.byte());
                write_number(count, out);
            }
            Self::Cycle(container) => out.extend([16, container.byte()]),
            Self::Module(name) => write_name(17, name, out),
            Self::Function(name) => write_name(18, name, out),
            Self::Builtin(name) => write_name(19, name, out),
            Self::Class(name, kind) => {
                write_name(20, name, out);
                write_bytes(kind.as_bytes(), out);
            }
            Self::Object(kind) => write_name(21, kind, out),
            Self::Exception(form, kind) => {
                out.extend([24, form.byte()]);
                write_bytes(kind.as_bytes(), out);
            }
            Self::Redacted => out.push(22),
            Self::Dropped => out.push(23),
        }
    }
}

impl FilteredValues {
    /// Appends the numbers, behind the variables of an event.
    pub fn write(self, out: &mut Vec<u8>) {
        // Neither a variable, nor the number of those that there are more.
        out.extend([0, 0]);
        write_number(self.place as u64, out);
        write_number(self.redacted, out);
        write_number(self.dropped, out);
    }
}

/// Appends a [`Value::Int`].
#[inline]
pub fn write_int(int: i64, out: &mut Vec<u8>) {
    let number = (int << 1 ^ int >> 63).cast_unsigned();
    if number < 0x80 {
        return out.extend_from_slice(&[3, number as u8]);
    }
    out.push(3);
    write_number(number, out);
}

/// Appends a [`Value::Text`], whose text is in UTF-8.
#[inline]
pub fn write_text(text: impl ExactSizeIterator<Item = u8>, more: u64, out: &mut Vec<u8>) {
    out.push(9);
    write_number(more, out);
    write_number(text.len() as u64, out);
    out.extend(text);
}

/// Appends a number.
#[inline]
pub fn write_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[inline]
fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    write_number(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

#[inline]
fn write_name(tag: u8, name: &str, out: &mut Vec<u8>) {
    out.push(tag);
    write_bytes(name.as_bytes(), out);
}
