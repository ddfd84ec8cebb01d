//! Reading CPython's own command line.
