//! `--missing-indicator`: whether a value is missing is an input of its own, which a network learns from.

mod common;

use common::{Folder, run, train};

/// Rows whose class is only told by whether the current or the colour is missing.
fn table(count: usize) -> String {
    let line = |k: usize| {
        let current = if k.is_multiple_of(3) { String::new() } else { format!("{}.25", k * 7 % 13) };
        let colour = if k % 5 == 1 { "NA" } else { ["red", "blue"][k * 11 % 7 % 2] };
        let is_fault = (k.is_multiple_of(3)) != (k % 5 == 1);
        format!("{current},{colour},{},{}\n", k % 11, if is_fault { "fault" } else { "fine" })
    };
    format!("current,colour,load,state\n{}", (0..count).map(line).collect::<String>())
}

const WORDS: &str =
    "3 features as 6 inputs (current: number and missing indicator; colour: 2 categories and missing indicator)";

#[test]
fn a_class_that_only_a_missing_value_tells_is_learned_by_train_and_told_by_eval_and_predict() {
    let folder = Folder::new();
    let (data, model) = (folder.write("a.csv", table(600)), folder.at("run"));
    let without = train("--epochs 30 --json --data", &[&data]).json();
    let trained = train("--epochs 30 --missing-indicator --json --out", &[&model, "--data", &data]);
    assert!(trained.err.contains(WORDS), "{}", trained.err);
    assert!(trained.err.contains("column \"current\": 200 missing values, taken as the mean"), "{}", trained.err);
    let trained = trained.json();
    assert!(without["test_error"].as_f64() > Some(5.0), "{without}");
    assert!(trained["test_error"].as_f64() < Some(1.0), "{trained}");
    let tested = run(&["eval", &model, "--json"]);
    assert_eq!(tested.json()["test_loss"], trained["test_loss"]);
    let rows = folder.write("rows.csv", "load,colour,current\n3,red,1\n3,red,\n3,,1\n3,?,\n3,green,1\n");
    let told = run(&["predict", &model, &rows]).done().out;
    let told: Vec<&str> = told.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(told[..4], ["fine", "fault", "fault", "fine"]);
    train("--epochs 1 --missing-indicator --from", &[&model, "--data", &data]).done();
}

#[test]
fn a_stream_decides_by_its_first_rows_and_goes_on_by_its_model() {
    let folder = Folder::new();
    let (data, model) = (folder.write("a.csv", table(300)), folder.at("model"));
    let stream = |more: &[&str]| {
        run(&[&["stream", "--missing-indicator", "--json", "--data", &data, "--model", &model], more].concat())
    };
    assert!(stream(&[]).err.contains(WORDS));
    folder.write("a.csv", table(3000));
    let later = stream(&[]).json();
    assert!(later["accuracy"].as_f64() > Some(95.0) && later["bad_rows"] == 0, "{later}");
}

#[test]
fn data_info_shows_it_and_columns_without_a_missing_value_have_none() {
    let folder = Folder::new();
    let data = folder.write("a.csv", table(60));
    let told = run(&["data", "info", &data, "--missing-indicator"]).done().out;
    let line = |name: &str| told.lines().find(|line| line.starts_with(name)).unwrap().to_string();
    assert!(line("current").contains("number and missing indicator"), "{told}");
    assert!(!line("load").contains("indicator"), "{told}");
}

#[test]
fn it_is_refused_where_there_are_no_columns_and_of_a_model_that_has_none() {
    let folder = Folder::new();
    let (data, model) = (folder.write("a.csv", table(60)), folder.at("run"));
    train("--epochs 1 --missing-indicator", &[]).refused(2, &["missing indicator", "digits"]);
    train("--epochs 1 --out", &[&model, "--data", &data]).done();
    let again = train("--epochs 1 --missing-indicator --from", &[&model, "--data", &data]);
    again.refused(2, &["no missing indicator", "--missing-indicator"]);
}
