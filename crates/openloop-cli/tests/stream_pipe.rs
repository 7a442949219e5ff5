//! Streams whose rows come through a pipe and do not come again.

mod common;

use common::{Folder, Outcome, openloop, piped, rows, table};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

#[test]
fn a_pipe_saves_its_model_right_after_the_warm_up() {
    let folder = Folder::new();
    let model = folder.at("sensor.model");
    let line = ["stream", "--data", "-", "--model", &model, "--warmup", "50", "--save-every", "100000"];
    let mut child = openloop(&line).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
    let mut pipe = child.stdin.take().expect("a pipe");
    pipe.write_all(table(60).as_bytes()).and_then(|()| pipe.flush()).expect("rows go in");
    let started = Instant::now();
    // the pipe stays open: nothing but the end of the warm-up is a reason to save
    while !Path::new(&model).exists() && started.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().and_then(|()| child.wait().map(drop)).expect("it is killed");
    assert!(Path::new(&model).exists(), "no model after the warm-up");
}

/// The rows of `common::rows` in these columns, where every fifth label is missing: the header and 160 rows.
fn in_columns(columns: &[&str]) -> Vec<String> {
    let row = |(k, ([a, b, c], kind)): (usize, ([f32; 3], &'static str))| {
        let cell = |name: &&str| match *name {
            "a" => a.to_string(),
            "b" => b.to_string(),
            "c" => c.to_string(),
            "kind" => {
                if k % 5 == 0 {
                    String::new()
                } else {
                    kind.into()
                }
            }
            "note" => format!("n{k}"),
            _ => format!("part {}", k / 70),
        };
        columns.iter().map(cell).collect::<Vec<_>>().join(",") + "\n"
    };
    [columns.join(",") + "\n"].into_iter().chain(rows(160).into_iter().enumerate().map(row)).collect()
}

/// A stream over all rows of a pipe, and one that started again with the row after the first hundred, by the same command; their
/// predictions, and the segments of the second.
fn whole_and_parts(columns: &[&str], options: &[&str], change: impl Fn(&str) -> String) -> (String, String, Outcome) {
    let folder = Folder::new();
    let lines = in_columns(columns);
    let (first, rest) = lines.split_at(101);
    let run = |model: &str, text: &str| {
        let model = folder.at(model);
        let line = ["stream", "--data", "-", "--warmup", "30", "--net", "fc8", "--model", &model];
        piped(&[&line[..], options].concat(), text).done()
    };
    let rest: String = rest.iter().map(|line| change(line)).collect();
    let whole = run("whole", &(first.concat() + &rest));
    let begun = run("parts", &first.concat());
    let again = run("parts", &rest);
    let rows = again.out.strip_prefix("row,label,confidence\n").expect("a header").to_string();
    (whole.out, begun.out + &rows, again)
}

#[test]
fn a_pipe_that_starts_again_in_the_middle_takes_its_columns_in_the_trained_order() {
    let columns: [&[&str]; 6] = [
        &["a", "b", "c", "kind"],
        &["kind", "a", "b", "c"],
        &["a", "kind", "b", "c"],
        &["note", "a", "kind", "b", "c"],
        &["segment", "a", "kind", "b", "c"],
        &["a", "note", "b", "segment", "c", "kind"],
    ];
    for columns in columns {
        let ignored = columns.contains(&"note");
        let options = if ignored { &["--label", "kind", "--ignore", "note"][..] } else { &["--label", "kind"] };
        let (whole, parts, again) = whole_and_parts(columns, options, str::to_string);
        assert_eq!(whole, parts, "{columns:?}");
        let place = columns.iter().position(|name| *name == "kind").unwrap() + 1;
        assert!(again.err.contains(&format!("header: no; label: \"kind\" (column {place})")), "{}", again.err);
        assert_eq!(again.err.contains("\npart 2 "), columns.contains(&"segment"), "{columns:?}: {}", again.err);
    }
}

#[test]
fn a_pipe_goes_on_though_its_first_row_has_no_label_or_cannot_be_used() {
    // the row after the hundredth has no label; here it also has no number, an empty one, or all of them missing
    for (from, to) in [("", ""), ("a", "ERR"), ("b", ""), ("c", "NA")] {
        let columns = ["a", "kind", "b", "c"];
        let place = columns.iter().position(|name| *name == from);
        let first = in_columns(&columns)[101].clone();
        let change = |line: &str| match place {
            Some(place) if line == first => {
                let mut cells: Vec<&str> = line.trim_end().split(',').collect();
                cells[place] = to;
                cells.join(",") + "\n"
            }
            _ => line.to_string(),
        };
        let (whole, parts, again) = whole_and_parts(&columns, &["--label", "kind"], change);
        assert_eq!(whole, parts, "{from} is {to:?}");
        // a missing feature is taken as the mean, anything else that is no number makes the row a bad one
        assert_eq!(again.err.contains("row 101: line 1, column"), to == "ERR", "{}", again.err);
        assert_eq!(again.err.contains("in line 1 is taken as the mean"), ["b", "c"].contains(&from), "{}", again.err);
    }
}

#[test]
fn rows_that_lack_what_was_ignored_or_the_label_are_taken_too_by_the_same_command() {
    let (all, used) = (["note", "a", "kind", "b", "c"], ["a", "kind", "b", "c"]);
    let folder = Folder::new();
    let model = folder.at("a.model");
    let line =
        ["stream", "--data", "-", "--warmup", "30", "--net", "fc8", "--label", "kind", "--ignore", "note", "--model"];
    let line = [&line[..], &[&model]].concat();
    piped(&line, &in_columns(&all)[..101].concat()).done();
    let kept = std::fs::read(&model).unwrap();
    let answers = |columns: &[&str]| {
        std::fs::write(&model, &kept).unwrap();
        piped(&[&line[..], &["--frozen"]].concat(), &in_columns(columns)[101..].concat()).done().out
    };
    let expected = answers(&all);
    assert_eq!(expected.lines().count(), 61);
    assert_eq!(answers(&used), expected);
    assert_eq!(answers(&["a", "b", "c"]), expected);
    std::fs::write(&model, &kept).unwrap();
    let wrong = [&line[..], &["--segment", "part"]].concat();
    let words = ["has no column \"part\"", "those of the model, \"note\", \"a\", \"kind\""];
    piped(&wrong, &in_columns(&all)[101..].concat()).refused(2, &words);
}
