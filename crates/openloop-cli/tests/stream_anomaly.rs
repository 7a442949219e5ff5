//! Streams without labels: rows that are unlike those before are flagged and not learned from, labels judge and teach nothing, and a killed
//! stream goes on with the same bits.

mod common;

use common::{Folder, Outcome, killed_at_random, piped, run, stream_arguments};
use serde_json::Value;
use std::fmt::Write;
use std::fs;

/// Four sensors of two hidden quantities. A row in fifty, from row 600 on, has a sensor that goes its own way: its state is "worn".
struct Sensors {
    rows: Vec<([f64; 4], bool)>,
}

impl Sensors {
    fn new(count: usize) -> Self {
        let mut state = 99u32;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1u32 << 24) - 0.5
        };
        let row = |k: usize| {
            let [a, b] = [random(), random()].map(|value| 4.0 * value);
            let mut row = [a, a + b, b - a, b].map(|value| 20.0 + value + 0.2 * random());
            let (draw, which) = (random() + 0.5, (4.0 * (random() + 0.5)) as usize);
            let is_worn = k >= 600 && draw < 0.02;
            if is_worn {
                row[which.min(3)] += 4.0;
            }
            (row, is_worn)
        };
        Sensors { rows: (0..count).map(row).collect() }
    }

    /// As a table, with the states or without.
    fn table(&self, with_states: bool) -> String {
        let mut text = String::from(if with_states { "a,b,c,d,state\n" } else { "a,b,c,d\n" });
        for ([a, b, c, d], is_worn) in &self.rows {
            let state = ["ok", "worn"][usize::from(*is_worn)];
            write!(text, "{a:.5},{b:.5},{c:.5},{d:.5}").unwrap();
            text.push_str(&if with_states { format!(",{state}\n") } else { "\n".into() });
        }
        text
    }
}

