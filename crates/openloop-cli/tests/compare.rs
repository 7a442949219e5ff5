//! `openloop compare`: what it finds, what it prints, what it keeps, and what it refuses.

mod common;

use common::{Folder, Outcome, openloop, run, train};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

/// Runs `openloop compare` with the arguments of `line`, split at blanks, and more that may hold blanks.
fn compare(line: &str, more: &[&str]) -> Outcome {
    let words = ["compare"].into_iter().chain(line.split_whitespace()).chain(more.iter().copied());
    run(&words.collect::<Vec<_>>())
}

fn rule<'v>(comparison: &'v Value, name: &str) -> &'v Value {
    comparison["rules"].as_array().unwrap().iter().find(|rule| rule["rule"] == name).unwrap()
}

/// The comparison without what depends on the clock and the machine's memory.
fn without_measurements(mut comparison: Value) -> Value {
    let parts = |value: &mut Value, keys: &[&str]| keys.iter().for_each(|key| value[*key] = Value::Null);
    comparison["threads"] = Value::Null;
    for rule in comparison["rules"].as_array_mut().unwrap() {
        parts(&mut rule["cost"], &["seconds_per_epoch", "samples_per_second", "learning_peak_bytes", "peak_bytes"]);
    }
    for run in comparison["runs"].as_array_mut().unwrap() {
        let measured = ["seconds_per_epoch", "samples_per_second", "learning_peak_bytes", "peak_bytes", "threads"];
        parts(run, &measured);
        let curve = run["curve"].as_array_mut().into_iter().flatten();
        curve.for_each(|epoch| parts(epoch, &["seconds"]));
    }
    comparison
}

/// Name, bytes and time of change of every finished cell.
fn cells(out: &str) -> Vec<(PathBuf, Vec<u8>, SystemTime)> {
    let Ok(entries) = fs::read_dir(format!("{out}/cells")) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "json"));
    let mut cells: Vec<_> = paths
        .map(|path| (path.clone(), fs::read(&path).unwrap(), fs::metadata(&path).unwrap().modified().unwrap()))
        .collect();
    cells.sort();
    cells
}

#[test]
fn a_learned_readout_can_be_compared_with_a_fixed_one() {
    let both = compare("--rules local-error,local-error-learned --trials 1 --epochs 2 --json", &[]).json();
    let rules = |comparison: &Value, of: &str| -> Vec<String> {
        comparison[of].as_array().unwrap().iter().map(|rule| rule["rule"].as_str().unwrap().to_string()).collect()
    };
    assert_eq!(rules(&both, "rules"), ["local-error", "local-error-learned", "shallow"]);
    assert_eq!(rules(&both, "runs"), rules(&both, "rules"));
    assert_ne!(both["rules"][0]["mean"], both["rules"][1]["mean"]);
    let learned = compare("--rules bp,local-error --readout learned --trials 1 --epochs 2 --json", &[]).json();
    assert_eq!(learned["rules"][1]["mean"], both["rules"][1]["mean"]);
}

