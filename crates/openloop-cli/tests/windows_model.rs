//! What a model of windows does with the rows of a log: predict, stream, export.

mod common;

use common::{Folder, piped, run, train};

/// The rows of a log of so many recordings of 100 rows, each at rest or shaken, in turn: columns t, x, y, who, state.
fn rows(recordings: usize) -> Vec<String> {
    let mut rows = Vec::new();
    for row in 0..recordings * 100 {
        let (who, moment) = (row / 100, row % 100);
        let (state, size) = if who.is_multiple_of(2) { ("rest", 0.1) } else { ("shake", 1.0) };
        let noise = |k: usize| ((row * 37 + k * 101) % 97) as f64 / 97.0 - 0.5;
        let x = size * (moment as f64 * 0.9).sin() + 0.1 * noise(1);
        rows.push(format!("{},{x:.4},{:.4},p{who},{state}\n", row as f64 * 0.02, 0.3 + 0.1 * noise(2)));
    }
    rows
}

const HEADER: &str = "t,x,y,who,state\n";

/// The folder of a network that was trained on windows of 16 moments, hop 8.
fn trained(folder: &Folder, net: &str, options: &str) -> String {
    let (file, out) = (folder.write("train.csv", HEADER.to_string() + &rows(10).concat()), folder.at("run"));
    let line = format!("--window 16 --hop 8 --group who --date t --epochs 60 {options} --out {out}");
    train(&line, &["--data", &file, "--net", net]).done();
    out
}

#[test]
fn predict_answers_each_window_with_its_last_row() {
    let folder = Folder::new();
    let model = trained(&folder, "fc8", "--features stats");
    let text = HEADER.to_string() + &rows(3).concat();
    let file = folder.write("new.csv", &text);
    let answers = run(&["predict", &model, &file]).done().out;
    assert_eq!(answers.lines().next(), Some("row,label,p_rest,p_shake"));
    let numbers: Vec<usize> =
        answers.lines().skip(1).map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    let expected: Vec<usize> = (0..3).flat_map(|who| (0..11).map(move |k| 100 * who + 16 + 8 * k)).collect();
    assert_eq!(numbers, expected);
    assert_eq!(piped(&["predict", &model, "-"], &text).done().out, answers);
    let right = answers
        .lines()
        .skip(1)
        .enumerate()
        .filter(|(k, line)| line.contains(if k / 11 % 2 == 0 { ",rest," } else { ",shake," }));
    assert_eq!(right.count(), 33);
    let few = run(&["predict", &model, &folder.write("few.csv", HEADER.to_string() + &rows(1)[..9].concat())]).done();
    assert!(few.err.contains("9 rows make no window of 16 rows"), "{}", few.err);
}

#[test]
fn a_log_without_the_group_is_one_recording_and_that_is_said() {
    let folder = Folder::new();
    let model = trained(&folder, "fc8", "--features stats");
    let cut = |row: &String| row.split(',').skip(1).take(2).collect::<Vec<_>>().join(",") + "\n";
    let text = "x,y\n".to_string() + &rows(1).iter().map(cut).collect::<String>();
    let done = run(&["predict", &model, &folder.write("new.csv", text)]).done();
    assert_eq!(done.out.lines().count(), 12);
    assert!(done.err.contains("no column \"who\": all rows are taken for one recording"), "{}", done.err);
    assert!(done.err.contains("no column \"t\": gaps in time are not looked for"), "{}", done.err);
}

#[test]
fn filters_along_time_are_trained_tested_streamed_and_exported() {
    let folder = Folder::new();
    let net = "conv8x5p2 pool2 conv4x3 fc8";
    let model = trained(&folder, net, "--json");
    let file = folder.at("train.csv");
    let tested = run(&["eval", &model, "--data", &file, "--json"]).json();
    assert_eq!((&tested["net"], &tested["test_error"]), (&net.into(), &0.0.into()));
    let (blob, text) = (folder.at("net.olnb"), folder.at("net.h"));
    run(&["export", &model, "--to", "device", &blob]).done();
    run(&["export", &model, "--to", "c", &text]).done();
    let text = std::fs::read_to_string(text).expect("a header");
    assert!(text.contains("#define NET_INPUTS 32u") && text.contains("16 moments"), "{}", &text[..900]);
    // of a window as one row
    let values = ["0.1"; 32].join(",");
    let line = format!("{values}\n{values}\n");
    let answers = run(&["predict", &blob, &folder.write("window.csv", line), "--header", "no"]).done().out;
    assert_eq!(answers.lines().count(), 3, "{answers}");
    let stream = run(&["stream", "--data", &file, "--from", &model, "--json"]).json();
    assert_eq!(stream["rows"], 110);
}

