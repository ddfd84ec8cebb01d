//! Every id is defined before it is used.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use runtime_tracing::{
    FullValueRecord, FunctionId, FunctionRecord, PathId, RValue, StepRecord,
    TraceLowLevelEvent as Event, TypeId, TypeRecord, TypeSpecificInfo, ValueRecord, VariableId,
};

/// The definitions of the events so far. An id is the number of definitions of its kind before it.
#[derive(Default)]
pub struct Definitions {
    paths: Vec<PathBuf>,
    functions: Vec<FunctionRecord>,
    /// The functions by name, path and line.
    ids: HashMap<(String, usize, i64), usize>,
    /// The names of the types.
    types: Vec<String>,
    variables: usize,
    problems: Vec<String>,
}

impl Definitions {
    /// Verifies the ids that the next event uses, then takes what it defines; returns what is wrong.
    pub fn take(&mut self, event: &Event) -> Vec<String> {
        match event {
            Event::Path(path) => self.paths.push(path.clone()),
            Event::VariableName(_) | Event::Variable(_) => self.variables += 1,
            Event::Type(record) => {
                self.type_record(record);
                self.types.push(record.lang_type.clone());
            }
            Event::Function(record) => {
                self.use_path(record.path_id);
                let key = (record.name.clone(), record.path_id.0, record.line.0);
                let id = self.functions.len();
                if let Some(first) = self.ids.insert(key, id) {
                    self.problems
                        .push(format!("function {id} is function {first} once more"));
                }
                self.functions.push(record.clone());
            }
            Event::Step(StepRecord { path_id, .. }) => self.use_path(*path_id),
            Event::Value(value) => self.full_value(value),
            Event::Call(call) => {
                self.use_function(call.function_id);
                call.args.iter().for_each(|value| self.full_value(value));
            }
            Event::Return(record) => self.value(&record.return_value),
            Event::BindVariable(record) => self.use_variable(record.variable_id),
            Event::VariableCell(record) => self.use_variable(record.variable_id),
            Event::DropVariable(id) => self.use_variable(*id),
            Event::DropVariables(ids) => ids.iter().for_each(|id| self.use_variable(*id)),
            Event::Assignment(record) => {
                self.use_variable(record.to);
                match &record.from {
                    RValue::Simple(id) => self.use_variable(*id),
                    RValue::Compound(ids) => ids.iter().for_each(|id| self.use_variable(*id)),
                }
            }
            Event::CompoundValue(record) => self.value(&record.value),
            Event::CellValue(record) => self.value(&record.value),
            Event::AssignCell(record) => self.value(&record.new_value),
            Event::AssignCompoundItem(_)
            | Event::Event(_)
            | Event::Asm(_)
            | Event::ThreadStart(_)
            | Event::ThreadExit(_)
            | Event::ThreadSwitch(_)
            | Event::DropLastStep => {}
        }
        std::mem::take(&mut self.problems)
    }

    /// Returns all paths, by id.
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// Returns the path with that id, if there is one.
    pub fn path(&self, id: PathId) -> Option<&Path> {
        self.paths.get(id.0).map(PathBuf::as_path)
    }

    /// Returns the function with that id, if there is one.
    pub fn function(&self, id: FunctionId) -> Option<&FunctionRecord> {
        self.functions.get(id.0)
    }

    /// Returns the name of the type with that id, if there is one.
    pub fn type_name(&self, id: TypeId) -> Option<&str> {
        self.types.get(id.0).map(String::as_str)
    }

    fn use_path(&mut self, id: PathId) {
        self.need("path", id.0, self.paths.len());
    }

    fn use_function(&mut self, id: FunctionId) {
        self.need("function", id.0, self.functions.len());
    }

    fn use_type(&mut self, id: TypeId) {
        self.need("type", id.0, self.types.len());
    }

    fn use_variable(&mut self, id: VariableId) {
        self.need("variable", id.0, self.variables);
    }

    fn need(&mut self, kind: &str, id: usize, defined: usize) {
        if id >= defined {
            self.problems
                .push(format!("{kind} {id} is used before it is defined"));
        }
    }

    /// A structure may refer to itself, so its own id counts as defined.
    fn type_record(&mut self, record: &TypeRecord) {
        let defined = self.types.len() + 1;
        match &record.specific_info {
            TypeSpecificInfo::None => {}
            TypeSpecificInfo::Struct { fields } => {
                for field in fields {
                    self.need("type", field.type_id.0, defined);
                }
            }
            TypeSpecificInfo::Pointer {
                dereference_type_id,
            } => self.need("type", dereference_type_id.0, defined),
        }
    }

    fn full_value(&mut self, value: &FullValueRecord) {
        self.use_variable(value.variable_id);
        self.value(&value.value);
    }

    fn value(&mut self, value: &ValueRecord) {
        match value {
            ValueRecord::Int { type_id, .. }
            | ValueRecord::Float { type_id, .. }
            | ValueRecord::Bool { type_id, .. }
            | ValueRecord::String { type_id, .. }
            | ValueRecord::Raw { type_id, .. }
            | ValueRecord::Error { type_id, .. }
            | ValueRecord::None { type_id }
            | ValueRecord::BigInt { type_id, .. } => self.use_type(*type_id),
            ValueRecord::Sequence {
                elements, type_id, ..
            }
            | ValueRecord::Tuple { elements, type_id }
            | ValueRecord::Struct {
                field_values: elements,
                type_id,
            } => {
                self.use_type(*type_id);
                elements.iter().for_each(|element| self.value(element));
            }
            ValueRecord::Variant {
                contents, type_id, ..
            } => {
                self.use_type(*type_id);
                self.value(contents);
            }
            ValueRecord::Reference {
                dereferenced,
                type_id,
                ..
            } => {
                self.use_type(*type_id);
                self.value(dereferenced);
            }
            ValueRecord::Cell { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use runtime_tracing::{Line, ReturnRecord, TypeKind};

    use super::*;

    #[test]
    fn an_id_is_good_from_its_definition_on() {
        let step = Event::Step(StepRecord {
            path_id: PathId(0),
            line: Line(1),
        });
        let path = Event::Path("/home/app.py".into());
        let mut definitions = Definitions::default();
        assert_eq!(
            definitions.take(&step),
            ["path 0 is used before it is defined"]
        );
        assert!(definitions.take(&path).is_empty());
        assert!(definitions.take(&step).is_empty());
        assert_eq!(definitions.path(PathId(0)), Some(Path::new("/home/app.py")));
    }

    #[test]
    fn values_are_searched_to_the_bottom() {
        let deep = ValueRecord::Tuple {
            elements: vec![ValueRecord::Variant {
                discriminator: "some".into(),
                contents: Box::new(ValueRecord::None { type_id: TypeId(7) }),
                type_id: TypeId(0),
            }],
            type_id: TypeId(0),
        };
        let record = Event::Type(TypeRecord {
            kind: TypeKind::None,
            lang_type: "None".into(),
            specific_info: TypeSpecificInfo::None,
        });
        let event = Event::Return(ReturnRecord { return_value: deep });
        let mut definitions = Definitions::default();
        assert!(definitions.take(&record).is_empty());
        assert_eq!(
            definitions.take(&event),
            ["type 7 is used before it is defined"]
        );
    }
}
