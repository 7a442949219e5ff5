//! A run's folder and a stream's model are for one process at a time.
#![cfg(unix)]

mod common;

use common::{Folder, Outcome, checkpoint, contents, openloop, run, table, train};
use std::fs;
use std::io::Write;
use std::process::{Child, Stdio};

/// Waits until `path` is there.
fn wait_for(path: &str, child: &mut Child) {
    while !fs::exists(path).unwrap() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before {path} was there");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

#[test]
fn a_run_that_is_in_use_is_refused_by_the_number_of_its_process_and_not_harmed() {
    let folder = Folder::new();
    let (out, whole) = (folder.at("run"), folder.at("whole"));
    let line = "--net fc4 --epochs 100000 --out";
    let mut first = openloop(&common::train_arguments(line, &[&out])).stderr(Stdio::null()).spawn().unwrap();
    wait_for(&common::checkpoint_path(&out), &mut first);
    let used = format!("in use by process {}", first.id());
    train("--net fc4 --epochs 100000 --resume --out", &[&out]).refused(2, &[&out, &used]);
    train(line, &[&out]).refused(2, &[&used]);
    assert!(first.try_wait().unwrap().is_none());
    first.kill().unwrap(); // a kill ends the lock and leaves its file
    first.wait().unwrap();
    let epoch = *common::logged_epochs(&out).last().unwrap();
    let more = format!("--net fc4 --epochs {} --out", epoch + 2);
    train(&format!("{more} {out} --resume"), &[]).done();
    train(&more, &[&whole]).done();
    assert!(checkpoint(&out) == checkpoint(&whole));
    assert_eq!(common::leftovers(&out), Vec::<String>::new());
}

#[test]
fn a_folder_in_use_without_a_checkpoint_is_refused_too() {
    let folder = Folder::new();
    let out = folder.at("run");
    let line = "--data digits --net fc2000 --epochs 1000 --batch 1 --out";
    let mut first = openloop(&common::train_arguments(line, &[&out])).stderr(Stdio::null()).spawn().unwrap();
    wait_for(&format!("{out}/.lock"), &mut first);
    let used = format!("in use by process {}", first.id());
    train("--epochs 1 --out", &[&out]).refused(2, &[&used]);
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn a_model_that_is_in_use_is_refused_and_learns_what_its_own_stream_reads() {
    let folder = Folder::new();
    let (data, model) = (folder.write("table.csv", table(120)), folder.at("a.model"));
    let words = ["stream", "--data", "-", "--label", "kind", "--model", &model, "--predictions", "/dev/null"];
    run(&["stream", "--data", &data, "--label", "kind", "--warmup", "30", "--model", &model]).done();
    let mut first = openloop(&words).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(&folder.at(".a.model.lock"), &mut first);
    let link = folder.at("link.model");
    std::os::unix::fs::symlink("a.model", &link).unwrap();
    let before = contents(&folder.at(""));
    for path in [&model, &link] {
        let second = run(&["stream", "--data", &data, "--label", "kind", "--model", path]);
        second.refused(2, &[&format!("in use by process {}", first.id())]);
    }
    assert!(contents(&folder.at("")) == before);
    first.stdin.take().unwrap().write_all(table(40).as_bytes()).unwrap();
    let first = Outcome::from(first.wait_with_output().unwrap()).done();
    assert!(first.err.contains("40 learning steps"), "{}", first.err);
    assert_eq!(common::leftovers(&folder.at("")), Vec::<String>::new());
}