/// A stream without labels over `data`, and what more is asked, split at blanks.
fn stream(data: &str, more: &str) -> Outcome {
    let line = ["stream", "--data", data, "--task", "anomaly"];
    run(&line.into_iter().chain(more.split_whitespace()).collect::<Vec<_>>())
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

/// The rows of predictions: number, score, threshold, flagged.
fn predictions(file: &str) -> Vec<[f64; 4]> {
    let text = fs::read_to_string(file).unwrap();
    assert_eq!(text.lines().next(), Some("row,score,threshold,flagged"));
    let row = |line: &str| {
        let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        cells.try_into().unwrap()
    };
    text.lines().skip(1).map(row).collect()
}

#[test]
fn anomalies_have_high_scores_and_are_flagged_at_once() {
    let folder = Folder::new();
    let data = folder.write("sensors.csv", Sensors::new(5000).table(true));
    let file = folder.at("predictions.csv");
    let found = stream(&data, &format!("--label state --normal ok --json --predictions {file}")).json();
    assert_eq!((&found["task"], &found["judged"]), (&"anomaly".into(), &4500.into()));
    assert!(number(&found["auc"]) > 0.95, "{}", found["auc"]);
    assert!(number(&found["alarm_recall"]) > 70.0 && number(&found["alarm_precision"]) > 50.0, "{found}");
    assert!(number(&found["flagged_share"]) < 5.0 && number(&found["mean_delay"]) < 1.0, "{found}");
    let rows = predictions(&file);
    assert_eq!((rows.len(), rows[0][0]), (4500, 501.0));
    assert!(rows.iter().all(|[_, score, threshold, flagged]| (score > threshold) == (*flagged == 1.0)));
    assert_eq!(rows.iter().map(|row| row[3]).sum::<f64>(), number(&found["flagged"]));
    // what was flagged was not learned from
    assert_eq!(number(&found["updates"]), 4500.0 - number(&found["flagged"]));
}

#[test]
fn labels_teach_nothing() {
    let folder = Folder::new();
    let sensors = Sensors::new(2000);
    let (with, without) =
        (folder.write("with.csv", sensors.table(true)), folder.write("without.csv", sensors.table(false)));
    let [judged, ignored, alone] = ["judged.csv", "ignored.csv", "alone.csv"].map(|name| folder.at(name));
    stream(&with, &format!("--label state --normal ok --predictions {judged}")).done();
    stream(&with, &format!("--ignore state --predictions {ignored}")).done();
    let told = stream(&without, &format!("--predictions {alone}")).done().err;
    assert!(told.contains("no label; 4 features") && !told.contains("AUC"), "{told}");
    let same = fs::read(&judged).unwrap();
    assert!(same == fs::read(&ignored).unwrap() && same == fs::read(&alone).unwrap());
}

#[test]
fn a_column_called_label_is_no_feature_and_is_read_where_it_is_said_what_is_normal() {
    let folder = Folder::new();
    let data = folder.write("sensors.csv", Sensors::new(1500).table(true).replace("state", "label"));
    let found = stream(&data, "--json --predictions /dev/null").json();
    assert_eq!((&found["judged"], &found["auc"], &found["net"]), (&0.into(), &Value::Null, &"fc2".into()));
    let found = stream(&data, "--normal ok --json --predictions /dev/null").json();
    assert!(number(&found["judged"]) == 1000.0 && number(&found["auc"]) > 0.9);
}

#[test]
fn killed_at_random_moments_it_ends_with_the_same_bytes() {
    let folder = Folder::new();
    let data = folder.write("sensors.csv", Sensors::new(40_000).table(true));
    let line = "--task anomaly --label state --normal ok --save-every 0 --seed 3 --predictions /dev/null";
    killed_at_random(8, &format!("stream --data {data} {line}"));
}

#[test]
fn rows_that_were_added_to_a_file_without_labels_are_scored_where_it_stopped() {
    let folder = Folder::new();
    let table = Sensors::new(1500).table(false);
    let (file, parts, whole) = (folder.at("sensors.csv"), folder.at("parts"), folder.at("whole"));
    let scores = [folder.at("parts.csv"), folder.at("whole.csv")];
    let line = |k: usize| format!("stream --data {file} --task anomaly --predictions {}", scores[k]);
    fs::write(&file, &table[..table.match_indices('\n').nth(777).unwrap().0 + 1]).unwrap();
    run(&stream_arguments(&line(0), &parts)).done();
    fs::write(&file, &table).unwrap();
    // the model says what the rows are for
    let again = run(&stream_arguments(&line(0).replace("--task anomaly", ""), &parts)).done();
    assert!(again.err.contains("going on after row 777"), "{}", again.err);
    run(&stream_arguments(&line(1), &whole)).done();
    assert!(fs::read(&parts).unwrap() == fs::read(&whole).unwrap());
    assert!(fs::read(&scores[0]).unwrap() == fs::read(&scores[1]).unwrap());
}

#[test]
fn nothing_that_a_sensor_sends_stops_it_or_changes_how_good_rows_are_scored() {
    let folder = Folder::new();
    let clean = Sensors { rows: Sensors::new(3000).rows.into_iter().filter(|row| !row.1).collect() };
    let text = clean.table(false);
    let lines: Vec<&str> = text.lines().collect();
    let odd = ["1e300,-1e300,1e38,0", "inf,1,2,3", "NaN,,,", ",,,", "1,2", "on,off,on,off", "9e99,20,20,20"];
    let mut dirty = lines[..800].to_vec();
    lines[800..].chunks(40).zip(odd.iter().cycle()).for_each(|(good, odd)| {
        dirty.extend(good);
        dirty.push(odd);
    });
    let dirty = folder.write("dirty.csv", dirty.join("\n"));
    let found = stream(&dirty, &format!("--json --predictions {}", folder.at("dirty-scores.csv"))).json();
    let undisturbed = stream(&folder.write("clean.csv", &text), "--json --predictions /dev/null").json();
    assert!(number(&found["bad_rows"]) > 0.0 && number(&found["drift_count"]) == 0.0, "{found}");
    let [one, other] = [&found, &undisturbed].map(|found| number(&found["threshold"]));
    assert!((one / other - 1.0).abs() < 0.2, "{one} {other}");
    let good = number(&found["rows"]) - number(&undisturbed["rows"]);
    assert!(number(&found["flagged"]) < good + 2.0 * number(&undisturbed["flagged"]).max(20.0), "{found}");
}

#[test]
fn a_missing_cell_has_no_error_and_a_row_of_nothing_else_is_not_flagged() {
    let folder = Folder::new();
    let text = Sensors::new(700).table(false) + ",,,\n20,20,20,20\n,,,\n";
    let file = folder.at("predictions.csv");
    stream(&folder.write("sensors.csv", text), &format!("--predictions {file}")).done();
    let rows = predictions(&file);
    assert_eq!((rows[200][1], rows[200][3], rows[202][1]), (0.0, 0.0, 0.0));
}

#[test]
fn another_state_of_the_machine_is_flagged_for_a_while_and_then_learned() {
    let folder = Folder::new();
    let moved = Sensors::new(6000).rows.into_iter().enumerate().map(|(k, (mut row, worn))| {
        if k >= 2000 {
            row = [row[3], row[0] + 30.0, row[1], 10.0 - row[2]];
        }
        (row, worn)
    });
    let data = folder.write("moved.csv", Sensors { rows: moved.collect() }.table(false));
    let file = folder.at("predictions.csv");
    let found = stream(&data, &format!("--json --predictions {file}")).json();
    assert_eq!((&found["drift_count"], &found["drifts"]), (&1.into(), &serde_json::json!([2200])), "{found}");
    let flagged = |rows: std::ops::Range<usize>| predictions(&file)[rows].iter().map(|row| row[3]).sum::<f64>();
    assert!(
        flagged(1500..1690) > 185.0 && flagged(4500..5500) < 100.0,
        "{} {}",
        flagged(1500..1690),
        flagged(4500..5500)
    );
    let sooner = stream(&data, "--relearn-after 50 --json --predictions /dev/null").json();
    assert_eq!(sooner["drifts"], serde_json::json!([2050]));
    let never = stream(&data, "--frozen --json --predictions /dev/null").json();
    assert_eq!(never["updates"], 0);
}

#[test]
fn rows_from_a_pipe_and_windows_of_one_sensor_are_scored_too() {
    let folder = Folder::new();
    let text = Sensors::new(700).table(false);
    let of_file = stream(&folder.write("sensors.csv", &text), "").done().out;
    let of_pipe = piped(&["stream", "--data", "-", "--task", "anomaly"], &text).done().out;
    assert!(of_file.lines().count() == 201 && of_file == of_pipe);
    let one: String = (0..900).map(|k| format!("{}\n", (f64::from(k) / 5.0).sin())).collect();
    let one = folder.write("one.csv", format!("flow\n{one}"));
    let found = stream(&one, "--window 8 --hop 1 --warmup 300 --json --predictions /dev/null").json();
    assert_eq!((&found["net"], &found["rows"]), (&"fc4".into(), &593.into()), "{found}");
}

#[test]
fn each_key_has_a_threshold_of_its_own() {
    let folder = Folder::new();
    let text = Sensors::new(3000).table(false);
    let keyed = text.lines().enumerate().map(|(k, line)| match k {
        0 => format!("pump,{line}\n"),
        _ => format!("P{},{line}\n", k % 2),
    });
    let data = folder.write("pumps.csv", keyed.collect::<String>());
    let (file, models) = (folder.at("predictions.csv"), folder.at("models"));
    let found = stream(&data, &format!("--key pump --json --predictions {file} --model {models}")).json();
    assert_eq!((&found["keys"], &found["task"], &found["rows"]), (&2.into(), &"anomaly".into(), &2000.into()));
    assert_eq!(fs::read_to_string(&file).unwrap().lines().next(), Some("row,key,score,threshold,flagged"));
    let each = found["per_key"].as_array().unwrap().iter().map(|key| number(&key["flagged"])).sum::<f64>();
    assert!(each > 0.0 && each == number(&found["flagged"]), "{found}");
    // the whole file was seen
    let again = stream(&data, &format!("--key pump --json --predictions {file} --model {models}")).json();
    assert_eq!((&again["flagged"], &again["rows"]), (&found["flagged"], &found["rows"]));
}

#[test]
fn what_makes_no_sense_without_labels_is_refused_with_what_does() {
    let folder = Folder::new();
    let data = folder.write("sensors.csv", Sensors::new(600).table(true));
    for (more, words) in [
        ("--label state", "--normal VALUE"),
        ("--ignore state --normal ok", "has no label column; name it with --label"),
        ("--label-budget 0.1", "label-budget 0.1 makes no sense of rows without labels"),
        ("--delay 5", "take 0"),
        ("--label-every 3", "take 1"),
        ("--label-noise 0.1", "take 0"),
        ("--reserve 2", "take 0"),
        ("--learn on-error", "--frozen"),
        ("--standardise off", "in deviations"),
        ("--arithmetic int8", "f32"),
        ("--baselines bp", "bp"),
        ("--rule drtp", "needs class labels"),
        ("--flag-beyond 0", "above 0"),
        ("--relearn-after 0", "from 1"),
        ("--warmup 5 --ignore state", "too few to say what is normal"),
    ] {
        let done = stream(&data, more);
        assert!(done.code != Some(0) && done.err.contains(words), "{more}: {}", done.err);
    }
    let refused = run(&["stream", "--data", &data, "--label", "state", "--normal", "ok"]);
    assert!(refused.err.contains("--task anomaly with it"), "{}", refused.err);
    let model = folder.at("model");
    stream(&data, &format!("--ignore state --model {model} --predictions /dev/null")).done();
    let other = run(&["stream", "--data", &data, "--task", "classes", "--model", &model]);
    other.refused(2, &["has task anomaly"]);
    run(&["eval", &model, "--data", &data]).refused(2, &["predicts the rows themselves"]);
    let made = run(&["predict", &model, &data]).done().out;
    assert_eq!((made.lines().next(), made.lines().count()), (Some("a,b,c,d"), 601));
}

#[test]
fn the_report_shows_scores_and_the_summary_says_what_was_flagged() {
    let folder = Folder::new();
    let data = folder.write("sensors.csv", Sensors::new(2000).table(true));
    let page = folder.at("page.html");
    let more = format!("--label state --normal ok --predictions /dev/null --report {page}");
    let told = stream(&data, &more).done().err;
    for words in ["rows flagged", "by the labels", "AUC 1.000", "stretches of anomalies found"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("threshold") && page.contains("score") && !page.contains("right, %"), "{page}");
}
