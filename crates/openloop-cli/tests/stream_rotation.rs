//! A stream that starts again beside its model: is its file the one before, that one grown, renamed, or another in its place?

mod common;

use common::{Folder, Outcome, openloop, run, table};
use flate2::{Compression, write::GzEncoder};
use std::fs;
use std::io::Write;

const HEADER: &str = "a,b,c,kind\n";

/// Rows of [`table`] from `first` to before `end`, with the header.
fn part(first: usize, end: usize) -> String {
    let table = table(end);
    let lines: Vec<&str> = table.lines().skip(1 + first).collect();
    format!("{HEADER}{}\n", lines.join("\n"))
}

/// A stream over `data` with the model and the predictions of `name`.
fn stream(folder: &Folder, data: &str, name: &str) -> Outcome {
    let (model, predictions) = (folder.at(&format!("{name}.model")), folder.at(&format!("{name}.csv")));
    let line = "--label kind --warmup 30 --net fc8 --delay 3 --model";
    let words = ["stream", "--data", data].into_iter().chain(line.split(' '));
    run(&words.chain([model.as_str(), "--predictions", &predictions]).collect::<Vec<_>>())
}

fn predictions(folder: &Folder, name: &str) -> String {
    fs::read_to_string(folder.at(&format!("{name}.csv"))).unwrap()
}

/// The predictions of a stream over all rows of `parts` in one file.
fn of_one_file(folder: &Folder, parts: &[String]) -> String {
    let rows = parts.iter().flat_map(|part| part.lines().skip(1)).fold(String::new(), |all, line| all + line + "\n");
    let whole = folder.write("whole/log.csv", format!("{HEADER}{rows}"));
    stream(folder, &whole, "whole").done();
    predictions(folder, "whole")
}

const REPLACED: &str = "is another file than before (it was replaced or rotated: ";

#[test]
fn another_file_in_the_place_is_read_from_its_first_row_shorter_or_longer() {
    for rows in [40, 400] {
        let folder = Folder::new();
        let parts = [part(0, 90), part(1000, 1000 + rows)];
        let log = folder.write("log.csv", &parts[0]);
        stream(&folder, &log, "a").done();
        fs::write(&log, &parts[1]).unwrap();
        let again = stream(&folder, &log, "a").done();
        let words = format!("{log} {REPLACED}its first bytes are others): read from its first row, which is row 91");
        assert!(again.err.contains(&words), "{}", again.err);
        assert_eq!(predictions(&folder, "a"), of_one_file(&folder, &parts), "{rows} rows");
        let nothing_new = stream(&folder, &log, "a").done();
        assert!(!nothing_new.err.contains("another file"), "{}", nothing_new.err);
        assert_eq!(predictions(&folder, "a").lines().count(), 1 + 60 + rows, "{rows} rows");
    }
}

#[test]
fn a_file_with_fewer_rows_than_the_model_has_seen_is_another_though_it_begins_alike() {
    let folder = Folder::new();
    let parts = [part(0, 600), part(0, 400)];
    let log = folder.write("log.csv", &parts[0]);
    stream(&folder, &log, "a").done();
    fs::write(&log, &parts[1]).unwrap();
    let again = stream(&folder, &log, "a").done();
    let words = format!("{log} {REPLACED}it has fewer rows than those that");
    assert!(again.err.contains(&words), "{}", again.err);
    assert_eq!(predictions(&folder, "a"), of_one_file(&folder, &parts));
}

#[test]
fn a_file_that_grows_between_rotations_loses_no_row_and_gives_none_twice() {
    let folder = Folder::new();
    let log = folder.at("log.csv");
    let steps = [(0, 90), (0, 120), (1000, 1001), (1000, 1040), (1000, 1200), (2000, 2150), (2000, 2150)];
    for (first, end) in steps {
        fs::write(&log, part(first, end)).unwrap();
        stream(&folder, &log, "a").done();
    }
    let whole = of_one_file(&folder, &[part(0, 120), part(1000, 1200), part(2000, 2150)]);
    assert_eq!(predictions(&folder, "a"), whole);
}

#[test]
fn a_file_that_was_rotated_to_its_header_alone_waits_for_its_rows() {
    let folder = Folder::new();
    let log = folder.at("log.csv");
    for text in [part(0, 90), HEADER.to_string(), part(1000, 1100)] {
        fs::write(&log, text).unwrap();
        stream(&folder, &log, "a").done();
    }
    assert_eq!(predictions(&folder, "a"), of_one_file(&folder, &[part(0, 90), part(1000, 1100)]));
}

