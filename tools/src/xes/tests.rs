//! The reader as a whole: a real log, and every way in which one can be damaged.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::{self, Read, Write};
use std::path::Path;

use flate2::{Compression, write::GzEncoder};

use super::tokens::{DEPTH_MAX, TAG_ATTRIBUTES_MAX};
use super::*;

/// A small log with something of everything, and three traces.
const SMALL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- made by hand -->
<?made by="hand"?>
<x:log xes.version="2.0" xmlns:x="http://www.xes-standard.org/">
  <x:extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <x:global scope="trace"><x:string key="concept:name" value="?"/></x:global>
  <x:global scope="event"><x:date key="time:timestamp" value="1970-01-01T00:00:00Z"/></x:global>
  <x:classifier name="Activity" keys="concept:name"/>
  <x:string key="concept:name" value="Aanvragen ‘één’"><x:int key="meta" value="1"/></x:string>
  <x:string key="source" value="the town hall"/>
  <x:trace>
    <x:string key="concept:name" value="a &lt;&#38;&#x3e; &quot;b&apos; &#233;"/>
    <x:int key="int" value="-5"/>
    <x:float key="float" value="1.50"/>
    <x:boolean key="boolean" value="false"/>
    <x:id key="id" value="0-1"/>
    <x:list key="list"><x:string key="k" value="1"/><x:string key="k" value="2"/></x:list>
    <x:list key="values">
      <x:int key="meta" value="1"/><x:values><x:id key="v" value="é"/></x:values>
    </x:list>
    <x:container key="container"><x:container key="inner"/></x:container>
    <x:event>
      <x:string key="concept:name" value="受理"/>
      <x:date key="time:timestamp" value="2011-10-11T13:45:40.276+02:00"/>
    </x:event>
    <x:event></x:event>
  </x:trace>
  <x:trace/>
  <x:event><x:string key="loose" value="event"/></x:event>
  <x:trace><x:event/><!-- last --></x:trace>
</x:log>
<!-- the end -->
"#;

/// Everything that `input` yields: complete traces, then perhaps an error, then nothing more.
fn read(input: impl Read) -> (Vec<Trace>, Option<XesError>) {
    let mut reader = match from_read(input) {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut traces = Vec::new();
    loop {
        match reader.next() {
            None => return (traces, None),
            Some(Ok(trace)) => traces.push(trace),
            Some(Err(error)) => {
                assert!(reader.next().is_none(), "one error ends the log");
                return (traces, Some(error));
            }
        }
    }
}

fn read_intact(input: impl Read) -> Vec<Trace> {
    let (traces, error) = read(input);
    assert!(error.is_none(), "{}", error.unwrap());
    traces
}

fn damage(input: impl Read) -> XesError {
    read(input).1.unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Gives one byte at a time, as a slow pipe may.
struct Drip<'a>(&'a [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        (&mut self.0).take(1).read(out)
    }
}

/// Fails as a disk may.
struct BadDisk;

impl Read for BadDisk {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("sector 7"))
    }
}

#[test]
fn the_real_log_is_read_to_its_end() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/receipt.xes.gz"));
    let mut reader = open(path).unwrap();
    let header = reader.header().clone();
    assert_eq!(
        header.name().unwrap(),
        "Receipt phase of an environmental permit application process (‘WABO’), CoSeLoG project"
    );
    assert_eq!(
        header.attribution().unwrap(),
        "Buijs, J.C.A.M.; Eindhoven University of Technology; \
         doi:10.4121/uuid:a07386a5-7be3-4367-9535-70bc9e77dbe6"
    );
    assert_eq!((header.trace_defaults.len(), header.event_defaults.len()), (11, 6));
    let (mut traces, mut events, mut names) = (0, 0, BTreeSet::new());
    for trace in reader.by_ref() {
        let trace = trace.unwrap();
        traces += 1;
        assert_eq!(trace.ordinal, traces);
        for event in trace.events {
            events += 1;
            names.insert(event.attributes.text("concept:name").unwrap().to_owned());
            assert_eq!(event.attributes.len(), 6);
            assert!(event.attributes.date("time:timestamp").is_some());
        }
    }
    assert_eq!((traces, events, names.len()), (1434, 8577, 27));
    assert_eq!(reader.bytes_read(), path.metadata().unwrap().len());
}

