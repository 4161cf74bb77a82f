//! What a directory's files would be after a power cut, told from the system calls that wrote them.
//!
//! The strictest reading of POSIX: what was written is on the disk only after a later `fsync` or `fdatasync` of that file came back, a name
//! only after one of its directory. Everything else is there or not as chance has it, in pages and in parts of pages.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::trace::Event;
use crate::crash::writer::Chance;

const PAGE: usize = 4096;
const SECTOR: usize = 512;
/// The directory itself.
const ROOT: usize = 0;

/// A file or a directory, whatever its names are.
pub(crate) type Inode = usize;

/// What one call did.
#[derive(Debug)]
pub(crate) enum Deed {
    Write {
        file: Inode,
        at: usize,
        bytes: Vec<u8>,
    },
    /// The length was set; shorter cuts off.
    Length {
        file: Inode,
        length: usize,
    },
    /// Space was laid out: the file is at least this long.
    Reserve {
        file: Inode,
        end: usize,
    },
    Name {
        directory: Inode,
        name: OsString,
        inode: Inode,
    },
    Rename {
        directory: Inode,
        from: OsString,
        to: OsString,
        inode: Inode,
    },
    Remove {
        directory: Inode,
        name: OsString,
    },
}

impl Deed {
    /// Whose `fsync` makes it durable.
    fn of(&self) -> Inode {
        match self {
            Self::Write { file, .. } | Self::Length { file, .. } | Self::Reserve { file, .. } => {
                *file
            }
            Self::Name { directory, .. }
            | Self::Rename { directory, .. }
            | Self::Remove { directory, .. } => *directory,
        }
    }
}

/// One change, and when it was durable.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) deed: Deed,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// When the first call that made it durable came back; `usize::MAX` if there was none.
    pub(crate) durable: usize,
}

/// A directory's history.
#[derive(Debug)]
pub(crate) struct Disk {
    root: PathBuf,
    pub(crate) changes: Vec<Change>,
    /// What each inode's changes are, in order.
    by_inode: Vec<Vec<usize>>,
    /// Changes that no sync has reached yet, by inode.
    waiting: HashMap<Inode, Vec<usize>>,
    directories: HashSet<Inode>,
    /// The names as the program sees them.
    names: HashMap<(Inode, OsString), Inode>,
    /// Lines that the program wrote on standard output, and when it began to.
    pub(crate) said: Vec<(usize, String)>,
    /// Lines of all traces so far.
    pub(crate) now: usize,
    /// Whether a call was cut off by the program's end and may have been done or not.
    pub(crate) doubtful: bool,
}

