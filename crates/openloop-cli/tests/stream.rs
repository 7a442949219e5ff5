//! `openloop stream` as its users see it: answers as they are made, labels late, missing or wrong, bad rows, closed pipes.

mod common;

use common::{Folder, Outcome, openloop, run};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

/// A generated stream of 3,000 rows, and what more is asked.
fn drift(more: &[&str]) -> Outcome {
    run(&[&["stream", "--rows", "3000", "--net", "fc16"][..], more].concat())
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// The first 300 rows of three clouds that move away from where they were, as CSV; every label's cell from `hidden` on is
/// empty.
fn moving_table(rows: usize, hidden: usize) -> String {
    let mut text = String::from("x,y,class\n");
    for (k, ([a, b, _], kind)) in common::rows(rows).into_iter().enumerate() {
        let away = 2.0 * k as f32 / rows as f32;
        let label = if k < hidden { kind } else { "" };
        text += &format!("{},{},{label}\n", a + away, b - away);
    }
    text
}

#[test]
fn the_network_that_keeps_learning_beats_the_frozen_one_on_every_kind_of_drift() {
    for kind in ["gradual", "abrupt", "recurring"] {
        let found = run(&["stream", "--drift", kind, "--rows", "10000", "--json"]).json();
        let (own, frozen) = (number(&found["accuracy"]), number(&found["frozen_accuracy"]));
        assert!(own > 90.0 && own > frozen + 2.0, "{kind}: {own} against {frozen}");
        let segments = found["segments"].as_array().unwrap();
        assert_eq!((segments.len(), &segments[0]["segment"], &segments[9]["segment"]), (10, &"1".into(), &"10".into()));
        let rows: u64 = segments.iter().map(|segment| segment["rows"].as_u64().unwrap()).sum();
        assert_eq!(rows, 10_000);
        assert!(found["baselines"]["majority"].as_f64() < Some(40.0), "{}", found["baselines"]);
    }
}

#[test]
fn the_same_seed_gives_the_same_answers_and_another_seed_others() {
    let figures = |seed: &str| {
        let mut found = drift(&["--json", "--seed", seed]).json();
        for time in ["seconds", "rows_per_second", "peak_bytes"] {
            found[time] = Value::Null;
        }
        found
    };
    assert_eq!(figures("1"), figures("1"));
    assert_ne!(figures("1")["confusion"], figures("2")["confusion"]);
}

#[test]
fn every_rule_runs_and_learns() {
    let rules = ["bp", "dfa", "drtp", "local-error", "local-error-learned", "local-hinge", "drtp-gated", "shallow"];
    for rule in rules {
        let found = drift(&["--rule", rule, "--json"]).json();
        assert!(number(&found["accuracy"]) > 85.0, "{rule}: {}", found["accuracy"]);
        assert_eq!(found["baselines"].get(rule), None, "{rule} is not its own baseline");
    }
}

#[test]
fn predictions_are_csv_on_standard_output_one_for_each_row_after_the_warm_up() {
    let done = drift(&["--warmup", "500"]).done();
    let lines: Vec<&str> = done.out.lines().collect();
    assert_eq!((lines[0], lines.len()), ("row,label,confidence", 2501));
    assert!(lines[1].starts_with("501,") && lines[2500].starts_with("3000,"), "{} {}", lines[1], lines[2500]);
    let confidence: f32 = lines[1].rsplit(',').next().unwrap().parse().unwrap();
    assert!((0.25..=1.0).contains(&confidence));
    assert!(done.err.contains("after the warm-up"), "{}", done.err);
}

#[test]
fn predictions_may_go_to_a_file_and_never_to_where_the_json_object_is() {
    let folder = Folder::new();
    let file = folder.at("predictions.csv");
    drift(&["--json", "--predictions", &file]).json();
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 1 + 2700);
    drift(&["--json", "--predictions", "-"]).refused(2, &["--predictions"]);
}

