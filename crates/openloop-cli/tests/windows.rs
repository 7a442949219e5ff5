//! Windows over the rows of a log: what is cut, how it is split, and what is refused.

mod common;

use common::{Folder, run, train};
use std::fmt::Write;

/// A log of so many recordings of 120 rows, each at rest or shaken, in turn: columns t, x, y, who, state.
fn log(recordings: usize) -> String {
    let mut text = String::from("t,x,y,who,state\n");
    for row in 0..recordings * 120 {
        let (who, moment) = (row / 120, row % 120);
        let (state, size) = if who.is_multiple_of(2) { ("rest", 0.1) } else { ("shake", 1.0) };
        let noise = |k: usize| ((row * 37 + k * 101) % 97) as f64 / 97.0 - 0.5;
        let x = size * (moment as f64 * 0.9).sin() + 0.1 * noise(1);
        let _ = writeln!(text, "{},{x:.4},{:.4},p{who},{state}", moment as f64 * 0.02, 0.3 + 0.1 * noise(2));
    }
    text
}

/// The options of a short training run on a log.
const SHORT: &str = "--ignore t --epochs 2 --net fc8";

#[test]
fn rows_become_windows_and_the_first_line_says_of_what() {
    let folder = Folder::new();
    let file = folder.write("log.csv", log(10));
    let done = train(&format!("{SHORT} --window 16 --hop 8 --group who"), &["--data", &file]).done();
    let first = done.err.lines().next().unwrap_or_default();
    assert!(first.contains("1,200 rows, 10 groups -> 140 windows of 16 moments by 2 channels, hop 8"), "{first}");
    assert!(first.contains("of 2 classes, rest 70, shake 70; 140 windows"), "{first}");
    // a fifth of the ten groups
    assert!(done.err.contains("32-8-2, 112 training and 28 test windows"), "{}", done.err);
}

#[test]
fn without_a_group_windows_are_split_by_blocks_and_the_hop_is_a_window() {
    let folder = Folder::new();
    let file = folder.write("log.csv", log(10));
    let done = train(&format!("{SHORT} --ignore who --window 10"), &["--data", &file]).done();
    assert!(done.err.contains("1,200 rows -> 120 windows of 10 moments by 2 channels, hop 10"), "{}", done.err);
    assert!(done.err.contains("96 training and 24 test windows"), "{}", done.err);
}

#[test]
fn windows_with_different_labels_are_left_out_and_counted() {
    let folder = Folder::new();
    let file = folder.write("log.csv", log(10));
    let done = train(&format!("{SHORT} --ignore who --window 16 --hop 8"), &["--data", &file]).done();
    // nine borders at every 120th row, each in the one window that starts 8 rows before it
    assert!(
        done.err
            .contains("-> 140 windows of 16 moments by 2 channels, hop 8; 9 windows with different labels left out"),
        "{}",
        done.err
    );
}

#[test]
fn a_gap_in_time_starts_a_new_window_and_is_counted() {
    let folder = Folder::new();
    let mut lines: Vec<String> = log(10).lines().map(String::from).collect();
    // 20 rows of the second recording are lost
    lines.drain(160..180);
    let file = folder.write("log.csv", lines.join("\n"));
    let done = train("--epochs 1 --window 16 --hop 8 --group who --date t", &["--data", &file]).done();
    // 14 windows in each whole recording; 3 in the 39 rows before the gap, 6 in the 61 after it
    let expected = "1,180 rows, 10 groups -> 135 windows of 16 moments by 2 channels, hop 8; 1 gap in time";
    assert!(done.err.contains(expected), "{}", done.err);
}

#[test]
fn statistics_and_the_spectrum_are_inputs() {
    let folder = Folder::new();
    let file = folder.write("log.csv", log(10));
    let inputs = |features: &str| {
        let line = format!("{SHORT} --window 16 --hop 8 --group who --features {features}");
        train(&line, &["--data", &file]).done().err
    };
    let stats = inputs("stats");
    assert!(stats.contains("as 12 values each (stats)") && stats.contains(": 12-8-2, "), "{stats}");
    let spectrum = inputs("spectrum");
    assert!(spectrum.contains("as 18 values each (spectrum)") && spectrum.contains(": 18-8-2, "), "{spectrum}");
}

