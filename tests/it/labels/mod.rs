//! Behaviour of a recording that no fixture can show: how processes end, options, and the extension by
//! itself. Which labels programs get is in `fixtures/`.

mod extension;
mod log;
mod processes;
