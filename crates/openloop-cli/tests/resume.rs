//! A run that was ended early, by its user or by force, goes on as if nothing had happened.

mod common;

use common::{Folder, checkpoint, checkpoint_path, contents, logged_epochs, openloop, run, train};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Trains `line` for 6 epochs at once, and for 3 and then 3 more; the bytes must agree.
#[track_caller]
fn three_and_three_are_six(line: &str) {
    let folder = Folder::new();
    let (whole, parts) = (folder.at("whole"), folder.at("parts"));
    let net = ["--net", "fc20 fc10"];
    train(&format!("{line} --epochs 6 --out {whole}"), &net).done();
    train(&format!("{line} --epochs 3 --out {parts}"), &net).done();
    assert!(checkpoint(&whole) != checkpoint(&parts), "{line}: the last three epochs do nothing");
    let resumed = train(&format!("{line} --epochs 6 --resume --out {parts}"), &net).done();
    assert!(resumed.err.contains("resuming after 3 whole epochs"), "{}", resumed.err);
    assert!(checkpoint(&whole) == checkpoint(&parts), "{line}: other bytes");
    assert_eq!(logged_epochs(&parts), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn three_epochs_and_three_more_are_six_for_every_rule() {
    for rule in ["bp", "fa", "dfa", "sdfa", "drtp", "shallow", "local-error", "local-error-learned"] {
        three_and_three_are_six(&format!("--rule {rule}"));
    }
}

#[test]
fn three_epochs_and_three_more_are_six_for_every_optimizer() {
    for optimizer in ["sgd", "momentum", "nesterov", "adam", "rmsprop"] {
        three_and_three_are_six(&format!("--optimizer {optimizer} --rule dfa"));
    }
}

#[test]
fn three_epochs_and_three_more_are_six_with_dropout_the_papers_preset_and_other_threads() {
    three_and_three_are_six("--dropout 0.1");
    three_and_three_are_six("--preset paper --rule local-error --dropout 0.3 --threads 2");
}

#[test]
fn three_epochs_and_three_more_are_six_on_a_table_and_on_a_regression() {
    let folder = Folder::new();
    let table = folder.write("table.csv", common::table(50));
    three_and_three_are_six(&format!("--data {table}"));
    three_and_three_are_six("--data synthetic-regression --rule dfa");
}

#[test]
fn resume_without_a_run_to_resume_starts_from_the_beginning() {
    let folder = Folder::new();
    let [empty, absent, fresh] = ["empty", "absent", "fresh"].map(|name| folder.at(name));
    fs::create_dir(&empty).unwrap();
    train("--epochs 1 --resume --out", &[&empty]).done();
    train("--epochs 1 --resume --out", &[&absent]).done();
    train("--epochs 1 --out", &[&fresh]).done();
    assert!(checkpoint(&empty) == checkpoint(&fresh) && checkpoint(&absent) == checkpoint(&fresh));
}

#[test]
fn resuming_a_finished_run_changes_nothing_of_it() {
    let folder = Folder::new();
    let out = folder.at("run");
    let first = train("--json --epochs 2 --out", &[&out]).json();
    let bytes = checkpoint(&out);
    let again = train("--json --epochs 2 --resume --out", &[&out]).json();
    assert_eq!(first["test_error"], again["test_error"]);
    assert!(bytes == checkpoint(&out));
    assert_eq!(logged_epochs(&out), [1, 2]);
}

#[test]
fn resume_needs_a_folder() {
    train("--resume", &[]).refused(2, &["--resume", "--out"]);
}

#[test]
fn resume_refuses_other_options_and_names_the_one_that_differs() {
    let folder = Folder::new();
    let out = folder.at("run");
    train("--epochs 1 --net fc5 --out", &[&out]).done();
    let before = contents(&out);
    let others = [
        ("--net fc5 --lr 0.5", "lr 0.0"),
        ("--net fc5 --rule bp", "rule \"drtp\""),
        ("--net fc6", "net \"fc5\""),
        ("--net fc5 --seed 1", "seed 0"),
        ("--net fc5 --batch 7", "batch"),
        ("--net fc5 --optimizer sgd", "optimizer \"adam\""),
        ("--net fc5 --dropout 0.5", "dropout 0"),
        ("--net fc5 --loss bce", "loss"),
        ("--net fc5 --activation relu", "activation \"tanh\""),
    ];
    for (line, difference) in others {
        let message = train(&format!("{line} --epochs 2 --resume --out"), &[&out]);
        // what a rule or a rate implies for others may be named first
        let words: &[&str] = if line.contains("--rule") || line.contains("--lr") { &[] } else { &[difference] };
        message.refused(2, &[words, &[out.as_str(), "cannot resume", "--out"]].concat());
    }
    let data = folder.write("table.csv", common::table(50));
    let other = train("--epochs 2 --net fc5 --batch 10 --resume --out", &[&out, "--data", &data]);
    other.refused(2, &[&out, "data \"digits\"", &data]);
    assert!(before == contents(&out), "a refused run changed the folder");
}

#[test]
fn a_checkpoint_made_with_other_instructions_goes_on_and_says_so() {
    let folder = Folder::new();
    let out = folder.at("run");
    train("--epochs 1 --out", &[&out]).done();
    let path = checkpoint_path(&out);
    let notice = "the checkpoint was made with the instructions";
    for (saved, is_said) in [(Some("of another machine".to_string()), true), (None, false)] {
        let mut changed = openloop::files::load(Path::new(&path)).unwrap();
        assert_eq!(changed.instructions, Some(openloop::kernels::instructions().to_string()));
        changed.instructions = saved;
        changed.save(Path::new(&path)).unwrap();
        let resumed = train("--epochs 1 --resume --out", &[&out]).done();
        assert_eq!(resumed.err.contains(&format!("{notice} of another machine")), is_said, "{}", resumed.err);
        assert_eq!(resumed.err.contains(notice), is_said, "{}", resumed.err);
    }
}

#[test]
fn lost_and_changed_lines_of_the_log_stand_there_again_after_a_resume() {
    let folder = Folder::new();
    let out = folder.at("run");
    train("--epochs 4 --out", &[&out]).done();
    let log = format!("{out}/metrics.jsonl");
    let whole = fs::read_to_string(&log).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let without_seconds = |text: &str| -> Vec<serde_json::Value> {
        let line = |line| {
            let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["seconds"] = serde_json::Value::Null;
            line
        };
        text.lines().map(line).collect()
    };
    for (left, lost) in [
        (String::new(), 4),
        (format!("{}\n", lines[..2].join("\n")), 2),
        (format!("{}\n{}\n", lines[0], lines[3]), 2),
        (whole[..whole.len() - 20].to_string(), 1),
    ] {
        fs::write(&log, &left).unwrap();
        let resumed = train("--epochs 4 --resume --out", &[&out]).done();
        assert!(resumed.err.contains(&format!("{lost} of 4 epochs were missing or changed")), "{}", resumed.err);
        let rebuilt = fs::read_to_string(&log).unwrap();
        assert_eq!(without_seconds(&rebuilt), without_seconds(&whole), "{left:?}");
        assert_eq!(rebuilt.matches("\"seconds\":null").count(), lost, "{rebuilt}");
    }
}

/// A run of about a second in the tests' profile, with every kind of randomness there is.
const LONG: &str = "train --rule dfa --net fc150 --dropout 0.1 --epochs 120 --threads 1 --resume --json --out";

fn long(out: &str) -> Command {
    let mut arguments: Vec<&str> = LONG.split(' ').collect();
    arguments.push(out);
    let mut command = openloop(&arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The bytes that the run of [`long`] ends in when nobody disturbs it, and how long it takes.
fn undisturbed(folder: &Folder) -> (Vec<u8>, Duration) {
    let out = folder.at("undisturbed");
    let started = Instant::now();
    common::Outcome::from(long(&out).output().unwrap()).done();
    (checkpoint(&out), started.elapsed())
}

/// Lets the run in `out` go on to its end, which must be that of the undisturbed one. True if it had a checkpoint.
#[track_caller]
fn finish(out: &str, expected: &[u8]) -> bool {
    let resumed = common::Outcome::from(long(out).output().unwrap()).done();
    assert!(checkpoint(out) == expected, "{out}: other bytes");
    assert_eq!(logged_epochs(out), (1..=120).collect::<Vec<u64>>(), "{out}");
    assert_eq!(common::leftovers(out), Vec::<String>::new());
    resumed.err.contains("resuming after")
}

/// Waits until `seen`, or until the process ends.
fn wait_until(child: &mut Child, seen: impl Fn() -> bool) {
    while !seen() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_micros(50));
    }
}

/// Ends the process by force, as a power cut would; true if it was still running.
fn kill(child: &mut Child) -> bool {
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}

#[test]
fn a_run_killed_at_25_random_moments_always_ends_in_the_same_bytes() {
    let folder = Folder::new();
    let (expected, duration) = undisturbed(&folder);
    let mut state = 1u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1u64 << 24) as f64
    };
    // a number of finished epochs, spread over the run's first 110 of 120, and a while after them: two epochs at most
    let moments: Vec<(usize, usize, Duration)> = (0..25)
        .map(|k| (k, ((k as f64 + random()) / 25.0 * 110.0) as usize, duration.mul_f64(random() / 60.0)))
        .collect();
    let one = |&(k, epochs, moment): &(usize, usize, Duration)| {
        let out = folder.at(&format!("run{k}"));
        let log = format!("{out}/metrics.jsonl");
        let mut child = long(&out).spawn().unwrap();
        wait_until(&mut child, || epochs == 0 || fs::read_to_string(&log).is_ok_and(|t| t.lines().count() >= epochs));
        std::thread::sleep(moment);
        (kill(&mut child), finish(&out, &expected))
    };
    let ends: Vec<(bool, bool)> = std::thread::scope(|scope| {
        let halves: Vec<_> =
            moments.chunks(13).map(|half| scope.spawn(move || half.iter().map(one).collect::<Vec<_>>())).collect();
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    let (killed, had_checkpoint) = (ends.iter().filter(|end| end.0).count(), ends.iter().filter(|end| end.1).count());
    assert!(killed >= 20, "only {killed} runs were still going when they were killed");
    assert!(had_checkpoint >= 10, "only {had_checkpoint} runs had a checkpoint to go on from");
}

fn is_event_file(entry: &fs::DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with("events.")
}

#[test]
fn a_run_killed_while_it_writes_a_checkpoint_ends_in_the_same_bytes() {
    let folder = Folder::new();
    let (expected, _) = undisturbed(&folder);
    let out = folder.at("run");
    let is_writing = || {
        let entries = fs::read_dir(&out).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().ends_with(".partial"))
    };
    let (mut killed, mut torn) = (0, 0);
    for _ in 0..8 {
        let mut child = long(&out).spawn().unwrap();
        // what an earlier kill left is cleared away before the run is under way
        let events = || fs::read_dir(&out).into_iter().flatten().flatten().filter(is_event_file).count();
        let before = events();
        wait_until(&mut child, || events() > before);
        wait_until(&mut child, is_writing);
        killed += usize::from(kill(&mut child));
        torn += usize::from(is_writing());
    }
    assert!(killed >= 4, "only {killed} kills hit a running process");
    assert!(torn >= 1, "no kill hit a checkpoint that was being written");
    fs::write(format!("{out}/checkpoint.safetensors.openloop-1-0.partial"), "half a checkpoint").unwrap();
    finish(&out, &expected);
}

#[test]
fn ctrl_c_saves_says_how_to_go_on_and_loses_nothing() {
    let folder = Folder::new();
    let (expected, _) = undisturbed(&folder);
    for (k, lines) in [1, 30, 80].into_iter().enumerate() {
        let out = folder.at(&format!("run{k}"));
        let log = format!("{out}/metrics.jsonl");
        let mut child = long(&out).spawn().unwrap();
        wait_until(&mut child, || fs::read_to_string(&log).is_ok_and(|text| text.lines().count() >= lines));
        interrupt(&child);
        let stopped = common::Outcome::from(child.wait_with_output().unwrap());
        assert_eq!(stopped.code, Some(130), "{}", stopped.err);
        assert!(stopped.err.contains("--resume") && stopped.err.contains(&out), "{}", stopped.err);
        assert_eq!(stopped.out, "");
        assert!(Path::new(&checkpoint_path(&out)).exists());
        run(&["eval", &out]).done();
        assert!(finish(&out, &expected), "the run did not go on where it was stopped");
    }
}

#[test]
fn ctrl_c_without_a_folder_says_that_nothing_is_kept() {
    use std::io::{BufRead, BufReader, Read};
    let mut child = openloop(&["train", "--epochs", "1000000"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("epoch ") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "the run ended early");
    }
    interrupt(&child);
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(rest.contains("nothing is kept without --out"), "{rest}");
}

/// What Ctrl-C sends.
fn interrupt(child: &Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// `table` with its columns turned round.
fn turned(table: &str) -> String {
    let line = |line: &str| line.split(',').rev().collect::<Vec<_>>().join(",") + "\n";
    table.lines().map(line).collect()
}

#[test]
fn a_run_that_began_from_a_model_goes_on_with_it_and_asks_for_it_where_it_is_left_out() {
    let folder = Folder::new();
    let (data, model) = (folder.write("a.csv", common::table(90)), folder.at("model"));
    train("--net fc6 --epochs 2 --data", &[&data, "--out", &model]).done();
    let without_header = common::table(90).split_once('\n').unwrap().1.to_string();
    for (name, text) in [("turned", turned(&common::table(90))), ("plain", common::table(90)), ("bare", without_header)]
    {
        let (other, whole, parts) = (folder.write("b.csv", text), folder.at(&format!("{name}.whole")), folder.at(name));
        let label = if name == "bare" { "--label 4 --data" } else { "--label kind --data" };
        let on = |more: &str, out: &str, start: &[&str]| {
            train(&format!("{more} {label}"), &[&[other.as_str(), "--out", out], start].concat())
        };
        let from = ["--from", &model];
        on("--epochs 4", &whole, &from).done();
        on("--epochs 2", &parts, &from).done();
        let before = contents(&parts);
        // the settings were the model's, and so were the columns
        for settings in ["--epochs 4 --resume", "--epochs 4 --resume --net fc6"] {
            let resumed = on(settings, &parts, &[]);
            if name == "plain" && settings.contains("fc6") {
                resumed.done();
                assert!(checkpoint(&whole) == checkpoint(&parts), "{name}: other bytes without --from");
            } else {
                resumed.refused(2, &["cannot resume", "--from MODEL again"]);
                assert!(before == contents(&parts), "{name}: a refused run changed the folder");
            }
        }
        on("--epochs 4 --resume", &parts, &from).done();
        assert!(checkpoint(&whole) == checkpoint(&parts), "{name}: other bytes");
        let refused = on("--epochs 4 --resume --lr 0.5", &parts, &from).refused(2, &["cannot resume"]);
        assert!(!refused.contains("--from"), "{refused}");
    }
}
