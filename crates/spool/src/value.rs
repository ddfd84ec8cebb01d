//! Values of a program, as a spool keeps them.
//!
//! A byte says which kind a value is of, numbers are as long as they need to be (LEB128), and the values that
//! a value holds follow it. Both ways are written by hand, as there are as many values as calls.

/// A value, or the beginning of one: what [`Items`](Self::Items), [`Dict`](Self::Dict),
/// [`Range`](Self::Range) and [`Exception`](Self::Exception) hold follows as values of its own.
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
        /// True if it is less than 0.
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
        /// The characters that were kept.
        text: &'a str,
        /// The number of characters that were not.
        more: u64,
    },
    /// A `bytes` or `bytearray`.
    Bytes {
        /// True for a `bytearray`.
        mutable: bool,
        /// The bytes that were kept.
        bytes: &'a [u8],
        /// The number of bytes that were not.
        more: u64,
    },
    /// A `range`; its start, stop and step follow.
    Range,
    /// A container of items; those that were kept follow.
    Items {
        /// Its type.
        kind: Items,
        /// The number of items that follow.
        shown: u64,
        /// The number of items that were not kept.
        more: u64,
    },
    /// A `dict`; of each entry that was kept key and value follow.
    Dict {
        /// The number of entries that follow.
        shown: u64,
        /// The number of entries that were not kept.
        more: u64,
    },
    /// A container that is nested too deep to be kept: its type, and the number of its items.
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
    /// An exception, by its type's name; its `args`, or what stands for them, follow.
    Exception(ExceptionForm, &'a str),
    /// A value that a filter hides.
    Redacted,
    /// A value that a filter leaves out, where its place cannot be left out.
    Dropped,
}

/// A kind of place where a program has values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValuePlace {
    /// The arguments of a call.
    Argument,
    /// A variable of a function or a class, at a line.
    Local,
    /// A variable of a module, at a line.
    Global,
}

/// The numbers of values that filters kept out of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilteredValues {
    /// The place of all of them.
    pub place: ValuePlace,
    /// The number of those that were hidden.
    pub redacted: u64,
    /// The number of those that were left out.
    pub dropped: u64,
}

impl ValuePlace {
    /// Returns the place that a number stands for.
    pub(crate) fn of(number: u64) -> Option<Self> {
        [Self::Argument, Self::Local, Self::Global]
            .into_iter()
            .find(|place| *place as u64 == number)
    }
}

/// A way in which an exception becomes a text from its `args`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceptionForm {
    /// One argument is the text, several are shown as a tuple.
    Plain,
    /// A `KeyError`, which shows its argument as it is written in Python.
    Key,
    /// An `OSError`, which has a number and a text.
    System,
}

/// A type of containers that hold items.
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

/// A type of containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// All but a `dict`.
    Items(Items),
    /// A `dict`.
    Dict,
}

impl ExceptionForm {
    /// Returns the byte that stands for the form.
    pub(crate) fn byte(self) -> u8 {
        self as u8
    }

    /// Returns the form that a byte stands for.
    pub(crate) fn of(byte: u8) -> Option<Self> {
        [Self::Plain, Self::Key, Self::System]
            .into_iter()
            .find(|form| form.byte() == byte)
    }
}

impl Container {
    /// Returns the byte that stands for the type.
    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Items(Items::List) => 0,
            Self::Items(Items::Tuple) => 1,
            Self::Items(Items::Set) => 2,
            Self::Items(Items::FrozenSet) => 3,
            Self::Dict => 4,
        }
    }

    /// Returns the type that a byte stands for.
    pub(crate) fn of(byte: u8) -> Option<Self> {
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
