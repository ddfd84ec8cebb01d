//! Events as bytes.

mod compressor;
mod encoding;
mod event_sink;
mod memo;
mod text_floats;
mod texts;

pub use encoding::{BINARY_HEADER, encode};
pub use event_sink::EventSink;
pub use memo::{ByteSpan, Memo};
pub use texts::{Text, Texts};