#[test]
fn everything_xes_has_is_read() {
    let mut reader = from_read(SMALL.as_bytes()).unwrap();
    assert_eq!(reader.header().name(), Some("Aanvragen ‘één’"));
    assert_eq!(reader.header().attribution().as_deref(), Some("the town hall"));
    assert_eq!(reader.header().trace_defaults.text("concept:name"), Some("?"));
    assert_eq!(reader.header().event_defaults.date("time:timestamp").unwrap().epoch_micros(), 0);

    let first = reader.next().unwrap().unwrap();
    let text = |text: &str| Value::Text(text.to_owned());
    let pair = |key: &str, value: Value| (key.to_owned(), value);
    let expected = [
        pair("concept:name", text("a <&> \"b' é")),
        pair("int", Value::Int(-5)),
        pair("float", Value::Float("1.50".to_owned())),
        pair("boolean", Value::Bool(false)),
        pair("id", Value::Id("0-1".to_owned())),
        pair("list", Value::List(vec![pair("k", text("1")), pair("k", text("2"))])),
        pair("values", Value::List(vec![pair("v", Value::Id("é".to_owned()))])),
        pair("container", Value::Container(vec![pair("inner", Value::Container(vec![]))])),
    ];
    assert!(first.attributes.iter().eq(expected.iter().map(|(key, value)| (key.as_str(), value))));
    assert_eq!(first.events.iter().map(|event| event.ordinal).collect::<Vec<_>>(), [1, 2]);
    let event = &first.events.first().unwrap().attributes;
    assert_eq!(event.text("concept:name"), Some("受理"));
    assert_eq!(event.date("time:timestamp").unwrap().epoch_micros(), 1_318_333_540_276_000);

    let second = reader.next().unwrap().unwrap();
    assert_eq!((second.ordinal, second.attributes.len(), second.events.len()), (2, 0, 0));
    let third = reader.next().unwrap().unwrap();
    assert_eq!((third.ordinal, third.events.len()), (3, 1));
    assert!(reader.next().is_none());
    assert_eq!(reader.loose_events(), 1);
    assert_eq!(reader.bytes_read(), SMALL.len() as u64);
}

#[test]
fn the_same_log_reads_the_same_however_it_comes() {
    let expected = read_intact(SMALL.as_bytes());
    let packed = gzip(SMALL.as_bytes());
    assert_eq!(read_intact(&packed[..]), expected);
    assert_eq!(read_intact(Drip(SMALL.as_bytes())), expected);
    assert_eq!(read_intact(Drip(&packed)), expected);
    assert_eq!(read_intact(format!("\u{feff}{SMALL}").as_bytes()), expected);
    assert_eq!(read_intact(Drip(format!("\u{feff}{SMALL}").as_bytes())), expected);
    assert_eq!(read_intact(SMALL.replace('\n', "\r\n").as_bytes()), expected);
    let (head, tail) = SMALL.as_bytes().split_at(700);
    assert_eq!(read_intact(gzip(head).chain(&gzip(tail)[..])), expected);
    let plain = XesReader::new(SMALL.as_bytes(), Limits::STANDARD).unwrap();
    assert_eq!(plain.collect::<Result<Vec<_>, _>>().unwrap(), expected);
}

#[test]
fn a_log_cut_anywhere_yields_a_prefix_and_says_where() {
    let whole = read_intact(SMALL.as_bytes());
    let end = SMALL.find("</x:log>").unwrap() + "</x:log>".len();
    for length in 0..SMALL.len() {
        let cut = &SMALL.as_bytes()[..length];
        let (traces, error) = read(cut);
        let complete = String::from_utf8_lossy(cut);
        let complete =
            complete.matches("</x:trace>").count() + complete.matches("<x:trace/>").count();
        assert_eq!(traces, whole[..complete], "{length} bytes");
        let Some(error) = error else {
            assert!(length >= end, "{length} bytes");
            continue;
        };
        assert!(matches!(error.kind, XesErrorKind::Truncated { .. }), "{length} bytes: {error}");
        assert_eq!(error.place.byte, length as u64);
        assert!(error.place.trace >= traces.len() as u64);
    }
}

