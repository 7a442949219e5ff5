//! `--alignment`: the angles between a rule's teaching signals and backpropagation's.

mod common;

use common::{Folder, checkpoint, run, train};
use serde_json::Value;

/// The angles after each epoch, from the log of a run.
fn logged_angles(run: &str) -> Vec<Vec<f64>> {
    let text = std::fs::read_to_string(format!("{run}/metrics.jsonl")).unwrap();
    let angles = |line: &str| {
        let report: Value = serde_json::from_str(line).unwrap();
        report["angles"].as_array().map_or(Vec::new(), |a| a.iter().map(|a| a.as_f64().unwrap()).collect())
    };
    text.lines().map(angles).collect()
}

#[test]
fn a_run_that_is_looked_at_has_the_bytes_of_one_that_is_not() {
    for options in [
        "--rule fa",
        "--rule dfa --dropout 0.2",
        "--rule sdfa",
        "--rule drtp",
        "--rule local-error",
        "--rule local-error-learned",
        "--rule bp",
        "--rule dfa --data synthetic-regression --batch 500",
    ] {
        let folder = Folder::new();
        let [seen, unseen] = ["seen", "unseen"].map(|name| folder.at(name));
        let line = format!("{options} --epochs 2");
        train(&format!("{line} --out {unseen}"), &["--net", "fc20 fc10"]).done();
        train(&format!("{line} --alignment --out {seen}"), &["--net", "fc20 fc10"]).done();
        assert!(checkpoint(&seen) == checkpoint(&unseen), "{options}");
        let layers = if options.contains("bp") { 0 } else { 2 };
        assert!(logged_angles(&seen).iter().all(|angles| angles.len() == layers), "{options}");
        assert!(logged_angles(&unseen).iter().all(Vec::is_empty), "{options}");
    }
}

#[test]
fn angles_are_measured_at_every_layer_that_learns_and_nowhere_else() {
    let folder = Folder::new();
    let net = ["--net", "conv4k3p1 pool2 fc20 fc10"];
    for (options, layers) in [("--rule drtp", 3), ("--rule drtp --freeze-conv", 2), ("--rule local-error-learned", 3)] {
        let out = folder.at(&options.replace(' ', ""));
        train(&format!("{options} --epochs 1 --alignment --out {out}"), &net).done();
        let angles = logged_angles(&out).remove(0);
        assert_eq!(angles.len(), layers, "{options}: {angles:?}");
        assert!(angles.iter().all(|angle| (0.0..=180.0).contains(angle)), "{options}: {angles:?}");
    }
}

#[test]
fn angles_are_shown_and_stand_in_the_result() {
    let line = "--rule dfa --epochs 2 --alignment --json";
    let shown = train(line, &["--net", "fc20 fc10"]).done();
    assert_eq!(shown.err.lines().filter(|line| line.contains("angles ") && line.matches('°').count() == 2).count(), 2);
    let angles = shown.json()["angles"].clone();
    assert_eq!(angles.as_array().map(Vec::len), Some(2), "{angles}");
    assert!(train("--rule dfa --epochs 1 --json", &[]).json()["angles"].is_null());
}

#[test]
fn feedback_alignment_turns_the_network_towards_its_feedback() {
    let folder = Folder::new();
    let out = folder.at("fa");
    train(&format!("--rule fa --epochs 20 --alignment --out {out}"), &["--net", "fc50 fc30"]).done();
    let angles = logged_angles(&out);
    let (first, last) = (&angles[0], &angles[19]);
    assert!(last.iter().all(|angle| *angle < 80.0), "well below a right angle: {last:?}");
    assert!(last[1] < last[0], "and better near the output: {first:?} to {last:?}");
}

#[test]
fn a_comparison_carries_the_angles_of_every_rule_and_does_not_take_cells_without_them() {
    let folder = Folder::new();
    let line = ["compare", "--rules", "drtp,bp", "--trials", "2", "--epochs", "3", "--json", "--out"];
    let without = run(&[&line[..], &[&folder.at("out")]].concat()).json();
    let with = run(&[&line[..], &[&folder.at("out"), "--alignment"]].concat()).json();
    let angles = |comparison: &Value, rule: usize| comparison["rules"][rule]["curves"]["angles"].clone();
    assert!(angles(&without, 0).is_null() && angles(&with, 1).is_null());
    let drtp = angles(&with, 0);
    assert_eq!((drtp.as_array().unwrap().len(), drtp[0]["mean"].as_array().unwrap().len()), (1, 3));
    assert_eq!(with["rules"][0]["mean"], without["rules"][0]["mean"]);
}
