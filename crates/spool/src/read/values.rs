//! Bytes become values.

use std::str;

use crate::value::{Container, ExceptionForm, FilteredValues, Value, ValuePlace};

/// Values that are read in the order in which they were written. `None` is the end, or damage.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a>(pub(super) &'a [u8]);

impl<'a> Values<'a> {
    /// Values that were written into `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Returns whether all has been read.
    pub fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the bytes that have not been read, as they are in the spool.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Reads the next variable alone: its number, and its value with all that it holds.
    pub fn variable(&mut self) -> Option<Self> {
        let from = self.0;
        let mut left = u64::from(self.number()? > 0);
        if left == 0 {
            // No variable, but the number of those that were left out, or what filters kept out.
            if self.number()? == 0 {
                self.filtered()?;
            }
        }
        while left > 0 {
            left = (left - 1).checked_add(self.pass()?)?;
        }
        Some(Self(&from[..from.len() - self.0.len()]))
    }

    /// Passes over the next value, or the beginning of one, and returns the number of values that it holds.
    /// Texts, which are most of it, are not looked at.
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
                Value::Exception(..) => Some(1),
                Value::Items { shown, .. } => Some(shown),
                Value::Dict { shown, .. } => shown.checked_mul(2),
                _ => Some(0),
            },
        }
    }

    /// Reads what filters kept out of an event, behind the two numbers that stand before it.
    pub fn filtered(&mut self) -> Option<FilteredValues> {
        Some(FilteredValues {
            place: ValuePlace::of(self.number()?)?,
            redacted: self.number()?,
            dropped: self.number()?,
        })
    }

    /// Reads values that stand behind the number of their bytes.
    pub(super) fn part(&mut self) -> Option<Self> {
        self.bytes().map(Self)
    }

    /// Reads the next number.
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

    /// Reads the next value, or the beginning of one.
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
            24 => Value::Exception(ExceptionForm::of(self.byte()?)?, self.text()?),
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
    use crate::value::Items;

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
            Value::Exception(ExceptionForm::System, "OSError"),
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
                Value::Exception(..) => 1,
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