#[test]
fn a_gzip_log_cut_anywhere_yields_a_prefix() {
    let whole = read_intact(SMALL.as_bytes());
    let packed = gzip(SMALL.as_bytes());
    for length in 1..packed.len() {
        let (traces, error) = read(&packed[..length]);
        assert!(whole.starts_with(&traces), "{length} bytes");
        assert!(matches!(error.unwrap().kind, XesErrorKind::TruncatedGzip), "{length} bytes");
    }
    assert_eq!(read(&packed[..packed.len() - 1]).0, whole, "all but the checksum");
}

#[test]
fn no_changed_byte_makes_the_reader_panic_or_a_gzip_lie() {
    let whole = read_intact(SMALL.as_bytes());
    for (position, byte) in SMALL.bytes().enumerate() {
        for changed in [0, b'<', b'>', b'&', b'"', b'/', b'!', b'-', 0xff, byte ^ 1] {
            let mut xml = SMALL.as_bytes().to_vec();
            xml[position] = changed;
            read(&xml[..]);
        }
    }
    let packed = gzip(SMALL.as_bytes());
    for position in 0..packed.len() {
        let mut packed = packed.clone();
        packed[position] ^= 0x10;
        let (traces, error) = read(&packed[..]);
        assert!(error.is_some() || traces == whole, "byte {position}");
    }
}

fn check_damage(xml: &str, expected: &str) {
    let found = damage(xml.as_bytes()).to_string();
    assert!(found.contains(expected), "{xml} gives {found}");
}

#[test]
fn every_mistake_in_a_document_has_its_name_and_place() {
    for (xml, expected) in [
        ("", "the log ends inside what precedes the root element (line 1, column 1, byte 0, tr"),
        ("hello", "this is not XML: text outside the root element"),
        ("<log>", "the log ends inside <log> (line 1, column 6, byte 5, trace 0)"),
        ("<log/><!--", "the log ends inside what follows the root element"),
        ("<log/><log/>", "this is not XML: a second root element (line 1, column 7, byte 6, tr"),
        ("<log/>more", "this is not XML: text outside the root element"),
        ("<pnml/>", "this is not an XES log: its root element is <pnml>, not <log>"),
        (" <?xml version='1.0'?><log/>", "an XML declaration that is not at the start"),
        ("<?xml version='2.0'?><log/>", "this is not XML: ill-formed document: unknown XML ver"),
        (
            "<?xml version='1.0' encoding='ISO-8859-1'?><log/>",
            "the log is written in ISO-8859-1; only UTF-8 is read",
        ),
        ("<log></lok>", "this is not XML: ill-formed document: expected `</log>`"),
        ("<log><![bad</log>", "the log ends inside <log>"),
        ("<log><!bad></log>", "this is not XML: syntax error"),
        ("<log><values/></log>", "<values> does not belong in <log>"),
        ("<log><log/></log>", "<log> does not belong in <log>"),
        ("<log><global><event/></global></log>", "<event> does not belong in <global>"),
        ("<log><global scope='x'/></log>", "\"scope\" should be trace or event, but is \"x\""),
    ] {
        check_damage(xml, expected);
    }
    let found = damage(&b"<log><trace/><string key='a' value='\xff'/></log>"[..]);
    assert!(matches!(found.kind, XesErrorKind::NotXml { .. }), "{found}");
    assert_eq!(found.place, Place { line: 1, column: 14, byte: 13, trace: 1 });
}

