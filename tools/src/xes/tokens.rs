//! XML as XES uses it: known elements that open and close, and nothing else.

use std::io::BufRead;
use std::mem;
use std::str::Utf8Error;

use quick_xml::encoding::EncodingError;
use quick_xml::errors::{Error, IllFormedError};
use quick_xml::escape::{EscapeError, resolve_xml_entity};
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::error::{Place, XesError, XesErrorKind, clip};
use super::meter::Meter;
use super::source::kind_of;
use super::value::Type;

/// How many elements may be open at once. Log, trace, event, attribute and `values` make five;
/// reading recurses below that, so the bound also keeps the stack small.
pub(super) const DEPTH_MAX: usize = 64;

/// How many XML attributes one tag may have, namespaces included. XES itself never needs more
/// than four.
pub(super) const TAG_ATTRIBUTES_MAX: usize = 64;

/// The elements of XES.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    Log,
    Trace,
    Event,
    Global,
    Extension,
    Classifier,
    /// The wrapper around the items of a list.
    Values,
    Attribute(Type),
}

impl Tag {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "log" => Self::Log,
            "trace" => Self::Trace,
            "event" => Self::Event,
            "global" => Self::Global,
            "extension" => Self::Extension,
            "classifier" => Self::Classifier,
            "values" => Self::Values,
            _ => Self::Attribute(Type::of(name)?),
        })
    }

    /// The element's local name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Trace => "trace",
            Self::Event => "event",
            Self::Global => "global",
            Self::Extension => "extension",
            Self::Classifier => "classifier",
            Self::Values => "values",
            Self::Attribute(ty) => ty.name(),
        }
    }
}

/// An opened element, with the XML attributes that are ever asked for.
pub(super) struct Element {
    pub(super) tag: Tag,
    pub(super) key: Option<String>,
    pub(super) value: Option<String>,
    pub(super) scope: Option<String>,
}

/// One step through the document.
pub(super) enum Token {
    Open(Element),
    /// The element that was opened last, of those still open.
    Close,
    /// The file ended after its root element did.
    End,
}

/// The steps through one document, whose root is a single `<log>`.
pub(super) struct Tokens<R: BufRead> {
    xml: Reader<Meter<R>>,
    buffer: Vec<u8>,
    version: XmlVersion,
    open: Vec<Tag>,
    rooted: bool,
    closes_itself: bool,
    at: Place,
}

