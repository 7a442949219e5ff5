//! `stream --predictions FILE` beside `--model`: what was answered stays answered, once.
#![cfg(unix)]

mod common;

use common::{Folder, openloop, run, table};
use std::fs;
use std::process::Stdio;
use std::time::Duration;

const LINE: &str = "stream --data drift --rows 20000 --warmup 500 --baselines none --save-every 0.01 --seed 3";

fn arguments<'a>(model: &'a str, predictions: &'a str) -> Vec<&'a str> {
    [common::stream_arguments(LINE, model), vec!["--predictions", predictions]].concat()
}

#[test]
fn a_killed_and_resumed_stream_leaves_the_bytes_of_one_that_ran_through() {
    let folder = Folder::new();
    let [model, file, whole_model, whole] =
        ["a.model", "p.csv", "whole.model", "whole.csv"].map(|name| folder.at(name));
    let began = std::time::Instant::now();
    run(&arguments(&whole_model, &whole)).done();
    let lasted = began.elapsed();
    let (mut kills, mut state) = (0, 7u32);
    for _ in 0..40 {
        let mut child =
            openloop(&arguments(&model, &file)).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        std::thread::sleep(lasted.mul_f64(f64::from(state >> 8) / f64::from(1 << 24) / 4.0) + Duration::from_millis(5));
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    run(&arguments(&model, &file)).done();
    assert!(kills >= 3, "only {kills} kills met a running stream");
    assert!(fs::read(&file).unwrap() == fs::read(&whole).unwrap(), "other predictions after {kills} kills");
    assert!(fs::read(&model).unwrap() == fs::read(&whole_model).unwrap(), "another model after {kills} kills");
}

/// A folder with a model that has answered rows 31 to 90 of `table.csv`, and its predictions; gives model, data and predictions.
fn answered(folder: &Folder) -> [String; 3] {
    let paths = [folder.at("a.model"), folder.write("table.csv", table(90)), folder.at("p.csv")];
    stream(&paths).done();
    paths
}

fn stream([model, data, file]: &[String; 3]) -> common::Outcome {
    run(&["stream", "--data", data, "--label", "kind", "--warmup", "30", "--model", model, "--predictions", file])
}

#[test]
fn rows_behind_the_saved_model_and_a_torn_line_are_answered_again_once() {
    let folder = Folder::new();
    let paths = answered(&folder);
    let whole = fs::read_to_string(&paths[2]).unwrap();
    fs::write(&paths[1], table(120)).unwrap();
    for tail in ["", "91,red,0.1000\n92,blue,0.2000\n", "91,re", "\0\0\0"] {
        let other = [folder.at("b.model"), paths[1].clone(), folder.at("q.csv")];
        fs::copy(&paths[0], &other[0]).unwrap();
        fs::write(&other[2], format!("{whole}{tail}")).unwrap();
        stream(&other).done();
        let text = fs::read_to_string(&other[2]).unwrap();
        let rows: Vec<u64> =
            text.lines().skip(1).map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
        assert_eq!(rows, (31..=120).collect::<Vec<u64>>(), "{tail:?}");
        assert!(text.starts_with(&whole), "{tail:?}");
    }
}

#[test]
fn a_file_that_does_not_belong_to_the_model_is_refused_and_stays() {
    let folder = Folder::new();
    let paths = answered(&folder);
    let whole = fs::read_to_string(&paths[2]).unwrap();
    let short = whole[..whole.len() / 2].to_string();
    for (text, words) in [
        (short.as_str(), "the model has answered up to row 90"),
        ("a,b\n1,2\nnotes that somebody keeps\n", "no file of predictions"),
    ] {
        fs::write(&paths[2], text).unwrap();
        let error = stream(&paths).refused(2, &[words, "move the file away"]);
        assert_eq!(fs::read_to_string(&paths[2]).unwrap(), text, "{error}");
    }
    let other = [paths[0].clone(), folder.write("other.csv", table(60)), folder.write("p.csv", &whole)];
    stream(&other).refused(2, &["counts its rows anew", "move the file away"]);
    assert_eq!(fs::read_to_string(&paths[2]).unwrap(), whole);
}

#[test]
fn a_stream_that_fails_in_its_warm_up_leaves_an_old_file_as_it_is() {
    let folder = Folder::new();
    let (data, file) = (folder.write("table.csv", "a,kind\n1,red\n2,red\n"), folder.write("p.csv", "old"));
    run(&["stream", "--data", &data, "--label", "kind", "--predictions", &file]).refused(1, &["too few to warm up"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "old");
}

#[test]
fn a_model_is_not_saved_when_its_answers_are_lost() {
    let folder = Folder::new();
    let model = folder.at("a.model");
    let lost = run(&arguments(&model, "/dev/full"));
    assert!(!lost.err.contains("saved in"), "{}", lost.err);
    lost.refused(1, &["predictions", "No space left"]);
    assert!(!fs::exists(&model).unwrap(), "a model stands at rows whose answers nobody has");
}
