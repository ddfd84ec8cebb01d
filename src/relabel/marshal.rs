//! The part of Python's marshal format that pstats needs: dicts, tuples, texts and numbers. Versions 2 to 5 are read, and 4 is
//! written.

use std::collections::HashMap;
use std::rc::Rc;

/// An object of a marshal file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Object {
    /// A `str`, as UTF-8 in which surrogates may stand alone.
    Text(Rc<[u8]>),
    /// A tuple.
    Tuple(Rc<[Object]>),
    /// A dict, in its order.
    Dict(Vec<(Object, Object)>),
    /// Anything else that holds no others, as it stands in the file.
    Plain(Rc<[u8]>),
}

impl Object {
    /// Returns an `int` that is no less than 0 and has no more than 31 bits.
    pub fn small_int(&self) -> Option<u32> {
        match self {
            Self::Plain(bytes) => match bytes[..] {
                [b'i', a, b, c, d] => u32::try_from(i32::from_le_bytes([a, b, c, d])).ok(),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The mark of an object to which others refer.
const SHARED: u8 = 0x80;
/// The depth of the counts of a caller: a dict of tuples with dicts of tuples.
const DEEPEST: usize = 4;
/// The most digits of a number, each of 15 bits: a count of 64 bits has them. Each reference to it is written with all of them.
const MOST_DIGITS: usize = 5;
const CUT: &str = "its end is missing";
const OTHER: &str = "has what no profile holds";

type Result<T> = std::result::Result<T, &'static str>;

/// Reads an object, which is all that there is.
///
/// # Errors
///
/// Says what is wrong.
pub fn read(bytes: &[u8]) -> Result<Object> {
    let mut reader = Reader {
        rest: bytes,
        shared: Vec::new(),
    };
    let object = reader.object(0)?.ok_or(OTHER)?;
    match reader.rest.is_empty() {
        true => Ok(object),
        false => Err("goes on behind its end"),
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    /// Those that may be referred to, by number; `None` for one that is still being read.
    shared: Vec<Option<Object>>,
}

impl<'a> Reader<'a> {
    /// Reads an object; `None` is the end of a dict.
    fn object(&mut self, depth: usize) -> Result<Option<Object>> {
        if depth > DEEPEST {
            return Err("is nested too deep");
        }
        let all = self.rest;
        let first = self.take(1)?[0];
        let number = self.shared.len();
        let is_shared = first & SHARED != 0;
        if is_shared {
            self.shared.push(None);
        }
        let object = match first & !SHARED {
            b'0' => return Ok(None),
            b'r' => {
                let number = self.length(4)?;
                let known = self.shared.get(number).cloned().flatten().ok_or(OTHER)?;
                return Ok(Some(known));
            }
            b'(' => self.tuple(4, depth)?,
            b')' => self.tuple(1, depth)?,
            b'{' => self.dict(depth)?,
            b'u' | b't' | b'a' | b'A' => self.text(4)?,
            b'z' | b'Z' => self.text(1)?,
            b'N' | b'T' | b'F' => plain(all, 1),
            b'i' => self.plain(all, 4)?,
            b'g' => self.plain(all, 8)?,
            b'l' => {
                let count = self.take(4)?;
                let count = i32::from_le_bytes([count[0], count[1], count[2], count[3]]);
                let digits = count.unsigned_abs() as usize;
                if digits > MOST_DIGITS {
                    return Err(OTHER);
                }
                self.take(2 * digits)?;
                plain(all, 5 + 2 * digits)
            }
            _ => return Err(OTHER),
        };
        // Other objects in turn would let a small file stand for a large one.
        if is_shared && is_flat(&object) {
            self.shared[number] = Some(object.clone());
        }
        Ok(Some(object))
    }

    fn tuple(&mut self, bytes: usize, depth: usize) -> Result<Object> {
        let count = self.length(bytes)?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(self.object(depth + 1)?.ok_or(OTHER)?);
        }
        Ok(Object::Tuple(items.into()))
    }

    fn dict(&mut self, depth: usize) -> Result<Object> {
        let mut entries = Vec::new();
        while let Some(key) = self.object(depth + 1)? {
            entries.push((key, self.object(depth + 1)?.ok_or(OTHER)?));
        }
        Ok(Object::Dict(entries))
    }

    fn text(&mut self, bytes: usize) -> Result<Object> {
        let length = self.length(bytes)?;
        Ok(Object::Text(self.take(length)?.into()))
    }

    /// Reads the rest of an object that begins `all` and has so many bytes behind its first one.
    fn plain(&mut self, all: &[u8], length: usize) -> Result<Object> {
        self.take(length)?;
        Ok(plain(all, 1 + length))
    }

    fn length(&mut self, bytes: usize) -> Result<usize> {
        let bytes = self.take(bytes)?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |all, byte| all << 8 | usize::from(*byte)))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(CUT)?;
        self.rest = rest;
        Ok(taken)
    }
}

fn plain(all: &[u8], length: usize) -> Object {
    let mut bytes = all[..length].to_vec();
    bytes[0] &= !SHARED;
    Object::Plain(bytes.into())
}

/// Returns whether an object is a leaf, or the key of an entry.
fn is_flat(object: &Object) -> bool {
    let is_leaf = |it: &Object| matches!(it, Object::Text(_) | Object::Plain(_));
    match object {
        Object::Tuple(items) => items.len() <= 3 && items.iter().all(is_leaf),
        other => is_leaf(other),
    }
}

/// Writes an object. Texts that are alike are written once.
pub fn write(object: &Object) -> Vec<u8> {
    let mut bytes = Vec::new();
    put(object, &mut HashMap::new(), &mut bytes);
    bytes
}

fn put(object: &Object, texts: &mut HashMap<Rc<[u8]>, u32>, bytes: &mut Vec<u8>) {
    match object {
        Object::Plain(plain) => bytes.extend_from_slice(plain),
        Object::Text(text) => match texts.get(text) {
            Some(number) => {
                bytes.push(b'r');
                bytes.extend(number.to_le_bytes());
            }
            None => {
                texts.insert(text.clone(), length(texts.len()));
                bytes.push(b'u' | SHARED);
                bytes.extend(length(text.len()).to_le_bytes());
                bytes.extend_from_slice(text);
            }
        },
        Object::Tuple(items) => {
            bytes.push(b'(');
            bytes.extend(length(items.len()).to_le_bytes());
            for item in items.iter() {
                put(item, texts, bytes);
            }
        }
        Object::Dict(entries) => {
            bytes.push(b'{');
            for (key, value) in entries {
                put(key, texts, bytes);
                put(value, texts, bytes);
            }
            bytes.push(b'0');
        }
    }
}

/// Returns a length as the format has it. What was read has no greater ones.
fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Object {
        Object::Text(text.as_bytes().into())
    }

    /// `{("a", 1, "a"): (2.5, {("a", 1, "a"): None})}` as CPython 3.13 writes it.
    const WRITTEN: &[u8] =
        b"{\xa9\x03\xda\x01a\xe9\x01\x00\x00\x00r\x01\x00\x00\x00)\x02\xe7\x00\x00\x00\x00\x00\x00\x04@{r\x00\x00\x00\x00N00";

    #[test]
    fn what_is_read_is_written_again() {
        let object = read(WRITTEN).unwrap();
        let Object::Dict(entries) = &object else {
            panic!("{object:?}")
        };
        let Object::Tuple(key) = &entries[0].0 else {
            panic!("{object:?}")
        };
        assert_eq!((&key[0], &key[2]), (&text("a"), &text("a")));
        assert_eq!(key[1].small_int(), Some(1));
        assert_eq!(read(&write(&object)), Ok(object));
    }

    #[test]
    fn damage_is_an_error() {
        for end in 0..WRITTEN.len() {
            assert_eq!(read(&WRITTEN[..end]), Err(CUT), "{end}");
        }
        assert_eq!(read(b"NN"), Err("goes on behind its end"));
        assert_eq!(read(b"c"), Err(OTHER));
        assert_eq!(read(b"r\0\0\0\0"), Err(OTHER));
        assert_eq!(read(b"(\xff\xff\xff\xff"), Err(CUT));
        assert!(read(b"l\x05\0\0\0##########").is_ok());
        assert_eq!(read(b"l\x06\0\0\0############"), Err(OTHER));
        assert_eq!(read(&b")\x01".repeat(9)), Err("is nested too deep"));
        // A tuple that holds itself.
        assert_eq!(read(b"\xa9\x01r\0\0\0\0"), Err(OTHER));
        // Tuples of tuples are not shared, so that nothing doubles.
        assert_eq!(read(b")\x02\xa9\x01)\0r\0\0\0\0"), Err(OTHER));
    }

    proptest! {
        #[test]
        fn whatever_is_there_is_read_or_refused(at in 0..WRITTEN.len(), by in any::<[u8; 5]>(), more in any::<Vec<u8>>()) {
            let _ = read(&more);
            let mut bytes = WRITTEN.to_vec();
            bytes.splice(at..(at + 5).min(WRITTEN.len()), by);
            if let Ok(object) = read(&bytes) {
                prop_assert_eq!(read(&write(&object)), Ok(object));
            }
        }
    }
}
