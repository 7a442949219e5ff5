//! `openloop reproduce`: what it measures, what it prints, what it keeps, and what it refuses.

mod common;

use common::{Folder, Outcome, idx, openloop, run};
use serde_json::Value;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A data folder whose `mnist` has `count` images of 28x28 to train on and as many to test on: a bar whose place is the
/// label.
fn small_mnist(folder: &Folder, count: usize) -> String {
    let labels: Vec<u8> = (0..count).map(|k| (k % 10) as u8).collect();
    let pixel = |label: u8, at: usize| if at / 28 / 2 == usize::from(label) { 255 } else { (at % 7) as u8 };
    let pixels: Vec<u8> = labels.iter().flat_map(|label| (0..28 * 28).map(|at| pixel(*label, at))).collect();
    for part in ["train", "t10k"] {
        let images = idx(0x803, &[count as u32, 28, 28], &pixels);
        folder.write(&format!("data/mnist/{part}-images-idx3-ubyte"), images);
        folder.write(&format!("data/mnist/{part}-labels-idx1-ubyte"), idx(0x801, &[count as u32], &labels));
    }
    folder.at("data")
}

/// A data folder whose `cifar10` has two training batches of four records.
fn small_cifar10(folder: &Folder) -> String {
    let records: Vec<u8> = (0..4).flat_map(|k| [k; 3 * 32 * 32 + 1]).collect();
    for name in ["data_batch_1.bin", "data_batch_4.bin", "test_batch.bin"] {
        folder.write(&format!("data/cifar10/{name}"), &records);
    }
    folder.at("data")
}

/// Runs `openloop reproduce` with the arguments of `line`, split at blanks, and more that may hold blanks.
fn reproduce(line: &str, more: &[&str]) -> Outcome {
    let words = ["reproduce"].into_iter().chain(line.split_whitespace()).chain(more.iter().copied());
    run(&words.collect::<Vec<_>>())
}

fn rules(section: &Value) -> Vec<&str> {
    section["comparison"]["rules"].as_array().unwrap().iter().map(|rule| rule["rule"].as_str().unwrap()).collect()
}

#[track_caller]
fn assert_fits(text: &str) {
    assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
}

const SHORT: &str = "mnist --trials 1 --epochs 1";

#[test]
fn a_row_prints_measured_beside_published_with_the_difference_and_says_what_was_left_out() {
    let folder = Folder::new();
    let (data, out) = (small_mnist(&folder, 120), folder.at("out"));
    let done = reproduce(&format!("{SHORT} --only fc1-500"), &["--data-dir", &data, "--out", &out]).done();
    assert_fits(&done.out);
    for words in
        ["FC1-500: fc500 on mnist (120 training rows)", "1.72 ± 0.08", "4.58 ± 0.12", "  difference", "shallow: the"]
    {
        assert!(done.out.contains(words), "\"{words}\" is missing: {}", done.out);
    }
    let shortened = "1 trial instead of 10, 1 epoch instead of 100, 1 row of 6";
    assert!(done.out.contains(shortened) && done.err.contains(shortened), "{}{}", done.out, done.err);
    assert!(done.err.contains(&out) && done.err.contains("run 6/6  FC1-500, shallow, seed 0: test"), "{}", done.err);
}

#[test]
fn json_is_one_object_whose_differences_are_measured_minus_published() {
    let folder = Folder::new();
    let (data, out) = (small_mnist(&folder, 60), folder.at("out"));
    let line = format!("{SHORT} --json --only FC1-500 --data-dir {data} --out {out}");
    let done = reproduce(&line, &["--only", "CONV random", "--only", "CONV trained"]).json();
    assert_eq!((&done["task"], done["sections"].as_array().unwrap().len()), (&Value::from("mnist"), 3));
    assert!(done["shortened"].as_str().unwrap().contains("3 rows of 6"), "{}", done["shortened"]);
    let [dense, random, trained] = [0, 1, 2].map(|k| &done["sections"][k]);
    assert_eq!(rules(dense), ["bp", "fa", "dfa", "sdfa", "drtp", "shallow"]);
    assert_eq!((rules(random), rules(trained).len()), (rules(dense), 5), "a shallow network trains no filters");
    let settings = |section: &Value, k: usize| section["comparison"]["rules"][k]["settings"].clone();
    assert_eq!(
        (&settings(random, 0)["freeze_conv"], &settings(trained, 0)["freeze_conv"]),
        (&true.into(), &false.into())
    );
    assert_eq!((settings(random, 0)["lr"].as_f64(), settings(trained, 0)["lr"].as_f64()), (Some(5e-5), Some(5e-4)));
    assert_eq!((&settings(dense, 0)["batch"], &settings(dense, 0)["loss"]), (&60.into(), &"bce".into()));
    let published = dense["published"].as_array().unwrap();
    assert_eq!((&published[3]["rule"], published[3]["value"].as_f64()), (&"drtp".into(), Some(4.58)));
    let kept: Value = serde_json::from_slice(&fs::read(format!("{out}/reproduction.json")).unwrap()).unwrap();
    assert_eq!(kept, done);
}

#[test]
fn finished_cells_are_shared_with_compare_in_both_directions() {
    let folder = Folder::new();
    let (data, out) = (small_mnist(&folder, 60), folder.at("out"));
    let compare = |trials: &str| {
        let line = format!("compare --data mnist --data-dir {data} --out {out} --preset paper --net fc500 --epochs 1");
        let words = line.split(' ').chain(["--rules", "bp,drtp", "--trials", trials]);
        run(&words.collect::<Vec<_>>()).done()
    };
    let line = format!("mnist --only FC1-500 --trials 2 --epochs 1 --data-dir {data} --out {out}");
    compare("1");
    let first = reproduce(&line, &[]).done();
    assert_eq!(first.err.matches("(kept from before)").count(), 3, "{}", first.err);
    let again = reproduce(&line, &[]).done();
    assert_eq!(again.err.matches("(kept from before)").count(), 12, "{}", again.err);
    assert_eq!(again.out, first.out);
    assert_eq!(compare("2").err.matches("(kept from before)").count(), 6);
    let other = reproduce(&line.replace("--epochs 1", "--epochs 2"), &[]).done();
    assert!(!other.err.contains("kept from before"), "{}", other.err);
}

