//! Requests that make no sense, networks that cannot be, and runs that diverge: one clear line, and the right exit code.

mod common;

use common::{Folder, checkpoint, checkpoint_path, logged_epochs, openloop, run, train};
use std::process::Stdio;
use std::time::{Duration, Instant};

#[test]
fn a_number_out_of_range_is_named_with_its_flag_and_the_range() {
    let cases = [
        ("--epochs 0", "epochs is 0", "from 1"),
        ("--batch 0", "batch is 0", "from 1"),
        ("--lr 0", "lr is 0", "greater than 0"),
        ("--lr -1", "lr is -1", "greater than 0"),
        ("--lr nan", "lr is NaN", "greater than 0"),
        ("--lr inf", "lr is inf", "greater than 0"),
        ("--hidden-lr -0.5", "hidden-lr is -0.5", "greater than 0"),
        ("--lr-decay -1", "lr-decay is -1", "0 or greater"),
        ("--lr-decay nan", "lr-decay is NaN", "0 or greater"),
        ("--dropout 1", "dropout is 1", "less than 1"),
        ("--dropout -0.1", "dropout is -0.1", "at least 0"),
        ("--dropout nan", "dropout is NaN", "at least 0"),
        ("--threads 100000", "threads is 100000", "at most"),
    ];
    for (line, value, range) in cases {
        train(line, &[]).refused(2, &[value, range]);
    }
}

#[test]
fn a_value_that_is_no_number_or_no_choice_is_named_with_its_flag() {
    let cases = [
        ("--epochs many", "--epochs"),
        ("--epochs -3", "-3"),
        ("--epochs 5000000000", "--epochs"),
        ("--batch 1.5", "--batch"),
        ("--lr fast", "--lr"),
        ("--seed -1", "-1"),
        ("--seed 18446744073709551616", "--seed"),
        ("--rule hebb", "hebb"),
        ("--optimizer lbfgs", "lbfgs"),
        ("--loss l1", "l1"),
        ("--preset mine", "mine"),
        ("--activation step", "step"),
        ("--epoch 3", "--epoch"),
        ("spare", "spare"),
    ];
    for (line, word) in cases {
        train(line, &[]).refused(2, &[word]);
    }
    run(&["trian"]).refused(2, &["trian"]);
}

#[test]
fn a_network_that_cannot_be_is_named_by_its_word() {
    let cases = [
        ("nonsense", "\"nonsense\" is not a layer"),
        ("fc100 lstm5", "\"lstm5\" is not a layer"),
        ("fc0", "\"fc0\" must have"),
        ("fc-5", "fc-5"),
        ("fc", "fc"),
        ("fc99999999999999999999", "must have"),
        ("FC_100", "FC_100"),
        ("FC_100_FC", "FC"),
    ];
    for (net, words) in cases {
        train("--epochs 1 --net", &[net]).refused(2, &[&format!("net \"{net}\""), words]);
    }
}

#[test]
fn a_network_too_large_for_the_machine_is_refused_at_once() {
    for net in ["fc1000000 fc1000000", "fc1000000 fc1000000 fc1000000 fc1000000"] {
        let started = Instant::now();
        train("--epochs 1 --net", &[net]).refused(2, &[net, "memory"]);
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn a_run_that_diverges_says_when_and_what_and_what_may_help() {
    let folder = Folder::new();
    let out = folder.at("run");
    let line = "--lr 1e30 --optimizer sgd --activation relu --epochs 3 --out";
    let message = train(line, &[&out]).refused(1, &["diverged in epoch 1, step ", "the training loss is ", "--lr"]);
    assert!(!message.contains("checkpoint"), "there is none to name: {message}");
    assert!(!std::path::Path::new(&checkpoint_path(&out)).exists());
}

#[test]
fn whatever_the_rate_a_run_ends_in_a_network_that_answers_or_in_one_clear_line() {
    let folder = Folder::new();
    let mut diverged = 0;
    for optimizer in ["sgd", "momentum", "nesterov", "adam", "rmsprop"] {
        for activation in ["tanh", "sigmoid", "relu", "lrelu", "identity"] {
            for (loss, rate) in [("ce", "1e30"), ("bce", "1e19"), ("mse", "1e6"), ("mse", "1e38")] {
                let out = folder.at(&format!("{optimizer}-{activation}-{loss}-{rate}"));
                let line = format!("--optimizer {optimizer} --activation {activation} --loss {loss} --lr {rate}");
                let end = train(&format!("{line} --rule bp --net fc5 --epochs 2 --batch 100 --out"), &[&out]);
                if end.code == Some(0) {
                    run(&["eval", &out, "--json"]).json()["test_loss"].as_f64().expect("a loss");
                    assert_eq!(logged_epochs(&out), [1, 2]);
                } else {
                    diverged += 1;
                    end.refused(1, &["diverged in epoch ", ", step ", " is ", "--lr"]);
                }
            }
        }
    }
    assert!(diverged > 10, "hardly any of these runs diverged: {diverged}");
}

#[test]
fn a_run_that_diverges_late_names_the_checkpoint_that_is_still_good() {
    let folder = Folder::new();
    let (good, out) = (folder.at("good"), folder.at("run"));
    let line = "--optimizer sgd --activation identity --loss mse --rule bp --net fc5 --seed 3 --lr 0.001";
    train(&format!("{line} --epochs 2 --out"), &[&good]).done();
    // the same run with weights that are about to overflow, as a run that grows slowly has them
    let mut saved = openloop::files::load(good.as_ref()).unwrap();
    let floats: Vec<f32> = saved.snapshot.weights.floats().iter().map(|weight| weight * 1e18).collect();
    let weights = openloop::learner::NetworkWeights::new(&saved.snapshot.network, floats.into(), None).unwrap();
    saved.snapshot.weights = std::borrow::Cow::Owned(weights);
    std::fs::create_dir(&out).unwrap();
    saved.save(checkpoint_path(&out).as_ref()).unwrap();
    let before = checkpoint(&out);
    let message = train(&format!("{line} --epochs 9 --resume --out"), &[&out]);
    message.refused(1, &["diverged in epoch 3, step ", "last good checkpoint", &checkpoint_path(&out)]);
    assert!(before == checkpoint(&out));
    run(&["eval", &good]).done();
}

#[test]
fn help_and_version_are_no_errors() {
    for arguments in [&["--help"][..], &["train", "--help"], &["--version"], &["predict", "-h"]] {
        assert!(!run(arguments).done().out.is_empty());
    }
    let child = openloop(&["train", "--help"]).stdout(Stdio::null()).status().unwrap();
    assert!(child.success());
}
