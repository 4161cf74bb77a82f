//! A ledger on the disk, for given, when, then. It keeps everything it was ever answered, and [`Disk::check`] holds the
//! whole directory against that, as somebody would who trusts nothing.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use case_ledger::audit::{self, Entry};
use case_ledger::checkpoint::SignedCheckpoint;
use case_ledger::frame::{Found, decode};
use case_ledger::kinds::Kind;
use case_ledger::kinds::privacy::WithholdingBasis;
use case_ledger::names::{ActionId, Seq, Stream};
use case_ledger::receipt::Receipt;
use case_ledger::record::is_withheld;
use case_ledger::state::{Effect, identity};
use case_ledger::time::Micros;
use case_ledger::tree::verify_consistency;
use case_ledger_store::clock::{Clock, Reading};
use case_ledger_store::layout::Layout;
use case_ledger_store::segments::{SEGMENT_FULL_AT, list};
use case_ledger_store::sources::SegmentFrames;
use case_ledger_store::verify::{self, EngineCheck, Kept, Report};
use case_ledger_store::{
    Answer, Answers, OpenError, OpenOptions, Prepared, Recorded, Store, Unavailable,
};
use tempfile::TempDir;

use crate::cast::{FOUNDED_AT, cast, founding, withheld};
use crate::samples::{self, Extent};
use crate::words::{Pen, Signer, Words};

/// A clock that stands still until a test moves it.
#[derive(Debug, Clone)]
pub struct Hands {
    wall: Arc<AtomicI64>,
    running: Arc<AtomicU64>,
}

impl Hands {
    fn new() -> Self {
        Self { wall: Arc::new(AtomicI64::new(FOUNDED_AT.0)), running: Arc::default() }
    }

    /// Lets time pass.
    pub fn advance(&self, seconds: u64) {
        self.running.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
        self.set(i64::try_from(seconds).unwrap());
    }

    /// Sets the clock ahead or back by so many seconds; no time passes.
    pub fn set(&self, seconds: i64) {
        self.wall.fetch_add(seconds * Micros::SECOND, Ordering::SeqCst);
    }

    /// What it shows.
    pub fn now(&self) -> Micros {
        Micros(self.wall.load(Ordering::SeqCst))
    }

    fn clock(&self) -> Clock {
        let hands = self.clone();
        Arc::new(move || Reading {
            wall: hands.now(),
            running_us: hands.running.load(Ordering::SeqCst),
        })
    }
}

/// A ledger in a directory of its own.
#[derive(Debug)]
pub struct Disk {
    home: Arc<TempDir>,
    root: PathBuf,
    store: Option<Store>,
    full_at: u64,
    pen: Pen,
    /// Its clock.
    pub hands: Hands,
    /// Everything that anybody was ever handed.
    pub kept: Kept,
}

impl Disk {
    /// Ready for a founding.
    pub fn empty() -> Self {
        Self::empty_with_segments(SEGMENT_FULL_AT)
    }

    /// Ready for a founding, with segment files of this length.
    pub fn empty_with_segments(full_at: u64) -> Self {
        let home = Arc::new(tempfile::tempdir().unwrap());
        let root = home.path().join("ledger");
        Store::create(&root, &cast().origin, &cast().ledger.key).unwrap();
        let mut disk = Self {
            home,
            root,
            store: None,
            full_at,
            // The founding has used up some ids.
            pen: Pen::new(cast().origin.clone(), 1000),
            hands: Hands::new(),
            kept: Kept::default(),
        };
        disk.open();
        disk
    }

    /// Founded, with the whole cast in place.
    pub fn founded() -> Self {
        Self::founded_with_segments(SEGMENT_FULL_AT)
    }

    /// Founded, with segment files of this length.
    pub fn founded_with_segments(full_at: u64) -> Self {
        let mut disk = Self::empty_with_segments(full_at);
        disk.submit(founding()).into_iter().for_each(|answer| drop(answer.unwrap()));
        disk
    }

    /// Another directory beside this one's, with this one's clock and memory, and nothing in it yet.
    #[must_use]
    pub fn beside(&self, name: &str) -> Self {
        Self {
            home: self.home.clone(),
            root: self.home.path().join(name),
            store: None,
            full_at: self.full_at,
            pen: self.pen.clone(),
            hands: self.hands.clone(),
            kept: self.kept.clone(),
        }
    }