#[test]
fn five_trials_of_three_rules_and_the_control_on_the_digits_tell_them_apart() {
    let comparison = compare("--rules drtp,local-error,bp --trials 5 --json", &[]).json();
    let runs = comparison["runs"].as_array().unwrap();
    assert!(runs.len() == 20 && runs.iter().all(|run| run["epochs"] == 60), "20 runs of 60 epochs and no more");
    let order: Vec<&str> =
        comparison["rules"].as_array().unwrap().iter().map(|rule| rule["rule"].as_str().unwrap()).collect();
    assert_eq!(order, ["drtp", "local-error", "bp", "shallow"]);
    for name in order {
        let (rule, bound) = (rule(&comparison, name), if name == "shallow" { 10.0 } else { 4.0 });
        assert!(rule["mean"].as_f64().unwrap() < bound && rule["std"].as_f64().unwrap() < 1.5, "{rule}");
        assert_eq!(rule["control"], name == "shallow");
        assert_eq!(rule["curves"]["test_error"]["mean"].as_array().unwrap().len(), 60);
        let cost = &rule["cost"];
        let planned = cost["persistent_bytes"].as_u64().unwrap() + cost["transient_bytes"].as_u64().unwrap();
        let measured = cost["learning_peak_bytes"].as_u64().unwrap();
        assert!(measured > planned && measured < 2 * planned, "{cost}");
        assert!(cost["samples_per_second"].as_f64().unwrap() > 0.0, "{cost}");
        let adds = cost["multiply_adds"]["total"].as_u64();
        assert!(adds < Some(20_000), "a sample is cheap enough for a comparison on any machine: {cost}");
    }
    assert!(rule(&comparison, "drtp")["difference"].is_null());
    for (name, sign) in [("bp", -1.0), ("local-error", -1.0), ("shallow", 1.0)] {
        let difference = &rule(&comparison, name)["difference"];
        let [mean, low, high] =
            [&difference["mean"], &difference["t_test"]["interval"][0], &difference["t_test"]["interval"][1]]
                .map(|v| v.as_f64().unwrap());
        assert!(low < mean && mean < high && mean * sign > 0.0, "{name}: {difference}");
        let (p, corrected) = (difference["t_test"]["p"].as_f64().unwrap(), difference["p_holm"].as_f64().unwrap());
        assert!(p > 0.0 && corrected >= p && corrected <= 1.0, "{name}: {difference}");
        assert_eq!((&difference["to"], difference["pairs"].as_u64()), (&Value::from("drtp"), Some(5)));
    }
    let adds = &rule(&comparison, "local-error")["cost"]["multiply_adds"];
    assert_eq!((adds["forward"].as_u64(), adds["signal"].as_u64()), (Some(64 * 100 + 1000), Some(2000)));
}

#[test]
fn a_trial_is_the_run_that_train_makes_and_has_all_its_keys() {
    let comparison = compare("--rules dfa --trials 2 --seed 3 --epochs 2 --json", &[]).json();
    let runs = comparison["runs"].as_array().unwrap();
    let order: Vec<_> = runs.iter().map(|run| (run["rule"].as_str().unwrap(), run["seed"].as_u64().unwrap())).collect();
    assert_eq!(order, [("dfa", 3), ("shallow", 3), ("dfa", 4), ("shallow", 4)]);
    let alone = train("--rule dfa --seed 4 --epochs 2 --json", &[]).json();
    for (key, value) in alone.as_object().unwrap() {
        let measured = ["seconds_per_epoch", "samples_per_second", "peak_bytes"].contains(&key.as_str());
        assert!(runs[2].get(key).is_some_and(|found| measured || found == value), "{key}: {}", runs[2]);
    }
}

#[test]
fn the_number_of_threads_changes_no_figure() {
    let line = "--rules drtp,bp --trials 2 --epochs 3 --net fc300 --batch 100 --json --threads";
    let [one, two] = ["1", "2"].map(|threads| without_measurements(compare(line, &[threads]).json()));
    assert_eq!(one, two);
}

#[test]
fn the_table_is_aligned_and_fits_a_hundred_columns() {
    let done = compare("--rules drtp,local-error,bp --trials 3 --epochs 5 --tune 2", &[]).done();
    assert!(done.out.lines().all(|line| line.chars().count() <= 100), "{}", done.out);
    let table: Vec<&str> = done.out.lines().skip(2).take(5).collect();
    let widths: Vec<usize> = table.iter().map(|line| line.chars().count()).collect();
    assert!(widths.iter().all(|width| *width == widths[0]), "{}", done.out);
    for words in [
        "minus drtp [95 % CI]",
        "±",
        "shallow: the control",
        "half-decade grid",
        "Holm-corrected",
        "seeds only: all trials share the split",
    ] {
        assert!(done.out.contains(words), "\"{words}\" is missing: {}", done.out);
    }
    assert!(done.err.contains("run 20/20  shallow, seed 2: test error"), "{}", done.err);
}

#[test]
fn one_trial_says_that_it_can_show_no_spread() {
    let done = compare("--rules drtp,bp --trials 1 --epochs 2", &[]).done();
    assert!(done.out.contains("one trial: no deviation, no interval and no test"), "{}", done.out);
    assert!(!done.out.contains("NaN") && !done.out.contains('±'), "{}", done.out);
    let bp = compare("--rules drtp,bp --trials 1 --epochs 2 --json", &[]).json();
    let bp = rule(&bp, "bp");
    assert!(bp["mean"].is_number() && bp["std"].is_null() && bp["difference"]["mean"].is_number(), "{bp}");
    assert!(bp["difference"]["t_test"].is_null() && bp["difference"]["p_holm"].is_null(), "{bp}");
}

