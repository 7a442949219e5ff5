//! Streams of tables with columns that are no numbers: decided by the first rows, or by the model that goes on.

mod common;

use common::{Folder, Outcome, openloop, run, train};
use std::io::Write;
use std::process::Stdio;

const HEADER: &str = "colour,open,size,day,kind";

/// Rows whose class follows from the colour and from whether the door is open.
fn lines(count: usize) -> Vec<String> {
    let line = |k: usize| {
        let (colour, open) = (["red", "green", "blue"][k % 3], ["yes", "No"][k / 3 % 2]);
        let kind = if (colour == "red") == (open == "yes") { "a" } else { "b" };
        let size = if k % 11 == 5 { "NA".into() } else { format!("{}.5", k * 7 % 13) };
        format!("{colour},{open},{size},2024-{:02}-{:02},{kind}", 1 + k % 12, 1 + k % 28)
    };
    (0..count).map(line).collect()
}

fn table(lines: &[String]) -> String {
    format!("{HEADER}\n{}\n", lines.join("\n"))
}

fn stream(more: &[&str]) -> Outcome {
    run(&[&["stream", "--warmup", "100", "--baselines", "frozen"], more].concat())
}

/// The answers by the number of their row.
fn answers(text: &str) -> Vec<(u64, String)> {
    let cells = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[0].parse().unwrap(), cells[1].to_string())
    };
    text.lines().skip(1).map(cells).collect()
}

#[test]
fn a_stream_learns_from_every_kind_of_column_and_goes_on_with_the_same_bits() {
    let folder = Folder::new();
    let (data, whole, halves) = (folder.write("a.csv", table(&lines(600))), folder.at("whole"), folder.at("halves"));
    let on = |model: &str| stream(&["--date", "day", "--json", "--data", &data, "--model", model]);
    let found = on(&whole);
    let words = "4 features as 11 inputs (colour: 3 categories; open: true or false; day: date)";
    assert!(found.err.contains(words), "{}", found.err);
    let found = found.json();
    assert!(found["accuracy"].as_f64().unwrap() > 95.0 && found["bad_rows"] == 0, "{found}");
    folder.write("a.csv", table(&lines(300)));
    on(&halves).done();
    folder.write("a.csv", table(&lines(600)));
    assert_eq!(on(&halves).json()["rows"], 500);
    assert!(std::fs::read(&whole).unwrap() == std::fs::read(&halves).unwrap(), "other bytes");
    stream(&["--date", "size", "--data", &data, "--model", &halves]).refused(2, &["size", "number"]);
}

#[test]
fn later_unknown_categories_are_none_missing_numbers_the_mean_and_texts_among_numbers_bad_rows() {
    let folder = Folder::new();
    let mut rows = lines(400);
    rows[300] = "violet,yes,1.5,2024-01-01,a".into();
    rows[310] = "red,yes,large,2024-01-01,a".into();
    rows[311] = "red,yes,1.5,yesterday,a".into();
    rows[312] = "red,maybe,1.5,2024-01-01,a".into();
    rows[313] = ",,,,a".into();
    let data = folder.write("a.csv", table(&rows));
    let done = stream(&["--date", "day", "--predictions", "-", "--data", &data]).done();
    let answered: Vec<u64> = answers(&done.out).into_iter().map(|(row, _)| row).collect();
    let expected: Vec<u64> = (101..=400).filter(|row| !(311..=313).contains(row)).collect();
    assert_eq!(answered, expected);
    for words in [
        "\"violet\", which is none of its categories, in line 302",
        "column \"colour\": a missing value in line 315 is taken as no category",
        "column \"size\": a missing value in line 7 is taken as the mean",
        "column \"day\": a missing value in line 315 is taken as the mean of its dates",
        "row 311: line 312, column 3 (\"size\") is \"large\"",
        "row 312: line 313, column 4 (\"day\") is \"yesterday\"",
        "row 313: line 314, column 2 (\"open\") is \"maybe\"",
    ] {
        assert_eq!(done.err.matches(words).count(), 1, "{words}: {}", done.err);
    }
}

#[test]
fn a_missing_number_is_a_bad_row_where_features_have_no_mean() {
    let folder = Folder::new();
    let data = folder.write("a.csv", table(&lines(300)));
    let bad = stream(&["--date", "day", "--standardise", "off", "--json", "--data", &data]);
    assert!(bad.err.contains("column 3 (\"size\") is \"NA\""), "{}", bad.err);
    assert_eq!(bad.json()["bad_rows"], 27);
    let imputed = stream(&["--date", "day", "--standardise", "warmup", "--json", "--data", &data]).json();
    assert_eq!(imputed["bad_rows"], 0);
}

#[test]
fn a_sensor_of_numbers_that_drops_out_later_is_taken_as_its_mean() {
    let folder = Folder::new();
    let line = |k: usize| {
        let a = if k > 200 && k.is_multiple_of(10) {
            String::new()
        } else {
            format!("{}", (k % 2) as f64 * 3.0 + (k % 7) as f64 / 7.0)
        };
        format!("{a},{},{}", k % 5, k % 2)
    };
    let rows: Vec<String> = (0..500).map(line).collect();
    let data = folder.write("a.csv", format!("a,b,kind\n{}\n", rows.join("\n")));
    let done = stream(&["--json", "--data", &data]);
    assert_eq!(done.err.matches("missing").count(), 1, "{}", done.err);
    let done = done.json();
    assert!(done["bad_rows"] == 0 && done["rows"] == 400, "{done}");
}

#[test]
fn a_pipe_decides_by_the_rows_of_its_warm_up_and_leaves_out_what_says_nothing() {
    let rows: Vec<String> = lines(300).iter().enumerate().map(|(k, line)| format!("name {k},{line}")).collect();
    let mut child = openloop(&["stream", "--data", "-", "--warmup", "60", "--baselines", "none", "--predictions", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(format!("name,{HEADER}\n{}\n", rows.join("\n")).as_bytes()).unwrap();
    drop(input);
    let done = Outcome::from(child.wait_with_output().unwrap()).done();
    for words in ["3 features as 5 inputs", "column \"name\" is left out", "first 59 rows", "--date \"day\""] {
        assert!(done.err.contains(words), "{words}: {}", done.err);
    }
    assert_eq!(answers(&done.out).len(), 240);
}

#[test]
fn predict_and_a_frozen_stream_encode_alike_from_a_training_run_and_from_a_stream() {
    let folder = Folder::new();
    let mut rows = lines(120);
    rows[50] = "violet,f,,2024-02-29T12:00,a".into();
    let (data, run_folder, model) = (folder.write("a.csv", table(&lines(200))), folder.at("run"), folder.at("model"));
    let other = folder.write("b.csv", table(&rows));
    train("--epochs 3 --date day --out", &[&run_folder, "--data", &data]).done();
    stream(&["--date", "day", "--data", &data, "--model", &model]).done();
    for model in [&run_folder, &model] {
        let predicted = run(&["predict", model, &other]).done();
        let predicted: Vec<&str> = predicted.out.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
        let line =
            ["stream", "--frozen", "--baselines", "none", "--from", model, "--data", &other, "--predictions", "-"];
        let streamed = answers(&run(&line).done().out);
        let streamed: Vec<&str> = streamed.iter().map(|(_, label)| label.as_str()).collect();
        assert_eq!(predicted, streamed);
    }
}
