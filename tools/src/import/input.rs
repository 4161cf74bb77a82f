//! The log that is imported: a file, or bytes that the program carries.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::PathBuf;

use case_ledger::hash::Blake3Hash;

use crate::failure::{Failure, OrFail as _};
use crate::mapping::Mapping;
use crate::xes::{self, XesError, XesReader};

/// Where the log is, and what of it has to be right.
#[derive(Debug, Clone)]
pub struct Input {
    place: Place,
    minded: Vec<String>,
}

#[derive(Debug, Clone)]
enum Place {
    /// In a file, plain or gzip.
    File(PathBuf),
    /// In the program.
    Carried(&'static [u8]),
}

impl Input {
    /// A log in a file, plain or gzip.
    pub fn file(path: PathBuf, mapping: &Mapping) -> Self {
        Self { place: Place::File(path), minded: mapping.keys() }
    }

    /// A log in the program itself.
    pub fn carried(bytes: &'static [u8], mapping: &Mapping) -> Self {
        Self { place: Place::Carried(bytes), minded: mapping.keys() }
    }

    /// How many bytes it has.
    pub fn length(&self) -> Result<u64, Failure> {
        match &self.place {
            Place::File(path) => Ok(self.explained(std::fs::metadata(path))?.len()),
            Place::Carried(bytes) => Ok(bytes.len() as u64),
        }
    }

    /// BLAKE3 of its bytes as they are, compressed or not.
    pub fn digest(&self) -> Result<Blake3Hash, Failure> {
        let mut hasher = blake3::Hasher::new();
        let mut bytes = self.bytes()?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let length = self.explained(bytes.read(&mut buffer))?;
            if length == 0 {
                return Ok(Blake3Hash(*hasher.finalize().as_bytes()));
            }
            hasher.update(buffer.get(..length).unwrap_or_default());
        }
    }

    /// Its traces. Only what the mapping looks up has to be of its type.
    pub fn read(&self) -> Result<XesReader<Box<dyn BufRead>>, Failure> {
        let reader = xes::from_read_minding(self.bytes()?, self.minded.clone());
        reader.map_err(|error| damaged(&error))
    }

    fn bytes(&self) -> Result<Box<dyn Read>, Failure> {
        match &self.place {
            Place::File(path) => Ok(Box::new(self.explained(File::open(path))?)),
            Place::Carried(bytes) => Ok(Box::new(*bytes)),
        }
    }

    fn explained<T>(&self, read: io::Result<T>) -> Result<T, Failure> {
        let name = match &self.place {
            Place::File(path) => path.display().to_string(),
            Place::Carried(_) => "that the program carries".to_owned(),
        };
        read.or_environment(
            format!("The log {name} cannot be read."),
            "Name an XES file (.xes or .xes.gz) that exists.",
        )
    }
}

/// What to say when nothing of a log can be read.
pub fn damaged(error: &XesError) -> Failure {
    Failure::refused(
        "This is no XES log that can be imported.",
        "Mend or replace the file at the place named above and run the command again.",
    )
    .because(error)
}