#[test]
fn every_mistake_in_a_trace_has_its_name_and_place() {
    for (inside, expected) in [
        ("<id key='a' value=b/>", "this is not XML: error while parsing attribute: position"),
        ("<id key='a' key='b'/>", "this is not XML: error while parsing attribute: position"),
        ("<id key='a' value='<'/>", "this is not XML: a < inside a quoted value"),
        ("<id key='a' value='&#1;'/>", "this is not XML: a control character inside a quoted"),
        ("<id key='a' value='&#0;'/>", "this is not XML: "),
        ("<id key='a' value='&#xd800;'/>", "this is not XML: "),
        ("<id key='a' value='a & b'/>", "this is not XML: "),
        ("<id value='a'/>", "<id> has no key (line 2, column 8, byte 21, trace 2)"),
        ("<id key='a'/>", "<id> has no value"),
        (
            "<id key='a' value=''/>\n<event><id key='a' value='é'/> <int key='b' value='x'/>",
            "\"b\" should be a whole number of 64 bits, but is \"x\" (line 3, column 32, byte 76,",
        ),
        (
            "<event><date key='time:timestamp' value='2011-10-11T13:45:40'/></event>",
            "\"time:timestamp\" should be a date and time with an offset (RFC 3339), but is \"20",
        ),
        ("<float key='a' value='1,5'/>", "\"a\" should be a number, but is \"1,5\""),
        ("<boolean key='a' value='ja'/>", "\"a\" should be true or false, but is \"ja\""),
        ("<id key='a' value=''><int key='b' value=''/></id>", "\"b\" should be a whole number"),
        ("<id key='a' value=''/><id key='a' value=''/>", "\"a\" appears twice in one element"),
        ("<event><id key='a' value=''/><int key='a' value='1'/>", "\"a\" appears twice in one"),
        ("<evnt/>", "<evnt> does not belong in <trace>"),
        ("<trace/>", "<trace> does not belong in <trace>"),
        ("<event><event/></event>", "<event> does not belong in <event>"),
        ("<container key='a'><values/></container>", "<values> does not belong in <container>"),
        ("string key='a'/>", "text does not belong in <trace>: \"string key='a'/>\""),
        ("<event><![CDATA[a]]></event>", "text does not belong in <event>: \"a\""),
        ("&#65;", "text does not belong in <trace>: \"&#65;\""),
    ] {
        check_damage(&format!("<log><trace/>\n<trace>{inside}</trace></log>"), expected);
    }
}

#[test]
fn only_what_somebody_looks_up_has_to_be_of_its_type() {
    let log = "<log><trace><date key='printed' value='yesterday'/><event>\
               <int key='pages' value='many'><date key='since' value='never'/></int></event></trace></log>";
    check_damage(log, "yesterday");
    let mut reader = from_read_minding(log.as_bytes(), vec!["time:timestamp".to_owned()]).unwrap();
    let trace = reader.next().unwrap().unwrap();
    assert_eq!(trace.attributes.get("printed"), Some(&Value::Text("yesterday".to_owned())));
    assert_eq!(trace.attributes.date("printed"), None);
    assert_eq!(trace.events[0].attributes.text("pages"), Some("many"));
    assert!(reader.next().is_none());
    let mut minding = from_read_minding(log.as_bytes(), vec!["printed".to_owned()]).unwrap();
    assert!(minding.next().unwrap().is_err());
}

#[test]
fn entities_never_expand() {
    let bomb = r#"<!DOCTYPE log [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><log>&b;</log>"#;
    assert!(matches!(damage(bomb.as_bytes()).kind, XesErrorKind::Doctype));
    assert!(matches!(damage(&b"<!doctype log><log/>"[..]).kind, XesErrorKind::Doctype));
    assert!(matches!(damage(&b"<log><!DOCTYPE a></log>"[..]).kind, XesErrorKind::Doctype));
    for xml in [
        "<log><string key='a' value='&b;'/></log>",
        "<log><string key='a' value='&eacute;'/></log>",
        "<log><trace note='&b;'/></log>",
        "<log>&b;</log>",
    ] {
        let found = damage(xml.as_bytes());
        assert!(matches!(found.kind, XesErrorKind::Entity { .. }), "{xml} gives {found}");
    }
}

