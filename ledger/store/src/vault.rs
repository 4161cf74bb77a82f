//! The vault: disclosures sealed under a key per stream. The ciphertext may lie anywhere; the keys lie here only.
//!
//! Erasing is forgetting a stream's key: the keyring is rewritten whole under a new key-encryption key and the old one is
//! destroyed, so that neither an old backup of the log nor an old copy of the keyring gives the erased back.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use case_ledger::hash::{Sha256Hash, blake3};
use case_ledger::names::StreamKey;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::disk::{Access, create_directory, overwrite, read_if_there, replace};
use crate::layout::Layout;

const KEK_MAGIC: &[u8; 8] = b"CLKEK001";
const RING_MAGIC: &[u8; 8] = b"CLKEYRG1";
/// Magic, generation, the check of the key-encryption key.
const RING_HEADER: usize = 48;
/// Stream, position, nonce, wrapped key with tag.
const RING_RECORD: usize = 16 + 8 + 24 + 48;
const KEK_RECORD: usize = 8 + 32;

type Secret = Zeroizing<[u8; 32]>;

/// Why the vault cannot do something.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The file system failed.
    #[error("the keyring's file failed")]
    Io(#[from] io::Error),
    /// A file is damaged, or belongs to another generation.
    #[error("the keyring is damaged: {0}")]
    Damaged(&'static str),
    /// There is no randomness to be had.
    #[error("the system gives no random bytes")]
    Random,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    offset: u64,
    since: u64,
}

/// The keyring of one directory, open for its writer.
#[derive(Debug)]
pub struct Vault {
    kek_path: PathBuf,
    ring_path: PathBuf,
    ring: File,
    end: u64,
    generation: u64,
    kek: Secret,
    /// Where each stream's keys are, the oldest first: a stream that was erased and went on gets another one.
    places: HashMap<StreamKey, Vec<Place>>,
}

fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| VaultError::Random)?;
    Ok(bytes)
}

fn seal(key: &[u8; 32], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
    let nonce: [u8; 24] = random()?;
    let cipher = XChaCha20Poly1305::new(&(*key).into());
    let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad });
    let sealed = sealed.map_err(|_| VaultError::Damaged("too much to seal at once"))?;
    Ok([&nonce[..], &sealed].concat())
}

fn unseal(key: &[u8; 32], aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_first_chunk::<24>()?;
    let cipher = XChaCha20Poly1305::new(&(*key).into());
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad }).ok().map(Zeroizing::new)
}

fn ring_aad(generation: u64, stream: StreamKey, since: u64) -> Vec<u8> {
    [b"caseledger keyring v1\n", &generation.to_le_bytes()[..], &stream.0, &since.to_le_bytes()]
        .concat()
}

fn sealed_aad(body: Sha256Hash) -> Vec<u8> {
    [b"caseledger sealed v1\n", &body.0[..]].concat()
}

impl Vault {
    /// Opens or creates the keyring. Nothing that is there is changed; [`Vault::settle`] does that.
    pub fn open(layout: &Layout) -> Result<Self, VaultError> {
        create_directory(&layout.keys())?;
        if read_if_there(&layout.kek())?.is_none() {
            if layout.keyring().exists() {
                return Err(VaultError::Damaged("there is a keyring but no key-encryption key"));
            }
            write_keks(&layout.kek(), &[(1, Zeroizing::new(random()?))])?;
        }
        let keks = read_keks(&layout.kek())?;
        if !layout.keyring().exists() {
            let first = keks.iter().find(|(generation, _)| *generation == 1);
            let (generation, kek) = first.ok_or(VaultError::Damaged("the keyring is missing"))?;
            replace(&layout.keyring(), &ring_header(*generation, kek), Access::Owner)?;
        }
        let ring = OpenOptions::new().read(true).write(true).mode(0o600).open(layout.keyring())?;
        Self::read(layout, ring, keks)
    }

