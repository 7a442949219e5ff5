//! The model file of a stream: whole at every moment, continued with the same bits, at home in the other commands.

mod common;

use common::{Folder, killed_at_random, run, start_stream, stream_arguments as arguments};
use std::fs;
use std::process::Command;
use std::time::Duration;

/// A stream with something of everything that must be saved.
const LINE: &str = "stream --drift abrupt --rows 60000 --net fc16 --delay 7 --label-noise 0.05 --label-every 2 --learn \
                    low-confidence --reserve 2 --save-every 0 --seed 3 --predictions /dev/null";

#[test]
fn killed_at_25_random_moments_it_ends_with_the_same_bytes() {
    killed_at_random(25, LINE);
}

#[cfg(unix)]
#[test]
fn on_a_signal_it_saves_and_goes_on_with_the_same_bytes() {
    for signal in ["INT", "TERM"] {
        let folder = Folder::new();
        let (whole, stopped) = (folder.at("whole"), folder.at("stopped"));
        let line = LINE.replace("--save-every 0", "--save-every 1000");
        run(&arguments(&line, &whole)).done();
        let mut child = start_stream(&line, &stopped);
        std::thread::sleep(Duration::from_millis(150));
        Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
        let code = child.wait().unwrap().code();
        assert!(code == Some(130) && fs::exists(&stopped).unwrap() || code == Some(0), "{code:?}");
        run(&arguments(&line, &stopped)).done();
        assert!(fs::read(&whole).unwrap() == fs::read(&stopped).unwrap(), "{signal}: other bytes");
    }
}

#[test]
fn rows_that_were_added_to_a_file_are_learned_from_where_it_stopped() {
    let folder = Folder::new();
    let table = common::table(600);
    let half = table.match_indices('\n').nth(400).unwrap().0 + 1;
    let (file, parts, whole) = (folder.at("table.csv"), folder.at("parts"), folder.at("whole"));
    let line = format!("stream --data {file} --warmup 200 --predictions /dev/null");
    fs::write(&file, &table[..half]).unwrap();
    run(&arguments(&line, &parts)).done();
    fs::write(&file, &table).unwrap();
    let again = run(&arguments(&line, &parts)).done();
    assert!(again.err.contains("going on after row 400"), "{}", again.err);
    run(&arguments(&line, &whole)).done();
    assert!(fs::read(&parts).unwrap() == fs::read(&whole).unwrap());
}

/// Three clouds that change their names at row 600, as CSV.
fn table_with_a_drift(rows: usize) -> String {
    let next = |kind: &str| match kind {
        "red" => "green",
        "green" => "blue",
        _ => "red",
    };
    let line = |(k, ([a, b, c], kind)): (usize, ([f32; 3], &'static str))| {
        format!("{a},{b},{c},{}\n", if k < 600 { kind } else { next(kind) })
    };
    let lines = common::rows(rows).into_iter().enumerate().map(line);
    ["a,b,c,kind\n".to_string()].into_iter().chain(lines).collect()
}

#[test]
fn what_a_policy_remembers_of_a_drift_survives_a_pause() {
    let folder = Folder::new();
    let table = table_with_a_drift(1500);
    let (file, parts, whole) = (folder.at("table.csv"), folder.at("parts"), folder.at("whole"));
    let line = format!("stream --data {file} --warmup 300 --learn on-drift --json");
    // stopped soon after the drift, while rows are learned from because of it
    let early = table.match_indices('\n').nth(750).unwrap().0 + 1;
    fs::write(&file, &table[..early]).unwrap();
    let before = run(&arguments(&line, &parts)).json();
    assert!(before["drift_count"].as_u64() > Some(0), "the test needs a drift: {before}");
    fs::write(&file, &table).unwrap();
    let continued = run(&arguments(&line, &parts)).json();
    let undisturbed = run(&arguments(&line, &whole)).json();
    assert!(continued["updates"].as_u64() > before["updates"].as_u64(), "{continued}");
    assert_eq!(continued["updates"], undisturbed["updates"]);
    assert!(fs::read(&parts).unwrap() == fs::read(&whole).unwrap(), "other bytes");
}

#[test]
fn a_model_can_be_tested_and_asked_and_go_on_with_other_data() {
    let folder = Folder::new();
    let (first, second) =
        (folder.write("first.csv", common::table(600)), folder.write("second.csv", common::table(300)));
    let model = folder.at("model");
    run(&["stream", "--data", &first, "--model", &model]).done();
    let tested = run(&["eval", &model, "--data", &second, "--json"]).json();
    assert!(tested["test_error"].as_f64() < Some(20.0), "{tested}");
    assert_eq!(run(&["predict", &model, &second]).done().out.lines().count(), 301);
    let found = run(&["stream", "--data", &second, "--model", &model, "--json"]).json();
    assert_eq!((&found["rows"], found["segments"].as_array().unwrap().len()), (&300.into(), 1), "no second warm-up");
}

#[test]
fn a_network_that_train_made_goes_on_in_a_stream() {
    let folder = Folder::new();
    let (out, data) = common::small_run(&folder);
    let found = run(&["stream", "--data", &data, "--label", "kind", "--from", &out, "--json"]).json();
    assert_eq!((&found["net"], &found["rows"]), (&"fc4".into(), &90.into()));
    run(&["stream", "--data", &data, "--from", &out, "--net", "fc5"]).refused(2, &["net", "fc4", "fc5"]);
}

#[test]
fn a_damaged_model_is_refused_byte_by_byte() {
    let folder = Folder::new();
    let model = folder.at("model");
    run(&["stream", "--rows", "1200", "--net", "fc2", "--delay", "5", "--model", &model]).done();
    let good = fs::read(&model).unwrap();
    let bad = folder.at("bad");
    for at in (0..good.len()).step_by(good.len() / 60) {
        let mut bytes = good.clone();
        bytes[at] ^= 4;
        fs::write(&bad, bytes).unwrap();
        let ended = run(&["stream", "--rows", "1200", "--net", "fc2", "--delay", "5", "--model", &bad]);
        assert!(ended.code != Some(0) && !ended.err.contains("panicked"), "byte {at}: {:?} {}", ended.code, ended.err);
    }
}

#[test]
fn a_model_without_a_folder_to_lie_in_is_refused_before_a_row_is_read() {
    let folder = Folder::new();
    let model = folder.at("not/there/model");
    run(&["stream", "--data", "-", "--model", &model]).refused(1, &["not/there/model", "folder", "make it first"]);
}

#[test]
fn a_stream_that_diverges_leaves_the_last_good_model() {
    let folder = Folder::new();
    let model = folder.at("model");
    run(&["stream", "--rows", "2000", "--model", &model]).done();
    let good = fs::read(&model).unwrap();
    let huge = ["stream", "--rows", "4000", "--activation", "relu", "--lr", "1e30", "--model", &folder.at("other")];
    run(&huge).refused(1, &["diverged", "--lr"]);
    assert!(!fs::exists(folder.at("other")).unwrap() && fs::read(&model).unwrap() == good);
}