#[test]
fn a_frozen_convolution_costs_nothing_a_sample_unless_its_images_are_mirrored() {
    let adds = |more: &str| {
        let line = format!("--rules dfa --trials 1 --epochs 1 --json {more} --net");
        let comparison = compare(&line, &["conv4k3p1 pool2 fc20"]).json();
        let adds = &rule(&comparison, "dfa")["cost"]["multiply_adds"];
        ["forward", "signal", "update"].map(|part| adds[part].as_u64().unwrap())
    };
    let (filters, rest) = (4 * 9 * 64, 64 * 20 + 20 * 10);
    assert_eq!(adds(""), [filters + rest, 10 * (4 * 64 + 20), filters + rest]);
    assert_eq!(adds("--freeze-conv"), [rest, 10 * 20, rest]);
    assert_eq!(adds("--freeze-conv --flip"), [filters + rest, 10 * 20, rest]);
}

#[test]
fn a_regression_is_compared_by_its_loss() {
    let comparison = compare("--rules bp,dfa --trials 2 --epochs 2 --data synthetic-regression --json", &[]).json();
    assert_eq!(comparison["figure"], "test_loss_last10_mean");
    let bp = rule(&comparison, "bp");
    assert!(bp["mean"].as_f64().unwrap() > 0.0 && bp["test_error"].is_null() && bp["curves"]["test_error"].is_null());
}

#[test]
fn every_rule_gets_the_same_search_and_its_budget_stands_in_the_result() {
    let comparison = compare("--rules sdfa,bp --trials 1 --epochs 3 --tune 5 --json", &[]).json();
    let budget = &comparison["search"];
    let (rows, held_back) = (1437 - 287, 287);
    assert_eq!((budget["candidates"].as_u64(), budget["epochs"].as_u64()), (Some(5), Some(3)));
    assert_eq!((budget["samples"].as_u64(), budget["validation_rows"].as_u64()), (Some(3 * rows), Some(held_back)));
    for rule in comparison["rules"].as_array().unwrap() {
        let candidates = rule["search"]["candidates"].as_array().unwrap();
        let best = rule["search"]["chosen"].as_u64().unwrap() as usize;
        let figures: Vec<f64> = candidates.iter().map(|c| c["figure"].as_f64().unwrap()).collect();
        assert!(candidates.len() == 5 && figures.iter().all(|figure| *figure >= figures[best]), "{rule}");
        assert_eq!(rule["settings"]["lr"], candidates[best]["lr"]);
    }
    assert!(comparison["runs"].as_array().unwrap().len() == 3, "candidates are no trials");
}

const SMALL: &str = "--rules drtp,bp --trials 2 --epochs 3 --net fc20 --json --out";

#[test]
fn finished_cells_are_used_again_untouched_and_more_trials_only_add_to_them() {
    let folder = Folder::new();
    let out = folder.at("out");
    let first = compare(SMALL, &[&out]).json();
    let before = cells(&out);
    assert_eq!(before.len(), 6);
    let again = compare(SMALL, &[&out]).done();
    assert_eq!(again.err.matches("(kept from before)").count(), 6, "{}", again.err);
    assert_eq!(serde_json::from_str::<Value>(&again.out).unwrap(), first, "times come from the cells too");
    assert!(cells(&out) == before);
    let kept: Value = serde_json::from_slice(&fs::read(format!("{out}/comparison.json")).unwrap()).unwrap();
    assert_eq!(kept, first);
    let more = compare(&SMALL.replace("--trials 2", "--trials 3"), &[&out]).done();
    assert_eq!(more.err.matches("(kept from before)").count(), 6, "{}", more.err);
    assert!(cells(&out).len() == 9 && before.iter().all(|cell| cells(&out).contains(cell)));
}

