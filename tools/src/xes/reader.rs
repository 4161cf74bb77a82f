//! The grammar of a log: its header, then traces of events.

use std::fs::File;
use std::io::{BufRead, Read};
use std::iter::FusedIterator;
use std::mem;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::{Place, XesError, XesErrorKind, clip};
use super::source::{kind_of, source};
use super::tokens::{Element, Tag, Token, Tokens};
use super::value::{Attributes, Type, Value};

/// One case: what is known of it, and what happened in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Its position in the log, from 1.
    pub ordinal: u64,
    /// What is known of the case as a whole.
    pub attributes: Attributes,
    /// What happened, in the order of the file.
    pub events: Vec<Event>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its position in its trace, from 1.
    pub ordinal: u64,
    /// Who, what, when, as far as the log says.
    pub attributes: Attributes,
}

/// What a log says about itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogHeader {
    /// The log's own attributes.
    pub attributes: Attributes,
    /// Placeholders for the attributes that every trace has.
    pub trace_defaults: Attributes,
    /// Placeholders for the attributes that every event has.
    pub event_defaults: Attributes,
}

impl LogHeader {
    /// The log's name.
    pub fn name(&self) -> Option<&str> {
        self.attributes.text("concept:name")
    }

    /// Whom to name as the source (creator, institute, DOI), as far as the log says.
    pub fn attribution(&self) -> Option<String> {
        let keys =
            ["meta_3TU:creation_person", "meta_3TU:source_institute", "meta_3TU:doi", "source"];
        let said: Vec<_> = keys.iter().filter_map(|key| self.attributes.text(key)).collect();
        (!said.is_empty()).then(|| said.join("; "))
    }
}

/// How much of a log may be in memory at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Events in one trace.
    pub events: u64,
    /// Bytes of XML in one trace, in the header, or between two traces. In memory, a trace takes
    /// some three times as much, and some ten times if it was made to.
    pub bytes: u64,
}

impl Limits {
    /// Far more than published logs have (some 3,000 events in a trace, at some 500 bytes each),
    /// and little enough for any machine: 32 MiB.
    pub const STANDARD: Self = Self { events: 100_000, bytes: 32 << 20 };
}

/// The keys under which a value must be of its type; all, if nobody says which.
struct Minded(Option<Vec<String>>);

impl Minded {
    fn minds(&self, key: &str) -> bool {
        self.0.as_ref().is_none_or(|keys| keys.iter().any(|minded| minded == key))
    }
}

/// Opens the log at `path`, plain or gzip, and reads its header.
pub fn open(path: &Path) -> Result<XesReader<Box<dyn BufRead>>, XesError> {
    from_read(File::open(path).map_err(unopened)?)
}

/// Reads a log from any input, plain or gzip, beginning with its header.
pub fn from_read<'a>(input: impl Read + 'a) -> Result<XesReader<Box<dyn BufRead + 'a>>, XesError> {
    begin(input, Minded(None))
}

/// Reads a log as [`from_read`] does, for somebody who looks under these keys only: a value under another one need not be
/// of its type, and is text if it is not.
pub fn from_read_minding<'a>(
    input: impl Read + 'a,
    keys: Vec<String>,
) -> Result<XesReader<Box<dyn BufRead + 'a>>, XesError> {
    begin(input, Minded(Some(keys)))
}

fn begin<'a>(
    input: impl Read + 'a,
    minded: Minded,
) -> Result<XesReader<Box<dyn BufRead + 'a>>, XesError> {
    let (xml, taken) = source(input).map_err(unopened)?;
    let mut reader = XesReader::beginning(xml, Limits::STANDARD, minded)?;
    reader.taken = Some(taken);
    Ok(reader)
}

fn unopened(error: std::io::Error) -> XesError {
    XesError { place: Place::START, kind: kind_of(Arc::new(error)) }
}

