//! How many columns of a terminal a character takes.

use regex_syntax::hir::{Class, ClassUnicode, HirKind};

/// What stands on the character before it, and takes no column.
const NONE: &str = r"[\p{Mn}\p{Me}\u{200B}-\u{200D}\u{1160}-\u{11FF}]";

/// What takes two: ideographs, Hangul, kana, their punctuation and full-width forms, and emoji. (Unassigned
/// ones among them are counted in. Two letters of a flag are two emoji of one column.)
const TWO: &str = r"[\p{Emoji_Presentation}\u{1100}-\u{115F}\u{2329}\u{232A}\u{2630}-\u{2637}
    \u{268A}-\u{268F}\u{2E80}-\u{303E}\u{3041}-\u{A4CF}\u{A960}-\u{A97F}\u{AC00}-\u{D7A3}
    \u{F900}-\u{FAFF}\u{FE10}-\u{FE19}\u{FE30}-\u{FE6F}\u{FF01}-\u{FF60}\u{FFE0}-\u{FFE6}
    \u{16FE0}-\u{1B2FF}\u{1D300}-\u{1D376}\u{1F200}-\u{1F265}\u{20000}-\u{3FFFD}
    --\u{1F1E6}-\u{1F1FF}]";

/// The widths of characters, as terminals have them.
pub(crate) struct Widths {
    none: ClassUnicode,
    two: ClassUnicode,
}

impl Widths {
    pub(crate) fn new() -> Self {
        Self {
            none: class(NONE),
            two: class(TWO),
        }
    }

    /// The width of a character that is shown as it is.
    pub(crate) fn of(&self, character: char) -> usize {
        let is_in = |class: &ClassUnicode| {
            let mut ranges = class.iter();
            ranges.any(|range| (range.start()..=range.end()).contains(&character))
        };
        if character.is_ascii() {
            1
        } else if is_in(&self.none) {
            0
        } else if is_in(&self.two) {
            2
        } else {
            1
        }
    }
}

fn class(written: &str) -> ClassUnicode {
    let mut parser = regex_syntax::ParserBuilder::new()
        .ignore_whitespace(true)
        .build();
    let parsed = parser.parse(written).map(|parsed| parsed.into_kind());
    match parsed {
        Ok(HirKind::Class(Class::Unicode(class))) => class,
        _ => unreachable!("the classes are written above"),
    }
}