impl Disk {
    /// An empty directory that is durable itself.
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            changes: Vec::new(),
            by_inode: vec![Vec::new()],
            waiting: HashMap::new(),
            directories: HashSet::new(),
            names: HashMap::new(),
            said: Vec::new(),
            now: 0,
            doubtful: false,
        }
    }

    /// Takes in one run of the program.
    pub(crate) fn run(&mut self, events: &[Event]) {
        self.run_with(events.iter());
    }

    /// The same with some of its calls.
    pub(crate) fn run_with<'a>(&mut self, events: impl Iterator<Item = &'a Event>) {
        let mut open: Descriptors = HashMap::new();
        let base = self.now + 1;
        for event in events {
            self.now = self.now.max(base + event.end.unwrap_or(event.start));
            self.event(event, base, &mut open);
        }
    }

    fn event(&mut self, event: &Event, base: usize, open: &mut Descriptors) {
        let start = base + event.start;
        let name = event.name.as_str();
        if name == "write" && event.descriptor(0).0 == 1 {
            let line = String::from_utf8(event.quoted(1)).unwrap();
            assert!(line.ends_with('\n'), "a line is one call");
            self.said.push((start, line.trim_end().to_owned()));
            return;
        }
        let Some(end) = event.end.map(|end| base + end) else {
            // A sync that was cut off is as good as none.
            let syncs = matches!(name, "fsync" | "fdatasync" | "sync_file_range");
            self.doubtful |= !syncs && self.concerns(event);
            return;
        };
        match (name, event.result) {
            ("fsync" | "fdatasync", result) => {
                if let Some((inode, _)) = self.file(event, open) {
                    self.sync(inode, start, result.map(|_| end));
                }
            }
            ("sync_file_range", _) | (_, None) => {}
            (_, Some(result)) => {
                let deeds = self.deeds(event, result, open);
                for deed in deeds {
                    self.change(deed, start, end);
                }
            }
        }
    }

    /// What a call that succeeded has changed.
    fn deeds(&mut self, event: &Event, result: i64, open: &mut Descriptors) -> Vec<Deed> {
        let whole = |number: u64| usize::try_from(number).unwrap();
        match event.name.as_str() {
            "openat" => self.opened(event, result, open),
            name @ ("write" | "pwrite64") => {
                let Some((file, cursor)) = self.file(event, open) else { return Vec::new() };
                let mut bytes = event.quoted(1);
                bytes.truncate(whole(result.unsigned_abs()));
                let at = if name == "write" { cursor } else { whole(event.number(3)) };
                if name == "write" {
                    open.insert(event.descriptor(0).0, (file, at + bytes.len()));
                }
                vec![Deed::Write { file, at, bytes }]
            }
            "ftruncate" => {
                let Some((file, _)) = self.file(event, open) else { return Vec::new() };
                vec![Deed::Length { file, length: whole(event.number(1)) }]
            }
            "fallocate" => {
                let Some((file, _)) = self.file(event, open) else { return Vec::new() };
                assert_eq!(event.text(1), "0", "only laying out is known");
                vec![Deed::Reserve { file, end: whole(event.number(2) + event.number(3)) }]
            }
            "mkdir" if event.path(0) == self.root => Vec::new(),
            "mkdir" if self.is_inside(&event.path(0)) => {
                let (directory, name) = self.place(&event.path(0));
                let inode = self.fresh();
                self.directories.insert(inode);
                vec![Deed::Name { directory, name, inode }]
            }
            "rename" if self.is_inside(&event.path(0)) => {
                let ((directory, from), (other, to)) =
                    (self.place(&event.path(0)), self.place(&event.path(1)));
                assert_eq!(directory, other, "nothing moves between directories");
                let inode = self.names[&(directory, from.clone())];
                vec![Deed::Rename { directory, from, to, inode }]
            }
            name @ ("unlink" | "rmdir" | "unlinkat") => {
                let path = if name == "unlinkat" { event.path_at(0) } else { event.path(0) };
                if !self.is_inside(&path) {
                    return Vec::new();
                }
                let (directory, name) = self.place(&path);
                vec![Deed::Remove { directory, name }]
            }
            "mmap" => {
                let shared = event.text(3).contains("MAP_SHARED");
                assert!(!shared || !self.concerns(event), "a file is mapped for writing");
                Vec::new()
            }
            other => {
                assert!(!self.concerns(event), "{other} is not known to the model");
                Vec::new()
            }
        }
    }

    fn opened(&mut self, event: &Event, result: i64, open: &mut Descriptors) -> Vec<Deed> {
        let (path, flags) = (event.path_at(0), event.text(2));
        open.remove(&result);
        if path == self.root {
            open.insert(result, (ROOT, 0));
        }
        if !self.is_inside(&path) {
            return Vec::new();
        }
        assert!(!flags.contains("O_APPEND"), "the model knows no appending");
        let (directory, name) = self.place(&path);
        let mut deeds = Vec::new();
        let known = self.names.get(&(directory, name.clone())).copied();
        let inode = known.unwrap_or_else(|| self.fresh());
        if known.is_none() {
            assert!(flags.contains("O_CREAT"), "{} came from nowhere", path.display());
            deeds.push(Deed::Name { directory, name, inode });
        }
        if flags.contains("O_TRUNC") {
            deeds.push(Deed::Length { file: inode, length: 0 });
        }
        open.insert(result, (inode, 0));
        deeds
    }

    fn is_inside(&self, path: &Path) -> bool {
        path != self.root && path.starts_with(&self.root)
    }

    /// Whether a call has to do with the directory in any way.
    fn concerns(&self, event: &Event) -> bool {
        let root = self.root.as_os_str().as_encoded_bytes();
        let escaped: Vec<u8> =
            root.iter().flat_map(|byte| format!("\\x{byte:02x}").into_bytes()).collect();
        event.arguments.windows(escaped.len()).any(|window| window == escaped)
    }

    /// The inode that a call's descriptor stands for, and where it would go on; `None` if it lies elsewhere.
    fn file(&self, event: &Event, open: &Descriptors) -> Option<(Inode, usize)> {
        let (number, path) = event.descriptor(0);
        if path != self.root && !self.is_inside(&path) {
            return None;
        }
        let (inode, at) = open
            .get(&number)
            .copied()
            .unwrap_or_else(|| panic!("{} was never opened", path.display()));
        // A file that has lost its name keeps its descriptor.
        let deleted = event.argument(0).ends_with(b"(deleted)");
        assert!(
            deleted || self.inode_at(&path) == Some(inode),
            "{} is another file than was opened",
            path.display()
        );
        Some((inode, at))
    }

    fn inode_at(&self, path: &Path) -> Option<Inode> {
        let mut inode = ROOT;
        for part in path.strip_prefix(&self.root).ok()? {
            inode = *self.names.get(&(inode, part.to_owned()))?;
        }
        Some(inode)
    }

    /// The directory and the name in it.
    fn place(&self, path: &Path) -> (Inode, OsString) {
        let directory = self.inode_at(path.parent().unwrap());
        (
            directory.unwrap_or_else(|| panic!("{} has no directory", path.display())),
            path.file_name().unwrap().to_owned(),
        )
    }

    fn fresh(&mut self) -> Inode {
        self.by_inode.push(Vec::new());
        self.by_inode.len() - 1
    }

    fn change(&mut self, deed: Deed, start: usize, end: usize) {
        match &deed {
            Deed::Name { directory, name, inode } => {
                self.names.insert((*directory, name.clone()), *inode);
            }
            Deed::Rename { directory, from, to, inode } => {
                self.names.remove(&(*directory, from.clone()));
                self.names.insert((*directory, to.clone()), *inode);
            }
            Deed::Remove { directory, name } => {
                self.names.remove(&(*directory, name.clone()));
            }
            Deed::Write { .. } | Deed::Length { .. } | Deed::Reserve { .. } => {}
        }
        let number = self.changes.len();
        self.by_inode[deed.of()].push(number);
        self.waiting.entry(deed.of()).or_default().push(number);
        self.changes.push(Change { deed, start, end, durable: usize::MAX });
    }

    /// A sync reaches what was done when it began. One that failed has lost it for good: no later one brings it back.
    fn sync(&mut self, inode: Inode, start: usize, good: Option<usize>) {
        let Some(waiting) = self.waiting.get_mut(&inode) else { return };
        let reached = waiting.extract_if(.., |number| self.changes[*number].end < start);
        for number in reached.collect::<Vec<_>>() {
            self.changes[number].durable = good.unwrap_or(usize::MAX);
        }
    }
}

