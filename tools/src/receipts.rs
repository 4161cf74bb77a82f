//! Where receipts are put: each in a file of its own, for whoever it is for, and never over another one.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use case_ledger::receipt::Receipt;

use crate::failure::{Failure, OrFail as _};

/// The files of receipts.
#[derive(Debug)]
pub enum Receipts {
    /// One file for one receipt, made before anything is sent.
    Single {
        /// Where it is.
        path: PathBuf,
        /// Still empty until the receipt is there.
        file: Option<File>,
    },
    /// A folder with a file for each.
    Folder(PathBuf),
}

impl Receipts {
    /// Makes sure that receipts can be kept. `None` if nobody wants any.
    pub fn begin(
        single: Option<PathBuf>,
        folder: Option<PathBuf>,
    ) -> Result<Option<Self>, Failure> {
        match (single, folder) {
            (None, None) => Ok(None),
            (Some(path), _) => {
                let file = File::create_new(&path).or_environment(
                    format!("The receipt cannot be written to {}. Nothing was sent.", path.display()),
                    "Choose a new file with --receipt: an existing one may be the only copy of another receipt.",
                )?;
                Ok(Some(Self::Single { path, file: Some(file) }))
            }
            (None, Some(folder)) => {
                fs::create_dir_all(&folder).or_environment(
                    format!("There can be no receipts in {}. Nothing was sent.", folder.display()),
                    "Choose another folder with --receipts.",
                )?;
                Ok(Some(Self::Folder(folder)))
            }
        }
    }

    /// Keeps the receipt of entry `seq`.
    pub fn keep(&mut self, seq: u64, receipt: &str) -> Result<(), Failure> {
        let (path, written) = match self {
            Self::Single { path, file } => {
                let file = file.take().map_or_else(|| File::create_new(&*path), Ok);
                (path.clone(), file.and_then(|file| write(file, receipt)))
            }
            Self::Folder(folder) => {
                let path = folder.join(format!("{seq}.tlog-proof"));
                let written = match File::create_new(&path) {
                    Ok(file) => write(file, receipt),
                    // An older receipt of the same entry is as good, and its owner may be waiting for it.
                    Err(_) if is_of_the_same_entry(&path, receipt) => Ok(()),
                    Err(error) => Err(error),
                };
                (path, written)
            }
        };
        written.or_environment(
            format!("Entry {seq} is recorded, but its receipt cannot be written to {}.", path.display()),
            "Submit the same lines again with another place for receipts: nothing is recorded twice.",
        )
    }
}

impl Drop for Receipts {
    /// A file for a receipt that never came is taken away again.
    fn drop(&mut self) {
        if let Self::Single { path, file: Some(_) } = self {
            let _ = fs::remove_file(path);
        }
    }
}

fn write(mut file: File, receipt: &str) -> io::Result<()> {
    file.write_all(receipt.as_bytes())?;
    file.sync_all()
}

fn is_of_the_same_entry(path: &Path, receipt: &str) -> bool {
    let there = fs::read_to_string(path).ok().and_then(|text| Receipt::parse(&text).ok());
    let new = Receipt::parse(receipt).ok();
    there.zip(new).is_some_and(|(there, new)| {
        (there.index, there.header, there.body) == (new.index, new.header, new.body)
    })
}