#[test]
fn a_row_from_standard_input_is_answered_before_the_next_one_comes() {
    let mut child = openloop(&["stream", "--data", "-", "--warmup", "200", "--baselines", "none"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let table = moving_table(210, 210);
    let (warmup, rest) = table.split_at(table.match_indices('\n').nth(200).unwrap().0 + 1);
    input.write_all(warmup.as_bytes()).unwrap();
    let mut line = String::new();
    for (k, row) in rest.lines().enumerate() {
        writeln!(input, "{row}").unwrap();
        if k == 0 {
            output.read_line(&mut line).unwrap(); // the header
        }
        line.clear();
        output.read_line(&mut line).unwrap();
        assert!(line.starts_with(&format!("{},", 201 + k)), "{line}");
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn an_answer_is_given_before_the_label_is_learned_from_under_every_rule_and_arithmetic() {
    let folder = Folder::new();
    let table = moving_table(230, 230);
    let (rest, last) = table.trim_end().rsplit_once('\n').unwrap();
    let (features, label) = last.rsplit_once(',').unwrap();
    // the same rows, whose last one is of another class: its answer cannot know
    let files = ["red", "green", "blue"].map(|class| {
        let file = folder.write(&format!("{class}.csv"), format!("{rest}\n{features},{class}\n"));
        (file, class == label)
    });
    assert_eq!(files.iter().filter(|(_, own)| *own).count(), 1);
    let rules = ["bp", "fa", "dfa", "sdfa", "drtp", "drtp-gated", "local-error", "local-hinge", "shallow"];
    for (rule, arithmetic) in rules.iter().flat_map(|rule| [(rule, "f32"), (rule, "int8")]) {
        if (*rule, arithmetic) == ("fa", "int8") {
            continue; // int8 has no fa
        }
        let answers = files.each_ref().map(|(file, _)| {
            let line = format!("stream --data {file} --warmup 200 --rule {rule} --arithmetic {arithmetic} --lr 0.3");
            run(&line.split(' ').collect::<Vec<_>>()).done().out
        });
        assert_eq!(answers[0].lines().count(), 1 + 30);
        assert!(answers[0] == answers[1] && answers[0] == answers[2], "{rule} in {arithmetic}: {answers:?}");
    }
}

#[test]
fn rows_without_labels_are_answered_and_neither_judged_nor_learned_from() {
    let folder = Folder::new();
    let file = folder.write("table.csv", moving_table(600, 400));
    let found = run(&["stream", "--data", &file, "--warmup", "200", "--json"]).json();
    assert_eq!((&found["rows"], &found["judged"], &found["updates"]), (&400.into(), &200.into(), &200.into()));
}

#[test]
fn late_labels_are_learned_from_late_and_all_are_counted_that_came() {
    let late = drift(&["--delay", "100", "--json"]).json();
    assert_eq!((&late["rows"], &late["judged"], &late["waiting"]), (&2700.into(), &2600.into(), &100.into()));
    assert!(number(&late["accuracy"]) > number(&late["frozen_accuracy"]));
}

#[test]
fn wrong_labels_do_harm_and_rare_labels_less_good() {
    let accuracy =
        |more: &[&str]| number(&drift(&[more, &["--json", "--drift", "abrupt"]].concat()).json()["accuracy"]);
    let (clean, noisy) = (accuracy(&[]), accuracy(&["--label-noise", "0.5"]));
    assert!(noisy < clean - 1.0, "{noisy} with noise, {clean} without");
    let rare = drift(&["--label-every", "10", "--json"]).json();
    assert_eq!((&rare["judged"], &rare["updates"]), (&2700.into(), &270.into()));
}

#[test]
fn a_policy_spends_fewer_updates_and_says_how_many_it_could_have() {
    for (policy, most) in [("on-error", 600), ("low-confidence", 2000), ("on-drift", 2000)] {
        let found = drift(&["--drift", "abrupt", "--standardise", "warmup", "--learn", policy, "--json"]).json();
        assert_eq!((&found["policy"], &found["possible_updates"]), (&policy.into(), &2700.into()));
        let updates = found["updates"].as_u64().unwrap();
        assert!(updates > 0 && updates < most, "{policy}: {updates}");
    }
    let frozen = drift(&["--frozen", "--standardise", "warmup", "--json"]).json();
    assert_eq!((&frozen["updates"], &frozen["accuracy"]), (&0.into(), &frozen["frozen_accuracy"]));
}

#[test]
fn a_sudden_drift_is_signalled_and_a_steady_stream_is_quiet() {
    let found = run(&["stream", "--drift", "abrupt", "--frozen", "--standardise", "off", "--json"]).json();
    assert!(found["drift_count"].as_u64() >= Some(1), "{}", found["drifts"]);
    let first = found["drifts"][0].as_u64().unwrap();
    assert!((2000..2600).contains(&first), "the sensors change after row 2000, the first signal came at {first}");
}

#[test]
fn a_class_that_comes_later_takes_a_place_that_was_reserved_and_is_counted_as_wrong_without_one() {
    let folder = Folder::new();
    let early: String = common::rows(400)
        .into_iter()
        .enumerate()
        .filter(|(k, (_, kind))| *k >= 200 || *kind != "blue")
        .map(|(_, ([a, b, _], kind))| format!("{a},{b},{kind}\n"))
        .collect();
    let file = folder.write("table.csv", format!("x,y,class\n{early}"));
    let warm = ["stream", "--data", &file, "--warmup", "100", "--json"];
    let found = run(&[&warm[..], &["--reserve", "1"]].concat()).json();
    assert_eq!(found["classes"][2], "blue");
    let blue = &found["confusion"][2];
    assert!(blue[2].as_u64() > Some(30), "{blue}: the new class is not learned");
    let rows: u64 = blue.as_array().unwrap().iter().filter_map(serde_json::Value::as_u64).sum();
    for late in [&[][..], &["--delay", "7"]] {
        let reserved = run(&[&warm[..], late, &["--reserve", "1"]].concat()).json();
        let answers = folder.write("answers.csv", "");
        let without = run(&[&warm[..], late, &["--predictions", &answers]].concat());
        assert_eq!(without.err.matches("class \"blue\" was never seen").count(), 1, "{}", without.err);
        let without = without.json();
        for count in ["rows", "judged", "bad_rows"] {
            assert_eq!(reserved[count], without[count], "{count} of {late:?}");
        }
        let answered = std::fs::read_to_string(&answers).unwrap().lines().count() as u64 - 1;
        assert_eq!(without["rows"].as_u64(), Some(answered));
        assert_eq!((&without["bad_rows"], without["classes"].as_array().unwrap().len()), (&0.into(), 2));
        let waiting = without["waiting"].as_u64().unwrap();
        let unknown = without["unknown_class_rows"].as_u64().unwrap();
        assert!(unknown <= rows && unknown + waiting >= rows && unknown > 50, "{unknown} of {rows}");
        let judged = without["judged"].as_u64().unwrap();
        let right: u64 = (0..2).filter_map(|k| without["confusion"][k][k].as_u64()).sum();
        assert_eq!(without["accuracy"].as_f64(), Some(100.0 * right as f64 / judged as f64));
    }
}

#[test]
fn a_bad_row_is_named_by_its_number_and_skipped_or_stops_the_stream() {
    let folder = Folder::new();
    let mut lines: Vec<String> = moving_table(300, 300).lines().map(String::from).collect();
    for (row, text) in
        [(250, "1,2"), (251, "1,NaN,red"), (252, "1,inf,red"), (253, ",2,red"), (254, "1,x,red"), (255, "1,2,purple")]
    {
        lines[row] = text.into();
    }
    let file = folder.write("table.csv", lines.join("\n"));
    let options = ["stream", "--data", &file, "--warmup", "200"];
    let done = run(&[&options[..], &["--json"]].concat());
    let missing = ["line 252 is taken as the mean", "line 254 is taken as the mean"];
    for words in ["row 250: ", "2 cells", "\"inf\"", "\"x\"", "class \"purple\" was never seen", missing[0], missing[1]]
    {
        assert!(done.err.contains(words), "\"{words}\" is missing in {}", done.err);
    }
    let found = done.json();
    assert_eq!((&found["bad_rows"], &found["rows"]), (&3.into(), &97.into()));
    assert_eq!(found["unknown_class_rows"], 1);
    let off = run(&[&options[..], &["--json", "--standardise", "off"]].concat());
    assert!(["\"NaN\"", "empty"].iter().all(|words| off.err.contains(words)), "{}", off.err);
    assert_eq!(off.json()["bad_rows"], 5);
    run(&[&options[..], &["--on-bad-row", "stop"]].concat()).refused(1, &["row 250", "2 cells"]);
}

#[test]
fn a_stream_of_long_runs_of_a_class_comes_with_a_warning() {
    let folder = Folder::new();
    let mut rows = common::rows(900);
    let mut tail = rows.split_off(300);
    tail.sort_by_key(|(_, kind)| *kind);
    let noisy =
        |(k, ([a, _, c], kind)): (usize, ([f32; 3], &str))| format!("{},{},{kind}\n", a % 1.0, c * (k % 7) as f32);
    let text: String = rows.into_iter().chain(tail).enumerate().map(noisy).collect();
    let file = folder.write("table.csv", format!("x,y,class\n{text}"));
    let found = run(&["stream", "--data", &file, "--warmup", "300", "--lr", "0.001", "--json"]).json();
    assert!(found["warnings"][0].as_str().is_some_and(|text| text.contains("last label")), "{}", found["warnings"]);
}

#[test]
fn a_closed_pipe_ends_the_stream_cleanly() {
    let mut child = openloop(&["stream", "--rows", "100000", "--baselines", "none"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut few = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut few).unwrap();
    let ended: Outcome = child.wait_with_output().unwrap().into();
    ended.done();
}

#[test]
fn wrong_requests_are_one_clear_line() {
    for (options, words) in [
        (&["--data", "nothing"][..], "nothing"),
        (&["--lr", "-1"], "lr"),
        (&["--label-noise", "2"], "label-noise"),
        (&["--baselines", "magic"], "magic"),
        (&["--data", "mqtt://localhost/topic"], "--model"),
        (&["--data", "mqtt://me:geheim@localhost/topic"], "OPENLOOP_MQTT_PASSWORD"),
        (&["--data", "synthetic-regression"], "classes"),
        (&["--rows", "0"], "rows"),
    ] {
        let line = run(&[&["stream"][..], options].concat()).refused(2, &[words]);
        assert!(!line.contains("geheim"));
    }
    let folder = Folder::new();
    let one = folder.write("one.csv", "x,class\n1,a\n2,a\n");
    run(&["stream", "--data", &one]).refused(1, &["2 rows", "1 classes"]);
    run(&["stream", "--data", &folder.write("empty.csv", "")]).refused(2, &["empty"]);
}

#[test]
fn a_report_is_one_page_that_loads_nothing_and_shows_both_networks() {
    let folder = Folder::new();
    let file = folder.at("report.html");
    drift(&["--drift", "abrupt", "--report", &file]).done();
    let page = fs::read_to_string(&file).unwrap();
    for words in ["Right answers over the rows of drift", "Without learning", "last-label", "--drift abrupt", "</html>"]
    {
        assert!(page.contains(words), "{words}");
    }
    for word in ["<script", "src=", "http:", "NaN"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn a_drift_right_after_the_warm_up_is_signalled_and_learned_from() {
    let folder = Folder::new();
    let kind = |k: usize, kind: &'static str| match kind {
        "red" if k >= 300 => "green",
        "green" if k >= 300 => "blue",
        "blue" if k >= 300 => "red",
        kind => kind,
    };
    let line = |(k, ([a, b, c], name)): (usize, ([f32; 3], &'static str))| format!("{a},{b},{c},{}\n", kind(k, name));
    let rows: String = common::rows(1200).into_iter().enumerate().map(line).collect();
    let data = folder.write("table.csv", format!("a,b,c,kind\n{rows}"));
    let found = run(&["stream", "--data", &data, "--warmup", "300", "--learn", "on-drift", "--json"]).json();
    // every answer is wrong from the first one on: their rate does not grow, but it was low on the warm-up
    let (own, frozen) = (found["accuracy"].as_f64().unwrap(), found["frozen_accuracy"].as_f64().unwrap());
    assert!(found["drifts"][0].as_u64() < Some(350) && found["drift_count"].as_u64() > Some(0), "{found}");
    assert!(frozen < 10.0 && own > 60.0, "{own} and {frozen}");
}