/// Open descriptors: the inode, and where `write` goes on.
type Descriptors = HashMap<i64, (Inode, usize)>;

/// How much of what was not synced a power cut leaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mood {
    /// Of a hundred pages, so many are there.
    pub(crate) pages: u64,
    /// Of a hundred changes to directories and lengths, so many are there.
    pub(crate) names: u64,
    /// Pages come apart into sectors.
    pub(crate) torn: bool,
}

impl Mood {
    /// Nothing is left.
    const NOTHING: Self = Self { pages: 0, names: 0, torn: false };
    /// Everything is left, as if the process was killed.
    const EVERYTHING: Self = Self { pages: 100, names: 100, torn: false };

    pub(crate) fn by(chance: &mut Chance) -> Self {
        const SHARES: [u64; 5] = [0, 10, 50, 90, 100];
        let mut share = || SHARES[usize::try_from(chance.below(5)).unwrap()];
        Self { pages: share(), names: share(), torn: chance.percent(50) }
    }
}

/// Files by their paths below the root; directories have no bytes.
pub(crate) type Image = BTreeMap<PathBuf, Option<Vec<u8>>>;

impl Disk {
    /// What is on the disk when the power goes at `cut`.
    pub(crate) fn after_cut(&self, cut: usize, mood: Mood, chance: &mut Chance) -> Image {
        self.image(cut, mood, chance, |_| true)
    }

    /// What is sure to be there: all names, and the bytes of the files that are wanted.
    pub(crate) fn durable(&self, cut: usize, is_wanted: impl Fn(&Path) -> bool) -> Image {
        self.image(cut, Mood::NOTHING, &mut Chance::new(0), is_wanted)
    }

    fn image(
        &self,
        cut: usize,
        mood: Mood,
        chance: &mut Chance,
        is_wanted: impl Fn(&Path) -> bool,
    ) -> Image {
        let mut image = Image::new();
        let mut directories = vec![(ROOT, PathBuf::new())];
        while let Some((directory, path)) = directories.pop() {
            for (name, inode) in self.entries(directory, cut, mood, chance) {
                let path = path.join(name);
                if self.directories.contains(&inode) {
                    image.insert(path.clone(), None);
                    directories.push((inode, path));
                } else if is_wanted(&path) {
                    image.insert(path, Some(self.content(inode, cut, mood, chance)));
                } else {
                    image.insert(path, Some(Vec::new()));
                }
            }
        }
        image
    }

    /// The changes of an inode that were begun before the cut, and whether each was durable.
    fn until(&self, inode: Inode, cut: usize) -> impl Iterator<Item = (&Change, bool)> {
        let changes = self.by_inode[inode].iter().map(|number| &self.changes[*number]);
        changes
            .filter(move |change| change.start <= cut)
            .map(move |change| (change, change.durable <= cut))
    }