#[test]
fn a_reproduction_interrupted_in_the_middle_says_how_to_go_on_and_does() {
    let folder = Folder::new();
    let (data, out) = (small_mnist(&folder, 300), folder.at("out"));
    let line = format!("reproduce mnist --only FC1-500 --trials 2 --epochs 20 --json --data-dir {data} --out {out}");
    let start = || {
        let mut command = openloop(&line.split(' ').collect::<Vec<_>>());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let kept = || fs::read_dir(format!("{out}/cells")).map_or(0, |cells| cells.count());
    let mut child = start().spawn().unwrap();
    while kept() < 2 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let stopped = Outcome::from(child.wait_with_output().unwrap());
    assert_eq!((stopped.code, stopped.out.as_str()), (Some(130), ""), "{}", stopped.err);
    assert!(stopped.err.contains("of 12 runs, kept in") && stopped.err.contains(&out), "{}", stopped.err);
    let before = kept();
    let resumed = Outcome::from(start().output().unwrap()).done();
    assert_eq!(resumed.err.matches("(kept from before)").count(), before, "{}", resumed.err);
    assert_eq!(kept(), 12);
}

#[test]
fn quick_is_one_trial_of_a_tenth_of_the_epochs_in_a_folder_of_its_own_and_says_so() {
    let folder = Folder::new();
    let data = small_mnist(&folder, 60);
    let words = ["reproduce", "mnist", "--quick", "--only", "FC2-500", "--data-dir", &data];
    let output = openloop(&words).current_dir(folder.at("")).output().unwrap();
    let done = Outcome::from(output).done();
    let shortened = "1 trial instead of 10, 10 epochs instead of 100, 1 row of 6";
    assert!(done.out.contains(shortened) && done.err.contains(shortened), "{}{}", done.out, done.err);
    assert!(done.out.contains("1 trial (seed 0) of 10 epochs, batch 60"), "{}", done.out);
    assert!(done.err.contains("kept in runs/reproduce-mnist"), "{}", done.err);
    assert!(fs::metadata(folder.at("runs/reproduce-mnist/reproduction.json")).unwrap().is_file());
}

#[test]
fn cifar10_says_how_many_batches_there_were() {
    let folder = Folder::new();
    let (data, out) = (small_cifar10(&folder), folder.at("out"));
    let line = format!("cifar10 --trials 1 --epochs 1 --only FC1-500 --data-dir {data} --out {out}");
    let done = reproduce(&line, &[]).done();
    assert_fits(&done.out);
    let note = "CIFAR-10: 2 of 5 training batches";
    assert!(done.out.contains(note) && done.err.contains(note), "{}{}", done.out, done.err);
    assert!(done.out.contains("fc500 on cifar10 (8 training rows)"), "{}", done.out);
    let json = reproduce(&format!("{line} --json"), &[]).json();
    assert_eq!(json["sections"][0]["comparison"]["note"], note);
}

#[test]
fn the_regression_is_compared_by_its_loss_and_leaves_out_the_rule_that_it_cannot_have() {
    let folder = Folder::new();
    let out = folder.at("out");
    let line = format!("synthetic --trials 1 --epochs 1 --only regression --out {out}");
    let section = &reproduce(&format!("{line} --json"), &[]).json()["sections"][0];
    assert_eq!(rules(section), ["bp", "fa", "dfa", "sdfa", "shallow"]);
    assert_eq!(section["comparison"]["figure"], "test_loss_last10_mean");
    assert_eq!(section["published"][1]["angles"], serde_json::json!([60.0, 47.0]));
    let init = |k: usize| section["comparison"]["rules"][k]["settings"]["init"].clone();
    assert_eq!(
        [init(0), init(1), init(2), init(3), init(4)],
        [Value::Null, "zero".into(), "zero".into(), "zero".into(), Value::Null]
    );
    let text = reproduce(&line, &[]).done().out;
    assert_fits(&text);
    assert!(text.contains("to 20 %") && text.contains("0.075") && text.contains("60°"), "{text}");
}

#[test]
fn wrong_requests_and_missing_data_are_one_line_before_anything_runs() {
    let folder = Folder::new();
    let (empty, out) = (folder.at("empty"), folder.at("out"));
    let cases: [(&str, &[&str]); 5] = [
        ("imagenet", &["unknown task \"imagenet\"", "mnist, cifar10, synthetic"]),
        ("synthetic --only FC9", &["unknown row \"FC9\"", "regression, classification"]),
        ("synthetic --trials 0", &["trials is 0"]),
        ("synthetic --epochs 0", &["epochs is 0"]),
        ("synthetic --seed 18446744073709551615", &["seed is 18446744073709551615"]),
    ];
    for (line, words) in cases {
        let outcome = reproduce(line, &["--out", &out]);
        assert!(!outcome.err.contains("run 1/"), "{line}: {}", outcome.err);
        outcome.refused(2, words);
    }
    for task in ["mnist", "cifar10"] {
        let outcome = reproduce(task, &["--data-dir", &empty, "--out", &out]);
        outcome.refused(1, &[task, &empty, "openloop data fetch"]);
    }
    assert!(fs::metadata(&out).is_err(), "a refused request makes no folder");
}
