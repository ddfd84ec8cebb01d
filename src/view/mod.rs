//! Traces shown to a person.
