//! `openloop train`: what it learns, what it prints, what it leaves behind.

mod common;

use common::{Folder, checkpoint, contents, logged_epochs, openloop, run, train};
use std::fs::{self, File};
use std::process::Stdio;

const RULES: [&str; 8] = ["bp", "fa", "dfa", "sdfa", "drtp", "shallow", "local-error", "local-error-learned"];

#[test]
fn without_arguments_drtp_learns_the_digits_and_the_user_hears_what_to_try_next() {
    let done = run(&[]).done();
    assert!(done.err.starts_with("drtp on digits: 64-"), "{}", done.err);
    assert!(done.out.starts_with("test error "), "{}", done.out);
    assert!(done.out.contains("next: openloop train --rule bp"), "{}", done.out);
    let same = run(&["train"]).done();
    assert_eq!(done.out.lines().next(), same.out.lines().next());
}

#[test]
fn json_is_one_object_with_the_keys_that_scripts_rely_on() {
    let summary = train("--json --epochs 12 --seed 7 --rule bp --net", &["fc20 fc10"]).json();
    let numbers = [
        "seed",
        "epochs",
        "train_error",
        "test_error",
        "test_error_last10_mean",
        "seconds_per_epoch",
        "samples_per_second",
        "peak_bytes",
        "parameters",
    ];
    for key in numbers {
        assert!(summary[key].is_number(), "{key}: {summary}");
    }
    for (key, value) in [("rule", "bp"), ("net", "fc20 fc10"), ("data", "digits")] {
        assert_eq!(summary[key], value);
    }
    assert_eq!((summary["seed"].as_u64(), summary["epochs"].as_u64()), (Some(7), Some(12)));
    assert_eq!(summary["parameters"].as_u64(), Some(64 * 20 + 20 + 20 * 10 + 10 + 10 * 10 + 10));
    assert!(summary["peak_bytes"].as_u64() > Some(1437 * 64), "the data alone takes more: {summary}");
}

#[test]
fn json_is_all_there_is_on_standard_output_and_progress_stays_on_standard_error() {
    let done = train("--json --epochs 2", &[]).done();
    assert_eq!(done.out.lines().count(), 1);
    assert!(done.err.contains("epoch 1/2") && done.err.contains("epoch 2/2"), "{}", done.err);
}

#[test]
fn every_rule_learns_the_digits_in_ten_epochs() {
    for rule in RULES {
        let error = train("--json --epochs 10 --rule", &[rule]).json()["test_error"].as_f64().unwrap();
        let bound = if rule == "shallow" { 25.0 } else { 15.0 };
        assert!(error < bound, "{rule}: {error} %");
    }
}

#[test]
fn the_defaults_keep_their_promise_on_the_digits() {
    for (rule, most) in [("drtp", 4.5), ("local-error", 4.0), ("bp", 4.0)] {
        let errors = ["0", "1", "2", "3", "4"].map(|seed| {
            let summary = train("--json", &["--rule", rule, "--seed", seed]).json();
            summary["test_error"].as_f64().unwrap()
        });
        let mean = errors.iter().sum::<f64>() / 5.0;
        assert!(mean <= most, "{rule}: {errors:?}");
    }
}

#[test]
fn a_file_or_pipe_gets_plain_lines_without_control_characters() {
    let done = train("--epochs 100 --net fc5", &[]).done();
    assert!(done.err.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", done.err);
    let lines: Vec<&str> = done.err.lines().filter(|line| line.starts_with("epoch ")).collect();
    assert!((2..=22).contains(&lines.len()), "{lines:?}");
    assert!(lines[0].starts_with("epoch 1/100 ") && lines[lines.len() - 1].starts_with("epoch 100/100 "));
}

#[test]
fn the_number_of_threads_changes_no_bit_and_the_seed_changes_many() {
    let folder = Folder::new();
    for rule in RULES {
        let bytes = |name: &str, more: &str| {
            let out = folder.at(&format!("{rule}-{name}"));
            train(&format!("--rule {rule} --epochs 2 --dropout 0.1 {more} --out"), &[&out, "--net", "fc70 fc30"])
                .done();
            checkpoint(&out)
        };
        let one = bytes("one", "--threads 1");
        assert!(one == bytes("two", "--threads 2"), "{rule}: two threads");
        assert!(one == bytes("many", "--threads 5"), "{rule}: five threads");
        assert!(one != bytes("seed", "--threads 1 --seed 1"), "{rule}: another seed");
    }
}

#[test]
fn out_gets_a_checkpoint_a_line_for_each_epoch_and_an_event_file() {
    let folder = Folder::new();
    let out = folder.at("deep/below/run");
    let done = train("--epochs 4 --out", &[&out]).done();
    assert!(done.out.contains(&format!("openloop eval {out}")), "{}", done.out);
    assert_eq!(logged_epochs(&out), [1, 2, 3, 4]);
    let names: Vec<String> = contents(&out).into_iter().map(|file| file.0).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names.iter().any(|name| name.ends_with("/checkpoint.safetensors")));
    assert!(names.iter().any(|name| name.contains("/events.out.tfevents.")));
}