#[test]
fn a_model_tests_the_same_windows_again() {
    let folder = Folder::new();
    let (file, out) = (folder.write("log.csv", log(10)), folder.at("run"));
    for more in ["--group who", "--ignore who", "--ignore who --split ordered", "--group who --validation 0.3"] {
        let line = format!("{SHORT} --window 16 --hop 4 {more} --json --out {out}");
        let trained = train(&line, &["--data", &file]).json();
        let tested = run(&["eval", &out, "--data", &file, "--json"]).json();
        assert_eq!(tested["test_error"], trained["test_error"], "{more}");
        assert_eq!(tested["test_loss"], trained["test_loss"], "{more}");
        let said = run(&["eval", &out, "--data", &file]).done();
        assert!(said.err.contains("it is the table that the model was trained on"), "{more}: {}", said.err);
        // a longer log is another one, all of whose windows are tested
        let longer = folder.write("longer.csv", log(11));
        let tested = run(&["eval", &out, "--data", &longer, "--json"]).json();
        let (groups, blocks) = (11 * 27, (11 * 120 - 16) / 4 + 1 - 10 * 3);
        assert_eq!(tested["rows"], if more.starts_with("--group") { groups } else { blocks }, "{more}");
        std::fs::remove_dir_all(&out).expect("the run");
    }
}

#[test]
fn rows_of_a_group_stay_on_one_side() {
    let folder = Folder::new();
    let (file, out) = (folder.write("log.csv", log(10)), folder.at("run"));
    let done = train(&format!("{SHORT} --group who --split group --json --out {out}"), &["--data", &file]).done();
    assert!(done.err.contains("960 training and 240 test rows"), "{}", done.err);
    let tested = run(&["eval", &out, "--data", &file]).done();
    assert!(tested.err.contains("its 240 test rows are tested"), "{}", tested.err);
}

#[test]
fn data_info_says_what_windows_there_are() {
    let folder = Folder::new();
    let file = folder.write("log.csv", log(10));
    let info = run(&["data", "info", &file, "--window", "16", "--hop", "8", "--group", "who", "--date", "t"]).done();
    let expected = "1,200 rows, 10 groups -> 140 windows of 16 moments by 2 channels, hop 8";
    assert!(info.out.lines().next().unwrap_or_default().contains(expected), "{}", info.out);
    for (column, kind) in [("t ", "time"), ("who ", "group"), ("x ", "number")] {
        let line = info.out.lines().find(|line| line.starts_with(column)).unwrap_or_default();
        assert!(line.contains(kind), "{line}");
    }
}

#[test]
fn what_cannot_be_cut_or_split_is_refused_in_one_line() {
    let folder = Folder::new();
    let file = folder.write("log.csv", log(4));
    let short = format!("{}0,1,1,p9,rest\n0.02,1,1,p9,rest\n", log(4));
    let short = folder.write("short.csv", short);
    let alone = folder.write("alone.csv", log(2));
    let refused = |file: &str, line: &str, words: &[&str]| train(line, &["--data", file]).refused(2, words);
    refused(&file, "--window 16 --hop 0", &["--hop 0", "leave --hop out"]);
    refused(&file, "--hop 4", &["--hop 4 without --window"]);
    refused(&file, "--features stats", &["--features stats without --window"]);
    refused(&file, "--window 1000", &["a window has 1000 rows", "480", "--window of 480 or less"]);
    refused(&file, "--window 130 --group who", &["a window has 130 rows", "120", "--window of 120 or less"]);
    refused(&short, "--window 16 --group who", &["group \"p9\"", "\"who\"", "2", "leave its rows out"]);
    refused(&file, "--window 16 --group whom", &["no column \"whom\"", "who"]);
    refused(&file, "--window 16 --hop 8 --split random", &["--split random", "share rows", "blocks"]);
    refused(&file, "--window 16 --group who --split stratified", &["--split stratified", "--split group"]);
    refused(&file, "--group who --split random", &["--group", "--split random"]);
    refused(&file, "--split group", &["--split group without --group"]);
    refused(&file, "--split blocks", &["--split blocks without --window"]);
    refused(&file, "--window 16 --shape 2x16x1", &["--shape 2x16x1", "leave --shape out"]);
    refused(&file, "--window 16 --date t --date x", &["--date names several columns"]);
    refused(&alone, "--window 16 --group who", &["every group has the only rows of some class", "--split blocks"]);
    refused(&file, "--window 16 --label state --group state", &["column \"state\" is the group and label too"]);
    train("--data digits --window 16", &[]).refused(2, &["windows of rows", "digits"]);
}

#[test]
fn a_comparison_keeps_recordings_together_while_it_tunes_and_tests() {
    let folder = Folder::new();
    let file = folder.write("log.csv", log(10));
    let line = ["compare", "--data", &file, "--window", "16", "--hop", "8", "--group", "who", "--ignore", "t"];
    let line = [&line[..], &["--rules", "drtp,shallow", "--epochs", "2", "--net", "fc8"]].concat();
    run(&[&line[..], &["--trials", "2", "--tune", "2"]].concat()).done();
    run(&[&line[..], &["--folds", "3"]].concat()).done();
}
