/*
 * The true names of Python's module bodies, for extensions in C and C++.
 *
 * truename_import() returns the functions of this interpreter, or NULL with an ImportError set. Call it once, when your module
 * is made, and keep what it returns with the state of that module: each interpreter has its own, which lives as long as the
 * package `truename` is imported there.
 *
 * All functions here are called attached to the interpreter and with no exception set.
 */
#ifndef TRUENAME_H
#define TRUENAME_H

#include <Python.h>

/* Grows when functions are added. Those that are here stay as they are. */
#define TRUENAME_VERSION 1

typedef struct truename_api {
    int version;
    PyObject *(*label_of_frame)(const struct truename_api *, PyObject *);
    PyObject *(*label_of_code)(const struct truename_api *, PyObject *, PyObject *);
} truename_api;

static inline const truename_api *
truename_import(void)
{
    const truename_api *api = (const truename_api *)PyCapsule_Import("truename.C_API", 0);
    if (api != NULL && api->version < TRUENAME_VERSION) {
        PyErr_Format(PyExc_ImportError, "truename has version %d of its functions, and %d is needed",
                     api->version, TRUENAME_VERSION);
        return NULL;
    }
    return api;
}

/*
 * Returns the label of a frame that runs the body of a module, and the qualified name of any other code: a new reference to a
 * str, or NULL with an exception set.
 */
static inline PyObject *
truename_label_of_frame(const truename_api *api, PyFrameObject *frame)
{
    return api->label_of_frame(api, (PyObject *)frame);
}

/*
 * Returns the label that the body of a code object would have, for those who have no frame: a new reference to a str, or NULL
 * with an exception set. `name` is a `__name__` that goes with the code, a str, or NULL.
 */
static inline PyObject *
truename_label_of_code(const truename_api *api, PyCodeObject *code, PyObject *name)
{
    return api->label_of_code(api, (PyObject *)code, name);
}

#endif
