//! The second copy: frames in plain files, which backup, mirrors, `verify` beside a running server and repair read without sled.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use case_ledger::frame::{
    FRAME_MAX, Found, MAGIC, SEGMENT_HEADER, decode, read_segment_header, segment_header,
    stated_length,
};
use serde::{Deserialize, Serialize};

use crate::disk::{create_directory, sync_directory};

/// Bytes after which a new segment file is begun, unless a directory is opened with another number.
pub const SEGMENT_FULL_AT: u64 = 64 << 20;
/// Space is laid out ahead in steps of this, so that most syncs change no metadata.
const LAID_OUT: u64 = 4 << 20;

/// Where a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameRef {
    /// Position of its first record.
    pub first: u64,
    /// Which segment file, from 0.
    pub segment: u32,
    /// Where in it.
    pub offset: u32,
    /// Its length in bytes.
    pub length: u32,
}

/// The name of the segment file that begins with record `first`.
pub fn file_name(first: u64) -> String {
    format!("{first:020}.seg")
}

/// The segment files of a directory in order, with the position each begins with.
pub fn list(directory: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let first = path.file_name().and_then(|name| name.to_str()).and_then(|name| {
            let first = name.strip_suffix(".seg")?.parse().ok()?;
            (file_name(first) == name).then_some(first)
        });
        files.extend(first.map(|first| (first, path)));
    }
    files.sort();
    Ok(files)
}

/// What a scan finds at the end of the good frames of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Nothing more was written.
    Clean,
    /// Bytes that are no whole frame: damage, or a write that a crash cut off.
    Damaged,
}

/// Reads the frames of one segment file in order.
pub struct FrameScan {
    file: File,
    file_length: u64,
    buffer: Vec<u8>,
    buffer_at: u64,
    offset: u64,
}

/// How much is read from the file at a time.
const READ_AHEAD: usize = 4 << 20;

impl FrameScan {
    /// Begins at `offset`; the file's first frame is at [`SEGMENT_HEADER`].
    pub fn begin(file: File, offset: u64) -> io::Result<Self> {
        let file_length = file.metadata()?.len();
        Ok(Self { file, file_length, buffer: Vec::new(), buffer_at: offset, offset })
    }

    /// Where the next frame begins.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// After damage: goes on to the next place in the file where a whole frame begins, if there is one.
    pub fn resynchronise(&mut self) -> io::Result<bool> {
        let mut rest = vec![
            0;
            usize::try_from(self.file_length.saturating_sub(self.offset))
                .unwrap_or_default()
        ];
        self.file.read_exact_at(&mut rest, self.offset)?;
        let mut place = 0;
        // Space that was laid out and never written is megabytes of zeros: only places with the first byte are looked at.
        while let Some(found) =
            rest.iter().skip(place + 1).position(|byte| MAGIC.first() == Some(byte))
        {
            place += 1 + found;
            let Some(here) = rest.get(place..).filter(|here| here.starts_with(MAGIC)) else {
                continue;
            };
            if let Found::Frame(_) = decode(here) {
                self.offset += place as u64;
                return Ok(true);
            }
        }
        self.offset = self.file_length;
        Ok(false)
    }

    /// The bytes of the next frame, digests checked, or how the good frames end.
    pub fn next_frame(&mut self) -> io::Result<Result<&[u8], End>> {
        self.fill()?;
        let start = usize::try_from(self.offset - self.buffer_at).unwrap_or(usize::MAX);
        let rest = self.buffer.get(start..).unwrap_or_default();
        let length = match decode(rest) {
            Found::Frame(frame) => frame.bytes.len(),
            Found::Nothing => return Ok(Err(End::Clean)),
            Found::Damaged => return Ok(Err(End::Damaged)),
        };
        self.offset += length as u64;
        Ok(Ok(rest.get(..length).unwrap_or_default()))
    }

    /// Makes sure that a whole frame is in the buffer if the file has one.
    fn fill(&mut self) -> io::Result<()> {
        let start =
            usize::try_from(self.offset.saturating_sub(self.buffer_at)).unwrap_or(usize::MAX);
        let rest = self.buffer.get(start..).unwrap_or_default();
        let whole =
            rest.len() >= 12 && stated_length(rest).is_none_or(|length| rest.len() >= length);
        let left_in_file = self.file_length.saturating_sub(self.offset);
        if whole || rest.len() as u64 >= left_in_file {
            return Ok(());
        }
        let length =
            usize::try_from(left_in_file).unwrap_or(usize::MAX).min(READ_AHEAD.max(FRAME_MAX));
        self.buffer.resize(length, 0);
        self.buffer_at = self.offset;
        self.file.read_exact_at(&mut self.buffer, self.offset)
    }
}

/// The segment files, open for reading by anybody and for appending by the one writer.
#[derive(Debug)]
pub struct Segments {
    directory: PathBuf,
    files: Vec<Arc<File>>,
    /// End of the frames in the last file.
    end: u64,
    /// End of the space laid out in the last file.
    laid_out: u64,
    full_at: u64,
    /// Files after the last good one, until they are cut off.
    beyond: Vec<PathBuf>,
    /// Whether what lies behind `end` is still there.
    uncut: bool,
}

