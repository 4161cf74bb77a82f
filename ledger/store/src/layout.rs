//! Where things are in a data directory.
//!
//! ```text
//! DIR/log/db/          the first copy: frames in sled
//! DIR/log/segments/    the second copy: the same frames in plain files
//! DIR/log/snapshot     derived indexes; may be deleted
//! DIR/log/place        says that this directory is where the log lives, not a copy of it
//! DIR/log/unsynced     a write failed, and what was written last is not to be relied on
//! DIR/log/place.a, .b  its witness; one of the two, in turn
//! DIR/lock             held by whoever writes; stays when nobody does
//! DIR/keys/ledger      the ledger's secret key
//! DIR/keys/signed      the last checkpoint that was signed
//! DIR/keys/kek         the key-encryption key
//! DIR/keys/keyring     the streams' keys, wrapped
//! ```
//!
//! What ends in `.new`, `.begun` or `.old` is a file or folder on its way in or out; the next opening finishes or drops it.
//!
//! A backup is `log/segments`. `keys` is never part of one: an old backup with the present keyring gives back everybody but the erased.

use std::path::{Path, PathBuf};

/// The paths of one data directory.
#[derive(Debug, Clone)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The directory at `root`.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Everything a copy of the log consists of.
    pub fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    /// sled's directory.
    pub fn db(&self) -> PathBuf {
        self.log().join("db")
    }

    /// The segment files.
    pub fn segments(&self) -> PathBuf {
        self.log().join("segments")
    }

    /// The derived indexes.
    pub fn snapshot(&self) -> PathBuf {
        self.log().join("snapshot")
    }

    /// The mark of the original.
    pub fn place(&self) -> PathBuf {
        self.log().join("place")
    }

    /// Says that a write failed before the last process ended.
    pub fn unsynced(&self) -> PathBuf {
        self.log().join("unsynced")
    }

    /// The writer's lock.
    pub fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// Secrets and what must not travel with a backup.
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// The ledger's secret key.
    pub fn ledger_key(&self) -> PathBuf {
        self.keys().join("ledger")
    }

    /// The last checkpoint that was signed.
    pub fn signed(&self) -> PathBuf {
        self.keys().join("signed")
    }

    /// The key-encryption key.
    pub fn kek(&self) -> PathBuf {
        self.keys().join("kek")
    }

    /// The wrapped keys.
    pub fn keyring(&self) -> PathBuf {
        self.keys().join("keyring")
    }
}
