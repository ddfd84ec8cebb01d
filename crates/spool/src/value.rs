//! Values as bytes, written and read by hand: there are as many of them as there are calls.
//!
//! A byte says what a value is, numbers are as long as they need to be (LEB128), and what a value
//! holds follows it.

use std::str;

/// A value, or the beginning of one: what [`Items`](Self::Items), [`Dict`](Self::Dict) and
/// [`Range`](Self::Range) hold follows as values of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// `None`.
    None,
    /// A `bool`.
    Bool(bool),
    /// An `int` that is not large.
    Int(i64),
    /// A larger `int`.
    BigInt {
        /// Whether it is less than 0.
        negative: bool,
        /// The number without its sign, the most significant byte first.
        magnitude: &'a [u8],
    },
    /// An `int` that is too large to be kept: the number of its bits.
    HugeInt(u64),
    /// A `float`.
    Float(f64),
    /// A `complex`: its real and its imaginary part.
    Complex(f64, f64),
    /// A `str`.
    Text {
        /// What was kept of it.
        text: &'a str,
        /// How many characters were not.
        more: u64,
    },
    /// A `bytes` or `bytearray`.
    Bytes {
        /// Which of them.
        mutable: bool,
        /// What was kept of it.
        bytes: &'a [u8],
        /// How many bytes were not.
        more: u64,
    },
    /// A `range`; its start, stop and step follow.
    Range,
    /// What holds items; those that were kept follow.
    Items {
        /// What it is.
        kind: Items,
        /// How many items follow.
        shown: u64,
        /// How many were not kept.
        more: u64,
    },
    /// A `dict`; of each entry that was kept key and value follow.
    Dict {
        /// How many entries follow.
        shown: u64,
        /// How many were not kept.
        more: u64,
    },
    /// What holds items that are nested too deep to be kept: what it is, and how many items it has.
    Deep(Container, u64),
    /// One of the containers that this is in.
    Cycle(Container),
    /// A module, by its name.
    Module(&'a str),
    /// A function, by its qualified name.
    Function(&'a str),
    /// A function that is not written in Python, by its name.
    Builtin(&'a str),
    /// A class: its own name, and its metaclass's.
    Class(&'a str, &'a str),
    /// Any other object, by its type's name.
    Object(&'a str),
    /// What a filter hides.
    Redacted,
    /// What a filter leaves out, and whose place cannot be left out.
    Dropped,
}

/// What holds items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Items {
    /// A `list`.
    List,
    /// A `tuple`.
    Tuple,
    /// A `set`.
    Set,
    /// A `frozenset`.
    FrozenSet,
}

/// What holds other values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// All but a `dict`.
    Items(Items),
    /// A `dict`.
    Dict,
}

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
            Self::Text { text, more } => write_text(text.as_bytes(), more, out),
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
            Self::Redacted => out.push(22),
            Self::Dropped => out.push(23),
        }
    }
}

impl Container {
    fn byte(self) -> u8 {
        match self {
            Self::Items(Items::List) => 0,
            Self::Items(Items::Tuple) => 1,
            Self::Items(Items::Set) => 2,
            Self::Items(Items::FrozenSet) => 3,
            Self::Dict => 4,
        }
    }