#[test]
fn a_folder_that_holds_a_run_is_not_written_over() {
    let folder = Folder::new();
    let out = folder.at("run");
    train("--epochs 1 --net fc5 --out", &[&out]).done();
    let before = contents(&out);
    train("--epochs 2 --net fc5 --out", &[&out]).refused(2, &[&out, "--resume", "--out"]);
    assert!(before == contents(&out));
}

#[test]
fn a_log_that_another_program_wrote_is_left_alone() {
    let folder = Folder::new();
    let mine = folder.write("run/metrics.jsonl", "{\"loss\": 1}\n");
    train("--epochs 1 --out", &[&folder.at("run")]).refused(1, &[&mine, "line 1"]);
    assert_eq!(fs::read_to_string(mine).unwrap(), "{\"loss\": 1}\n");
}

#[test]
fn completions_know_the_commands_and_flags() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&["completions", shell]).done().out;
        assert!(script.contains("predict") && script.contains("lr-decay"), "{shell}");
    }
}

#[test]
fn a_regression_trains_by_backpropagation_and_reports_a_loss() {
    let line = "--data synthetic-regression --rule bp --net fc20 --epochs 1";
    let summary = train(&format!("{line} --json"), &[]).json();
    assert!(summary["test_error"].is_null() && summary["test_loss"].as_f64() > Some(0.0), "{summary}");
    assert!(train(line, &[]).done().out.starts_with("test loss "));
}

#[test]
fn drtp_projects_labels_and_so_refuses_a_regression_that_every_other_rule_takes() {
    for rule in RULES {
        let outcome = train("--data synthetic-regression --net fc5 --epochs 1 --rule", &[rule]);
        if rule == "drtp" {
            outcome.refused(2, &["synthetic-regression", "class labels"]);
        } else {
            outcome.done();
        }
    }
}

#[test]
fn the_papers_way_to_write_a_network_gives_the_same_bytes() {
    let folder = Folder::new();
    let [papers, ours] = [("papers", "FC_100_FC_10"), ("ours", "fc100")].map(|(name, net)| {
        let out = folder.at(name);
        train("--epochs 1 --out", &[&out, "--net", net]).done();
        checkpoint(&out)
    });
    assert!(papers == ours);
    train("--net FC_100_FC_11", &[]).refused(2, &["FC_100_FC_11", "11 neurons", "10 outputs"]);
}

#[test]
fn a_network_without_hidden_layers_trains() {
    let summary = train("--json --epochs 5 --net", &[""]).json();
    assert_eq!(summary["parameters"].as_u64(), Some(650));
}

#[test]
fn training_goes_on_when_nobody_reads_its_progress() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let done = openloop(&["train", "--epochs", "2"]).stderr(full).output().unwrap();
    assert_eq!(done.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&done.stdout).starts_with("test error "));
}

#[test]
fn a_reader_that_has_read_enough_is_no_failure() {
    for arguments in [&["data", "list"][..], &["completions", "bash"], &["train", "--epochs", "1", "--json"]] {
        let mut child = openloop(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let outcome = common::Outcome::from(child.wait_with_output().unwrap());
        assert_eq!(outcome.code, Some(0), "{arguments:?}: {}", outcome.err);
        let complaints = outcome.err.lines().filter(|line| line.starts_with("error") || line.contains("panicked"));
        assert_eq!(complaints.count(), 0, "{arguments:?}: {}", outcome.err);
    }
}

#[test]
fn local_error_has_a_choice_of_readouts_and_says_which() {
    let summary = |more: &str| train(&format!("--epochs 2 --json --rule local-error {more}"), &[]).json();
    let (usual, fixed, learned) = (summary(""), summary("--readout fixed"), summary("--readout learned"));
    for (summary, readout) in [(&usual, "fixed"), (&fixed, "fixed"), (&learned, "learned")] {
        assert_eq!((summary["rule"].as_str(), summary["readout"].as_str()), (Some("local-error"), Some(readout)));
    }
    assert_eq!(usual["test_loss"], fixed["test_loss"]);
    assert_ne!(usual["test_loss"], learned["test_loss"]);
    assert_eq!(usual["parameters"], learned["parameters"], "readouts are no part of the network");
    train("--rule drtp --readout learned", &[]).refused(2, &["readout", "\"learned\"", "drtp", "local-error"]);
}

#[test]
fn weights_that_start_at_zero_learn_where_the_signal_does_not_pass_through_them() {
    let error =
        |rule: &str| train(&format!("--init zero --epochs 10 --json --rule {rule}"), &[]).json()["test_error"].clone();
    assert!(error("dfa").as_f64().unwrap() < 15.0 && error("drtp").as_f64().unwrap() < 15.0);
}