    /// Looks the keyring of a log of `size` entries over without changing anything: the position for which the first key was made
    /// that is damaged. What the next opening will cut away is no damage.
    pub fn inspect(layout: &Layout, size: u64) -> Result<Option<u64>, VaultError> {
        // The ring after the key: a rotation in between leaves a key file in which both are.
        let keks = read_keks(&layout.kek())?;
        let vault = match Self::read(layout, File::open(layout.keyring())?, keks) {
            Err(VaultError::Damaged(_)) => {
                Self::read(layout, File::open(layout.keyring())?, read_keks(&layout.kek())?)?
            }
            vault => vault?,
        };
        let records = vault.records()?;
        let kept = records.len() - vault.left_over(&records, size);
        let damaged = records
            .into_iter()
            .take(kept)
            .find(|(_, stream, place)| vault.unwrap_at(*stream, *place).is_err());
        Ok(damaged.map(|(_, _, place)| place.since))
    }

    /// How many records at the end a crash left that nobody was told of, if the log has `size` entries.
    fn left_over(&self, records: &[([u8; RING_RECORD], StreamKey, Place)], size: u64) -> usize {
        let is_left = |(record, stream, place): &&([u8; RING_RECORD], StreamKey, Place)| {
            place.since >= size || (is_torn(record) && self.unwrap_at(*stream, *place).is_err())
        };
        records.iter().rev().take_while(is_left).count()
    }

    fn read(layout: &Layout, ring: File, keks: Vec<(u64, Secret)>) -> Result<Self, VaultError> {
        let mut bytes = Vec::new();
        (&ring).read_to_end(&mut bytes)?;
        let (magic, rest) = bytes.split_at_checked(8).ok_or(VaultError::Damaged("no header"))?;
        let (generation, rest) =
            rest.split_first_chunk::<8>().ok_or(VaultError::Damaged("no header"))?;
        let (check, records) =
            rest.split_first_chunk::<32>().ok_or(VaultError::Damaged("no header"))?;
        if magic != RING_MAGIC {
            return Err(VaultError::Damaged("not a keyring"));
        }
        let generation = u64::from_le_bytes(*generation);
        let kek = keks.into_iter().find(|(known, _)| *known == generation);
        let (_, kek) = kek.ok_or(VaultError::Damaged("its key-encryption key is not here"))?;
        if check_of(generation, &kek) != *check {
            return Err(VaultError::Damaged("the key-encryption key here is another ring's"));
        }
        let end = (RING_HEADER + records.len() / RING_RECORD * RING_RECORD) as u64;
        let mut vault = Self {
            kek_path: layout.kek(),
            ring_path: layout.keyring(),
            ring,
            end,
            generation,
            kek,
            places: HashMap::new(),
        };
        for (_, stream, place) in vault.records()? {
            vault.places.entry(stream).or_default().push(place);
        }
        Ok(vault)
    }

    /// The records in their order, each with its bytes.
    fn records(&self) -> io::Result<Vec<([u8; RING_RECORD], StreamKey, Place)>> {
        let mut bytes = vec![0; usize::try_from(self.end).unwrap_or_default()];
        self.ring.read_exact_at(&mut bytes, 0)?;
        let (records, _) = bytes.get(RING_HEADER..).unwrap_or_default().as_chunks::<RING_RECORD>();
        let offsets = (RING_HEADER as u64..).step_by(RING_RECORD);
        let read = |(record, offset): (&[u8; RING_RECORD], u64)| {
            let (stream, since) = stream_and_since(record)?;
            Some((*record, stream, Place { offset, since }))
        };
        Ok(records.iter().zip(offsets).filter_map(read).collect())
    }