#[test]
fn nesting_and_attributes_have_limits() {
    let nested = |depth: usize| {
        let open = "<list key='a'>".repeat(depth);
        format!("<log><trace>{open}{}</trace></log>", "</list>".repeat(depth))
    };
    read_intact(nested(DEPTH_MAX - 2).as_bytes());
    let limit = DEPTH_MAX;
    assert_eq!(damage(nested(limit - 1).as_bytes()).kind.to_string(), too_deep(limit));
    assert_eq!(damage(nested(100_000).as_bytes()).kind.to_string(), too_deep(limit));

    let attributes = |count: usize| {
        let all: Vec<_> = (0..count).map(|n| format!("<int key='{n}' value='1'/>")).collect();
        format!("<log><trace>{}</trace></log>", all.concat())
    };
    read_intact(attributes(Attributes::MAX).as_bytes());
    let kind = damage(attributes(Attributes::MAX + 1).as_bytes()).kind;
    assert!(matches!(kind, XesErrorKind::TooManyAttributes { limit: Attributes::MAX }));

    let in_tag = |count: usize| {
        let all: Vec<_> = (0..count).map(|n| format!(" a{n}=''")).collect();
        format!("<log><trace{}/></log>", all.concat())
    };
    read_intact(in_tag(TAG_ATTRIBUTES_MAX).as_bytes());
    let kind = damage(in_tag(TAG_ATTRIBUTES_MAX + 1).as_bytes()).kind;
    assert!(matches!(kind, XesErrorKind::TooManyAttributes { limit: TAG_ATTRIBUTES_MAX }));
}

fn too_deep(limit: usize) -> String {
    format!("elements are nested more than {limit} deep")
}

#[test]
fn a_trace_has_limits() {
    let xml = b"<log><trace><event/></trace><trace><event/><event/></trace></log>";
    let limited = |events, bytes| {
        let reader = XesReader::new(&xml[..], Limits { events, bytes }).unwrap();
        let traces: Result<Vec<_>, _> = reader.collect();
        traces.map(|traces| traces.len()).map_err(|error| error.to_string())
    };
    let trace_bytes = "<event/><event/></trace>".len() as u64;
    assert_eq!(limited(2, trace_bytes), Ok(2));
    assert_eq!(
        limited(1, trace_bytes).unwrap_err(),
        "one trace has more than 1 events (line 1, column 44, byte 43, trace 2)"
    );
    assert_eq!(
        limited(2, trace_bytes - 1).unwrap_err(),
        "one trace, or what stands between two, is longer than 23 bytes \
         (line 1, column 59, byte 58, trace 2)"
    );
}

/// Neither a header, nor a comment, nor an unclosed tag can claim more memory than is allowed.
#[test]
fn endless_input_is_refused() {
    for start in ["", " ", "<", "<!--", "<log>", "<log><string key='", "<log/>", "<log><trace a='"]
    {
        let endless = io::BufReader::new(start.as_bytes().chain(io::repeat(b' ')));
        let limits = Limits { events: 10, bytes: 100_000 };
        let kind = match XesReader::new(endless, limits) {
            Ok(mut reader) => reader.next().unwrap().unwrap_err().kind,
            Err(error) => error.kind,
        };
        assert!(matches!(kind, XesErrorKind::TooManyBytes { limit: 100_000 }), "{start:?}: {kind}");
    }
}

#[test]
fn a_failing_disk_is_not_a_damaged_log() {
    let (head, _) = SMALL.as_bytes().split_at(SMALL.find("<x:trace/>").unwrap());
    for input in [head.to_vec(), gzip(SMALL.as_bytes())[..200].to_vec()] {
        let error = damage(input.chain(BadDisk));
        assert!(matches!(error.kind, XesErrorKind::Io(_)), "{error}");
        assert_eq!(error.source().unwrap().to_string(), "sector 7");
    }
    assert_eq!(read(head.chain(BadDisk)).0.len(), 1);
    let error = open(Path::new("/nowhere/a.xes")).err().unwrap();
    assert_eq!(error.kind.to_string(), "the log cannot be read");
}

#[test]
fn what_follows_a_gzip_log_is_damage() {
    let mut packed = gzip(SMALL.as_bytes());
    packed.extend(b"more");
    assert!(matches!(
        damage(&packed[..]).kind,
        XesErrorKind::TruncatedGzip | XesErrorKind::DamagedGzip
    ));
    packed.extend(b" than a header's worth of bytes");
    let (traces, error) = read(&packed[..]);
    assert_eq!(traces.len(), 3);
    assert!(matches!(error.unwrap().kind, XesErrorKind::DamagedGzip));
}
