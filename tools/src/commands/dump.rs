//! `caseledger dump`.

use std::path::Path;

use case_ledger::encoding::to_base64url;
use case_ledger::frame::{
    Found, Frame, MAGIC, SEGMENT_HEADER, Stored, decode, read_segment_header,
};
use case_ledger::hash::{Sha256Hash, hex};
use case_ledger::record::{Header, decode_body, is_withheld, record_leaf, stub_of};
use case_ledger_store::layout::Layout;
use case_ledger_store::segments::list;
use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::failure::{Exit, Failure, OrFail as _};
use crate::opening::no_ledger;
use crate::place::Place;

/// Print every entry as it is stored, one JSON object a line, straight from the segment files.
///
/// Nothing is checked beyond the digests that find damage; damaged stretches are named and passed over. It works beside a
/// running server.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  caseledger dump --dir ledger-data --from 0 --to 9
  caseledger dump --dir ledger-data | jq 'select(.entry) | .entry.payload.act.kind' | sort | uniq -c")]
pub struct Dump {
    #[command(flatten)]
    place: Place,
    /// The first entry
    #[arg(long, default_value_t = 0, value_name = "SEQ")]
    from: u64,
    /// The last entry [default: the last there is]
    #[arg(long, value_name = "SEQ")]
    to: Option<u64>,
}

/// The signed parts of an entry, the JSON in them as it was signed.
#[derive(Debug, Serialize)]
pub(super) struct SignedParts {
    protected: Part,
    payload: Part,
    signature: String,
}

/// JSON as it was signed, or base64url of what is none.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Part {
    Json(Box<RawValue>),
    Bytes(String),
}

impl SignedParts {
    /// Takes a body apart. `None` if it is none.
    pub(super) fn of(body: &[u8]) -> Option<Self> {
        decode_body(body).map(|jws| Self::of_jws(&jws))
    }

    /// Of signed bytes.
    pub(super) fn of_jws(jws: &case_ledger::envelope::Jws) -> Self {
        // Line ends between its members would end our line too; inside a JSON text there are none.
        let on_one_line = |bytes: &[u8]| {
            let text = std::str::from_utf8(bytes).ok()?.replace(['\n', '\r'], " ");
            RawValue::from_string(text).ok()
        };
        let part = |bytes: &[u8]| match on_one_line(bytes) {
            Some(json) => Part::Json(json),
            None => Part::Bytes(to_base64url(bytes)),
        };
        let (protected, payload) = (part(&jws.protected), part(&jws.payload));
        Self { protected, payload, signature: to_base64url(&jws.signature) }
    }
}

/// A header for programs.
pub(super) fn header_json(header: &Header) -> Value {
    json!({
        "rules": header.rules,
        "seq": header.seq,
        "recorded_at": header.time().to_string(),
        "previous": hex(&header.previous),
        "stream_number": header.stream_number,
        "stream_previous": header.stream_previous,
        "body": Sha256Hash(header.body).to_string(),
    })
}

#[derive(Debug, Serialize)]
struct EntryLine<'e> {
    entry: EntryShown<'e>,
}

#[derive(Debug, Serialize)]
struct EntryShown<'e> {
    seq: u64,
    header: Value,
    leaf: String,
    #[serde(flatten)]
    signed: Option<SignedParts>,
    withheld: bool,
    stub: Option<String>,
    body_bytes: usize,
    sealed_bytes: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<&'e str>,
}

