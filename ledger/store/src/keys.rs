//! What lies beside the log and never travels with it: the ledger's key, the memory of what was signed, the mark of the original.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::time::UNIX_EPOCH;

use case_ledger::checkpoint::ledger_note_key;
use case_ledger::encoding::{from_base64, to_base64};
use case_ledger::hash::{Sha256Hash, blake3, hex};
use case_ledger::names::{Origin, PublicKey};
use case_ledger::signing::SigningKey;
use case_ledger::tree::TreeHead;

use crate::disk::{Access, create_directory, read_if_there, replace};
use crate::layout::Layout;

/// The ledger's secret keys: the present one, and those it will be succeeded by.
#[derive(Debug, Clone, Default)]
pub struct LedgerKeys(Vec<SigningKey>);

impl LedgerKeys {
    /// Reads the key file: one `PRIVATE+KEY+origin+id+base64(0x01 ‖ seed)` a line, the form that C2SP's Go tools use.
    pub fn load(layout: &Layout) -> io::Result<Self> {
        let Some(bytes) = read_if_there(&layout.ledger_key())? else { return Ok(Self::default()) };
        let damaged =
            || io::Error::new(io::ErrorKind::InvalidData, "the ledger's key file is damaged");
        let text = String::from_utf8(bytes).map_err(|_| damaged())?;
        let keys: Option<Vec<_>> = text.lines().map(parse_secret).collect();
        keys.map(Self).ok_or_else(damaged)
    }

    /// Adds a key to the key file of a directory.
    pub fn add(layout: &Layout, origin: &Origin, key: &SigningKey) -> io::Result<()> {
        create_directory(&layout.keys())?;
        let before = read_if_there(&layout.ledger_key())?.unwrap_or_default();
        let text = String::from_utf8_lossy(&before).into_owned() + &to_secret(origin, key);
        replace(&layout.ledger_key(), text.as_bytes(), Access::Owner)
    }

    /// The secret of a public key.
    pub fn get(&self, key: PublicKey) -> Option<&SigningKey> {
        self.0.iter().find(|known| known.public() == key)
    }

    /// The key that a ledger founded here signs with.
    pub fn first(&self) -> Option<&SigningKey> {
        self.0.first()
    }
}

fn to_secret(origin: &Origin, key: &SigningKey) -> String {
    let id = ledger_note_key(origin, key.public()).id();
    let typed: Vec<u8> = std::iter::once(1).chain(key.seed()).collect();
    format!("PRIVATE+KEY+{origin}+{}+{}\n", hex(&id), to_base64(&typed))
}

fn parse_secret(line: &str) -> Option<SigningKey> {
    let mut parts = line.strip_prefix("PRIVATE+KEY+")?.splitn(3, '+');
    let (origin, id, typed) = (parts.next()?, parts.next()?, from_base64(parts.next()?)?);
    let seed: &[u8; 32] = typed.strip_prefix(&[1])?.try_into().ok()?;
    let key = SigningKey::from_seed(seed);
    let origin = Origin::parse(origin)?;
    (hex(&ledger_note_key(&origin, key.public()).id()) == id).then_some(key)
}

/// Remembers the last checkpoint that was signed, so that an old copy of the log is known for one.
///
/// It is written after the commit is durable and not synced: it is there for a restored directory, not for a power cut,
/// after which the log itself holds all that was answered for.
#[derive(Debug)]
pub struct Signed(File);

const SIGNED_LEN: usize = 72;

impl Signed {
    /// Opens or creates the file.
    pub fn open(layout: &Layout) -> io::Result<Self> {
        create_directory(&layout.keys())?;
        if !layout.signed().exists() {
            replace(&layout.signed(), &to_signed(TreeHead::empty()), Access::Shared)?;
        }
        Ok(Self(OpenOptions::new().read(true).write(true).open(layout.signed())?))
    }

    /// Reads what a directory remembers. `None` if it remembers nothing or is damaged.
    pub fn read(layout: &Layout) -> io::Result<Option<TreeHead>> {
        Ok(read_if_there(&layout.signed())?.and_then(|bytes| from_signed(&bytes)))
    }

    /// Remembers.
    pub fn remember(&self, head: TreeHead) -> io::Result<()> {
        self.0.write_all_at(&to_signed(head), 0)
    }
}