#[test]
fn cells_of_other_settings_other_data_or_other_threads_are_not_used() {
    let folder = Folder::new();
    let (out, data) = (folder.at("out"), folder.write("table.csv", common::table(60)));
    let line = format!("{SMALL} {out} --threads 1 --data {data}");
    compare(&line, &[]).done();
    let before = cells(&out);
    for other in
        ["--lr 0.01", "--epochs 2", "--net fc21", "--batch 7", "--seed 100", "--threads 2", "--activation sigmoid"]
    {
        let flag = other.split(' ').next().unwrap();
        let kept: Vec<&str> = line.split(' ').collect();
        let at = kept.iter().position(|word| *word == flag);
        let without = at.map_or(kept.clone(), |at| [&kept[..at], &kept[at + 2..]].concat()).join(" ");
        let done = compare(&format!("{without} {other}"), &[]).done();
        assert!(!done.err.contains("kept from before"), "{other}: {}", done.err);
    }
    folder.write("table.csv", common::table(63));
    assert!(!compare(&line, &[]).done().err.contains("kept from before"));
    assert!(before.iter().all(|cell| cells(&out).contains(cell)), "cells of other settings were touched");
}

#[test]
fn a_damaged_cell_is_named_and_run_again() {
    let folder = Folder::new();
    let out = folder.at("out");
    compare(SMALL, &[&out]).done();
    let before = cells(&out);
    fs::write(&before[0].0, &before[0].1[..100]).unwrap();
    fs::write(&before[1].0, &before[2].1).unwrap();
    let again = compare(SMALL, &[&out]).done();
    assert_eq!(again.err.matches("not a finished run of this comparison").count(), 2, "{}", again.err);
    assert_eq!(again.err.matches("(kept from before)").count(), 4, "{}", again.err);
    assert_eq!(
        cells(&out).iter().map(|cell| &cell.0).collect::<Vec<_>>(),
        before.iter().map(|c| &c.0).collect::<Vec<_>>()
    );
}

/// Changes what a cell's file says.
fn change(path: &Path, how: impl FnOnce(&mut Value)) {
    let mut file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    how(&mut file);
    fs::write(path, file.to_string()).unwrap();
}

#[test]
fn an_altered_cell_is_named_and_run_again_and_changes_no_figure() {
    let folder = Folder::new();
    let out = folder.at("out");
    let first = compare(SMALL, &[&out]).json();
    let altered = &cells(&out)[1].0;
    change(altered, |file| {
        let error = &mut file["outcome"]["finished"]["trial"]["test_error"];
        assert!(error.is_number(), "{error}");
        *error = 1.5.into();
    });
    let again = compare(SMALL, &[&out]).done();
    assert_eq!(
        again.err.matches("changed since it was written (its checksum does not fit)").count(),
        1,
        "{}",
        again.err
    );
    assert!(again.err.contains(altered.to_str().unwrap()), "{}", again.err);
    assert_eq!(again.err.matches("(kept from before)").count(), 5, "{}", again.err);
    assert_eq!(without_measurements(serde_json::from_str(&again.out).unwrap()), without_measurements(first));
}

#[test]
fn a_cell_of_an_older_version_without_a_checksum_is_used_and_that_is_said_once() {
    let folder = Folder::new();
    let out = folder.at("out");
    let first = compare(SMALL, &[&out]).json();
    for (path, ..) in &cells(&out)[..2] {
        change(path, |file| assert!(file.as_object_mut().unwrap().remove("checksum").unwrap().is_number()));
    }
    let again = compare(SMALL, &[&out]).done();
    assert_eq!(again.err.matches("carry no checksum and are taken as they are").count(), 1, "{}", again.err);
    assert_eq!(again.err.matches("(kept from before)").count(), 6, "{}", again.err);
    assert_eq!(without_measurements(serde_json::from_str(&again.out).unwrap()), without_measurements(first));
}

