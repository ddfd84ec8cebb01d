//! Events as bytes.

mod compressor;
mod encoding;
mod event_sink;
mod memo;
mod texts;

pub use encoding::encode;
pub use event_sink::EventSink;
pub use memo::{ByteSpan, Memo};
pub use texts::{Text, Texts};

/// The first bytes of a binary trace: CodeTracer's mark, format 1, two reserved bytes.
pub const BINARY_HEADER: [u8; 8] = [0xC0, 0xDE, 0x72, 0xAC, 0xE2, 0x01, 0x00, 0x00];