fn to_signed(head: TreeHead) -> [u8; SIGNED_LEN] {
    let mut bytes = [0; SIGNED_LEN];
    let (content, digest) = bytes.split_at_mut(40);
    let (size, root) = content.split_at_mut(8);
    size.copy_from_slice(&head.size.to_le_bytes());
    root.copy_from_slice(&head.root.0);
    digest.copy_from_slice(&blake3(content).0);
    bytes
}

fn from_signed(bytes: &[u8]) -> Option<TreeHead> {
    let (content, digest) = bytes.split_at_checked(40)?;
    let (size, root) = content.split_first_chunk::<8>()?;
    let head = TreeHead { size: u64::from_le_bytes(*size), root: Sha256Hash::from_slice(root)? };
    (digest == blake3(content).0).then_some(head)
}

/// Marks the original: `place` holds its own inode number and time of birth, those of the memory of what was signed, and the time
/// of the last change to a witness file beside it, of which there are two in turn.
///
/// A copy has another inode. Inode numbers are given out again, so that a backup put back in place of what was deleted may get the
/// very one; births are not. And a backup copied *over* the original keeps both, but writes the witness, and nobody can set the
/// time of a change. Every opening for writing marks anew, so that a backup from before it brings a witness of other content, or
/// of the other name. A tool that leaves alone what looks the same leaves mark and witness; it replaces the memory of what was
/// signed, which has changed since and which the mark therefore names, too.
pub fn mark_place(layout: &Layout) -> io::Result<()> {
    let path = &layout.place();
    let before = std::fs::read_to_string(path).unwrap_or_default();
    let (present, next) = if before.contains(&format!("\n{FIRST_WITNESS} ")) {
        (FIRST_WITNESS, SECOND_WITNESS)
    } else {
        (SECOND_WITNESS, FIRST_WITNESS)
    };
    let witness = path.with_extension(next);
    if witness.exists() {
        std::fs::remove_file(&witness)?;
    }
    let file = File::create_new(&witness)?;
    file.write_all_at(identity_of(&file)?.as_bytes(), 0)?;
    file.sync_all()?;
    let sync_directory = || path.parent().map_or(Ok(()), crate::disk::sync_directory);
    // The witness is there before the mark that names it.
    sync_directory()?;
    // Renaming changes neither inode nor birth: the mark is there whole, or the one before is.
    let beside = path.with_extension("new");
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(&beside)?;
    file.write_all_at(place_text(&file, layout, next)?.as_bytes(), 0)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    sync_directory()?;
    // Left behind by a crash, it is replaced the next time.
    std::fs::remove_file(path.with_extension(present))
        .or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// Takes the mark away, so that another directory can have it: two that sign with one key would fork the log.
pub fn retire_place(layout: &Layout) -> io::Result<()> {
    std::fs::remove_file(layout.place())?;
    crate::disk::sync_directory(&layout.log())
}

const FIRST_WITNESS: &str = "a";
const SECOND_WITNESS: &str = "b";

/// Whether a directory's log is where it was written, and not a restored or cloned copy.
pub fn is_in_place(layout: &Layout) -> io::Result<bool> {
    let path = &layout.place();
    let Some(bytes) = read_if_there(path)? else { return Ok(false) };
    let file = File::open(path)?;
    for witness in [FIRST_WITNESS, SECOND_WITNESS] {
        if path.with_extension(witness).exists()
            && place_text(&file, layout, witness)?.as_bytes() == bytes
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn place_text(file: &File, layout: &Layout, witness: &str) -> io::Result<String> {
    let about = std::fs::metadata(layout.place().with_extension(witness))?;
    let changed = format!("{}.{:09}", about.ctime(), about.ctime_nsec());
    let memory = match File::open(layout.signed()) {
        Ok(signed) => identity_of(&signed)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => "\n\n".to_owned(),
        Err(error) => return Err(error),
    };
    Ok(format!("caseledger place v1\n{}{memory}{witness} {changed}\n", identity_of(file)?))
}

/// A file's inode number and birth, a line each. A file system that knows no births leaves the inode alone.
fn identity_of(file: &File) -> io::Result<String> {
    let about = file.metadata()?;
    let born = about.created().ok().and_then(|born| born.duration_since(UNIX_EPOCH).ok());
    let born = born
        .map_or_else(String::new, |born| format!("{}.{:09}", born.as_secs(), born.subsec_nanos()));
    Ok(format!("{}\n{born}\n", about.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_file_takes_keys_and_gives_them_back() {
        let directory = tempfile::tempdir().unwrap();
        let layout = Layout::new(directory.path());
        let origin = Origin::parse("ledger.example/cases").unwrap();
        let seed: Vec<u8> = (0..32).collect();
        let key = SigningKey::from_seed(seed.as_slice().try_into().unwrap());
        // The vector of the C2SP tools for this seed and name.
        let line = "PRIVATE+KEY+ledger.example/cases+0ff9ae30+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n";
        assert_eq!(to_secret(&origin, &key), line);
        LedgerKeys::add(&layout, &origin, &key).unwrap();
        LedgerKeys::add(&layout, &origin, &SigningKey::from_seed(&[1; 32])).unwrap();
        let keys = LedgerKeys::load(&layout).unwrap();
        assert_eq!(keys.first().unwrap().public(), key.public());
        assert!(keys.get(SigningKey::from_seed(&[1; 32]).public()).is_some());
        std::fs::write(layout.ledger_key(), line.replace("+0f", "+0e")).unwrap();
        assert!(LedgerKeys::load(&layout).is_err());
    }

    /// Copies a directory's files over those of another, as restoring a backup in place does.
    fn copy_over(from: &std::path::Path, to: &std::path::Path) {
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }

    #[test]
    fn a_copy_is_not_in_place_and_a_moved_original_is() {
        let directory = tempfile::tempdir().unwrap();
        let original = directory.path().join("original");
        std::fs::create_dir_all(original.join("log")).unwrap();
        mark_place(&Layout::new(&original)).unwrap();
        assert!(is_in_place(&Layout::new(&original)).unwrap());
        let (copy, moved) = (directory.path().join("copy"), directory.path().join("moved"));
        std::fs::create_dir_all(copy.join("log")).unwrap();
        copy_over(&original.join("log"), &copy.join("log"));
        std::fs::rename(&original, &moved).unwrap();
        assert!(!is_in_place(&Layout::new(&copy)).unwrap());
        assert!(is_in_place(&Layout::new(&moved)).unwrap());
        assert!(!is_in_place(&Layout::new(&original)).unwrap());
    }

    #[test]
    fn a_backup_that_replaces_only_what_changed_shows() {
        let directory = tempfile::tempdir().unwrap();
        let layout = Layout::new(directory.path());
        std::fs::create_dir(layout.log()).unwrap();
        let memory = Signed::open(&layout).unwrap();
        mark_place(&layout).unwrap();
        let backup = std::fs::read(layout.signed()).unwrap();
        memory.remember(TreeHead { size: 7, root: Sha256Hash([7; 32]) }).unwrap();
        assert!(is_in_place(&layout).unwrap());
        // As rsync does: written beside, renamed.
        let beside = layout.signed().with_extension("rsync");
        std::fs::write(&beside, backup).unwrap();
        std::fs::rename(beside, layout.signed()).unwrap();
        assert!(!is_in_place(&layout).unwrap());
    }

    #[test]
    fn a_backup_copied_over_the_original_shows() {
        for marked_again in [false, true] {
            let directory = tempfile::tempdir().unwrap();
            let (original, backup) =
                (directory.path().join("log"), directory.path().join("backup"));
            std::fs::create_dir(&original).unwrap();
            std::fs::create_dir(&backup).unwrap();
            let layout = Layout::new(directory.path());
            mark_place(&layout).unwrap();
            copy_over(&original, &backup);
            if marked_again {
                mark_place(&layout).unwrap();
            }
            assert!(is_in_place(&layout).unwrap());
            copy_over(&backup, &original);
            assert!(!is_in_place(&layout).unwrap(), "marked again: {marked_again}");
            mark_place(&layout).unwrap();
            assert!(is_in_place(&layout).unwrap());
        }
    }

    #[test]
    fn what_was_signed_is_remembered_and_damage_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let layout = Layout::new(directory.path());
        let signed = Signed::open(&layout).unwrap();
        assert_eq!(Signed::read(&layout).unwrap(), Some(TreeHead::empty()));
        let head = TreeHead { size: 7, root: Sha256Hash([9; 32]) };
        signed.remember(head).unwrap();
        assert_eq!(Signed::read(&layout).unwrap(), Some(head));
        let mut bytes = std::fs::read(layout.signed()).unwrap();
        bytes[0] ^= 1;
        std::fs::write(layout.signed(), bytes).unwrap();
        assert_eq!(Signed::read(&layout).unwrap(), None);
    }
}
