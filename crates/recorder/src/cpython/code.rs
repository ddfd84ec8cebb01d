//! Code objects, and what they say of themselves.

use std::ffi::{CStr, c_void};
use std::ptr;
use std::sync::OnceLock;

use module_identity::BARE_LABEL;
use module_identity::cpython::{CodeVariable, Object};
use pyo3::ffi;
use pyo3::prelude::*;

use super::object::ObjectRef;

/// `CO_GENERATOR | CO_COROUTINE | CO_ITERABLE_COROUTINE | CO_ASYNC_GENERATOR`: code that can be
/// suspended, as `<module>` code with a top-level `await` is.
const SUSPENDS: u32 = 0x20 | 0x80 | 0x100 | 0x200;

/// `CO_OPTIMIZED`: the variables are no dictionary's.
const OPTIMIZED: u32 = 0x1;

/// `CO_VARARGS`, `CO_VARKEYWORDS`.
const VARIADIC: [u32; 2] = [0x4, 0x8];

/// The attributes that are asked for, which the interpreters of a process share.
struct Attributes {
    name: Attribute,
    qualname: Attribute,
    filename: Attribute,
    first_line: Attribute,
    flags: Attribute,
    argument_count: Attribute,
    keyword_only_count: Attribute,
    locals: Attribute,
    cells: Attribute,
    free: Attribute,
    constants: Attribute,
    names: Attribute,
}

/// An attribute that the type of code objects defines, as its static tables have it: no object stands between,
/// which would be one interpreter's own. It is looked up once: this is asked of each code object that a program
/// makes.
#[derive(Clone, Copy)]
enum Attribute {
    Member(*mut ffi::PyMemberDef),
    Computed(ffi::getter, *mut c_void),
}

// SAFETY: the tables are part of CPython, are never freed and never changed.
unsafe impl Send for Attributes {}
// SAFETY: as above.
unsafe impl Sync for Attributes {}

impl Attribute {
    /// Finds the attribute of this name.
    ///
    /// # Safety
    ///
    /// `kind` is the type of code objects.
    unsafe fn find(kind: *mut ffi::PyTypeObject, name: &CStr) -> Self {
        // SAFETY: the type is alive. Each table ends with an entry without a name, and names are C strings.
        unsafe {
            let mut member =
                ffi::PyType_GetSlot(kind, ffi::Py_tp_members).cast::<ffi::PyMemberDef>();
            while !member.is_null() && !(*member).name.is_null() {
                if CStr::from_ptr((*member).name) == name {
                    return Self::Member(member);
                }
                member = member.add(1);
            }
            let mut computed =
                ffi::PyType_GetSlot(kind, ffi::Py_tp_getset).cast::<ffi::PyGetSetDef>();
            while !computed.is_null() && !(*computed).name.is_null() {
                if let (true, Some(get)) =
                    (CStr::from_ptr((*computed).name) == name, (*computed).get)
                {
                    return Self::Computed(get, (*computed).closure);
                }
                computed = computed.add(1);
            }
        }
        panic!("each CPython has the attribute {name:?}");
    }

    #[inline]
    fn get(&self, code: ObjectRef<'_>) -> Option<Object> {
        // SAFETY: the object is a live code object, which the attribute is for. Each call gives a new reference
        // or an error.
        unsafe {
            let value = match *self {
                Self::Member(member) => ffi::PyMember_GetOne(code.as_ptr().cast(), member),
                Self::Computed(get, closure) => get(code.as_ptr(), closure),
            };
            Object::own(code.py(), value)
        }
    }
}

/// The address of a code object whose variables are its own.
#[derive(Clone, Copy)]
pub struct OptimizedCode(pub(super) usize);

/// A live code object.
#[derive(Clone, Copy)]
pub struct CodeRef<'py>(ObjectRef<'py>);

impl<'py> CodeRef<'py> {
    /// Takes an object as the code object that it is.
    #[inline(always)]
    pub fn new(object: ObjectRef<'py>) -> Self {
        Self(object)
    }