    fn entries(
        &self,
        directory: Inode,
        cut: usize,
        mood: Mood,
        chance: &mut Chance,
    ) -> BTreeMap<OsString, Inode> {
        let mut entries = BTreeMap::new();
        for (change, durable) in self.until(directory, cut) {
            if !durable && !chance.percent(mood.names) {
                continue;
            }
            match &change.deed {
                Deed::Name { name, inode, .. } => drop(entries.insert(name.clone(), *inode)),
                Deed::Rename { from, to, inode, .. } => {
                    entries.retain(|name, known| name != from || known != inode);
                    entries.insert(to.clone(), *inode);
                }
                Deed::Remove { name, .. } => drop(entries.remove(name)),
                Deed::Write { .. } | Deed::Length { .. } | Deed::Reserve { .. } => {}
            }
        }
        entries
    }

    fn content(&self, file: Inode, cut: usize, mood: Mood, chance: &mut Chance) -> Vec<u8> {
        let mut bytes: Vec<u8> = Vec::new();
        let unit = if mood.torn { SECTOR } else { PAGE };
        // How many of the changes to a unit, in their order, have reached the disk.
        let mut reached: HashMap<usize, u64> = HashMap::new();
        let mut seen: HashMap<usize, u64> = HashMap::new();
        let waiting = self.until(file, cut).filter(|(_, durable)| !durable).count() as u64;
        for (change, durable) in self.until(file, cut) {
            match &change.deed {
                Deed::Write { at, bytes: written, .. } if durable => put(&mut bytes, *at, written),
                Deed::Write { at, bytes: written, .. } => {
                    // The length can be on the disk before the bytes are.
                    if chance.percent(mood.names) && bytes.len() < at + written.len() {
                        bytes.resize(at + written.len(), 0);
                    }
                    let mut from = 0;
                    while from < written.len() {
                        let number = (at + from) / unit;
                        let to = written.len().min((number + 1) * unit - at);
                        let limit = *reached.entry(number).or_insert_with(|| match mood.pages {
                            100 => u64::MAX,
                            share if chance.percent(share) => 1 + chance.below(waiting),
                            _ => 0,
                        });
                        let seen = seen.entry(number).or_default();
                        *seen += 1;
                        if *seen <= limit {
                            put(&mut bytes, at + from, &written[from..to]);
                        }
                        from = to;
                    }
                }
                Deed::Length { length, .. } if durable || chance.percent(mood.names) => {
                    bytes.resize(*length, 0);
                }
                Deed::Reserve { end, .. } if durable || chance.percent(mood.names) => {
                    bytes.resize(bytes.len().max(*end), 0);
                }
                Deed::Length { .. } | Deed::Reserve { .. } => {}
                Deed::Name { .. } | Deed::Rename { .. } | Deed::Remove { .. } => {
                    unreachable!("a file has no names in it")
                }
            }
        }
        bytes
    }

    /// All files that ever had this name.
    pub(crate) fn files_named(&self, wanted: &str) -> HashSet<Inode> {
        let named = |change: &Change| match &change.deed {
            Deed::Name { name, inode, .. } => (name == wanted).then_some(*inode),
            Deed::Write { .. }
            | Deed::Length { .. }
            | Deed::Reserve { .. }
            | Deed::Rename { .. }
            | Deed::Remove { .. } => None,
        };
        self.changes.iter().filter_map(named).collect()
    }

    /// Holds the model against the directory itself. A call that the model misunderstood would show.
    pub(crate) fn hold_against(&self, root: &Path) {
        let image = self.after_cut(usize::MAX - 1, Mood::EVERYTHING, &mut Chance::new(0));
        let mut found = Image::new();
        let mut directories = vec![PathBuf::new()];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(root.join(&directory)).unwrap() {
                let entry = entry.unwrap();
                let path = directory.join(entry.file_name());
                let is_directory = entry.file_type().unwrap().is_dir();
                found.insert(
                    path.clone(),
                    (!is_directory).then(|| std::fs::read(entry.path()).unwrap()),
                );
                if is_directory {
                    directories.push(path);
                }
            }
        }
        let names = |image: &Image| image.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&image), names(&found), "the model has other files");
        for (path, bytes) in &image {
            assert!(*bytes == found[path], "the model has another {}", path.display());
        }
    }
}

fn put(bytes: &mut Vec<u8>, at: usize, written: &[u8]) {
    let end = at + written.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[at..end].copy_from_slice(written);
}

/// Lays an image out as a directory.
pub(crate) fn lay_out(image: &Image, root: &Path) {
    std::fs::create_dir_all(root).unwrap();
    // Parents come before what is in them.
    for (path, bytes) in image {
        match bytes {
            None => std::fs::create_dir(root.join(path)).unwrap(),
            Some(bytes) => std::fs::write(root.join(path), bytes).unwrap(),
        }
    }
}
