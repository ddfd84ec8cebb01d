//! What one process did, put together from its spool.
