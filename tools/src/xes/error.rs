//! What can be wrong with a log, and where.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

/// Why a log could not be read any further, and where in it that was found.
#[derive(Debug, Clone)]
pub struct XesError {
    /// Where: the start of the offending tag, or the end of what could be read.
    pub place: Place,
    /// Why.
    pub kind: XesErrorKind,
}

impl fmt::Display for XesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.kind, self.place)
    }
}

impl Error for XesError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.kind.source()
    }
}

/// A position in the XML, after decompression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: u64,
    /// The character in the line, from 1.
    pub column: u64,
    /// The byte in the uncompressed XML, from 0.
    pub byte: u64,
    /// The trace being read, or else the last complete one; 0 before the first.
    pub trace: u64,
}

impl Place {
    /// Before the first byte.
    pub(super) const START: Self = Self { line: 1, column: 1, byte: 0, trace: 0 };

    /// Moves past `bytes`.
    pub(super) fn advance(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\n' => {
                    self.line += 1;
                    self.column = 1;
                }
                // The later bytes of a character in UTF-8.
                0x80..=0xbf => {}
                _ => self.column += 1,
            }
        }
        self.byte += bytes.len() as u64;
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, byte, trace } = self;
        write!(f, "line {line}, column {column}, byte {byte}, trace {trace}")
    }
}

/// The ways in which a log can be unreadable. Texts from the log are cut to a readable length.
#[derive(Debug, Clone, thiserror::Error)]
pub enum XesErrorKind {
    /// The disk or the stream failed; nothing is known about the log.
    #[error("the log cannot be read")]
    Io(#[source] Arc<io::Error>),
    /// The compressed file was cut short.
    #[error("the gzip file ends too early")]
    TruncatedGzip,
    /// The compressed file was altered, or something else follows it.
    #[error("the gzip file is damaged")]
    DamagedGzip,
    /// The XML was cut short.
    #[error("the log ends inside {inside}")]
    Truncated {
        /// The innermost element still open, or what stands before or after all of them.
        inside: String,
    },
    /// The document breaks a rule of XML itself.
    #[error("this is not XML: {detail}")]
    NotXml {
        /// The rule that was broken.
        detail: String,
    },
    /// The document says that it is not written in UTF-8.
    #[error("the log is written in {name}; only UTF-8 is read")]
    Encoding {
        /// The encoding that the document names.
        name: String,
    },
    /// The document declares a type, and might declare entities in it.
    #[error("the log has a DOCTYPE, which is refused because it can declare entities")]
    Doctype,
    /// A reference to something else than the five entities that XML itself defines.
    #[error("the entity &{name}; is unknown; entities are never expanded")]
    Entity {
        /// The entity's name.
        name: String,
    },
    /// The document is XML, but something else than an event log.
    #[error("this is not an XES log: its root element is <{root}>, not <log>")]
    NotXes {
        /// The local name of the root element.
        root: String,
    },
    /// An element that XES does not have, or does not have here.
    #[error("<{name}> does not belong in <{parent}>")]
    UnexpectedElement {
        /// The element's local name.
        name: String,
        /// The element around it.
        parent: &'static str,
    },
    /// Text between elements, where XES has none: most likely the rest of a damaged tag.
    #[error("text does not belong in <{parent}>: {text:?}")]
    UnexpectedText {
        /// How the text begins.
        text: String,
        /// The element around it.
        parent: &'static str,
    },
    /// An element lacks its `key` or its `value`.
    #[error("<{element}> has no {missing}")]
    MissingAttribute {
        /// The element's local name.
        element: &'static str,
        /// `key` or `value`.
        missing: &'static str,
    },
    /// A value that is not of its type.
    #[error("{key:?} should be {expected}, but is {text:?}")]
    BadValue {
        /// The attribute's key.
        key: String,
        /// What values of this type look like, in words.
        expected: &'static str,
        /// The value as written.
        text: String,
    },
    /// Two attributes of one element have the same key.
    #[error("{key:?} appears twice in one element")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// Elements in elements in elements.
    #[error("elements are nested more than {limit} deep")]
    TooDeep {
        /// How many elements may be open at once.
        limit: usize,
    },
    /// One element has more attributes than any real log.
    #[error("one element has more than {limit} attributes")]
    TooManyAttributes {
        /// How many are allowed.
        limit: usize,
    },
    /// One trace has more events than it may.
    #[error("one trace has more than {limit} events")]
    TooManyEvents {
        /// See [`super::Limits::events`].
        limit: u64,
    },
    /// One trace, or what stands between two, is longer than it may be.
    #[error("one trace, or what stands between two, is longer than {limit} bytes")]
    TooManyBytes {
        /// See [`super::Limits::bytes`].
        limit: u64,
    },
}

/// Cuts a text from the log to a length that fits in a sentence.
pub(super) fn clip(text: &str) -> String {
    const CHARS: usize = 60;
    match text.char_indices().nth(CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_characters_and_lines_and_bytes() {
        let mut place = Place::START;
        place.advance("één\r\nzw✓".as_bytes());
        assert_eq!(place, Place { line: 2, column: 4, byte: 12, trace: 0 });
        assert_eq!(place.to_string(), "line 2, column 4, byte 12, trace 0");
    }

    #[test]
    fn long_texts_are_clipped_between_characters() {
        assert_eq!(clip("short"), "short");
        assert_eq!(clip(&"é".repeat(61)), format!("{}…", "é".repeat(60)));
    }
}