    fn of(byte: u8) -> Option<Self> {
        Some(match byte {
            0 => Self::Items(Items::List),
            1 => Self::Items(Items::Tuple),
            2 => Self::Items(Items::Set),
            3 => Self::Items(Items::FrozenSet),
            4 => Self::Dict,
            _ => return None,
        })
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
pub fn write_text(text: &[u8], more: u64, out: &mut Vec<u8>) {
    out.push(9);
    write_number(more, out);
    write_bytes(text, out);
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

/// Reads what was written, in its order. `None` is the end, or damage.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a>(pub(crate) &'a [u8]);

impl<'a> Values<'a> {
    /// Values that were written into `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether all has been read.
    pub fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// What has not been read, as it is in the spool.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// The next variable alone: its number, and its value with all that it holds.
    pub fn variable(&mut self) -> Option<Self> {
        let from = self.0;
        let mut left = u64::from(self.number()? > 0);
        if left == 0 {
            // (how many there are that were left out)
            self.number()?;
        }
        while left > 0 {
            left = (left - 1).checked_add(self.pass()?)?;
        }
        Some(Self(&from[..from.len() - self.0.len()]))
    }

    /// Passes over the next value, or the beginning of one; how many values it holds. Of texts, which are
    /// most of it, nothing is looked at.
    fn pass(&mut self) -> Option<u64> {
        match *self.0.first()? {
            9..=11 => {
                self.0 = &self.0[1..];
                self.number()?;
                self.bytes()?;
                Some(0)
            }
            17..=19 | 21 => {
                self.0 = &self.0[1..];
                self.bytes()?;
                Some(0)
            }
            _ => match self.value()? {
                Value::Range => Some(3),
                Value::Items { shown, .. } => Some(shown),
                Value::Dict { shown, .. } => shown.checked_mul(2),
                _ => Some(0),
            },
        }
    }

    /// The next number.
    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// The next value, or the beginning of one.
    pub fn value(&mut self) -> Option<Value<'a>> {
        Some(match self.byte()? {
            0 => Value::None,
            1 => Value::Bool(false),
            2 => Value::Bool(true),
            3 => {
                let number = self.number()?;
                Value::Int((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
            }
            tag @ (4 | 5) => Value::BigInt {
                negative: tag == 5,
                magnitude: self.bytes()?,
            },
            6 => Value::HugeInt(self.number()?),
            7 => Value::Float(self.float()?),
            8 => Value::Complex(self.float()?, self.float()?),
            9 => Value::Text {
                more: self.number()?,
                text: self.text()?,
            },
            tag @ (10 | 11) => Value::Bytes {
                mutable: tag == 11,
                more: self.number()?,
                bytes: self.bytes()?,
            },
            12 => Value::Range,
            13 => match self.container()? {
                Container::Items(kind) => Value::Items {
                    kind,
                    shown: self.number()?,
                    more: self.number()?,
                },
                Container::Dict => return None,
            },
            14 => Value::Dict {
                shown: self.number()?,
                more: self.number()?,
            },
            15 => Value::Deep(self.container()?, self.number()?),
            16 => Value::Cycle(self.container()?),
            17 => Value::Module(self.text()?),
            18 => Value::Function(self.text()?),
            19 => Value::Builtin(self.text()?),
            20 => Value::Class(self.text()?, self.text()?),
            21 => Value::Object(self.text()?),
            22 => Value::Redacted,
            23 => Value::Dropped,
            _ => return None,
        })
    }

    fn container(&mut self) -> Option<Container> {
        Container::of(self.byte()?)
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn float(&mut self) -> Option<f64> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(f64::from_le_bytes(*bytes))
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<&'a str> {
        str::from_utf8(self.bytes()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let list = Container::Items(Items::List);
        let all = [
            Value::None,
            Value::Bool(true),
            Value::Bool(false),
            Value::Int(0),
            Value::Int(-1),
            Value::Int(i64::MAX),
            Value::Int(i64::MIN),
            Value::BigInt {
                negative: true,
                magnitude: &[1, 0, 255],
            },
            Value::HugeInt(1 << 40),
            Value::Float(-0.5),
            Value::Complex(1.0, f64::INFINITY),
            Value::Text {
                text: "\u{e9}t\u{e9}",
                more: 300,
            },
            Value::Bytes {
                mutable: true,
                bytes: &[0, 200],
                more: 0,
            },
            Value::Range,
            Value::Items {
                kind: Items::FrozenSet,
                shown: 2,
                more: 1 << 33,
            },
            Value::Dict { shown: 0, more: 0 },
            Value::Deep(Container::Dict, 9),
            Value::Cycle(list),
            Value::Module("json"),
            Value::Function("f.<locals>.g"),
            Value::Builtin("len"),
            Value::Class("A", "Meta"),
            Value::Object("A"),
            Value::Redacted,
            Value::Dropped,
        ];
        let mut bytes = Vec::new();
        for value in all {
            value.write(&mut bytes);
        }
        let mut values = Values(&bytes);
        for value in all {
            assert_eq!(values.value(), Some(value));
        }
        assert!(values.is_over());
        let mut values = Values(&bytes);
        for value in all {
            let held = match value {
                Value::Range => 3,
                Value::Items { shown, .. } => shown,
                Value::Dict { shown, .. } => 2 * shown,
                _ => 0,
            };
            assert_eq!(values.pass(), Some(held));
        }
        assert!(values.is_over());
        for length in 0..bytes.len() {
            // Whatever is cut off, reading comes to an end.
            let mut values = Values(&bytes[..length]);
            while values.value().is_some() {}
        }
    }
}
