//! Module names: what may stand between `<` and `>`.

use std::fmt;

/// The name of the main program.
pub(crate) const MAIN: &str = "__main__";

/// A dotted module name that can be shown as a label.
///
/// Any non-empty text without control characters and without `<` or `>` is a name. Python itself
/// asks no more: `importlib.import_module("my-mod")`, `módulo` and
/// `_sysconfigdata__linux_x86_64-linux-gnu` are all real, so an identifier check would reject names
/// that CPython uses. Lone surrogates, which UTF-8 cannot carry, appear as `\udcff`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct ModuleName(String);

/// The reason why a text is no [`ModuleName`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableName {
    /// There is nothing to show.
    #[error("a module name cannot be empty")]
    Empty,
    /// A control character would break the line that shows it.
    #[error("a module name cannot hold a control character")]
    Control,
    /// `<` or `>`: CPython's mark of a name that is none (`<run_path>`, `<lambda>`).
    #[error("a module name cannot hold `<` or `>`")]
    AngleBracket,
}

impl ModuleName {
    /// Accepts `text` as a name, unchanged.
    ///
    /// # Errors
    ///
    /// [`UnusableName`] says what stands in the way.
    pub fn new(text: impl Into<String>) -> Result<Self, UnusableName> {
        let text = text.into();
        if text.is_empty() {
            return Err(UnusableName::Empty);
        }
        // Nearly all names are plain, and one is made for each function that filters decide about.
        let is_plain = |byte| matches!(byte, b' '..=b'~') && byte != b'<' && byte != b'>';
        if text.bytes().all(is_plain) {
            return Ok(Self(text));
        }
        for character in text.chars() {
            match character {
                '<' | '>' => return Err(UnusableName::AngleBracket),
                c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                    return Err(UnusableName::Control);
                }
                _ => {}
            }
        }
        Ok(Self(text))
    }

    /// Returns the dotted name, `foo.bar`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the label of this module's body, `<foo.bar>`.
    pub fn label(&self) -> String {
        format!("<{}>", self.0)
    }

    /// Returns what follows the last dot: `bar` of `foo.bar`.
    pub fn last_component(&self) -> &str {
        self.0.rsplit('.').next().unwrap_or(&self.0)
    }
}

impl fmt::Display for ModuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ModuleName {
    type Error = UnusableName;

    fn try_from(text: String) -> Result<Self, UnusableName> {
        Self::new(text)
    }
}

impl From<ModuleName> for String {
    fn from(name: ModuleName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_python_uses_are_names() {
        for text in [
            "boto3",
            "foo.bar",
            "módulo",
            "my-mod",
            "1abc",
            "class",
            "with space",
            "日本語",
            "🐍",
            "_sysconfigdata__linux_x86_64-linux-gnu",
            r"lone\udcff",
        ] {
            assert_eq!(ModuleName::new(text).map(String::from).as_deref(), Ok(text));
        }
    }

    #[test]
    fn unusable_names_say_why() {
        assert_eq!(ModuleName::new(""), Err(UnusableName::Empty));
        assert_eq!(ModuleName::new("a\nb"), Err(UnusableName::Control));
        assert_eq!(ModuleName::new("a\u{85}"), Err(UnusableName::Control));
        assert_eq!(ModuleName::new("a\u{2028}"), Err(UnusableName::Control));
        for text in ["<run_path>", "a<b", "a>b", "é<"] {
            assert_eq!(ModuleName::new(text), Err(UnusableName::AngleBracket));
        }
    }

    #[test]
    fn a_label_wraps_the_name_and_nothing_else() {
        let name = ModuleName::new("foo.bar").unwrap();
        assert_eq!(name.label(), "<foo.bar>");
        assert_eq!(name.last_component(), "bar");
    }
}
