//! Cross-validation and the curves of all runs.

mod common;

use common::{Folder, run};
use std::fmt::Write;

/// Rows of two classes that differ in `x`.
fn rows(folder: &Folder, count: usize, rare: usize) -> String {
    let mut text = String::from("x,y,class\n");
    for k in 0..count {
        let is_rare = k < rare;
        writeln!(
            text,
            "{},{},{}",
            k % 7 + 9 * usize::from(is_rare),
            k * k % 11,
            ["usual", "rare"][usize::from(is_rare)]
        )
        .unwrap();
    }
    folder.write("rows.csv", text)
}

#[test]
fn folds_test_each_row_once_under_every_rule_and_widen_the_intervals() {
    let folder = Folder::new();
    let data = rows(&folder, 100, 40);
    let line = ["compare", "--rules", "drtp,bp", "--folds", "4", "--epochs", "3", "--data", &data, "--json"];
    let found = run(&line).json();
    assert_eq!((&found["varies"], &found["trials"]), (&"folds".into(), &4.into()));
    let runs = found["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 3 * 4, "two rules and the control");
    for trial in runs {
        assert_eq!(trial["curve"].as_array().unwrap().len(), 3);
        assert_eq!(trial["curve"][2]["test_error"], trial["test_error"]);
    }
    let text = run(&line[..line.len() - 1]).done().out;
    assert!(text.contains("seeds and folds"), "{text}");
}

#[test]
fn every_epoch_of_every_run_is_a_row_of_the_csv_file() {
    let folder = Folder::new();
    let (data, csv) = (rows(&folder, 60, 20), folder.at("curves.csv"));
    let line = ["compare", "--rules", "drtp,bp", "--trials", "2", "--epochs", "3", "--data", &data, "--csv", &csv];
    run(&line).done();
    let text = std::fs::read_to_string(&csv).unwrap();
    let mut lines = text.lines();
    assert!(lines.next().unwrap().starts_with("rule,net,data,seed,lr,hidden_lr,epoch,train_loss,train_error,"));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 3 * 2 * 3);
    let of = |rule: &str, seed: &str| rows.iter().filter(|row| row[0] == rule && row[3] == seed).count();
    assert_eq!([of("drtp", "0"), of("bp", "1"), of("shallow", "1")], [3, 3, 3]);
    assert!(rows.iter().all(|row| row[10].parse::<f64>().is_ok()), "{text}");
    run(&[&line[..line.len() - 1], &["-", "--json"]].concat()).refused(2, &["--csv -", "JSON"]);
}

#[test]
fn folds_that_the_data_cannot_have_are_refused_before_anything_runs() {
    let folder = Folder::new();
    let data = rows(&folder, 50, 3);
    let compare = |more: &[&str], words: &[&str]| {
        run(&[&["compare", "--rules", "drtp,bp", "--epochs", "1"][..], more].concat()).refused(2, words);
    };
    compare(&["--data", &data, "--folds", "5"], &["5 folds", "class \"rare\" has 3 rows", "fewer folds"]);
    compare(&["--data", &data, "--folds", "1"], &["one fold"]);
    compare(&["--folds", "5"], &["digits", "cannot be drawn"]);
    compare(&["--data", &data, "--folds", "3", "--split", "ordered"], &["--split"]);
    compare(&["--data", &data, "--folds", "3", "--tune", "3"], &["--tune"]);
    compare(&["--data", &data, "--folds", "3", "--trials", "3"], &["--folds", "--trials"]);
}

#[test]
fn folds_of_groups_test_each_group_once_and_as_a_whole() {
    let folder = Folder::new();
    let mut text = String::from("x,y,who,class\n");
    for k in 0..60 {
        writeln!(text, "{},{},{},{}", k % 7, k * k % 11, ["ann", "bob", "eve"][k % 3], ["a", "b"][k / 3 % 2]).unwrap();
    }
    let data = folder.write("groups.csv", &text);
    let line = ["compare", "--data", &data, "--label", "class", "--group", "who", "--rules", "drtp", "--epochs", "1"];
    let found = run(&[&line[..], &["--folds", "3", "--json"]].concat()).json();
    assert_eq!((&found["varies"], &found["trials"]), (&"folds".into(), &3.into()));
    for trial in found["runs"].as_array().unwrap() {
        let wrong = trial["test_error"].as_f64().unwrap() * 20.0 / 100.0;
        assert!((wrong - wrong.round()).abs() < 1e-9, "a fold is one group of 20 rows: {trial}");
    }
    run(&[&line[..], &["--folds", "4"]].concat()).refused(2, &["3 groups", "fewer folds"]);
    // all of class "c" is in one group
    let data = folder.write("alone.csv", text.replace(",ann,a", ",ann,c"));
    let line: Vec<&str> = line.iter().map(|word| if word.ends_with("groups.csv") { &data[..] } else { word }).collect();
    run(&[&line[..], &["--folds", "3"]].concat()).refused(2, &["class \"c\"", "--split-seed"]);
}

#[test]
fn folds_of_windows_hold_out_whole_blocks_of_the_log() {
    let folder = Folder::new();
    let line = |k: usize| format!("{}.5,{},{}\n", k % 7, k * k % 11, ["a", "b"][k / 20 % 2]);
    let data = folder.write("log.csv", format!("x,y,class\n{}", (0..600).map(line).collect::<String>()));
    let line = ["compare", "--rules", "drtp,bp", "--epochs", "2", "--window", "8", "--hop", "4", "--data", &data];
    let found = run(&[&line[..], &["--folds", "4", "--json"]].concat()).json();
    assert_eq!((&found["varies"], &found["trials"]), (&"folds".into(), &4.into()));
    let rules = found["rules"].as_array().unwrap().len();
    assert_eq!(found["runs"].as_array().unwrap().len(), 4 * rules);
    run(&[&line[..], &["--folds", "200"]].concat()).refused(2, &["blocks of windows", "fewer folds"]);
}

#[test]
fn a_random_search_tries_as_many_settings_of_every_rule_and_says_what_it_chose() {
    let folder = Folder::new();
    let data = rows(&folder, 100, 40);
    let line = ["compare", "--rules", "drtp,bp", "--trials", "1", "--epochs", "2", "--data", &data];
    let search = ["--tune", "5", "--tune-over", "lr,batch,activation,net"];
    let found = run(&[&line[..], &search, &["--json"]].concat()).json();
    assert_eq!(found["search"]["name"], "random search");
    for rule in found["rules"].as_array().unwrap() {
        let tried = rule["search"]["candidates"].as_array().unwrap();
        assert_eq!(tried.len(), 5);
        let chosen = &tried[rule["search"]["chosen"].as_u64().unwrap() as usize];
        for (key, setting) in [("batch", "batch"), ("activation", "activation"), ("net", "net"), ("lr", "lr")] {
            assert_eq!(chosen[key], rule["settings"][setting], "{key}");
        }
    }
    let [drtp, bp] = [0, 1].map(|k| &found["rules"][k]["search"]["candidates"]);
    assert_eq!((&drtp[3]["net"], &drtp[3]["batch"]), (&bp[3]["net"], &bp[3]["batch"]), "the same draws for every rule");
    let text = run(&[&line[..], &search].concat()).done().out;
    assert!(text.contains("settings: random search, 5 candidates"), "{text}");
    run(&[&line[..], &["--tune-over", "batch"]].concat()).refused(2, &["--tune N"]);
    run(&[&line[..], &["--tune", "3", "--tune-over", "batches"]].concat()).refused(2, &["batches", "batch"]);
}
