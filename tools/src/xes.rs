//! Reads IEEE 1849 XES event logs, plain or gzip, one trace in memory at a time.
//!
//! # In scope
//! The log's [`LogHeader`], its [`Trace`]s with their [`Event`]s, and typed [`Attributes`]. Damage
//! is one [`XesError`] with the [`Place`] it was found at, after every complete trace before it.
//! Elements may carry any namespace prefix. The file is somebody else's: depth, attributes, events
//! and bytes have [`Limits`], and a document type is refused, so no entity can ever expand.
//!
//! # Out of scope
//! What an activity means (see [`crate::mapping`]), XES extensions and classifiers (skipped),
//! attributes of attributes (read, checked and dropped, except in lists and containers), encodings
//! other than UTF-8, and the digest of the file.

mod error;
mod meter;
mod reader;
mod source;
#[cfg(test)]
mod tests;
mod tokens;
mod value;

pub use error::{Place, XesError, XesErrorKind};
pub use reader::{Event, Limits, LogHeader, Trace, XesReader, from_read, from_read_minding, open};
pub use value::{Attributes, DateTime, Value};