#[test]
fn a_stream_answers_each_window_and_goes_on_in_the_middle_of_one() {
    let folder = Folder::new();
    let start = trained(&folder, "fc8", "");
    let rows = rows(6);
    let stream = |model: &str, text: &str| {
        let model = folder.at(model);
        piped(&["stream", "--data", "-", "--from", &start, "--model", &model], text).done().out
    };
    let whole = stream("whole", &(HEADER.to_string() + &rows.concat()));
    assert_eq!(whole.lines().count(), 1 + 6 * 11, "{whole}");
    for at in [1, 15, 16, 21, 150, 203] {
        let name = format!("parts{at}");
        let mut parts = stream(&name, &(HEADER.to_string() + &rows[..at].concat()));
        let rest = stream(&name, &(HEADER.to_string() + &rows[at..].concat()));
        parts.push_str(rest.strip_prefix("row,label,confidence\n").expect("a header"));
        assert_eq!(parts, whole, "interrupted after {at} rows");
    }
}

#[test]
fn a_stream_over_a_file_that_grows_goes_on_after_the_rows_it_has_seen() {
    let folder = Folder::new();
    let start = trained(&folder, "fc8", "--features spectrum");
    let rows = rows(6);
    let stream = |file: &str, model: &str| {
        let model = folder.at(model);
        run(&["stream", "--data", file, "--from", &start, "--model", &model, "--json"]).json()
    };
    let whole = stream(&folder.write("whole.csv", HEADER.to_string() + &rows.concat()), "whole.model");
    let file = folder.write("log.csv", HEADER.to_string() + &rows[..333].concat());
    stream(&file, "log.model");
    folder.write("log.csv", HEADER.to_string() + &rows.concat());
    let again = stream(&file, "log.model");
    for key in ["rows", "accuracy", "drifts"] {
        assert!(!whole[key].is_null(), "{key}: {whole}");
        assert_eq!(again[key], whole[key], "{key}");
    }
}

#[test]
fn a_fresh_stream_learns_windows_from_its_own_warm_up() {
    let folder = Folder::new();
    let file = folder.write("log.csv", HEADER.to_string() + &rows(40).concat());
    let line =
        ["stream", "--data", &file, "--window", "16", "--hop", "8", "--group", "who", "--date", "t", "--warmup", "88"];
    let done = run(&[&line[..], &["--features", "stats", "--json"]].concat());
    assert!(done.err.contains("a window of 16 moments, hop 8, as stats by 2 channels"), "{}", done.err);
    let found = done.json();
    assert_eq!(found["rows"], 40 * 11 - 88, "{found}");
}

#[test]
fn windows_of_other_sizes_and_of_what_is_no_table_are_refused() {
    let folder = Folder::new();
    let model = trained(&folder, "fc8", "");
    let file = folder.write("log.csv", HEADER.to_string() + &rows(6).concat());
    run(&["stream", "--data", &file, "--from", &model, "--window", "32"])
        .refused(2, &["windows of 32 moments, hop 32", "the model takes windows of 16 moments, hop 8"]);
    run(&["stream", "--data", "drift", "--window", "32"]).refused(2, &["--window", "drift", "no table"]);
    run(&["stream", "--data", "drift", "--from", &model]).refused(2, &["a model of windows", "drift"]);
    let line = format!("--from {model} --window 8 --epochs 1");
    train(&line, &["--data", &file]).refused(2, &["windows of 8 moments", "the model takes windows of 16 moments"]);
}

#[test]
fn a_measured_value_is_that_of_the_last_row_of_its_window() {
    let folder = Folder::new();
    // a vibration that grows and falls, and its size
    let row = |k: usize| {
        let size = 1.0 + 0.5 * (k as f64 * 0.01).sin();
        format!("{:.4},{size:.4}\n", size * (k as f64 * 0.9).sin())
    };
    let file = folder.write("log.csv", "x,size\n".to_string() + &(0..1600).map(row).collect::<String>());
    let out = folder.at("run");
    let line = format!("--window 32 --hop 8 --features stats --epochs 100 --net fc16 --label size --json --out {out}");
    let trained = train(&line, &["--data", &file]).json();
    assert!(trained["test_r2"].as_f64().expect("a figure") > 0.8, "{trained}");
    let stream = run(&["stream", "--data", &file, "--from", &out, "--label", "size", "--json"]).json();
    assert_eq!((&stream["rows"], &stream["judged"]), (&197.into(), &197.into()), "{stream}");
    let answers = run(&["predict", &out, &file]).done().out;
    assert!(answers.starts_with("row,size\n32,") && answers.lines().count() == 198, "{}", &answers[..60]);
}
