//! Events as bytes.

mod compressor;
mod encoding;
mod event_sink;
mod frames;
mod fresh;
mod hash;
mod json_list;
mod memo;
mod pending;
mod repeats;
mod text_floats;
mod texts;
mod zstd;

pub use encoding::{BINARY_HEADER, encode};
pub use event_sink::EventSink;
pub use memo::{Known, Memo};
pub use texts::Text;