/// A comparison of a second or two in the tests' profile.
fn long(out: &str) -> Command {
    let mut command =
        openloop(&["compare", "--rules", "drtp,bp", "--trials", "3", "--epochs", "40", "--json", "--out", out]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Waits until `out` holds `count` finished cells, or the process ends.
fn wait_for_cells(child: &mut Child, out: &str, count: usize) {
    while cells(out).len() < count && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_comparison_killed_or_interrupted_in_the_middle_goes_on_with_its_finished_cells() {
    let folder = Folder::new();
    let undisturbed = Outcome::from(long(&folder.at("undisturbed")).output().unwrap()).json();
    for signal in ["-KILL", "-INT"] {
        let out = folder.at(signal);
        let mut child = long(&out).spawn().unwrap();
        wait_for_cells(&mut child, &out, 3);
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let stopped = Outcome::from(child.wait_with_output().unwrap());
        let before = cells(&out);
        assert!(before.len() >= 3 && before.len() < 9, "{signal}: {} cells", before.len());
        if signal == "-INT" {
            assert_eq!((stopped.code, stopped.out.as_str()), (Some(130), ""), "{}", stopped.err);
            assert!(stopped.err.contains("of 9 runs") && stopped.err.contains(&out), "{}", stopped.err);
        }
        let resumed = Outcome::from(long(&out).output().unwrap()).done();
        assert_eq!(resumed.err.matches("(kept from before)").count(), before.len(), "{}", resumed.err);
        assert!(before.iter().all(|cell| cells(&out).contains(cell)), "{signal}: a finished cell was touched");
        let resumed: Value = serde_json::from_str(&resumed.out).unwrap();
        assert_eq!(without_measurements(resumed), without_measurements(undisturbed.clone()), "{signal}");
    }
}

const DIVERGES: &str = "--epochs 2 --optimizer sgd --activation relu --lr 0.1 --hidden-lr 1e30 --trials 2";

#[test]
fn a_cell_that_diverges_in_the_middle_is_recorded_and_the_others_go_on() {
    let folder = Folder::new();
    let out = folder.at("out");
    let line = format!("{DIVERGES} --rules shallow,bp --out {out}");
    let comparison = compare(&format!("{line} --json"), &[]).json();
    let (shallow, bp) = (rule(&comparison, "shallow"), rule(&comparison, "bp"));
    assert!(shallow["mean"].is_number() && shallow["finished"] == 2, "{shallow}");
    assert!(bp["mean"].is_null() && bp["difference"].is_null() && bp["finished"] == 0, "{bp}");
    assert_eq!(bp["diverged"].as_array().unwrap().len(), 2);
    let runs = comparison["runs"].as_array().unwrap();
    let message = runs[1]["diverged"].as_str().unwrap();
    assert!(
        message.contains("epoch 1") && runs[1]["test_error"].is_null() && runs[2]["rule"] == "shallow",
        "{message}"
    );
    let table = compare(&line, &[]).done();
    assert!(table.out.contains("bp: 2 of 2 trials diverged and count for nothing; seed 0:"), "{}", table.out);
    assert_eq!(table.err.matches("(kept from before)").count(), 4, "{}", table.err);
    let first = compare(&format!("{DIVERGES} --rules bp"), &[]).done();
    assert!(first.out.contains("no trial of bp came to its end"), "{}", first.out);
}

#[test]
fn a_comparison_in_which_everything_diverges_has_failed() {
    let line = "--rules bp --trials 2 --epochs 2 --optimizer sgd --activation identity --loss mse --lr 1e30";
    compare(line, &[]).refused(1, &["every trial diverged", "--lr"]);
}

#[test]
fn wrong_requests_are_refused_in_one_line_before_anything_runs() {
    let folder = Folder::new();
    let file = folder.write("file", "");
    let known = "bp, fa, dfa, sdfa, drtp, shallow, local-error";
    let cases: [(&str, &[&str]); 10] = [
        ("--rules drtp,drpt", &["unknown rule \"drpt\"; did you mean \"drtp\"? known are", known]),
        ("--rules drtp,,bp", &["unknown rule \"\"; known are", known]),
        ("--rules bp,drtp,bp", &["rule \"bp\" is listed twice"]),
        ("--rules bp --rule drtp", &["--rules"]),
        ("--rules bp --trials 0", &["trials is 0", "from 1"]),
        ("--rules bp --tune 26", &["tune is 26", "25"]),
        ("--rules bp --resume", &["--out"]),
        ("--rules bp --seed 18446744073709551615 --trials 2", &["seed is 18446744073709551615"]),
        ("--rules bp,drtp --data synthetic-regression", &["class labels"]),
        ("--rules bp --epochs 0", &["epochs is 0"]),
    ];
    for (line, words) in cases {
        let outcome = compare(line, &[]);
        assert!(!outcome.err.contains("run 1/"), "{line}: {}", outcome.err);
        outcome.refused(2, words);
    }
    compare("--trials 2", &[]).refused(2, &["--rules"]);
    let refused = compare("--rules bp --trials 1 --epochs 1 --out", &[&file]);
    refused.refused(1, &[&file]);
    assert!(Path::new(&file).is_file());
}