    /// Makes the ring fit a log of `size` entries: keys at the end that were made for entries from there on have sealed nothing
    /// that anybody was told of and are cut away, and so is what a power cut left there half written. What is left is durable
    /// afterwards, and key-encryption keys left over from a rotation that a crash cut short are gone.
    ///
    /// A key of an entry that the log has stays, even if it does not unwrap: damage is not erasure, and is reported as damage.
    pub fn settle(&mut self, size: u64) -> Result<(), VaultError> {
        let records = self.records()?;
        for (_, stream, place) in records.iter().rev().take(self.left_over(&records, size)) {
            self.end = place.offset;
            if let Some(places) = self.places.get_mut(stream) {
                places.pop();
            }
        }
        self.places.retain(|_, places| !places.is_empty());
        self.ring.set_len(self.end)?;
        // A process that was killed may not have come to it.
        self.ring.sync_all()?;
        write_keks(&self.kek_path, &[(self.generation, self.kek.clone())])
    }

    /// The key for an entry of a stream at `position`, made if there is none, or none from `erased_at` on: the older ones are
    /// about to be forgotten. One is made, too, if the present one is damaged: what it sealed is lost, the stream goes on. A new
    /// one is durable after [`Vault::sync`].
    pub fn key_for(
        &mut self,
        stream: StreamKey,
        position: u64,
        erased_at: Option<u64>,
    ) -> Result<Secret, VaultError> {
        let last = self.places.get(&stream).and_then(|places| places.last());
        if let Some(place) =
            last.filter(|place| erased_at.is_none_or(|erased| place.since >= erased))
        {
            match self.unwrap_at(stream, *place) {
                Err(VaultError::Damaged(_)) => {
                    tracing::error!(since = place.since, "a key in the keyring is damaged");
                }
                key => return key,
            }
        }
        let key: Secret = Zeroizing::new(random()?);
        let record = wrap(self.generation, &self.kek, stream, position, &key)?;
        self.ring.write_all_at(&record, self.end)?;
        self.places.entry(stream).or_default().push(Place { offset: self.end, since: position });
        self.end += RING_RECORD as u64;
        Ok(key)
    }

    /// The key with which the disclosures of a stream's entry at `position` were sealed, if it is still here.
    pub fn key_at(&self, stream: StreamKey, position: u64) -> Result<Option<Secret>, VaultError> {
        let places = self.places.get(&stream).map(Vec::as_slice).unwrap_or_default();
        let place = places.iter().rev().find(|place| place.since <= position);
        place.map(|place| self.unwrap_at(stream, *place)).transpose()
    }

    fn unwrap_at(&self, stream: StreamKey, place: Place) -> Result<Secret, VaultError> {
        let mut record = [0; RING_RECORD];
        self.ring.read_exact_at(&mut record, place.offset)?;
        let wrapped = record.get(24..).unwrap_or_default();
        let key = unseal(&self.kek, &ring_aad(self.generation, stream, place.since), wrapped);
        let key = key.and_then(|key| key.as_slice().try_into().ok());
        key.map(Zeroizing::new).ok_or(VaultError::Damaged("a key does not unwrap"))
    }

    /// Makes new keys durable.
    pub fn sync(&self) -> Result<(), VaultError> {
        Ok(self.ring.sync_data()?)
    }

    /// How many streams have a key.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether no stream has a key.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether a stream has a key that is older than `position`.
    pub fn holds_before(&self, stream: StreamKey, position: u64) -> bool {
        self.places
            .get(&stream)
            .is_some_and(|places| places.iter().any(|place| place.since < position))
    }