/// Reads a log trace by trace.
///
/// Damage in the header is reported by whatever made the reader. After that, the iterator yields
/// every complete trace before the damage, then one error, then nothing. A log that ends without
/// an error was well-formed, and if compressed intact, to its last byte.
pub struct XesReader<R: BufRead> {
    tokens: Tokens<R>,
    limits: Limits,
    minded: Minded,
    header: LogHeader,
    traces: u64,
    loose_events: u64,
    in_trace: bool,
    over: bool,
    taken: Option<Arc<AtomicU64>>,
}

impl<R: BufRead> XesReader<R> {
    /// Reads the header of a log that is already uncompressed.
    pub fn new(xml: R, limits: Limits) -> Result<Self, XesError> {
        Self::beginning(xml, limits, Minded(None))
    }

    fn beginning(xml: R, limits: Limits, minded: Minded) -> Result<Self, XesError> {
        let mut reader = Self {
            tokens: Tokens::new(xml),
            limits,
            minded,
            header: LogHeader::default(),
            traces: 0,
            loose_events: 0,
            in_trace: false,
            over: false,
            taken: None,
        };
        reader.tokens.meter().allow(limits.bytes);
        reader.tokens.next()?; // The root, which is a `<log>`.
        reader.in_trace = reader.seek_trace()?;
        reader.over = !reader.in_trace;
        Ok(reader)
    }

    /// What the log says about itself before its first trace.
    pub fn header(&self) -> &LogHeader {
        &self.header
    }

    /// How many bytes were taken from the file or stream, compressed if it is. This runs a buffer
    /// ahead of the traces, and reaches the file's length at its end.
    pub fn bytes_read(&self) -> u64 {
        match &self.taken {
            Some(taken) => taken.load(Ordering::Relaxed),
            None => self.tokens.bytes_read(),
        }
    }

    /// Events that belong to no trace, so far. XES allows them, no case can take them: they are
    /// skipped.
    pub fn loose_events(&self) -> u64 {
        self.loose_events
    }

    /// Reads what precedes or follows a trace. True inside the next one, false at the end.
    fn seek_trace(&mut self) -> Result<bool, XesError> {
        self.tokens.meter().allow(self.limits.bytes);
        loop {
            let element = match self.tokens.next()? {
                Token::Open(element) => element,
                Token::Close => continue,
                Token::End => return Ok(false),
            };
            match element.tag {
                Tag::Trace => {
                    self.traces += 1;
                    self.tokens.meter().enter_trace(self.traces);
                    self.tokens.meter().allow(self.limits.bytes);
                    return Ok(true);
                }
                Tag::Event => {
                    self.loose_events += 1;
                    self.tokens.skip()?;
                }
                Tag::Attribute(ty) if self.traces == 0 => {
                    let attributes = &mut self.header.attributes;
                    add(&mut self.tokens, &self.minded, attributes, ty, element)?;
                }
                Tag::Global if self.traces == 0 => self.global(&element)?,
                Tag::Extension | Tag::Classifier | Tag::Attribute(_) | Tag::Global => {
                    self.tokens.skip()?;
                }
                Tag::Log | Tag::Values => return Err(self.tokens.unexpected(element.tag)),
            }
        }
    }

    fn global(&mut self, global: &Element) -> Result<(), XesError> {
        let defaults = match global.scope.as_deref() {
            Some("trace") => &mut self.header.trace_defaults,
            Some("event") | None => &mut self.header.event_defaults,
            Some(scope) => {
                let (key, expected, text) = ("scope".to_owned(), "trace or event", clip(scope));
                return Err(self.tokens.error(XesErrorKind::BadValue { key, expected, text }));
            }
        };
        attributes_only(&mut self.tokens, &self.minded, defaults)
    }

