//! The few functions of CPython that are needed, found in the process at run time.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem;

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
            pub(crate) fn find() -> Option<Self> {
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
    builtins: c"PyEval_GetBuiltins" = fn() -> *mut Object;
    clear_error: c"PyErr_Clear" = fn();
    compile: c"Py_CompileString" = fn(*const c_char, *const c_char, c_int) -> *mut Object;
    evaluate: c"PyEval_EvalCode" = fn(*mut Object, *mut Object, *mut Object) -> *mut Object;
    fetch_error: c"PyErr_Fetch" = fn(*mut *mut Object, *mut *mut Object, *mut *mut Object);
    new_dict: c"PyDict_New" = fn() -> *mut Object;
    release: c"Py_DecRef" = fn(*mut Object);
    restore_error: c"PyErr_Restore" = fn(*mut Object, *mut Object, *mut Object);
    set_item: c"PyDict_SetItemString" = fn(*mut Object, *const c_char, *mut Object) -> c_int;
    text: c"PyUnicode_DecodeFSDefault" = fn(*const c_char) -> *mut Object;
}

functions! {
    /// The functions by which an import is looked at.
    Imports:
    compare: c"PyUnicode_CompareWithASCIIString" = fn(*mut Object, *const c_char) -> c_int;
    item: c"PyTuple_GetItem" = fn(*mut Object, isize) -> *mut Object;
    interpreter: c"PyInterpreterState_Get" = fn() -> *mut Object;
    interpreter_id: c"PyInterpreterState_GetID" = fn(*mut Object) -> i64;
}

impl Imports {
    /// Returns whether a module of this name is imported. CPython itself has seen that the name is a str.
    ///
    /// # Safety
    ///
    /// The caller is attached to an interpreter, and `arguments` is the tuple of an `import` event.
    pub(crate) unsafe fn is_of(&self, name: &CStr, arguments: *mut Object) -> bool {
        // SAFETY: the tuple lends its first item, which is a str.
        unsafe {
            let module = (self.item)(arguments, 0);
            !module.is_null() && (self.compare)(module, name.as_ptr()) == 0
        }
    }

    /// Returns whether the calling thread is attached to another interpreter than the main one.
    ///
    /// # Safety
    ///
    /// The caller is attached to an interpreter.
    pub(crate) unsafe fn is_elsewhere(&self) -> bool {
        // SAFETY: by contract there is an interpreter.
        unsafe { (self.interpreter_id)((self.interpreter)()) > 0 }
    }
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