    #[inline(always)]
    pub fn py(self) -> Python<'py> {
        self.0.py()
    }

    #[inline(always)]
    pub fn as_object(self) -> ObjectRef<'py> {
        self.0
    }

    #[inline(always)]
    pub fn as_ptr(self) -> *mut ffi::PyObject {
        self.0.as_ptr()
    }

    /// Returns the address, which is the object's own as long as it lives.
    #[inline(always)]
    pub fn address(self) -> usize {
        self.0.address()
    }

    /// Returns whether it is named `<module>`, stray white space aside.
    pub fn is_of_a_module(self) -> bool {
        let Some(name) = self.get(&self.attributes().name) else {
            return false;
        };
        let name = ObjectRef::of(self.py(), &name).as_str();
        // Nearly all names are a function's, for which the length is enough, or the start.
        name.is_some_and(|name| {
            let may_be = |first: char| first == '<' || first.is_whitespace();
            name.length() >= BARE_LABEL.len()
                && name.first().is_some_and(may_be)
                && name
                    .as_object()
                    .text()
                    .is_some_and(|text| text.trim() == BARE_LABEL)
        })
    }

    /// Returns whether it uses a name, of a global variable or an attribute. `name` is interned, as all of these are.
    pub fn has_name(self, name: &Object) -> bool {
        let Some(names) = self.get(&self.attributes().names) else {
            return false;
        };
        // SAFETY: `co_names` is a tuple, alive, which lends its items.
        unsafe {
            let size = ffi::PyTuple_Size(names.as_ptr());
            (0..size)
                .any(|index| ptr::eq(ffi::PyTuple_GetItem(names.as_ptr(), index), name.as_ptr()))
        }
    }

    /// Returns `co_qualname`.
    pub fn qualname(self) -> String {
        self.text(&self.attributes().qualname)
    }

    /// Returns `co_filename`.
    pub fn filename(self) -> String {
        self.text(&self.attributes().filename)
    }

    /// Returns `co_firstlineno`.
    pub fn first_line(self) -> u32 {
        self.number(&self.attributes().first_line)
    }

    /// Returns whether it can be suspended.
    pub fn suspends(self) -> bool {
        self.number(&self.attributes().flags) & SUSPENDS != 0
    }

    /// Returns whether its variables are its own, as a function's are; those of a class's body and of a module
    /// are in a dictionary.
    pub fn is_optimized(self) -> bool {
        self.number(&self.attributes().flags) & OPTIMIZED != 0
    }

    /// Returns its address as that of a function's code, if it is one.
    pub fn as_optimized(self) -> Option<OptimizedCode> {
        self.is_optimized().then_some(OptimizedCode(self.address()))
    }

    /// Returns its arguments, `*args` and `**kwargs` included, and its other variables. A name comes once.
    pub fn variables(self) -> (Vec<CodeVariable>, Vec<CodeVariable>) {
        let attributes = self.attributes();
        let flags = self.number(&attributes.flags);
        let variadic = VARIADIC.iter().filter(|flag| flags & **flag != 0).count();
        let arguments =
            self.number(&attributes.argument_count) + self.number(&attributes.keyword_only_count);
        let (locals, cells) = (
            self.tuple(&attributes.locals),
            self.tuple(&attributes.cells),
        );
        let is_same = |one: &Object, other: &Object| ptr::eq(one.as_ptr(), other.as_ptr());
        let is_in = |names: &[Object], name: &Object| names.iter().any(|it| is_same(it, name));
        // The places are those of the locals, of the cells that are no locals, and of the free variables.
        let cells_alone = cells.iter().filter(|cell| !is_in(&locals, cell));
        let cells_alone = cells_alone.map(|cell| ObjectRef::of(self.py(), cell).keep());
        let in_cells = cells_alone.chain(self.items(&attributes.free));
        let in_cells: Vec<_> = in_cells.collect();
        let locals = locals.into_iter().map(|name| (is_in(&cells, &name), name));
        let names = locals.chain(in_cells.into_iter().map(|name| (true, name)));
        let mut variables: Vec<CodeVariable> = Vec::new();
        for (index, (is_cell, name)) in names.enumerate() {
            if !variables.iter().any(|it| is_same(&it.name, &name)) {
                variables.push(CodeVariable {
                    name,
                    index,
                    is_cell,
                });
            }
        }
        let count = arguments as usize + variadic;
        let others = variables.split_off(count.min(variables.len()));
        (variables, others)
    }

    /// Returns whether it has variables that are neither in a dictionary nor those of code around it.
    pub fn has_own_variables(self) -> bool {
        let attributes = self.attributes();
        let has_any = |attribute| !self.tuple(attribute).is_empty();
        has_any(&attributes.locals) || has_any(&attributes.cells)
    }

    /// Returns whether its last argument is `**kwargs`.
    pub fn has_keywords(self) -> bool {
        self.number(&self.attributes().flags) & VARIADIC[1] != 0
    }

    /// Returns itself and all code that is made from it: of functions, classes and what these hold.
    pub fn with_nested(self) -> Vec<Object> {
        let mut all = vec![self.0.keep()];
        let mut done = 0;
        while let Some(outer) = all.get(done) {
            done += 1;
            let nested: Vec<_> = CodeRef(ObjectRef::of(self.py(), outer)).nested().collect();
            all.extend(nested);
        }
        all
    }

    /// Returns the code that is made from it itself.
    pub fn nested(self) -> impl Iterator<Item = Object> {
        let constants = self.items(&self.attributes().constants);
        // No other type is that of code.
        constants.filter(move |it| ptr::eq(ObjectRef::of(self.py(), it).kind(), self.0.kind()))
    }

    fn tuple(self, attribute: &Attribute) -> Vec<Object> {
        self.items(attribute).collect()
    }

    /// Returns the items of an attribute that is a tuple.
    fn items(self, attribute: &Attribute) -> impl Iterator<Item = Object> + use<'py> {
        let tuple = self.get(attribute);
        // SAFETY: the tuple is alive.
        let size = |it: &Object| unsafe { ffi::PyTuple_Size(it.as_ptr()) }.max(0);
        let indices = 0..tuple.as_ref().map_or(0, size);
        // SAFETY: the tuple is alive, and lends its items.
        let item = move |tuple: &Object, index| unsafe {
            Object::keep(self.py(), ffi::PyTuple_GetItem(tuple.as_ptr(), index))
        };
        indices.filter_map(move |index| item(tuple.as_ref()?, index))
    }

    fn text(self, attribute: &Attribute) -> String {
        let value = self.get(attribute);
        let text = value
            .as_ref()
            .and_then(|value| ObjectRef::of(self.py(), value).text());
        text.unwrap_or_default().into_owned()
    }

    fn number(self, attribute: &Attribute) -> u32 {
        // SAFETY: the value is alive; these attributes are small numbers.
        self.get(attribute).map_or(0, |value| unsafe {
            ffi::PyLong_AsUnsignedLongMask(value.as_ptr()) as u32
        })
    }

    #[inline]
    fn get(self, attribute: &Attribute) -> Option<Object> {
        attribute.get(self.0)
    }

    #[inline]
    fn attributes(self) -> &'static Attributes {
        static ATTRIBUTES: OnceLock<Attributes> = OnceLock::new();
        ATTRIBUTES.get_or_init(|| {
            // SAFETY: the type is that of a code object.
            let of = |name| unsafe { Attribute::find(self.0.kind(), name) };
            Attributes {
                name: of(c"co_name"),
                qualname: of(c"co_qualname"),
                filename: of(c"co_filename"),
                first_line: of(c"co_firstlineno"),
                flags: of(c"co_flags"),
                argument_count: of(c"co_argcount"),
                keyword_only_count: of(c"co_kwonlyargcount"),
                locals: of(c"co_varnames"),
                cells: of(c"co_cellvars"),
                free: of(c"co_freevars"),
                constants: of(c"co_consts"),
                names: of(c"co_names"),
            }
        })
    }
}
