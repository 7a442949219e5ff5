//! What a stream says of its baselines: that they are better, or that they start behind.

mod common;

use common::{Folder, run, train};

/// 900 rows of two classes that overlap: some answers are wrong whatever is learned.
fn overlapping_table() -> String {
    let noise = |k: u32, step: u32| f64::from(k.wrapping_mul(step) % 97) / 97.0;
    let class = |k: u32| k.wrapping_mul(2_654_435_769) >> 31;
    let row = |k: u32| {
        let (a, b) = (0.4 * f64::from(class(k)) + noise(k, 53), noise(k, 31) - 0.3 * f64::from(class(k)));
        format!("{a},{b},{}\n", ["no", "yes"][class(k) as usize])
    };
    format!("a,b,state\n{}", (0..900).map(row).collect::<String>())
}

#[test]
fn baselines_that_start_untrained_beside_a_trained_network_say_so() {
    let folder = Folder::new();
    let (data, out) = (folder.write("table.csv", overlapping_table()), folder.at("run"));
    train("--epochs 2 --net fc8 --out", &[&out, "--data", &data]).done();
    let line = ["stream", "--data", &data, "--from", &out, "--predictions", "/dev/null"];
    let done = run(&line).done();
    assert!(done.err.contains("shallow, bp start untrained beside the network"), "{}", done.err);
    let done = run(&[&line[..], &["--baselines", "frozen"]].concat()).done();
    assert!(!done.err.contains("start untrained"), "{}", done.err);
    let fresh = run(&["stream", "--data", &data, "--warmup", "100", "--predictions", "/dev/null"]).done();
    assert!(!fresh.err.contains("start untrained"), "{}", fresh.err);
}

#[test]
fn a_stream_in_which_shallow_does_better_says_so() {
    let folder = Folder::new();
    let data = folder.write("table.csv", overlapping_table());
    // hidden layers that learn far too fast do harm
    let line = "--rule drtp --warmup 50 --net fc8 --lr 0.05 --hidden-lr 300 --baselines shallow --json --predictions /dev/null";
    let words: Vec<&str> = ["stream", "--data", &data].into_iter().chain(line.split(' ')).collect();
    let json = run(&words).json();
    let (own, shallow) = (json["accuracy"].as_f64().unwrap(), json["baselines"]["shallow"].as_f64().unwrap());
    let says = json["warnings"].to_string().contains("shallow, whose hidden layers do not learn");
    assert!(shallow > own && says, "{own} and {shallow}: {}", json["warnings"]);
}

#[test]
fn a_measured_value_is_not_taken_for_a_thousand_classes_in_silence() {
    let folder = Folder::new();
    let rows: String = (0..900).map(|k| format!("{},{}\n", k % 13, 80_000 + k * 7)).collect();
    let data = folder.write("price.csv", format!("x,price\n{rows}"));
    let told = run(&["stream", "--data", &data, "--baselines", "none"]).done();
    assert!(
        told.err.contains("\"price\" from 80000 to 83493, regression, 500 rows; --task classes makes it"),
        "{}",
        told.err
    );
    // many numbers that look like classes: each stands in many rows
    let rows: String = (0..900).map(|k| format!("{},{}\n", k % 13, k % 30)).collect();
    let data = folder.write("kinds.csv", format!("x,kind\n{rows}"));
    let told = run(&["stream", "--data", &data, "--baselines", "none"]).done();
    assert!(told.err.contains("if these numbers are measured values, say --task regression"), "{}", told.err);
    let told = run(&["stream", "--data", &data, "--baselines", "none", "--task", "classes"]).done();
    assert!(!told.err.contains("--task regression"), "{}", told.err);
}