    /// Reads the next trace, or nothing at the end of the log.
    fn read_trace(&mut self) -> Result<Option<Trace>, XesError> {
        if !mem::take(&mut self.in_trace) && !self.seek_trace()? {
            return Ok(None);
        }
        let (mut attributes, mut events) = (Attributes::default(), Vec::new());
        while let Token::Open(element) = self.tokens.next()? {
            if let Tag::Attribute(ty) = element.tag {
                add(&mut self.tokens, &self.minded, &mut attributes, ty, element)?;
            } else if element.tag == Tag::Event {
                let ordinal = self.next_event_ordinal(&events)?;
                let mut attributes = Attributes::default();
                attributes_only(&mut self.tokens, &self.minded, &mut attributes)?;
                events.push(Event { ordinal, attributes });
            } else {
                return Err(self.tokens.unexpected(element.tag));
            }
        }
        Ok(Some(Trace { ordinal: self.traces, attributes, events }))
    }

    fn next_event_ordinal(&self, events: &[Event]) -> Result<u64, XesError> {
        let (ordinal, limit) = (events.len() as u64 + 1, self.limits.events);
        if ordinal > limit {
            return Err(self.tokens.error(XesErrorKind::TooManyEvents { limit }));
        }
        Ok(ordinal)
    }
}

impl<R: BufRead> Iterator for XesReader<R> {
    type Item = Result<Trace, XesError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let trace = self.read_trace();
        self.over = !matches!(trace, Ok(Some(_)));
        trace.transpose()
    }
}

impl<R: BufRead> FusedIterator for XesReader<R> {}

/// Reads the rest of an element that has attributes inside and nothing else.
fn attributes_only<R: BufRead>(
    tokens: &mut Tokens<R>,
    minded: &Minded,
    attributes: &mut Attributes,
) -> Result<(), XesError> {
    while let Token::Open(element) = tokens.next()? {
        let Tag::Attribute(ty) = element.tag else {
            return Err(tokens.unexpected(element.tag));
        };
        add(tokens, minded, attributes, ty, element)?;
    }
    Ok(())
}

/// Reads the rest of an attribute into `attributes`, where its key must be new.
fn add<R: BufRead>(
    tokens: &mut Tokens<R>,
    minded: &Minded,
    attributes: &mut Attributes,
    ty: Type,
    element: Element,
) -> Result<(), XesError> {
    if let Some(key) = &element.key {
        attributes.check_room_for(key).map_err(|kind| tokens.error(kind))?;
    }
    let (key, value) = attribute(tokens, minded, ty, element)?;
    attributes.push(key, value);
    Ok(())
}

/// Reads the rest of an attribute.
fn attribute<R: BufRead>(
    tokens: &mut Tokens<R>,
    minded: &Minded,
    ty: Type,
    element: Element,
) -> Result<(String, Value), XesError> {
    let missing = |missing| XesErrorKind::MissingAttribute { element: ty.name(), missing };
    let key = element.key.ok_or_else(|| tokens.error(missing("key")))?;
    let value = match ty {
        Type::List => Value::List(children(tokens, minded, ty)?),
        Type::Container => Value::Container(children(tokens, minded, ty)?),
        Type::String | Type::Date | Type::Int | Type::Float | Type::Boolean | Type::Id => {
            let text = element.value.ok_or_else(|| tokens.error(missing("value")))?;
            let value = if minded.minds(&key) {
                ty.parse(&key, text).map_err(|kind| tokens.error(kind))?
            } else {
                ty.parse(&key, text.clone()).unwrap_or(Value::Text(text))
            };
            children(tokens, minded, ty)?;
            value
        }
    };
    Ok((key, value))
}

/// Reads the attributes inside an attribute. If a list wraps its items in `<values>`, they are
/// those; its other attributes only describe it.
fn children<R: BufRead>(
    tokens: &mut Tokens<R>,
    minded: &Minded,
    parent: Type,
) -> Result<Vec<(String, Value)>, XesError> {
    let (mut bare, mut wrapped) = (Vec::new(), None);
    while let Token::Open(element) = tokens.next()? {
        if let Tag::Attribute(ty) = element.tag {
            bare.push(attribute(tokens, minded, ty, element)?);
        } else if element.tag == Tag::Values && parent == Type::List && wrapped.is_none() {
            wrapped = Some(children(tokens, minded, Type::Container)?);
        } else {
            return Err(tokens.unexpected(element.tag));
        }
    }
    Ok(wrapped.unwrap_or(bare))
}
