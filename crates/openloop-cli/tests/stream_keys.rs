//! `stream --key`: a learner for each key has the bits of a stream over its rows alone, whatever is in memory and whenever it is killed.

mod common;

use common::{Folder, Outcome, contents, openloop, piped, run, start_stream};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

const HEADER: &str = "device,a,b,c,kind\n";
const KEYS: [&str; 5] = ["pump-1", "../Pump-1", "p\u{fc}mpe", "a b", "pump-1."];

/// Rows of several keys, whose kinds differ from key to key; each with its key.
fn rows(count: usize) -> Vec<(&'static str, String)> {
    let row = |(at, ([a, b, c], kind)): (usize, ([f32; 3], &str))| {
        let key = KEYS[((at as u32).wrapping_mul(2_654_435_761) >> 16) as usize % KEYS.len()];
        let kind = if at % 11 == 0 { "" } else { kind };
        let a = a + key.len() as f32 * (at as f32 / count as f32);
        (key, format!("{key},{a},{b},{c},{kind}\n"))
    };
    common::rows(count).into_iter().enumerate().map(row).collect()
}

fn table(rows: &[(&str, String)]) -> String {
    rows.iter().fold(HEADER.to_string(), |text, (_, row)| text + row)
}

fn of_key(rows: &[(&'static str, String)], key: &str) -> String {
    table(&rows.iter().filter(|(own, _)| *own == key).cloned().collect::<Vec<_>>())
}

/// The models in a folder by the keys of their names.
fn models(folder: &str) -> BTreeMap<String, Vec<u8>> {
    let all = contents(folder).into_iter();
    let models = all.filter_map(|(path, bytes)| {
        Some((Path::new(&path).file_name()?.to_str()?.strip_suffix(".model")?.to_string(), bytes))
    });
    models.collect()
}

/// What a stream of such options over the rows of each key alone, and one over all of them with a learner for each key, say.
#[track_caller]
fn same_as_alone(options: &str, text_of: impl Fn(Option<&str>) -> String) {
    let folder = Folder::new();
    let words = |more: [&str; 4]| -> Vec<String> {
        let line = format!("stream --data - --label kind {options}");
        line.split_whitespace().chain(more).map(String::from).collect()
    };
    let go = |words: &[String], text: &str| piped(&words.iter().map(String::as_str).collect::<Vec<_>>(), text).done();
    let all = folder.at("all");
    let line = [words(["--key", "device", "--model", &all]), vec!["--keys-in-memory".into(), "2".into()]].concat();
    let together = go(&line, &text_of(None));
    let names = ["pump-1", "%2e%2e%2f+pump-1", "p%c3%bcmpe", "a%20b", "pump-1%2e"];
    assert_eq!(models(&all).len(), KEYS.len(), "{}", together.err);
    for (key, name) in KEYS.into_iter().zip(names) {
        let model = folder.at("alone");
        let alone = go(&words(["--ignore", "device", "--model", &model]), &text_of(Some(key)));
        assert!(fs::read(&model).unwrap() == models(&all)[name], "{key}: other bytes");
        let own = |line: &str| line.split_once(',').map(|(_, rest)| rest.to_string());
        let answers: Vec<String> = alone.out.lines().skip(1).filter_map(own).collect();
        let mark = format!("{key},");
        let found = together.out.lines().skip(1).filter_map(own);
        let found: Vec<String> = found.filter_map(|rest| Some(rest.strip_prefix(&mark)?.to_string())).collect();
        assert!(!answers.is_empty() && answers == found, "{key}");
        fs::remove_file(model).unwrap();
    }
}

#[test]
fn each_key_has_the_answers_and_the_bytes_of_a_stream_over_its_rows_alone() {
    let rows = rows(900);
    let text = |key: Option<&str>| key.map_or_else(|| table(&rows), |key| of_key(&rows, key));
    same_as_alone("--warmup 40 --net fc8", text);
    same_as_alone(
        "--warmup 40 --net fc4 --rule drtp --delay 5 --label-noise 0.1 --label-every 2 --learn low-confidence --reserve 2 \
         --baselines frozen --seed 4",
        text,
    );
    same_as_alone("--warmup 40 --net fc4 --arithmetic int8 --baselines none --learn on-drift", text);
}

#[test]
fn each_key_has_the_bytes_of_a_stream_of_values_over_its_rows_alone() {
    let value = |(key, row): &(&'static str, String)| {
        let cells: Vec<&str> = row.split(',').collect();
        let [a, b]: [f32; 2] = [cells[1].parse().unwrap(), cells[2].parse().unwrap()];
        (*key, format!("{key},{a},{b},{},{}\n", cells[3], 3.0 * a - b))
    };
    let rows: Vec<(&'static str, String)> = rows(900).iter().map(value).collect();
    let text = |key: Option<&str>| key.map_or_else(|| table(&rows), |key| of_key(&rows, key));
    same_as_alone("--warmup 40 --net fc8", text);
    same_as_alone("--task regression --warmup 10 --net fc4 --window 4 --hop 3 --baselines none", text);
}

#[test]
fn an_input_that_ends_in_the_warm_up_of_a_key_leaves_the_model_that_it_leaves_alone() {
    let rows = rows(150);
    let text = |key: Option<&str>| key.map_or_else(|| table(&rows), |key| of_key(&rows, key));
    let folder = Folder::new();
    let line = ["stream", "--data", "-", "--warmup", "60", "--net", "fc4", "--model"];
    let (all, alone) = (folder.at("all"), folder.at("alone"));
    piped(&[&line[..], &[&all, "--key", "device"]].concat(), &text(None)).done();
    piped(&[&line[..], &[&alone, "--ignore", "device"]].concat(), &text(Some("a b"))).done();
    assert!(fs::read(alone).unwrap() == models(&all)["a%20b"]);
}

const LINE: &str = "--label kind --key device --warmup 40 --net fc8 --delay 3 --keys-in-memory 3";

#[test]
fn killed_at_20_random_moments_it_ends_with_the_same_files_and_each_answer_once() {
    let folder = Folder::new();
    let data = folder.write("rows.csv", table(&rows(6000)));
    let line = |name: &str| format!("stream --data {data} {LINE} --save-every 0 --predictions {}", folder.at(name));
    let (whole, killed) = (folder.at("whole"), folder.at("killed"));
    let began = Instant::now();
    run(&common::stream_arguments(&line("whole.csv"), &whole)).done();
    let lasted = began.elapsed();
    let mut state = 20_261_130u64;
    for _ in 0..20 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut child = start_stream(&line("killed.csv"), &killed);
        std::thread::sleep(lasted.mul_f64((state >> 40) as f64 / (1 << 24) as f64 / 4.0) + Duration::from_millis(3));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    run(&common::stream_arguments(&line("killed.csv"), &killed)).done();
    let files = |folder: &str| -> Vec<(String, Vec<u8>)> {
        let name = |path: &str| Path::new(path).file_name().unwrap().to_string_lossy().into_owned();
        contents(folder).into_iter().map(|(path, bytes)| (name(&path), bytes)).collect()
    };
    assert!(files(&whole) == files(&killed), "other files");
    assert_eq!(
        fs::read_to_string(folder.at("whole.csv")).unwrap(),
        fs::read_to_string(folder.at("killed.csv")).unwrap()
    );
}

#[test]
fn a_file_that_grew_goes_on_and_one_that_was_rotated_is_counted_on() {
    let folder = Folder::new();
    let rows = rows(1200);
    let (log, whole) = (folder.at("log.csv"), folder.write("whole.csv", table(&rows)));
    let stream = |data: &str, name: &str| -> Outcome {
        let (model, out) = (folder.at(name), folder.at(&format!("{name}.out")));
        let line = format!("stream --data {data} {LINE} --model {model} --predictions {out}");
        run(&line.split_whitespace().collect::<Vec<_>>()).done()
    };
    for text in [table(&rows[..400]), table(&rows[..800]), table(&rows[800..])] {
        fs::write(&log, text).unwrap();
        stream(&log, "parts");
    }
    stream(&whole, "whole");
    let answers = |name: &str| fs::read_to_string(folder.at(&format!("{name}.out"))).unwrap();
    assert_eq!(answers("parts"), answers("whole"));
    fs::write(folder.at("other.csv"), table(&rows[..300])).unwrap();
    fs::remove_file(folder.at("parts.out")).unwrap();
    let other = stream(&folder.at("other.csv"), "parts");
    assert!(other.err.contains("counts begin anew"), "{}", other.err);
    assert_eq!(answers("parts").lines().nth(1).unwrap().split(',').next(), Some("1"), "no second warm-up");
}

#[test]
fn a_bad_row_costs_a_line_and_counts_for_its_key_alone() {
    let folder = Folder::new();
    let mut lines: Vec<String> = rows(600).into_iter().map(|(_, row)| row).collect();
    for (at, row) in [(300, ",1,2,3,red\n"), (310, "a b,1,x,3,red\n"), (320, "a b,1,2\n"), (330, "  ,1,2,3,red\n")] {
        lines.insert(at, row.into());
    }
    let data = folder.write("rows.csv", HEADER.to_string() + &lines.concat());
    let line = format!("stream --data {data} {LINE} --json");
    let done = run(&line.split_whitespace().collect::<Vec<_>>());
    assert_eq!(done.err.matches("; skipped").count(), 4, "{}", done.err);
    assert!(done.err.contains("(\"device\") is empty, not a key"), "{}", done.err);
    let found = done.json();
    assert_eq!((&found["bad_rows"], &found["rows_without_key"], &found["keys"]), (&4.into(), &3.into(), &5.into()));
    let bad = |one: &Value| one["bad_rows"].as_u64().unwrap();
    let all = found["per_key"].as_array().unwrap();
    assert!(all.iter().all(|one| bad(one) == u64::from(one["key"] == "a b")), "{found}");
    let stop = format!("{line} --on-bad-row stop");
    run(&stop.split_whitespace().collect::<Vec<_>>()).refused(1, &["row 301", "--on-bad-row stop"]);
}

#[test]
fn a_key_that_cannot_learn_does_not_stop_the_others() {
    let folder = Folder::new();
    let mut text = table(&rows(600));
    text.extend((0..200).map(|k| format!("same,{k},1,2,red\n")));
    let data = folder.write("rows.csv", &text);
    let line = format!("stream --data {data} {LINE} --json");
    let done = run(&line.split_whitespace().collect::<Vec<_>>());
    assert_eq!(done.err.matches("key \"same\": its warm-up of 40 rows has 1 class").count(), 1, "{}", done.err);
    let found = done.json();
    assert_eq!((&found["keys"], &found["keys_in_warmup"]), (&6.into(), &1.into()));
    let only = folder.write("only.csv", HEADER.to_string() + &"same,1,1,2,red\n".repeat(100));
    let line = format!("stream --data {only} {LINE}");
    run(&line.split_whitespace().collect::<Vec<_>>()).refused(1, &["none of the 1 keys", "\"same\"", "1 class"]);
}

#[test]
fn the_summary_has_the_sums_over_all_keys_and_the_worst_first() {
    let folder = Folder::new();
    let data = folder.write("rows.csv", table(&rows(1500)));
    let line = format!("stream --data {data} {LINE} --json");
    let found = run(&line.split_whitespace().collect::<Vec<_>>()).json();
    let all = found["per_key"].as_array().unwrap();
    let sum = |name: &str| all.iter().map(|one| one[name].as_u64().unwrap()).sum::<u64>();
    for name in ["rows", "judged", "updates", "drift_count"] {
        assert_eq!(found[name].as_u64(), Some(sum(name)), "{name}");
    }
    let right = |one: &Value| one["accuracy"].as_f64().unwrap() * one["judged"].as_f64().unwrap();
    let mean = all.iter().map(right).sum::<f64>() / sum("judged") as f64;
    assert!((found["accuracy"].as_f64().unwrap() - mean).abs() < 1e-9);
    let accuracies: Vec<f64> = all.iter().map(|one| one["accuracy"].as_f64().unwrap()).collect();
    assert!(accuracies.is_sorted() && accuracies.len() == 5, "{accuracies:?}");
    assert!(all[0]["baselines"]["frozen"].is_number() && found["loads"].as_u64() > Some(0), "{found}");
}

#[test]
fn a_model_of_a_key_is_at_home_in_the_other_commands() {
    let folder = Folder::new();
    let rows = rows(900);
    let (data, models) = (folder.write("rows.csv", table(&rows)), folder.at("models"));
    let line = format!("stream --data {data} {LINE} --model {models}");
    let done = run(&line.split_whitespace().collect::<Vec<_>>()).done();
    assert!(done.err.contains("openloop predict"), "{}", done.err);
    let (model, own) = (format!("{models}/a%20b.model"), folder.write("own.csv", of_key(&rows, "a b")));
    assert!(run(&["eval", &model, "--data", &own, "--json"]).json()["test_error"].as_f64() < Some(30.0));
    let from =
        format!("stream --data {data} --key device --from {model} --label kind --predictions {}", folder.at("p.csv"));
    run(&from.split_whitespace().collect::<Vec<_>>()).done();
    let answers = fs::read_to_string(folder.at("p.csv")).unwrap();
    assert_eq!(answers.lines().count(), 901, "no warm-up: every row is answered");
}

#[test]
fn what_does_not_go_together_is_refused() {
    let folder = Folder::new();
    let (data, model) = (folder.write("rows.csv", table(&rows(300))), folder.at("models"));
    let refused = |line: &str, words: &[&str]| {
        let line = line.replace("DATA", &data).replace("MODEL", &model);
        run(&line.split_whitespace().collect::<Vec<_>>()).refused(2, words);
    };
    refused("stream --key device", &["--key", "\"drift\" is no table"]);
    refused("stream --key device --data mqtt://broker/pump", &["--key", "readings"]);
    refused("stream --key device --data DATA --report /dev/null", &["--report", "--json"]);
    refused("stream --key devise --data DATA", &["devise", "device"]);
    refused("stream --key kind --label kind --data DATA", &["\"kind\" is the key and label too"]);
    refused("stream --key device --data DATA --keys-in-memory 0", &["keys-in-memory is 0"]);
    refused("stream --data DATA --keys-in-memory 5", &["--keys-in-memory without --key"]);
    folder.write("models/notes.txt", "mine");
    refused("stream --key device --data DATA --model MODEL", &["notes.txt", "empty folder"]);
    fs::remove_file(folder.at("models/notes.txt")).unwrap();
    let line = format!("stream --data {data} {LINE} --model {model}");
    run(&line.split_whitespace().collect::<Vec<_>>()).done();
    refused("stream --key a --data DATA --model MODEL", &["the key device", "a is asked for"]);
    refused("stream --key device --data DATA --model MODEL --net fc9", &["net fc8", "fc9"]);
    refused("stream --data DATA --model MODEL", &["a model for each key", "--key COLUMN"]);
    let index = format!("{model}/keys.json");
    fs::write(&index, fs::read_to_string(&index).unwrap().replacen("\"rows\":", "\"rows\":1", 1)).unwrap();
    run(&line.split_whitespace().collect::<Vec<_>>()).refused(1, &["keys.json", "checksum"]);
}

#[test]
fn learners_that_are_not_in_memory_leave_nothing_behind_where_nothing_is_kept() {
    let folder = Folder::new();
    let (data, temporary) = (folder.write("rows.csv", table(&rows(400))), folder.at("tmp"));
    fs::create_dir(&temporary).unwrap();
    let line = format!("stream --data {data} {LINE}");
    let output = openloop(&line.split_whitespace().collect::<Vec<_>>()).env("TMPDIR", &temporary).output().unwrap();
    assert!(output.status.success() && fs::read_dir(temporary).unwrap().next().is_none());
}
