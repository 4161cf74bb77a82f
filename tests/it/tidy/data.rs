//! What is large or comes from elsewhere says where it comes from.

use super::tree::{File, files, text};
use super::{Faults, assert_caught, assert_tidy};

const FOLDER: &str = "tests/data/";
const CITATIONS: &str = "tests/data/README.md";
const LARGEST_BYTES: usize = 1 << 20;

#[test]
fn data_from_outside_is_cited() {
    assert_tidy(uncited(files(), text(CITATIONS)));
}

#[test]
fn large_files_are_cited_data() {
    assert_tidy(too_large(files()));
}

/// Every file under `tests/data` has a row in its README that names it and says `doi:` or `http`.
fn uncited(files: &[File], readme: &str) -> Faults {
    let cited = |name: &str| {
        let mut rows = readme.lines().filter(|row| row.contains(&format!("`{name}`")));
        rows.any(|row| row.contains("doi:") || row.contains("http"))
    };
    let names = files.iter().filter_map(|file| file.path.strip_prefix(FOLDER));
    names
        .filter(|name| *name != "README.md" && !cited(name))
        .map(|name| format!("{FOLDER}{name}: give it a row in {CITATIONS} with its doi or address"))
        .collect()
}

/// Data under `tests/data` may be large, since it is cited; everything else is written by people, or should not be here.
fn too_large(files: &[File]) -> Faults {
    let large = |file: &&File| file.bytes.len() > LARGEST_BYTES && !file.path.starts_with(FOLDER);
    let say = |file: &File| {
        let bytes = file.bytes.len();
        format!(
            "{}: {bytes} bytes; make it smaller than 1 MiB, or cite it in {CITATIONS}",
            file.path
        )
    };
    files.iter().filter(large).map(say).collect()
}

fn planted(path: &str, bytes: usize) -> [File; 1] {
    [File { path: path.into(), bytes: vec![0; bytes] }]
}

#[test]
fn a_file_without_a_source_is_caught() {
    let log = planted("tests/data/log.xes", 1);
    assert_caught(uncited(&log, "| `other.xes` | doi:1 |"), "log.xes");
    assert_caught(uncited(&log, "| `log.xes` | found somewhere |"), "doi");
    assert_tidy(uncited(&log, "| `log.xes` | doi:1 |"));
}

#[test]
fn a_large_file_is_caught() {
    assert_caught(too_large(&planted("ledger/big.bin", LARGEST_BYTES + 1)), "1048577 bytes");
    assert_tidy(too_large(&planted("ledger/big.bin", LARGEST_BYTES)));
    assert_tidy(too_large(&planted("tests/data/big.bin", LARGEST_BYTES + 1)));
}
