//! Which rows are tested: a file of their own, the end of the file, or the same share of each class.

mod common;

use common::{Folder, run, table, train};
use std::fmt::Write;

#[test]
fn a_test_file_is_tested_and_nothing_else_of_the_training_file_is_put_away() {
    let folder = Folder::new();
    let (all, out) = (table(300), folder.at("run"));
    let lines: Vec<&str> = all.lines().collect();
    let data = folder.write("train.csv", lines[..201].join("\n"));
    let reversed: String = lines[201..].iter().map(|line| reversed(line)).collect();
    let test = folder.write("test.csv", format!("{}{reversed}", reversed_header(lines[0])));
    let trained = train("--epochs 3 --json --out", &[&out, "--data", &data, "--test", &test]).done();
    assert!(trained.err.contains("200 training and 100 test rows"), "{}", trained.err);
    assert!(trained.err.contains(&format!("the test rows are those of {test}: header: yes")), "{}", trained.err);
    let tested = run(&["eval", &out, "--json"]);
    assert!(tested.err.contains("all 100 rows are tested, those that the model was tested on"), "{}", tested.err);
    assert_eq!(trained.json()["test_error"], tested.json()["test_error"]);
    train("--epochs 4 --resume --out", &[&out, "--data", &data]).refused(2, &["test"]);
    train("--epochs 4 --resume --out", &[&out, "--data", &data, "--test", &test]).done();
}

/// The cells of a line in the opposite order: columns of a test file are found by name.
fn reversed(line: &str) -> String {
    line.split(',').rev().collect::<Vec<_>>().join(",") + "\n"
}

fn reversed_header(line: &str) -> String {
    reversed(line)
}

#[test]
fn an_ordered_split_tests_the_end_of_the_file_and_eval_finds_it_again() {
    let folder = Folder::new();
    let (data, out) = (folder.write("a.csv", table(200)), folder.at("run"));
    let trained = train("--epochs 3 --json --split ordered --out", &[&out, "--data", &data]).json();
    let tested = run(&["eval", &out, "--json"]);
    assert!(tested.err.contains("its 40 test rows are tested"), "{}", tested.err);
    assert_eq!(trained["test_error"], tested.json()["test_error"]);
    // the last 40 rows alone
    let text = table(200);
    let end: String = text.lines().take(1).chain(text.lines().skip(161)).map(|line| format!("{line}\n")).collect();
    let last = run(&["eval", &out, "--json", "--data", &folder.write("end.csv", end)]).json();
    assert_eq!((&last["rows"], &last["test_error"]), (&40.into(), &trained["test_error"]));
}

#[test]
fn a_stratified_split_tests_rows_of_every_class() {
    let folder = Folder::new();
    let mut text = String::from("x,y,kind\n");
    for k in 0..200 {
        writeln!(text, "{},{},{}", k % 13, k % 7, if k % 40 == 7 { "rare" } else { "common" }).unwrap();
    }
    let (data, out) = (folder.write("a.csv", &text), folder.at("run"));
    train("--epochs 1 --split stratified --split-seed 4 --out", &[&out, "--data", &data]).done();
    let tested = run(&["eval", &out, "--json"]).json();
    let rows: Vec<u64> = (0..2).map(|k| tested["per_class"][k]["support"].as_u64().unwrap()).collect();
    assert_eq!(rows, [39, 1], "{tested}");

    text.push_str("1,2,single\n");
    let data = folder.write("b.csv", &text);
    train("--split stratified --data", &[&data]).refused(2, &["two rows or more of each class", "one of \"single\""]);
}

#[test]
fn splits_that_contradict_each_other_are_named() {
    let folder = Folder::new();
    let (data, test) = (folder.write("a.csv", table(50)), folder.write("b.csv", table(20)));
    let asked = |more: &[&str]| train("--data", &[&[data.as_str()], more].concat());
    asked(&["--test", &test, "--split", "random"]).refused(2, &["--test names the test rows", "leave one"]);
    asked(&["--test", &data]).refused(2, &["is to be trained on and tested on"]);
    asked(&["--split", "sorted"]).refused(2, &["random", "stratified", "ordered"]);
    train("--split ordered", &[]).refused(2, &["digits", "test rows are fixed"]);
    train("--test", &[&test]).refused(2, &["digits", "test rows are fixed"]);
    let prices: String = (0..50).map(|k| format!("{k},{}.5\n", k * k)).collect();
    let values = folder.write("c.csv", format!("x,price\n{prices}"));
    train("--split stratified --data", &[&values]).refused(2, &["measured value"]);
}