    /// A copy of the directory as `cp -a` makes it. Nobody may have it open.
    #[must_use]
    pub fn copied(&self, name: &str) -> Self {
        assert!(self.store.is_none(), "close it first");
        let copy = self.beside(name);
        copy_tree(&self.root, &copy.root);
        copy
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What is where in it.
    pub fn layout(&self) -> Layout {
        Layout::new(&self.root)
    }

    /// Gives the directory another name.
    pub fn rename(&mut self, name: &str) {
        assert!(self.store.is_none(), "close it first");
        let to = self.home.path().join(name);
        std::fs::rename(&self.root, &to).unwrap();
        self.root = to;
    }

    /// The open store.
    pub fn store(&self) -> &Store {
        self.store.as_ref().unwrap_or_else(|| panic!("open it first"))
    }

    /// Opens it.
    #[track_caller]
    pub fn open(&mut self) {
        if let Err(error) = self.try_open() {
            panic!("it does not open: {error}: {error:?}");
        }
    }

    /// Opens it, or says why not.
    ///
    /// # Errors
    /// The store's.
    pub fn try_open(&mut self) -> Result<(), OpenError> {
        self.open_with_clock(false)
    }

    /// Opens it, an operator confirming the clock or not.
    ///
    /// # Errors
    /// The store's.
    pub fn open_with_clock(&mut self, confirm_clock: bool) -> Result<(), OpenError> {
        self.close();
        let options = OpenOptions { clock: self.hands.clock(), confirm_clock };
        self.store = Some(Store::open_with_segments(&self.root, options, self.full_at)?);
        Ok(())
    }

    /// Lets go.
    pub fn close(&mut self) {
        self.store = None;
    }

    /// Lets go without saving the indexes, as after a kill.
    pub fn close_without_snapshot(&mut self) {
        self.close();
        let _ = std::fs::remove_file(self.layout().snapshot());
    }

    /// Closes and opens.
    #[track_caller]
    pub fn reopen(&mut self) {
        self.close();
        self.open();
    }

    /// The compact text that somebody would send.
    pub fn text_of(&mut self, who: &Signer, stream: &str, words: Words) -> String {
        self.pen.draft(who, stream, words, self.hands.now()).sign(&who.key)
    }

    /// An id for words that have to know their own.
    pub fn fresh_id(&mut self) -> ActionId {
        self.pen.fresh_id()
    }

    /// The text that opens a case under this number.
    pub fn case(&mut self, number: u64) -> String {
        let id = self.fresh_id();
        let words = samples::words(Kind::Submitted, Extent::Minimal, id);
        self.text_of(cast().signer_of(Kind::Submitted), &case_stream(number), words)
    }

    /// Texts that open cases.
    pub fn cases(&mut self, numbers: std::ops::Range<u64>) -> Vec<String> {
        numbers.map(|number| self.case(number)).collect()
    }

    /// Given: so many cases were opened in one batch.
    #[track_caller]
    pub fn given_cases(&mut self, numbers: std::ops::Range<u64>) {
        let texts = self.cases(numbers);
        for answer in self.submit(&texts) {
            assert!(!answer.unwrap().again);
        }
    }

    /// Given: this has happened.
    #[track_caller]
    pub fn given(&mut self, who: &Signer, stream: &str, words: Words) -> Recorded {
        let answer = self.when(who, stream, words);
        answer.unwrap_or_else(|refusal| panic!("refused: {refusal}"))
    }

    /// When: somebody signs this and sends it.
    pub fn when(&mut self, who: &Signer, stream: &str, words: Words) -> Answer {
        let text = self.text_of(who, stream, words);
        self.submit(&[text]).remove(0)
    }

    /// When: somebody sends these texts at once. The ledger must be able to answer.
    #[track_caller]
    pub fn submit<T: AsRef<str>>(&mut self, texts: &[T]) -> Vec<Answer> {
        match self.try_submit(texts) {
            Ok(answers) => answers.answers,
            Err(unavailable) => panic!("unavailable: {unavailable}"),
        }
    }

    /// When: somebody sends these texts at once.
    ///
    /// # Errors
    /// Why there is no answer.
    pub fn try_submit<T: AsRef<str>>(&mut self, texts: &[T]) -> Result<Answers, Unavailable> {
        let answers = self.store().submit_and_wait(self.prepared(texts))?;
        self.kept.checkpoints.extend(answers.checkpoint.clone());
        let size = self.store().size();
        for recorded in answers.answers.iter().flatten() {
            assert!(recorded.seq < size, "answered for {} of {size} durable entries", recorded.seq);
            let record = recorded.record.clone();
            let receipt = self.store().receipt_of(Seq(recorded.seq), record.header, record.body);
            self.kept.receipts.extend(receipt);
        }
        Ok(answers)
    }

    /// Texts made ready for the writer.
    pub fn prepared<T: AsRef<str>>(&self, texts: &[T]) -> Vec<Prepared> {
        let texts = texts.iter().map(|text| self.store().prepare(text.as_ref().as_bytes()));
        texts.collect::<Result<_, _>>().unwrap()
    }

    /// Words that withhold an entry's body, with the second signature that they need.
    pub fn withholding(&mut self, second: &Signer, entry: Seq) -> Words {
        let id = self.fresh_id();
        let target = self.store().entry(entry).unwrap().unwrap();
        let envelope = target.envelope().unwrap();
        let effect = Effect::of(envelope, envelope.act.act.as_ref().unwrap());
        withheld(second, entry, &effect, WithholdingBasis::CourtOrder, id)
    }

    /// The newest checkpoint.
    pub fn checkpoint(&self) -> SignedCheckpoint {
        self.store().checkpoint().unwrap().0
    }

    /// What `verify` says of the directory, held against everything that was handed out. Nobody may have it open.
    pub fn verify(&self) -> Report {
        assert!(self.store.is_none(), "close it first");
        verify::directory(&self.root, &self.kept, &|_| {}).unwrap()
    }

    /// Closes the ledger, verifies all of it again, opens it again and holds it against everything it ever answered.
    #[track_caller]
    pub fn check(&mut self) {
        self.close();
        let report = self.verify();
        assert!(report.is_good(), "{:?} {:?}", report.finding, report.copies);
        assert_eq!((report.engine, report.unfinished), (EngineCheck::Compared, false));
        let in_files = self.entries_in_files();
        self.open();
        let store = self.store();
        assert_eq!((store.size(), report.entries), (in_files.len() as u64, store.size()));

        // Reading through the store is reading the files; nothing stands there twice.
        let (mut seen, mut heads) = (HashSet::new(), HashSet::new());
        for (seq, (header, body, sealed)) in (0..).zip(&in_files) {
            let record = store.record(Seq(seq)).unwrap().unwrap();
            assert!(record.header == *header && record.body == *body && record.sealed == *sealed);
            let entry = audit::read(header, body).unwrap();
            assert_eq!(entry.header.seq, seq);
            let key = entry.envelope().map(identity);
            assert!(key.is_none_or(|key| seen.insert(key)), "entry {seq} is a double");
            heads.insert(entry.stream().clone());
        }
        let streams = heads.iter().map(|stream| store.stream_entries(stream, None).unwrap());
        assert_eq!(streams.map(|entries| entries.len()).sum::<usize>(), in_files.len());
        assert_eq!(store.record(Seq(store.size())).unwrap(), None);

        // Everything that was ever handed out still holds.
        let newest = self.checkpoint().checkpoint.head;
        let key = |size| store.registry().ledger_key_at(size).unwrap();
        for receipt in &self.kept.receipts {
            let again = Receipt::parse(&receipt.to_text()).unwrap();
            assert_eq!(again, *receipt);
            let size = receipt.checkpoint.checkpoint.head.size;
            receipt.verify(&cast().origin, key(size), None).unwrap();
            let (header, body, _) = &in_files[usize::try_from(receipt.index).unwrap()];
            assert_eq!(receipt.header.as_ref(), header.as_slice());
            assert!(receipt.body.as_ref() == body || is_withheld(body) || receipt.body.is_empty());
            let fresh = store.receipt(Seq(receipt.index)).unwrap().unwrap();
            fresh.verify(&cast().origin, key(newest.size), None).unwrap();
        }
        for kept in &self.kept.checkpoints {
            let head = kept.checkpoint.head;
            assert_eq!(store.head_at(head.size), Some(head), "size {} was signed twice", head.size);
            let proof = store.consistency(head.size, newest.size).unwrap();
            assert!(verify_consistency(head, newest, &proof), "size {} was rewritten", head.size);
        }
    }

    /// Headers, bodies and sealed disclosures as they stand in the segment files.
    pub fn entries_in_files(&self) -> Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> {
        let mut frames = SegmentFrames::new(list(&self.layout().segments()).unwrap());
        let mut entries = Vec::new();
        while let Some(frame) = frames.next_frame().unwrap() {
            let Found::Frame(frame) = decode(&frame.bytes) else { panic!("no frame") };
            let records = frame.records.iter();
            entries.extend(
                records.map(|one| (one.header.to_vec(), one.body.to_vec(), one.sealed.to_vec())),
            );
        }
        entries
    }

    /// An entry.
    pub fn entry(&self, seq: u64) -> Entry {
        self.store().entry(Seq(seq)).unwrap().unwrap()
    }

    /// The disclosed values of an entry by name; `None` if they were erased.
    pub fn disclosed(&self, seq: u64) -> Option<Vec<(String, String)>> {
        let record = self.store().record(Seq(seq)).unwrap().unwrap();
        let stream = self.entry(seq).stream().clone();
        let found = self.store().disclosures(&stream, &record).unwrap()?;
        Some(found.iter().map(|one| (one.name().to_owned(), one.value().to_owned())).collect())
    }
}

/// How many entries a ledger has on which only the cast was set up.
pub fn founded_size() -> u64 {
    founding().len() as u64
}

/// What was recorded, of answers among which there is no refusal.
pub fn recorded(answers: Vec<Answer>) -> Vec<Recorded> {
    answers.into_iter().map(Result::unwrap).collect()
}

/// The positions of entries.
pub fn seqs(answers: &[Recorded]) -> Vec<u64> {
    answers.iter().map(|answer| answer.seq).collect()
}

/// The stream of a case that [`Disk::case`] opens.
pub fn case_stream(number: u64) -> String {
    format!("case/990102-2026-{number:06}")
}

/// The same as a stream.
pub fn case_of(number: u64) -> Stream {
    Stream::parse(&case_stream(number)).unwrap()
}

/// Copies a directory and all that is in it.
pub fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    case_ledger_store::sources::copy_files(from, to).unwrap();
}
