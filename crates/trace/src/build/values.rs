//! Values of the program, as `runtime_tracing` has them.

use runtime_tracing::{
    FieldTypeRecord, FullValueRecord, NONE_VALUE, TraceLowLevelEvent as Event, TypeId, TypeKind,
    TypeSpecificInfo, ValueRecord, VariableId,
};
use spool::{Container, Items, Value, Values};

use super::error_text::error_text;
use super::filtered::FilteredCounts;
use super::ids::Ids;
use super::literal::{DEEPEST, bytes_literal};
use crate::names::{DROPPED, MORE, REDACTED};

/// The variables that the spool named.
#[derive(Default)]
pub struct Variables {
    /// By number.
    ids: Vec<VariableId>,
    count: usize,
    /// The one that stands for others, which are left out.
    more: Option<VariableId>,
}

impl Variables {
    /// Defines the next variable.
    pub fn define(&mut self, name: &str) -> Event {
        self.ids.push(VariableId(self.count));
        self.count += 1;
        Event::VariableName(name.to_owned())
    }

    /// Reads variables with their values. Definitions that these need are appended to `events`, and what filters kept out
    /// is added to `filtered`.
    pub fn read(
        &mut self,
        mut values: Values<'_>,
        ids: &mut Ids,
        filtered: &mut FilteredCounts,
        events: &mut Vec<Event>,
    ) -> Vec<FullValueRecord> {
        let mut variables = Vec::new();
        while let Some(number) = values.number() {
            let known = usize::try_from(number).ok();
            let (variable_id, value) = match known.and_then(|number| number.checked_sub(1)) {
                Some(number) => {
                    let value = ids.value_of(&mut values, events);
                    match self.ids.get(number) {
                        Some(id) => (*id, value),
                        // Only damage can take a definition away.
                        None => continue,
                    }
                }
                None => match values.number().unwrap_or_default() {
                    0 => {
                        if let Some(counts) = values.filtered() {
                            filtered.add_variables(counts);
                        }
                        continue;
                    }
                    more => (self.more(events), ids.more(more, events)),
                },
            };
            variables.push(FullValueRecord { variable_id, value });
        }
        variables
    }

    fn more(&mut self, events: &mut Vec<Event>) -> VariableId {
        *self.more.get_or_insert_with(|| {
            events.push(Event::VariableName(MORE.to_owned()));
            self.count += 1;
            VariableId(self.count - 1)
        })
    }
}

impl Ids {
    /// Returns an `int`.
    pub fn int(&mut self, i: i64, events: &mut Vec<Event>) -> ValueRecord {
        ValueRecord::Int {
            i,
            type_id: self.named_type(TypeKind::Int, "int", events),
        }
    }

    /// Reads a value with all that it holds. The types that it needs are defined in `events`. A value
    /// that cannot be read is `None`.
    pub fn value_of(&mut self, values: &mut Values<'_>, events: &mut Vec<Event>) -> ValueRecord {
        self.value_at(0, values, events)
    }

    fn value_at(
        &mut self,
        depth: usize,
        values: &mut Values<'_>,
        events: &mut Vec<Event>,
    ) -> ValueRecord {
        match values.value() {
            Some(value) => self.value_from(value, depth, values, events),
            None => NONE_VALUE,
        }
    }