impl Segments {
    /// Opens the files of a directory, the last of which is good up to `end`. What follows, later files too, is cut off before
    /// the first frame is appended and not earlier: whoever only looks changes nothing.
    pub fn open(directory: &Path, good_files: usize, end: u64, full_at: u64) -> io::Result<Self> {
        create_directory(directory)?;
        let mut listed = list(directory)?;
        let beyond = listed
            .split_off(good_files.min(listed.len()))
            .into_iter()
            .map(|(_, path)| path)
            .collect();
        let mut files = Vec::new();
        for (_, path) in &listed {
            files.push(Arc::new(OpenOptions::new().read(true).write(true).open(path)?));
        }
        Ok(Self {
            directory: directory.to_owned(),
            files,
            end,
            laid_out: end,
            full_at,
            beyond,
            uncut: true,
        })
    }

    /// Makes what was found durable from file number `from` on: a process that was killed may not have come to it.
    pub fn sync(&self, from: u32) -> io::Result<()> {
        let from = usize::try_from(from).unwrap_or_default();
        self.files.iter().skip(from).try_for_each(|file| file.sync_all())?;
        sync_directory(&self.directory)
    }

    /// What a crash left behind the last commit must not be taken for a frame when the next one ends before it.
    fn cut(&mut self) -> io::Result<()> {
        for beyond in &self.beyond {
            std::fs::remove_file(beyond)?;
        }
        if let Some(last) = self.files.last() {
            last.set_len(self.end)?;
            last.sync_all()?;
        }
        sync_directory(&self.directory)?;
        self.beyond.clear();
        self.uncut = false;
        Ok(())
    }

    /// Where the next frame of `length` bytes will be, beginning a new file if the last one is full.
    fn place(&mut self, first: u64, length: usize) -> io::Result<FrameRef> {
        let too_long = || io::Error::other("a frame cannot be longer than a segment");
        if self.files.is_empty() || self.end >= self.full_at {
            let path = self.directory.join(file_name(first));
            let file =
                OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
            file.write_all_at(&segment_header(first), 0)?;
            file.sync_all()?;
            sync_directory(&self.directory)?;
            if let Some(full) = self.files.last() {
                // Laid out space that was not needed: the file ends where its frames end.
                full.set_len(self.end)?;
                full.sync_all()?;
            }
            self.files.push(Arc::new(file));
            self.end = SEGMENT_HEADER as u64;
            self.laid_out = self.end;
        }
        let length = u32::try_from(length).map_err(|_| too_long())?;
        let segment = u32::try_from(self.files.len() - 1).map_err(|_| too_long())?;
        Ok(FrameRef {
            first,
            segment,
            offset: u32::try_from(self.end).map_err(|_| too_long())?,
            length,
        })
    }

    /// Writes frames at the end. They are durable only after [`SegmentTail::sync`] on what this returns.
    pub fn append(
        &mut self,
        frames: &[(u64, Vec<u8>)],
    ) -> io::Result<(Vec<FrameRef>, SegmentTail)> {
        if self.uncut {
            self.cut()?;
        }
        let mut places = Vec::with_capacity(frames.len());
        let mut touched = Vec::new();
        for (first, bytes) in frames {
            let place = self.place(*first, bytes.len())?;
            let file = self.files.last().ok_or_else(|| io::Error::other("no segment file"))?;
            let end = self.end + bytes.len() as u64;
            if end > self.laid_out {
                let ahead = (end / LAID_OUT + 1) * LAID_OUT;
                // Where the file system cannot lay out space, the file grows with every write instead.
                if rustix::fs::fallocate(
                    &**file,
                    rustix::fs::FallocateFlags::empty(),
                    self.end,
                    ahead - self.end,
                )
                .is_ok()
                {
                    self.laid_out = ahead;
                }
            }
            file.write_all_at(bytes, self.end)?;
            self.end = end;
            if touched.last().is_none_or(|last| !Arc::ptr_eq(last, file)) {
                touched.push(file.clone());
            }
            places.push(place);
        }
        Ok((places, SegmentTail(touched)))
    }

    /// Writes a frame that is there once more, and syncs it.
    pub fn write_again(&self, place: FrameRef, bytes: &[u8]) -> io::Result<()> {
        let file = self.file(place.segment).ok_or_else(|| io::Error::other("no segment file"))?;
        file.write_all_at(bytes, u64::from(place.offset))?;
        file.sync_all()
    }

    /// A file, for reading.
    pub fn file(&self, segment: u32) -> Option<Arc<File>> {
        self.files.get(usize::try_from(segment).ok()?).cloned()
    }

    /// All files, for reading.
    pub fn files(&self) -> &[Arc<File>] {
        &self.files
    }
}

/// The files that a commit has written to.
#[derive(Debug, Clone)]
pub struct SegmentTail(Vec<Arc<File>>);

impl SegmentTail {
    /// Makes what was written durable.
    pub fn sync(&self) -> io::Result<()> {
        self.0.iter().try_for_each(|file| file.sync_data())
    }
}

/// Reads a frame's bytes.
pub fn read_frame(file: &File, place: FrameRef) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(place.length).unwrap_or_default()];
    file.read_exact_at(&mut bytes, u64::from(place.offset))?;
    Ok(bytes)
}

/// The position with which a segment file begins, from its first bytes.
pub fn first_of(file: &File) -> io::Result<Option<u64>> {
    let mut bytes = [0; SEGMENT_HEADER];
    match file.read_exact_at(&mut bytes, 0) {
        Ok(()) => Ok(read_segment_header(&bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}