#[test]
fn rows_of_a_rotated_file_whose_model_was_not_saved_are_answered_again_once() {
    let folder = Folder::new();
    let log = folder.write("log.csv", part(0, 90));
    stream(&folder, &log, "a").done();
    let before = fs::read(folder.at("a.model")).unwrap();
    fs::write(&log, part(1000, 1100)).unwrap();
    stream(&folder, &log, "a").done();
    let whole = predictions(&folder, "a");
    assert_eq!(whole.lines().count(), 1 + 60 + 100);
    // as a kill leaves it: answers on the disk, the model before them
    fs::write(folder.at("a.model"), before).unwrap();
    fs::write(folder.at("a.csv"), &whole[..whole.len() - 40]).unwrap();
    stream(&folder, &log, "a").done();
    assert_eq!(predictions(&folder, "a"), whole);
}

#[test]
fn the_same_file_under_another_name_or_packed_goes_on_after_the_rows_seen() {
    let folder = Folder::new();
    let log = folder.write("log.csv", part(0, 90));
    stream(&folder, &log, "a").done();
    let moved = folder.write("old/log.1.csv", part(0, 120));
    let again = stream(&folder, &moved, "a").done();
    let words = format!("{moved} begins as {log} did: it is taken for the same file under another name");
    assert!(again.err.contains(&words) && again.err.contains("going on after row 90"), "{}", again.err);
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(part(0, 150).as_bytes()).unwrap();
    let packed = folder.write("old/log.1.csv.gz", packed.finish().unwrap());
    let again = stream(&folder, &packed, "a").done();
    assert!(again.err.contains("under another name"), "{}", again.err);
    assert_eq!(predictions(&folder, "a"), of_one_file(&folder, &[part(0, 150)]));
}

#[test]
fn another_file_under_another_name_begins_new_counts_and_says_so() {
    let folder = Folder::new();
    let (log, other) = (folder.write("log.csv", part(0, 90)), folder.write("other.csv", part(1000, 1050)));
    stream(&folder, &log, "a").done();
    let model = folder.at("a.model");
    let again = run(&["stream", "--data", &other, "--model", &model, "--predictions", &folder.at("b.csv")]).done();
    let words = format!("{other} is not {log}, from which {model} has learned last: read from its first row");
    assert!(again.err.contains(&words), "{}", again.err);
    let rows = predictions(&folder, "b");
    assert!(rows.lines().count() == 51 && rows.lines().nth(1).unwrap().starts_with("1,"), "{rows}");
    let from = run(&["stream", "--data", &log, "--from", &model, "--predictions", &folder.at("c.csv")]).done();
    assert!(!from.err.contains("is not") && !from.err.contains("another"), "{}", from.err);
    assert_eq!(predictions(&folder, "c").lines().count(), 91, "--from starts at the first row");
}

#[test]
fn a_file_that_has_other_columns_now_is_refused_and_the_model_stays() {
    let folder = Folder::new();
    let log = folder.write("log.csv", part(0, 90));
    stream(&folder, &log, "a").done();
    let before = fs::read(folder.at("a.model")).unwrap();
    fs::write(&log, "a,b,kind\n1,2,red\n").unwrap();
    let error = stream(&folder, &log, "a");
    assert!(error.code != Some(0) && error.err.contains("\"c\""), "{}", error.err);
    assert!(fs::read(folder.at("a.model")).unwrap() == before);
}

#[test]
fn generated_rows_that_are_fewer_than_before_say_that_nothing_is_left() {
    let folder = Folder::new();
    let model = folder.at("a.model");
    let line = ["stream", "--predictions", "/dev/null", "--model", &model, "--rows"];
    run(&[&line[..], &["2000"]].concat()).done();
    let again = run(&[&line[..], &["1000"]].concat()).done();
    assert!(again.err.contains("drift has fewer rows than the 2000 that"), "{}", again.err);
}

/// The rows of a pipe do not come again, whatever the pipe is called.
#[cfg(unix)]
#[test]
fn a_named_pipe_goes_on_with_its_next_row() {
    let folder = Folder::new();
    let pipe = folder.at("pipe.csv");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for text in [part(0, 90), part(90, 150)] {
        let (model, out) = (folder.at("a.model"), folder.at("a.csv"));
        let line = ["stream", "--data", &pipe, "--warmup", "30", "--model", &model, "--predictions", &out];
        let child = openloop(&line).stderr(std::process::Stdio::piped()).spawn().unwrap();
        fs::write(&pipe, text).unwrap();
        Outcome::from(child.wait_with_output().unwrap()).done();
    }
    let numbers: Vec<u64> = predictions(&folder, "a")
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(numbers, (31..=150).collect::<Vec<u64>>());
}