impl<R: BufRead> Tokens<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            xml: Reader::from_reader(Meter::new(input)),
            buffer: Vec::new(),
            version: XmlVersion::default(),
            open: Vec::new(),
            rooted: false,
            closes_itself: false,
            at: Place::START,
        }
    }

    /// The input, to renew its allowance and to ask how far it was read.
    pub(super) fn meter(&mut self) -> &mut Meter<R> {
        self.xml.get_mut()
    }

    /// How many bytes of XML were read.
    pub(super) fn bytes_read(&self) -> u64 {
        self.xml.get_ref().place().byte
    }

    /// An error at the start of the last token.
    pub(super) fn error(&self, kind: XesErrorKind) -> XesError {
        XesError { place: self.at, kind }
    }

    /// An error about an element that was just opened where it does not belong.
    pub(super) fn unexpected(&self, tag: Tag) -> XesError {
        let parent = self.open.iter().rev().nth(1).map_or("log", |tag| tag.name());
        self.error(XesErrorKind::UnexpectedElement { name: tag.name().to_owned(), parent })
    }

    /// The next step. After an error there is none.
    pub(super) fn next(&mut self) -> Result<Token, XesError> {
        if mem::take(&mut self.closes_itself) {
            self.open.pop();
            return Ok(Token::Close);
        }
        let mut buffer = mem::take(&mut self.buffer);
        loop {
            self.at = self.xml.get_ref().place();
            buffer.clear();
            if let Some(token) = self.step(&mut buffer)? {
                self.buffer = buffer;
                return Ok(token);
            }
        }
    }

    /// Skips the rest of the element that was just opened.
    pub(super) fn skip(&mut self) -> Result<(), XesError> {
        let outside = self.open.len().saturating_sub(1);
        while self.open.len() > outside {
            self.next()?;
        }
        Ok(())
    }

    fn step(&mut self, buffer: &mut Vec<u8>) -> Result<Option<Token>, XesError> {
        match self.xml.read_event_into(buffer).map_err(|error| self.failure(error))? {
            Event::Start(start) => self.opened(&start).map(Some),
            Event::Empty(start) => {
                self.closes_itself = true;
                self.opened(&start).map(Some)
            }
            Event::End(_) => {
                self.open.pop();
                Ok(Some(Token::Close))
            }
            Event::Eof if self.rooted && self.open.is_empty() => Ok(Some(Token::End)),
            Event::Eof => Err(self.truncated()),
            Event::Text(text) => self.text(&text).map(|()| None),
            Event::CData(text) => self.text(&text).map(|()| None),
            Event::GeneralRef(reference) => Err(self.reference(&reference)),
            Event::Decl(declaration) => self.declaration(&declaration).map(|()| None),
            Event::DocType(_) => Err(self.error(XesErrorKind::Doctype)),
            Event::Comment(_) | Event::PI(_) => Ok(None),
        }
    }

    fn opened(&mut self, start: &BytesStart<'_>) -> Result<Token, XesError> {
        let name = start.local_name();
        let tag = Tag::of(name.as_ref());
        if self.open.is_empty() {
            if mem::replace(&mut self.rooted, true) {
                return Err(self.not_xml("a second root element"));
            }
            if tag != Some(Tag::Log) {
                return Err(self.error(XesErrorKind::NotXes { root: clip(name.as_ref()) }));
            }
        }
        let Some(tag) = tag else {
            let (name, parent) = (clip(name.as_ref()), self.innermost());
            return Err(self.error(XesErrorKind::UnexpectedElement { name, parent }));
        };
        if self.open.len() >= DEPTH_MAX {
            return Err(self.error(XesErrorKind::TooDeep { limit: DEPTH_MAX }));
        }
        self.open.push(tag);
        let mut element = Element { tag, key: None, value: None, scope: None };
        for (count, attribute) in start.attributes().enumerate() {
            if count >= TAG_ATTRIBUTES_MAX {
                let limit = TAG_ATTRIBUTES_MAX;
                return Err(self.error(XesErrorKind::TooManyAttributes { limit }));
            }
            let attribute = attribute.map_err(|error| self.failure(error.into()))?;
            if attribute.value.contains('<') {
                return Err(self.not_xml("a < inside a quoted value"));
            }
            // Said outright, so that no feature of the library can bring HTML's entities in.
            let value = attribute
                .normalized_value_with(self.version, 1, resolve_xml_entity)
                .map_err(|error| self.failure(error))?;
            if !value.chars().all(is_xml_char) {
                return Err(self.not_xml("a control character inside a quoted value"));
            }
            match attribute.key.as_ref() {
                "key" => element.key = Some(value.into_owned()),
                "value" => element.value = Some(value.into_owned()),
                "scope" => element.scope = Some(value.into_owned()),
                _ => {}
            }
        }
        Ok(Token::Open(element))
    }

    fn text(&self, text: &str) -> Result<(), XesError> {
        let text = text.trim_matches([' ', '\t', '\r', '\n']);
        if text.is_empty() {
            Ok(())
        } else if self.open.is_empty() {
            Err(self.not_xml("text outside the root element"))
        } else {
            let (text, parent) = (clip(text), self.innermost());
            Err(self.error(XesErrorKind::UnexpectedText { text, parent }))
        }
    }

    /// A reference between elements is wrong in any case; an unknown entity is worse.
    fn reference(&self, reference: &BytesRef<'_>) -> XesError {
        if resolve_xml_entity(reference).is_some() || reference.is_char_ref() {
            let text = clip(&format!("&{};", &**reference));
            self.error(XesErrorKind::UnexpectedText { text, parent: self.innermost() })
        } else {
            self.error(XesErrorKind::Entity { name: clip(reference) })
        }
    }

    fn declaration(&mut self, declaration: &BytesDecl<'_>) -> Result<(), XesError> {
        if self.at.byte > 0 {
            return Err(self.not_xml("an XML declaration that is not at the start"));
        }
        self.version = declaration.xml_version().map_err(|error| self.failure(error))?;
        let Some(encoding) = declaration.encoding() else { return Ok(()) };
        let name = encoding.map_err(|error| self.failure(error.into()))?;
        let readable = ["utf-8", "utf8", "us-ascii", "ascii"];
        if readable.iter().any(|readable| name.eq_ignore_ascii_case(readable)) {
            Ok(())
        } else {
            Err(self.error(XesErrorKind::Encoding { name: clip(&name) }))
        }
    }

    fn innermost(&self) -> &'static str {
        self.open.last().map_or("log", |tag| tag.name())
    }

    fn not_xml(&self, detail: &str) -> XesError {
        self.error(XesErrorKind::NotXml { detail: detail.to_owned() })
    }

    fn truncated(&self) -> XesError {
        let inside = match self.open.last() {
            Some(tag) => format!("<{}>", tag.name()),
            None if self.rooted => "what follows the root element".to_owned(),
            None => "what precedes the root element".to_owned(),
        };
        XesError { place: self.xml.get_ref().place(), kind: XesErrorKind::Truncated { inside } }
    }

    /// Names what the XML reader stumbled over.
    fn failure(&self, error: Error) -> XesError {
        if self.xml.get_ref().ended() && is_cut_short(&error) {
            return self.truncated();
        }
        match error {
            Error::Io(error) => {
                XesError { place: self.xml.get_ref().place(), kind: kind_of(error) }
            }
            Error::Escape(EscapeError::UnrecognizedEntity(_, name)) => {
                self.error(XesErrorKind::Entity { name: clip(&name) })
            }
            error @ (Error::Syntax(_)
            | Error::IllFormed(_)
            | Error::InvalidAttr(_)
            | Error::Encoding(_)
            | Error::Escape(_)
            | Error::Namespace(_)) => self.not_xml(&clip(&error.to_string())),
        }
    }
}

/// Whether an error at the end of the input only says that more was to come.
fn is_cut_short(error: &Error) -> bool {
    let in_character = |error: &Utf8Error| error.error_len().is_none();
    matches!(error, Error::Syntax(_) | Error::IllFormed(IllFormedError::UnclosedReference))
        || matches!(error, Error::Encoding(EncodingError::Utf8(error)) if in_character(error))
}

/// The characters that XML 1.0 allows, also as a reference.
fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}
