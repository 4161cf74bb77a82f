//! What the fuzz targets share: a small founded ledger, and seeds taken from the test vectors.

pub mod founded;
pub mod seeds;