    /// Rewrites the keyring under a new key-encryption key, leaving out the keys of the streams in `erased` that are older than
    /// the position beside them.
    ///
    /// A crash leaves the old ring with its key or the new one with its own; the next opening drops whichever key is not needed.
    pub fn rotate(&mut self, erased: &[(StreamKey, u64)]) -> Result<(), VaultError> {
        let generation = self.generation + 1;
        let kek: Secret = Zeroizing::new(random()?);
        let all = self
            .places
            .iter()
            .flat_map(|(stream, places)| places.iter().map(|place| (*stream, *place)));
        let is_erased =
            |stream, since| erased.iter().any(|(gone, at)| *gone == stream && since < *at);
        let mut kept: Vec<_> =
            all.filter(|(stream, place)| !is_erased(*stream, place.since)).collect();
        kept.sort_by_key(|(_, place)| place.offset);
        let mut bytes = ring_header(generation, &kek);
        let mut places: HashMap<StreamKey, Vec<Place>> = HashMap::new();
        for (stream, place) in kept {
            let record = match self.unwrap_at(stream, place) {
                // Damage is not erasure: the record stays, and stays damaged.
                Err(VaultError::Damaged(_)) => damaged_record(stream, place.since),
                key => wrap(generation, &kek, stream, place.since, &key?)?,
            };
            places
                .entry(stream)
                .or_default()
                .push(Place { offset: bytes.len() as u64, since: place.since });
            bytes.extend(record);
        }
        write_keks(
            &self.kek_path,
            &[(self.generation, self.kek.clone()), (generation, kek.clone())],
        )?;
        replace(&self.ring_path, &bytes, Access::Owner)?;
        // The old ring's bytes go before its key does: a file system may keep the blocks of an unlinked file.
        overwrite(&self.ring)?;
        write_keks(&self.kek_path, &[(generation, kek.clone())])?;
        self.ring = OpenOptions::new().read(true).write(true).open(&self.ring_path)?;
        self.end = bytes.len() as u64;
        (self.generation, self.kek, self.places) = (generation, kek, places);
        Ok(())
    }

    /// Seals the disclosures of an entry.
    pub fn seal(key: &Secret, body: Sha256Hash, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        seal(key, &sealed_aad(body), plain)
    }

    /// Opens the disclosures of an entry. `None` if they were sealed with another key or altered.
    pub fn unseal(key: &Secret, body: Sha256Hash, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        unseal(key, &sealed_aad(body), sealed)
    }
}

fn wrap(
    generation: u64,
    kek: &Secret,
    stream: StreamKey,
    since: u64,
    key: &Secret,
) -> Result<Vec<u8>, VaultError> {
    let wrapped = seal(kek, &ring_aad(generation, stream, since), &key[..])?;
    Ok([&stream.0[..], &since.to_le_bytes(), &wrapped].concat())
}

/// A record of a key that is lost: it unwraps under no key.
fn damaged_record(stream: StreamKey, since: u64) -> Vec<u8> {
    [&stream.0[..], &since.to_le_bytes(), &[0xff; RING_RECORD - 24]].concat()
}

fn stream_and_since(record: &[u8]) -> Option<(StreamKey, u64)> {
    let (stream, rest) = record.split_first_chunk::<16>()?;
    let (since, _) = rest.split_first_chunk::<8>()?;
    Some((StreamKey(*stream), u64::from_le_bytes(*since)))
}

fn ring_header(generation: u64, kek: &Secret) -> Vec<u8> {
    [&RING_MAGIC[..], &generation.to_le_bytes(), &check_of(generation, kek)].concat()
}

/// Says whether a key-encryption key is a ring's own, so that a wrong one is not taken for damage. It gives nothing of the key away.
fn check_of(generation: u64, kek: &Secret) -> [u8; 32] {
    let text = [b"caseledger keyring check v1\n", &kek[..], &generation.to_le_bytes()].concat();
    blake3(&Zeroizing::new(text)).0
}

/// Whether a record has the look of a page that a power cut left unwritten: its first or its last bytes are zeros, which
/// neither the digest of a stream nor the tag of a cipher is.
fn is_torn(record: &[u8; RING_RECORD]) -> bool {
    record.starts_with(&[0; 16]) || record.ends_with(&[0; 16])
}

