//! Runs of a comparison that are done one by one, as several processes would.

mod common;

use common::{Folder, run};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

/// The test errors of every run, by rule and seed.
fn errors(found: &serde_json::Value) -> Vec<(String, String, String)> {
    let text = |run: &serde_json::Value, key: &str| run[key].to_string();
    let of = |run| (text(run, "rule"), text(run, "seed"), text(run, "test_error"));
    found["runs"].as_array().unwrap().iter().map(of).collect()
}

/// The names of the runs that a folder keeps.
fn cells(folder: &str) -> BTreeSet<OsString> {
    let entries = std::fs::read_dir(Path::new(folder).join("cells")).unwrap();
    entries.map(|entry| entry.unwrap().file_name()).collect()
}

#[test]
fn runs_that_are_done_one_by_one_are_those_of_the_whole_comparison() {
    let folder = Folder::new();
    let (whole, shared) = (folder.at("whole"), folder.at("shared"));
    let compare = |out: &str, more: &[&str]| {
        let line = ["compare", "--rules", "drtp,bp", "--trials", "2", "--epochs", "2", "--net", "fc8", "--out", out];
        run(&[&line[..], more].concat())
    };
    let expected = errors(&compare(&whole, &["--json"]).json());
    assert_eq!(expected.len(), 6, "two rules and the control");
    // in another order than their own
    for number in ["5", "2", "6", "1", "3", "4"] {
        compare(&shared, &["--only-run", number]).done();
    }
    let found = compare(&shared, &["--json"]);
    assert_eq!(found.err.matches("(kept from before)").count(), 6, "a finished run was done again: {}", found.err);
    assert_eq!(errors(&found.json()), expected);
    assert_eq!(cells(&shared), cells(&whole));
}

#[test]
fn a_run_that_is_not_there_or_has_no_folder_is_refused() {
    let folder = Folder::new();
    let line = ["compare", "--rules", "drtp", "--trials", "2", "--epochs", "1", "--only-run"];
    run(&[&line[..], &["5", "--out", &folder.at("out")]].concat()).refused(2, &["--only-run 5", "1 to 4"]);
    run(&[&line[..], &["0", "--out", &folder.at("out")]].concat()).refused(2, &["--only-run 0", "1 to 4"]);
    run(&[&line[..], &["1"]].concat()).refused(2, &["--only-run", "--out"]);
}