    fn value_from(
        &mut self,
        value: Value<'_>,
        depth: usize,
        values: &mut Values<'_>,
        events: &mut Vec<Event>,
    ) -> ValueRecord {
        if depth > DEEPEST {
            return NONE_VALUE;
        }
        let mut type_of = |kind, name: &str| self.named_type(kind, name, events);
        match value {
            Value::None => NONE_VALUE,
            Value::Bool(b) => ValueRecord::Bool {
                b,
                type_id: type_of(TypeKind::Bool, "bool"),
            },
            Value::Int(i) => self.int(i, events),
            Value::BigInt {
                negative,
                magnitude,
            } => ValueRecord::BigInt {
                b: magnitude.to_owned(),
                negative,
                type_id: type_of(TypeKind::Int, "int"),
            },
            Value::HugeInt(bits) => {
                let text = format!("<int of {bits} bits>");
                raw(text, type_of(TypeKind::Int, "int"))
            }
            Value::Float(float) => float_of(float, type_of(TypeKind::Float, "float")),
            Value::Complex(real, imaginary) => {
                let float = type_of(TypeKind::Float, "float");
                let parts = [real, imaginary].map(|part| float_of(part, float));
                self.structure("complex", &["real", "imag"], float, parts.into(), events)
            }
            Value::Range => {
                let int = type_of(TypeKind::Int, "int");
                let parts = (0..3)
                    .map(|_| self.value_at(depth + 1, values, events))
                    .collect();
                self.structure("range", &["start", "stop", "step"], int, parts, events)
            }
            Value::Text { text, more } => ValueRecord::String {
                text: match more {
                    0 => text.to_owned(),
                    _ => format!("{text}{MORE} {more} more"),
                },
                type_id: type_of(TypeKind::String, "str"),
            },
            Value::Bytes {
                mutable,
                bytes,
                more,
            } => {
                let name = if mutable { "bytearray" } else { "bytes" };
                raw(bytes_literal(bytes, more), type_of(TypeKind::Raw, name))
            }
            Value::Items { kind, shown, more } => {
                let mut elements: Vec<_> = (0..shown)
                    .map_while(|_| {
                        let value = values.value()?;
                        Some(self.value_from(value, depth + 1, values, events))
                    })
                    .collect();
                if more > 0 {
                    elements.push(self.more(more, events));
                }
                let type_id = self.type_of(Container::Items(kind), events);
                if kind == Items::Tuple {
                    return ValueRecord::Tuple { elements, type_id };
                }
                ValueRecord::Sequence {
                    elements,
                    is_slice: false,
                    type_id,
                }
            }
            Value::Dict { shown, more } => self.dict(shown, more, depth, values, events),
            Value::Deep(container, count) => {
                let text = format!("{MORE} {count} more");
                raw(text, self.type_of(container, events))
            }
            Value::Cycle(container) => raw("<cycle>".to_owned(), self.type_of(container, events)),
            Value::Module(name) => {
                raw(format!("<module {name}>"), type_of(TypeKind::Raw, "module"))
            }
            Value::Function(name) => raw(
                format!("<function {name}>"),
                type_of(TypeKind::FunctionKind, "function"),
            ),
            Value::Builtin(name) => raw(
                format!("<built-in function {name}>"),
                type_of(TypeKind::FunctionKind, "builtin_function_or_method"),
            ),
            Value::Class(name, metaclass) => raw(
                format!("<class {name}>"),
                type_of(TypeKind::TypeValue, metaclass),
            ),
            Value::Object(name) => raw(format!("<{name} object>"), type_of(TypeKind::Raw, name)),
            Value::Exception(form, name) => {
                let text = error_text(form, name, values);
                self.error(&text, name, events)
            }
            Value::Redacted => raw(REDACTED.to_owned(), type_of(TypeKind::Raw, REDACTED)),
            Value::Dropped => raw(DROPPED.to_owned(), type_of(TypeKind::Raw, DROPPED)),
        }
    }

    fn dict(
        &mut self,
        shown: u64,
        more: u64,
        depth: usize,
        values: &mut Values<'_>,
        events: &mut Vec<Event>,
    ) -> ValueRecord {
        let mut elements = Vec::new();
        for _ in 0..shown {
            let Some(key) = values.value() else { break };
            let entry = [
                self.value_from(key, depth + 1, values, events),
                self.value_at(depth + 1, values, events),
            ];
            // A filter that drops an argument drops its name, too.
            if key != Value::Dropped {
                elements.push(ValueRecord::Tuple {
                    elements: entry.into(),
                    type_id: self.type_of(Container::Items(Items::Tuple), events),
                });
            }
        }
        if more > 0 {
            elements.push(self.more(more, events));
        }
        ValueRecord::Sequence {
            elements,
            is_slice: false,
            type_id: self.type_of(Container::Dict, events),
        }
    }

    fn type_of(&mut self, container: Container, events: &mut Vec<Event>) -> TypeId {
        let (kind, name) = match container {
            Container::Items(Items::List) => (TypeKind::Seq, "list"),
            Container::Items(Items::Tuple) => (TypeKind::Tuple, "tuple"),
            Container::Items(Items::Set) => (TypeKind::Set, "set"),
            Container::Items(Items::FrozenSet) => (TypeKind::Set, "frozenset"),
            Container::Dict => (TypeKind::TableKind, "dict"),
        };
        self.named_type(kind, name, events)
    }

    fn structure(
        &mut self,
        name: &str,
        fields: &[&str],
        type_id: TypeId,
        field_values: Vec<ValueRecord>,
        events: &mut Vec<Event>,
    ) -> ValueRecord {
        let field = |name: &&str| FieldTypeRecord {
            name: (*name).to_owned(),
            type_id,
        };
        let fields = fields.iter().map(field).collect();
        let info = TypeSpecificInfo::Struct { fields };
        ValueRecord::Struct {
            field_values,
            type_id: self.type_with(TypeKind::Struct, name, info, events),
        }
    }

    /// Returns the value that stands for a number of others, which are left out.
    fn more(&mut self, count: u64, events: &mut Vec<Event>) -> ValueRecord {
        let text = format!("{MORE} {count} more");
        raw(text, self.named_type(TypeKind::Raw, MORE, events))
    }
}

fn raw(r: String, type_id: TypeId) -> ValueRecord {
    ValueRecord::Raw { r, type_id }
}

/// Returns a `float`. JSON has no word for infinities and NaN, so that these are texts.
fn float_of(float: f64, type_id: TypeId) -> ValueRecord {
    if float.is_finite() {
        return ValueRecord::Float { f: float, type_id };
    }
    let text = match float {
        f64::INFINITY => "inf",
        f64::NEG_INFINITY => "-inf",
        _ => "nan",
    };
    raw(text.to_owned(), type_id)
}
