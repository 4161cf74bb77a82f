//! An event log that somebody uploads, plain or gzip.
//!
//! Whatever the bytes: the reader does not panic and comes to an end; it yields complete traces, then at most one error,
//! then nothing. What it yields of anything but damaged gzip does not depend on how the bytes arrive, byte by byte or
//! compressed; of a log that is cut off, it yields a beginning of what the whole one has. Texts never grow: all that it
//! yields together is no longer than the XML, and with small limits no trace has more events or bytes than they say.
#![no_main]

use std::fs;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use case_fuzz::seeds;
use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;

#[path = "../../../tools/src"]
mod tools {
    #[allow(dead_code, unused_imports, reason = "the importer asks for more of it")]
    pub mod xes;
}
use tools::xes::{Attributes, Limits, Trace, Value, XesError, XesReader, from_read};

const GZIP: [u8; 2] = [0x1f, 0x8b];
const SMALL: Limits = Limits { events: 3, bytes: 600 };

fuzz_target!(
    init: {
        seeds::lay(&[], |_| Vec::new());
        lay_compressed();
    },
    |data: &[u8]| {
        let given = read(from_read(data), Limits::STANDARD);
        let (traces, error) = &given;
        let slowly = read(from_read(Drip(data)), Limits::STANDARD);
        if data.first() == GZIP.first() && error.is_some() {
            // Out of damaged gzip come more or fewer of the last good bytes, depending on how it arrives.
            assert!(slowly.1.is_some() && (traces.starts_with(&slowly.0) || slowly.0.starts_with(traces)));
        } else {
            assert_same(&given, &slowly);
        }
        if data.first() != GZIP.first() {
            assert!(traces.iter().map(length).sum::<usize>() <= data.len());
            // Compressing is slow: a log that is read to its end is worth it.
            if error.is_none() {
                let zipped = gzip(data);
                assert_same(&given, &read(from_read(&zipped[..]), Limits::STANDARD));
                // A byte of the trailer is missing: all of the XML is there, and still it is damage.
                let (before, cut) =
                    read(from_read(&zipped[..zipped.len() - 1]), Limits::STANDARD);
                assert!(traces.starts_with(&before) && cut.is_some());
            }
            let (before, _) = read(from_read(&data[..data.len() / 2]), Limits::STANDARD);
            assert!(traces.starts_with(&before));
            assert!(error.as_ref().is_none_or(|error| error.place.byte <= data.len() as u64));
        }
        let (few, _) = read(XesReader::new(BufReader::new(data), SMALL), SMALL);
        assert!(given.0.starts_with(&few));
    }
);

type Yield = (Vec<Trace>, Option<XesError>);

fn read<R: std::io::BufRead>(reader: Result<XesReader<R>, XesError>, limits: Limits) -> Yield {
    let mut reader = match reader {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let (mut traces, mut error) = (Vec::new(), None);
    for item in reader.by_ref() {
        assert!(error.is_none(), "an error is the last thing");
        match item {
            Ok(trace) => {
                assert_eq!(trace.ordinal, traces.len() as u64 + 1);
                assert!(
                    trace.events.len() as u64 <= limits.events
                        && length(&trace) as u64 <= limits.bytes
                );
                traces.push(trace);
            }
            Err(found) => error = Some(found),
        }
    }
    assert!(reader.next().is_none());
    assert!(error.as_ref().is_none_or(|error| !error.to_string().is_empty()));
    (traces, error)
}

fn assert_same(one: &Yield, other: &Yield) {
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
}

/// How much text a trace holds, in bytes.
fn length(trace: &Trace) -> usize {
    fn of(attributes: &Attributes) -> usize {
        attributes.iter().map(|(key, value)| key.len() + of_value(value)).sum()
    }
    fn of_value(value: &Value) -> usize {
        match value {
            Value::List(inner) | Value::Container(inner) => {
                inner.iter().map(|(key, value)| key.len() + of_value(value)).sum()
            }
            Value::Text(_) | Value::Date(_) | Value::Float(_) | Value::Id(_) => {
                value.text().map_or(0, str::len)
            }
            Value::Int(_) | Value::Bool(_) => 0,
        }
    }
    of(&trace.attributes) + trace.events.iter().map(|event| of(&event.attributes)).sum::<usize>()
}

/// Bytes that arrive one at a time.
struct Drip<'a>(&'a [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let length = out.len().min(1);
        self.0.read(&mut out[..length])
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes it")
}

/// The hand-made seeds once more, compressed.
fn lay_compressed() {
    let Some(out) = std::env::var_os("FUZZ_SEEDS") else { return };
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/xes");
    for file in fs::read_dir(made).into_iter().flatten().flatten() {
        if let Ok(bytes) = fs::read(file.path()) {
            let name = format!("{}.gz", file.file_name().to_string_lossy());
            fs::write(Path::new(&out).join(name), gzip(&bytes)).expect("FUZZ_SEEDS is a folder");
        }
    }
}