fn write_keks(path: &std::path::Path, keks: &[(u64, Secret)]) -> Result<(), VaultError> {
    let mut bytes = Zeroizing::new(KEK_MAGIC.to_vec());
    for (generation, kek) in keks {
        bytes.extend_from_slice(&generation.to_le_bytes());
        bytes.extend_from_slice(&kek[..]);
    }
    let digest = blake3(&bytes);
    bytes.extend_from_slice(&digest.0);
    if read_if_there(path)?.is_some_and(|before| before == *bytes) {
        return Ok(());
    }
    let before = OpenOptions::new().write(true).open(path).ok();
    replace(path, &bytes, Access::Owner)?;
    if let Some(before) = before {
        overwrite(&before)?;
    }
    Ok(())
}

fn read_keks(path: &std::path::Path) -> Result<Vec<(u64, Secret)>, VaultError> {
    let bytes = Zeroizing::new(std::fs::read(path)?);
    let (content, digest) =
        bytes.split_last_chunk::<32>().ok_or(VaultError::Damaged("short key file"))?;
    let records = content.strip_prefix(KEK_MAGIC).filter(|_| blake3(content).0 == *digest);
    let records = records.ok_or(VaultError::Damaged("the key-encryption key's file is damaged"))?;
    let read = |record: &[u8]| {
        let (generation, kek) = record.split_first_chunk::<8>()?;
        Some((u64::from_le_bytes(*generation), Zeroizing::new(kek.try_into().ok()?)))
    };
    let keks: Option<Vec<_>> = records.chunks(KEK_RECORD).map(read).collect();
    keks.ok_or(VaultError::Damaged("short key-encryption key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: Sha256Hash = Sha256Hash([5; 32]);

    fn stream(number: u8) -> StreamKey {
        StreamKey([number; 16])
    }

    #[test]
    fn sealed_things_open_after_reopening_and_rotating_but_not_once_erased() {
        let directory = tempfile::tempdir().unwrap();
        let layout = Layout::new(directory.path());
        let mut vault = Vault::open(&layout).unwrap();
        let key = vault.key_for(stream(1), 10, None).unwrap();
        let sealed = Vault::seal(&key, BODY, b"name").unwrap();
        vault.key_for(stream(2), 11, None).unwrap();
        vault.sync().unwrap();
        drop(vault);

        let mut vault = Vault::open(&layout).unwrap();
        let opened =
            Vault::unseal(&vault.key_at(stream(1), 99).unwrap().unwrap(), BODY, &sealed).unwrap();
        assert_eq!(opened.as_slice(), b"name");
        assert!(Vault::unseal(&key, Sha256Hash([6; 32]), &sealed).is_none());
        let old_ring = std::fs::read(layout.keyring()).unwrap();

        vault.rotate(&[(stream(1), 12)]).unwrap();
        assert!(
            vault.key_at(stream(1), 99).unwrap().is_none()
                && vault.key_at(stream(2), 99).unwrap().is_some()
        );
        drop(vault);
        let vault = Vault::open(&layout).unwrap();
        assert_eq!(vault.len(), 1);
        drop(vault);

        // An old copy of the ring is worth nothing without the key that was destroyed.
        std::fs::write(layout.keyring(), old_ring).unwrap();
        assert!(matches!(Vault::open(&layout), Err(VaultError::Damaged(_))));
    }

    #[test]
    fn a_rotation_cut_short_loses_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let layout = Layout::new(directory.path());
        let mut vault = Vault::open(&layout).unwrap();
        vault.key_for(stream(1), 1, None).unwrap();
        let both = [(1, vault.kek.clone()), (2, Zeroizing::new([7; 32]))];
        drop(vault);
        // The new key was written, the new ring not yet.
        write_keks(&layout.kek(), &both).unwrap();
        let mut vault = Vault::open(&layout).unwrap();
        vault.settle(2).unwrap();
        assert!(vault.key_at(stream(1), 99).unwrap().is_some());
        assert_eq!(read_keks(&layout.kek()).unwrap().len(), 1);
    }

    #[test]
    fn a_record_cut_off_is_cut_away() {
        let directory = tempfile::tempdir().unwrap();
        let layout = Layout::new(directory.path());
        let mut vault = Vault::open(&layout).unwrap();
        vault.key_for(stream(1), 1, None).unwrap();
        vault.key_for(stream(2), 2, None).unwrap();
        drop(vault);
        let bytes = std::fs::read(layout.keyring()).unwrap();
        std::fs::write(layout.keyring(), &bytes[..bytes.len() - 5]).unwrap();
        let mut vault = Vault::open(&layout).unwrap();
        assert_eq!(vault.len(), 1);
        let key = vault.key_for(stream(3), 3, None).unwrap();
        assert_eq!(vault.key_at(stream(3), 99).unwrap(), Some(key));
    }

    #[test]
    fn a_wrong_key_encryption_key_is_named_and_changes_nothing() {
        let directories = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [one, other] = directories.each_ref().map(|directory| Layout::new(directory.path()));
        Vault::open(&one).unwrap().key_for(stream(1), 1, None).unwrap();
        drop(Vault::open(&other).unwrap());
        std::fs::copy(other.kek(), one.kek()).unwrap();
        let ring = std::fs::read(one.keyring()).unwrap();
        assert!(matches!(Vault::open(&one), Err(VaultError::Damaged(_))));
        assert_eq!(std::fs::read(one.keyring()).unwrap(), ring);
    }

    #[test]
    fn a_damaged_key_is_no_erased_one_and_its_stream_goes_on() {
        let directory = tempfile::tempdir().unwrap();
        let layout = Layout::new(directory.path());
        let mut vault = Vault::open(&layout).unwrap();
        vault.key_for(stream(1), 1, None).unwrap();
        vault.key_for(stream(2), 7, None).unwrap();
        let last = vault.end - 40;
        vault.ring.write_all_at(&[0xa5], last).unwrap();
        drop(vault);
        let mut vault = Vault::open(&layout).unwrap();
        vault.settle(8).unwrap();
        assert!(matches!(vault.key_at(stream(2), 7), Err(VaultError::Damaged(_))));
        assert_eq!(Vault::inspect(&layout, 8).unwrap(), Some(7));
        assert_eq!(Vault::inspect(&layout, 7).unwrap(), None, "the next opening cuts it away");
        let key = vault.key_for(stream(2), 8, None).unwrap();
        assert_eq!(vault.key_at(stream(2), 8).unwrap(), Some(key));
        vault.rotate(&[(stream(1), 9)]).unwrap();
        assert!(
            matches!(vault.key_at(stream(2), 7), Err(VaultError::Damaged(_))),
            "still no erased one"
        );
        assert_eq!(Vault::inspect(&layout, 9).unwrap(), Some(7));
    }

    #[test]
    fn keys_for_entries_that_are_not_on_the_log_are_cut_away_torn_ones_among_them_too() {
        let directory = tempfile::tempdir().unwrap();
        let layout = Layout::new(directory.path());
        let mut vault = Vault::open(&layout).unwrap();
        for number in 1..=5 {
            vault.key_for(stream(number), u64::from(number) * 10, None).unwrap();
        }
        // A commit made the keys of 30, 40 and 50; the power went, and the page with 40 was never written.
        vault.ring.write_all_at(&[0; RING_RECORD], (RING_HEADER + 3 * RING_RECORD) as u64).unwrap();
        drop(vault);
        let mut vault = Vault::open(&layout).unwrap();
        vault.settle(30).unwrap();
        assert_eq!(vault.len(), 2);
        // The same stream comes again, earlier than it would have.
        let key = vault.key_for(stream(5), 30, None).unwrap();
        assert_eq!(vault.key_at(stream(5), 30).unwrap(), Some(key));
        vault.rotate(&[(stream(1), 60)]).unwrap();
        assert!(
            vault.key_at(stream(1), 60).unwrap().is_none()
                && vault.key_at(stream(2), 60).unwrap().is_some()
        );
    }
}
