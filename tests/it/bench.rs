//! `caseledger bench` says what it measured, for people and for programs, and leaves nothing behind.

use serde_json::Value;
use tempfile::tempdir;

use crate::binary::caseledger;

/// Runs a measurement; gives the exit code, what it printed, and whether its scratch directory is gone.
fn bench(arguments: &[&str]) -> (Option<i32>, String, bool) {
    let directory = tempdir().unwrap();
    let scratch = directory.path().join("scratch");
    let output = caseledger().args(arguments).arg("--scratch").arg(&scratch).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), said, !scratch.exists())
}

fn figures(said: &str) -> Vec<Value> {
    let said: Value = serde_json::from_str(said).unwrap();
    said["figures"].as_array().unwrap().clone()
}

#[test]
fn every_figure_has_a_value_and_its_budget() {
    let measured = [
        (vec!["append", "--entries", "1000"], vec!["append_share", "alone_of_write_sync"]),
        (vec!["verify", "--entries", "1000"], vec!["verify_share"]),
        (
            vec!["grow", "--entries", "10000"],
            vec!["append_growth", "fill_memory", "disk", "open_more", "open_memory"],
        ),
    ];
    for (what, budgeted) in measured {
        let (code, said, gone) = bench(&[vec!["--json", "bench"], what.clone()].concat());
        assert_eq!((code, gone), (Some(0), true), "{what:?}: {said}");
        let figures = figures(&said);
        for figure in &figures {
            assert!(figure["value"].as_f64().unwrap() >= 0.0, "{figure}");
            assert_eq!(figure["budget"].is_null(), figure["met"].is_null());
        }
        let names: Vec<_> = figures
            .iter()
            .filter(|figure| !figure["budget"].is_null())
            .map(|figure| figure["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, budgeted, "{what:?}");
    }
}

#[test]
fn too_little_is_not_measured() {
    let (code, said, gone) = bench(&["bench", "grow", "--entries", "9999"]);
    assert_eq!((code, said.as_str(), gone), (Some(2), "", true));
}
