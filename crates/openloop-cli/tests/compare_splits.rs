//! What the intervals of `openloop compare` cover: seeds, and on a table the split; how they agree with the p values.

mod common;

use common::{Folder, Outcome, run, train};
use serde_json::Value;

fn compare(line: &str) -> Outcome {
    let words = ["compare"].into_iter().chain(line.split_whitespace());
    run(&words.collect::<Vec<_>>())
}

/// 200 rows of two classes that overlap, so that some test rows are wrong.
fn overlapping_table() -> String {
    let rows = (0..200u32).map(|k| {
        let noise = |step: u32| f64::from(k.wrapping_mul(step) % 97) / 97.0;
        let class = k % 2;
        format!(
            "{},{},{}\n",
            f64::from(class) * 0.4 + noise(53),
            noise(31) - f64::from(class) * 0.3,
            ["no", "yes"][class as usize]
        )
    });
    format!("a,b,state\n{}", rows.collect::<String>())
}

fn figures(comparison: &Value, key: &str) -> Vec<f64> {
    comparison["runs"].as_array().unwrap().iter().map(|run| run[key].as_f64().unwrap()).collect()
}

#[test]
fn each_trial_on_a_table_has_a_split_of_its_own_which_train_can_repeat() {
    let folder = Folder::new();
    let data = folder.write("table.csv", overlapping_table());
    let line = format!("--rules drtp --trials 3 --epochs 2 --data {data} --json");
    let anew = compare(&line).json();
    assert_eq!(anew["varies"], "seeds-and-splits");
    let runs = anew["runs"].as_array().unwrap();
    let repeat = format!("--rule drtp --epochs 2 --data {data} --json --seed 2 --split-seed");
    assert_eq!(train(&repeat, &["2"]).json()["test_loss"], runs[4]["test_loss"]);
    assert_ne!(train(&repeat, &["0"]).json()["test_loss"], runs[4]["test_loss"]);
    let fixed = compare(&format!("{line} --split-seed 0")).json();
    assert_eq!(fixed["varies"], "seeds");
    assert_ne!(figures(&fixed, "test_loss"), figures(&anew, "test_loss"));
    assert_eq!(
        figures(&fixed, "test_loss")[..2],
        figures(&anew, "test_loss")[..2],
        "the first trial has split 0 in both"
    );
}

#[test]
fn cells_of_other_splits_are_not_used() {
    let folder = Folder::new();
    let (data, out) = (folder.write("table.csv", overlapping_table()), folder.at("out"));
    let line = format!("--rules drtp --trials 2 --epochs 2 --data {data} --out {out}");
    compare(&line).done();
    // the first trial has the same split, the second another
    assert_eq!(compare(&format!("{line} --split-seed 0")).done().err.matches("(kept from before)").count(), 2);
    assert_eq!(compare(&line).done().err.matches("(kept from before)").count(), 4);
}

#[test]
fn what_the_intervals_cover_is_said() {
    let folder = Folder::new();
    let data = folder.write("table.csv", overlapping_table());
    let says = |line: &str, words: &str| {
        let out = compare(line).done().out;
        assert!(out.contains(words), "\"{words}\" is missing: {out}");
        assert!(out.lines().all(|line| line.chars().count() <= 100), "{out}");
    };
    let line = format!("--rules drtp,bp --trials 2 --epochs 2 --data {data}");
    says(&line, "seeds and splits: each trial trains and tests on other rows");
    says(&format!("{line} --split-seed 4"), "seeds only: all trials share the same training and test rows");
    says(&format!("{line} --tune 2"), "seeds only: all trials share the split whose training rows chose the rates");
    says("--rules drtp,bp --trials 2 --epochs 1", "seeds only: all trials share the same training and test rows");
}

#[test]
fn an_interval_without_0_and_a_corrected_p_below_5_percent_go_together() {
    let comparison = compare("--rules drtp,bp,local-error,dfa,sdfa --trials 6 --epochs 3 --json").json();
    let mut seen = [0, 0];
    for rule in comparison["rules"].as_array().unwrap().iter().skip(1) {
        let difference = &rule["difference"];
        let [low, high] = [0, 1].map(|k| difference["t_test"]["interval"][k].as_f64().unwrap());
        let significant = difference["p_holm"].as_f64().unwrap() < 0.05;
        assert_eq!(significant, low > 0.0 || high < 0.0, "{difference}");
        seen[usize::from(significant)] += 1;
    }
    assert!(seen.iter().all(|count| *count > 0), "both kinds should be among them: {seen:?}");
}

#[test]
fn a_difference_of_a_few_test_rows_is_said_to_be_so() {
    let folder = Folder::new();
    let data = folder.write("table.csv", overlapping_table());
    let done = compare(&format!("--rules drtp,bp --trials 2 --epochs 20 --data {data}")).done();
    assert!(done.out.contains("of 40 test rows\n") && done.out.contains("bp: the difference is "), "{}", done.out);
}

#[test]
fn a_split_seed_for_data_whose_test_rows_are_fixed_is_refused() {
    compare("--rules drtp --trials 2 --split-seed 1").refused(2, &["digits", "test rows are fixed", "--split-seed"]);
    train("--split-seed 1", &[]).refused(2, &["digits", "test rows are fixed"]);
}

#[test]
fn a_network_is_tested_on_the_test_rows_of_its_own_split() {
    let folder = Folder::new();
    let (data, out) = (folder.write("table.csv", overlapping_table()), folder.at("run"));
    let line = format!("--data {data} --epochs 2 --json --split-seed 7 --out {out}");
    let trained = train(&line, &[]).json();
    let tested = run(&["eval", &out, "--json"]).json();
    assert_eq!((&tested["test_loss"], &tested["rows"]), (&trained["test_loss"], &Value::from(40)));
}
