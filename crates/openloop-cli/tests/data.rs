//! `openloop data`, and the places where data sets are looked for.

mod common;

use common::{Folder, openloop, run, tiny_mnist, train};

const NAMES: [&str; 6] =
    ["digits", "mnist", "fashion-mnist", "cifar10", "synthetic-classification", "synthetic-regression"];

#[test]
fn list_names_every_data_set_and_tables() {
    let text = run(&["data", "list"]).done().out;
    for name in NAMES {
        assert!(text.lines().any(|line| line.split_whitespace().next() == Some(name)), "{name}: {text}");
    }
    assert!(text.contains("FILE.csv"));
}

#[test]
fn info_says_what_a_data_set_holds_where_it_comes_from_and_its_licence() {
    let folder = Folder::new();
    for name in NAMES {
        let text = run(&["data", "info", name, "--data-dir", &folder.at("data")]).done().out;
        for key in ["shape", "rows", "source", "licence"] {
            assert!(text.lines().any(|line| line.starts_with(key)), "{name} {key}: {text}");
        }
    }
    let mnist = run(&["data", "info", "mnist", "--data-dir", &folder.at("data")]).done().out;
    assert!(mnist.contains(&folder.at("data/mnist")) && mnist.contains("t10k-labels-idx1-ubyte.gz"), "{mnist}");
}

#[test]
fn an_unknown_name_is_a_wrong_request_that_names_the_known_ones() {
    for action in ["info", "fetch"] {
        run(&["data", action, "mnits"]).refused(2, &["mnits", "mnist", "digits"]);
    }
    run(&["data", "lsit"]).refused(2, &["lsit"]);
}

#[test]
fn data_that_need_no_files_need_no_fetching() {
    let folder = Folder::new();
    let text = run(&["data", "fetch", "digits", "--data-dir", &folder.at("data")]).done().out;
    assert!(text.contains("digits needs no files"), "{text}");
    assert!(!std::path::Path::new(&folder.at("data")).exists());
}

#[test]
fn the_data_folder_comes_from_the_flag_else_from_the_environment() {
    let folder = Folder::new();
    let data = tiny_mnist(&folder);
    let arguments = ["train", "--data", "mnist", "--epochs", "2", "--batch", "2", "--net", "fc3", "--json"];
    let by_flag = run(&[&arguments[..], &["--data-dir", &data]].concat()).json();
    let variable = |folder: &str, more: &[&str]| {
        let mut command = openloop(&[&arguments[..], more].concat());
        common::Outcome::from(command.env("OPENLOOP_DATA", folder).output().unwrap())
    };
    let by_variable = variable(&data, &[]).json();
    assert_eq!(by_flag["test_loss"], by_variable["test_loss"]);
    assert_eq!(by_flag["parameters"].as_u64(), Some(4 * 3 + 3 + 3 * 10 + 10));
    variable(&folder.at("nowhere"), &["--data-dir", &data]).json();
    variable(&folder.at("nowhere"), &[]).refused(1, &[&folder.at("nowhere/mnist")]);
}

#[test]
fn a_model_of_a_data_set_is_tested_on_it_wherever_it_lies() {
    let folder = Folder::new();
    let (data, out) = (tiny_mnist(&folder), folder.at("run"));
    let line = "--data mnist --epochs 3 --net fc3 --json --data-dir";
    let trained = train(line, &[&data, "--out", &out]).json();
    let tested = run(&["eval", &out, "--data-dir", &data, "--json"]).json();
    assert_eq!((&tested["test_error"], &tested["test_loss"]), (&trained["test_error"], &trained["test_loss"]));
    run(&["eval", &out, "--data-dir", &folder.at("nowhere")]).refused(1, &["mnist", &folder.at("nowhere")]);
}
