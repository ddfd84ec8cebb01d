//! The few functions of CPython that are needed, found in the process at run time.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem;
use std::sync::OnceLock;

/// A Python object, seen from outside.
#[repr(C)]
pub(crate) struct Object {
    _opaque: [u8; 0],
}

/// A hook as `PySys_AddAuditHook` takes it.
pub(crate) type AuditHook =
    unsafe extern "C" fn(event: *const c_char, arguments: *mut Object, data: *mut c_void) -> c_int;

/// `Py_file_input`: compile a whole file.
const FILE_INPUT: c_int = 257;

/// The key by which an interpreter's dictionary says that it was ready, and its flags were looked at.
const MARK: &CStr = c"truename";

/// Defines a table of CPython's functions, by shorter names. All of them are in its stable ABI.
macro_rules! functions {
    (
        $(#[$comment:meta])* $table:ident:
        $($field:ident: $symbol:literal = fn($($argument:ty),*) $(-> $result:ty)?;)*
    ) => {
        $(#[$comment])*
        pub(crate) struct $table {
            $($field: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
        }

        impl $table {
            /// Finds them; `None` when one is missing, so in a process that is no Python.
            pub(crate) fn find() -> Option<&'static Self> {
                static FOUND: OnceLock<Option<$table>> = OnceLock::new();
                FOUND.get_or_init(Self::look_for).as_ref()
            }

            fn look_for() -> Option<Self> {
                Some(Self {
                    $($field: {
                        let address = symbol($symbol)?;
                        // SAFETY: the function of this name has this signature in every CPython 3.
                        unsafe {
                            mem::transmute::<
                                *mut c_void,
                                unsafe extern "C" fn($($argument),*) $(-> $result)?,
                            >(address)
                        }
                    },)*
                })
            }
        }
    };
}

functions! {
    /// The functions by which the recorder is started.
    Python:
    attribute: c"PyObject_GetAttrString" = fn(*mut Object, *const c_char) -> *mut Object;
    builtins: c"PyEval_GetBuiltins" = fn() -> *mut Object;
    clear_error: c"PyErr_Clear" = fn();
    compare: c"PyUnicode_CompareWithASCIIString" = fn(*mut Object, *const c_char) -> c_int;
    compile: c"Py_CompileString" = fn(*const c_char, *const c_char, c_int) -> *mut Object;
    evaluate: c"PyEval_EvalCode" = fn(*mut Object, *mut Object, *mut Object) -> *mut Object;
    fetch_error: c"PyErr_Fetch" = fn(*mut *mut Object, *mut *mut Object, *mut *mut Object);
    get_item: c"PyDict_GetItemString" = fn(*mut Object, *const c_char) -> *mut Object;
    is_initialized: c"Py_IsInitialized" = fn() -> c_int;
    is_true: c"PyObject_IsTrue" = fn(*mut Object) -> c_int;
    item: c"PyTuple_GetItem" = fn(*mut Object, isize) -> *mut Object;
    length: c"PyUnicode_GetLength" = fn(*mut Object) -> isize;
    new_dict: c"PyDict_New" = fn() -> *mut Object;
    release: c"Py_DecRef" = fn(*mut Object);
    restore_error: c"PyErr_Restore" = fn(*mut Object, *mut Object, *mut Object);
    sys_object: c"PySys_GetObject" = fn(*const c_char) -> *mut Object;
    set_item: c"PyDict_SetItemString" = fn(*mut Object, *const c_char, *mut Object) -> c_int;
    text: c"PyUnicode_DecodeFSDefault" = fn(*const c_char) -> *mut Object;
}

functions! {
    /// The functions that interpreters are known apart by. CPython has them since 3.9.
    Interpreters:
    current: c"PyInterpreterState_Get" = fn() -> *mut Object;
    dictionary: c"PyInterpreterState_GetDict" = fn(*mut Object) -> *mut Object;
    id: c"PyInterpreterState_GetID" = fn(*mut Object) -> i64;
}

/// Returns whether the calling thread is attached to the main interpreter.
///
/// # Safety
///
/// The caller is attached to an interpreter.
pub(crate) unsafe fn is_in_main_interpreter() -> bool {
    // SAFETY: by contract there is an interpreter.
    Interpreters::find().is_none_or(|it| unsafe { (it.id)((it.current)()) == 0 })
}

/// Has CPython call `hook` at each audit event; `false` in a process that is no Python.
pub(crate) fn add_audit_hook(hook: AuditHook) -> bool {
    let Some(address) = symbol(c"PySys_AddAuditHook") else {
        return false;
    };
    // SAFETY: the function of this name has this signature since CPython 3.8, which brought it.
    let add: unsafe extern "C" fn(AuditHook, *mut c_void) -> c_int =
        unsafe { mem::transmute::<*mut c_void, _>(address) };
    // SAFETY: CPython allows this call before it is initialised.
    unsafe { add(hook, std::ptr::null_mut()) == 0 }
}

fn symbol(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: the name is a C string, and the default scope needs no handle.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!address.is_null()).then_some(address)
}

impl Python {
    /// Returns whether the arguments of an import's event say that it is of the module `name`.
    ///
    /// # Safety
    ///
    /// The caller must hold the GIL of an initialised interpreter, and `arguments` be a live tuple.
    pub(crate) unsafe fn is_import_of(&self, arguments: *mut Object, name: &CStr) -> bool {
        // SAFETY: the caller has it that the tuple lives, and so does what it lends. No exception is under way
        // when an event is raised, and none is left.
        unsafe {
            let module = (self.item)(arguments, 0);
            // Whoever raises events by hand may pass anything: only a str has such a length.
            let is_text =
                !module.is_null() && (self.length)(module) == name.count_bytes().cast_signed();
            (self.clear_error)();
            is_text && (self.compare)(module, name.as_ptr()) == 0
        }
    }

    /// Returns whether the interpreter is ready and leaves out `site`.
    ///
    /// # Safety
    ///
    /// The caller must hold the GIL.
    pub(crate) unsafe fn is_ready_without_site(&self) -> bool {
        // SAFETY: the GIL is held; `flags` is borrowed, and the reference to its item is released.
        unsafe {
            let flags = (self.sys_object)(c"flags".as_ptr());
            if (self.is_initialized)() == 0 || flags.is_null() {
                return false;
            }
            let flag = (self.attribute)(flags, c"no_site".as_ptr());
            let is_set = !flag.is_null() && (self.is_true)(flag) == 1;
            (self.clear_error)();
            (self.release)(flag);
            is_set
        }
    }

    /// Returns `true` once in each interpreter that leaves out `site`: at the first event after it is ready. Its flags are
    /// looked at once, before any code of the program's can have replaced them.
    ///
    /// # Safety
    ///
    /// The caller must hold the GIL, with no exception under way.
    pub(crate) unsafe fn becomes_ready_without_site(&self) -> bool {
        let Some(interpreters) = Interpreters::find() else {
            return false;
        };
        // SAFETY: the GIL is held. An interpreter lends its dictionary, where libraries keep what is theirs and
        // which no Python code sees; `modules` and `builtins` are borrowed, too.
        unsafe {
            let marks = (interpreters.dictionary)((interpreters.current)());
            if marks.is_null() || !(self.get_item)(marks, MARK.as_ptr()).is_null() {
                return false;
            }
            // CPython makes `__main__` last, but for what `site` imports.
            let modules = (self.sys_object)(c"modules".as_ptr());
            let is_ready =
                !modules.is_null() && !(self.get_item)(modules, c"__main__".as_ptr()).is_null();
            let is_marked =
                is_ready && (self.set_item)(marks, MARK.as_ptr(), (self.builtins)()) == 0;
            (self.clear_error)();
            is_marked && self.is_ready_without_site()
        }
    }

    /// Runs `code` in a namespace of its own that holds `texts`. An exception that it raises is
    /// dropped; one that was under way before stays.
    ///
    /// # Safety
    ///
    /// The caller must hold the GIL of an initialised interpreter.
    pub(crate) unsafe fn run(&self, code: &CStr, texts: &[(&CStr, &CStr)]) {
        let mut error = [std::ptr::null_mut(); 3];
        let [kind, value, traceback] = &mut error;
        // SAFETY: the GIL is held; what is fetched here is given back in full below.
        unsafe {
            (self.fetch_error)(kind, value, traceback);
            self.run_in(code, (self.new_dict)(), texts);
            (self.clear_error)();
            let [kind, value, traceback] = error;
            (self.restore_error)(kind, value, traceback);
        }
    }

    /// Takes over the reference to `namespace`, which may be null.
    ///
    /// # Safety
    ///
    /// As for [`run`](Self::run).
    unsafe fn run_in(&self, code: &CStr, namespace: *mut Object, texts: &[(&CStr, &CStr)]) {
        if namespace.is_null() {
            return;
        }
        // SAFETY: the GIL is held, each pointer is checked before use, and each reference that is
        // owned here is released once (`Py_DecRef` takes null); the builtins are borrowed.
        unsafe {
            (self.set_item)(namespace, c"__builtins__".as_ptr(), (self.builtins)());
            for (name, text) in texts {
                let text = (self.text)(text.as_ptr());
                if !text.is_null() {
                    (self.set_item)(namespace, name.as_ptr(), text);
                }
                (self.release)(text);
            }
            let compiled = (self.compile)(code.as_ptr(), c"<truename>".as_ptr(), FILE_INPUT);
            if !compiled.is_null() {
                (self.release)((self.evaluate)(compiled, namespace, namespace));
            }
            (self.release)(compiled);
            (self.release)(namespace);
        }
    }
}