impl Dump {
    /// Prints them.
    pub fn run(self, desk: &mut Desk<'_>) -> Result<Exit, Failure> {
        let directory = &self.place.dir;
        let segments = Layout::new(directory).segments();
        if !segments.is_dir() {
            return Err(no_ledger(directory));
        }
        let unread = "The segment files cannot be read.";
        let next = "Look at their owner and permissions, and at the disk.";
        let files = list(&segments).or_environment(unread, next)?;
        let mut whole = true;
        for (place, (first, path)) in files.iter().enumerate() {
            let after = files.get(place + 1).map(|(first, _)| *first);
            if after.is_some_and(|after| after <= self.from)
                || self.to.is_some_and(|to| *first > to)
            {
                continue;
            }
            // A segment has 64 MiB and little more, so it fits in memory.
            let bytes = std::fs::read(path).or_environment(unread, next)?;
            whole &= self.print_file(path, &bytes, desk)?;
        }
        if whole {
            return Ok(Exit::Fine);
        }
        Err(Failure::refused(
            "Some stretches of the segment files are damaged; each has a line among the entries.",
            "Run `caseledger verify` to see what the other copy holds and `caseledger repair` to mend it.",
        ))
    }

    /// Says whether the file is whole.
    fn print_file(&self, path: &Path, bytes: &[u8], desk: &mut Desk<'_>) -> Result<bool, Failure> {
        let file =
            path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut whole = true;
        if read_segment_header(bytes).is_none() {
            whole = false;
            desk.line(json!({"damage": {"file": file, "from": 0, "to": SEGMENT_HEADER}}))?;
        }
        let mut offset = SEGMENT_HEADER;
        loop {
            let rest = bytes.get(offset..).unwrap_or_default();
            match decode(rest) {
                Found::Frame(frame) => {
                    self.print_frame(&file, offset, &frame, desk)?;
                    offset += frame.bytes.len();
                }
                found @ (Found::Nothing | Found::Damaged) => {
                    // Behind a damaged stretch there may be whole frames.
                    let next = next_magic(rest).map(|distance| offset + distance);
                    if found == Found::Damaged || next.is_some() {
                        whole = false;
                        let to = next.unwrap_or(bytes.len());
                        desk.line(json!({"damage": {"file": file, "from": offset, "to": to}}))?;
                    }
                    match next {
                        Some(next) => offset = next,
                        None => return Ok(whole),
                    }
                }
            }
        }
    }

    fn print_frame(
        &self,
        file: &str,
        offset: usize,
        frame: &Frame<'_>,
        desk: &mut Desk<'_>,
    ) -> Result<(), Failure> {
        let wanted = |seq: u64| seq >= self.from && self.to.is_none_or(|to| seq <= to);
        let positions = frame.first..frame.end();
        if !positions.clone().any(wanted) {
            return Ok(());
        }
        desk.line(json!({"frame": {
            "file": file,
            "offset": offset,
            "bytes": frame.bytes.len(),
            "first": frame.first,
            "records": frame.records.len(),
        }}))?;
        for (seq, record) in positions.zip(&frame.records).filter(|(seq, _)| wanted(*seq)) {
            desk.line(entry_line(seq, record))?;
        }
        match frame.checkpoint {
            Some(checkpoint) => desk.line(json!({"checkpoint": checkpoint})),
            None => Ok(()),
        }
    }
}

fn entry_line(seq: u64, record: &Stored<'_>) -> String {
    let header = Header::decode(record.header);
    let withheld = is_withheld(record.body);
    let signed = SignedParts::of(record.body);
    let unreadable = match (&header, &signed, withheld) {
        (None, ..) => Some("the header is of an unknown version"),
        (_, None, false) => Some("the body is no signed action"),
        (Some(_), _, true) | (Some(_), Some(_), _) => None,
    };
    let line = EntryLine {
        entry: EntryShown {
            seq,
            header: header.as_ref().map_or_else(|| hex(record.header).into(), header_json),
            leaf: record_leaf(record.header).to_string(),
            signed,
            withheld,
            stub: stub_of(record.body).map(hex),
            body_bytes: record.body.len(),
            sealed_bytes: record.sealed.len(),
            unreadable,
        },
    };
    serde_json::to_string(&line).unwrap_or_default()
}

/// How far it is to the next beginning of a frame, this place left out.
fn next_magic(bytes: &[u8]) -> Option<usize> {
    let behind = bytes.get(1..)?;
    behind.windows(MAGIC.len()).position(|window| window == MAGIC).map(|distance| distance + 1)
}
