//! Finding a Python interpreter that can be recorded.
