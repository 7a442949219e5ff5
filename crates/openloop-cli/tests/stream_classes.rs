//! What a stream tells of its classes: figures that a frequent class does not raise, and each class over time.

mod common;

use common::{Folder, run};
use serde_json::Value;

/// Rows of three classes, of which one is rare; after half of them the frequent ones change places.
fn table(count: usize) -> String {
    let line = |k: usize| {
        let class = if k.is_multiple_of(40) { 2 } else { k * 7 % 5 % 2 };
        let place = if 2 * k > count && class < 2 { 1 - class } else { class };
        format!("{}.{},{},{}\n", place * 3, k * 31 % 97, k * 13 % 7, ["a", "b", "rare"][class])
    };
    format!("x,y,kind\n{}", (0..count).map(line).collect::<String>())
}

fn stream(data: &str, more: &[&str]) -> Value {
    run(&[&["stream", "--json", "--warmup", "200", "--data", data], more].concat()).json()
}

fn numbers(of: &Value) -> Vec<u64> {
    of.as_array().unwrap().iter().map(|number| number.as_u64().unwrap()).collect()
}

#[test]
fn figures_by_class_are_those_of_the_confusion_and_kappa_is_none_of_its_own_rows() {
    let folder = Folder::new();
    let found = stream(&folder.write("a.csv", table(4000)), &["--rule", "drtp"]);
    let confusion: Vec<Vec<u64>> = found["confusion"].as_array().unwrap().iter().map(numbers).collect();
    let judged = found["judged"].as_u64().unwrap();
    let (mut right, mut chance) = (0.0, 0.0);
    for (k, class) in found["per_class"].as_array().unwrap().iter().enumerate() {
        let support: u64 = confusion[k].iter().sum();
        let answered: u64 = confusion.iter().map(|row| row[k]).sum();
        assert_eq!(class["support"], support);
        assert_eq!(class["recall"], 100.0 * confusion[k][k] as f64 / support as f64);
        right += confusion[k][k] as f64 / judged as f64;
        chance += support as f64 * answered as f64 / (judged * judged) as f64;
    }
    let near = |found: &Value, expected: f64| assert!((found.as_f64().unwrap() - expected).abs() < 1e-9, "{found}");
    near(&found["kappa"], (right - chance) / (1.0 - chance));
    let last = found["baselines"]["last-label"].as_f64().unwrap() / 100.0;
    near(&found["kappa_temporal"], (right - last) / (1.0 - last));
    assert!(found["balanced_accuracy"].as_f64() < found["accuracy"].as_f64(), "{found}");
    let points = found["class_curve"].as_array().unwrap();
    assert!((10..=48).contains(&points.len()));
    let supports: Vec<Vec<u64>> = points.iter().map(|point| numbers(&point["support"])).collect();
    assert_eq!(supports.iter().flatten().sum::<u64>(), judged);
    assert_eq!(points.last().unwrap()["row"], found["rows"]);
}

#[test]
fn they_go_on_with_the_model_and_values_have_none() {
    let folder = Folder::new();
    let (whole, halves) = (folder.at("whole"), folder.at("halves"));
    let data = folder.write("a.csv", table(3000));
    let at_once = stream(&data, &["--model", &whole]);
    let start: String = table(3000).lines().take(1234).map(|line| format!("{line}\n")).collect();
    folder.write("a.csv", start);
    stream(&data, &["--model", &halves]);
    folder.write("a.csv", table(3000));
    let later = stream(&data, &["--model", &halves]);
    for name in ["kappa", "kappa_temporal", "balanced_accuracy", "per_class", "class_curve"] {
        assert!(later[name] == at_once[name] && !later[name].is_null(), "{name}: {}", later[name]);
    }
    let values: String = (0..600).map(|k| format!("{},{}.5\n", k % 9, k % 9 * 2)).collect();
    let found = stream(&folder.write("b.csv", format!("x,y\n{values}")), &["--task", "regression"]);
    assert!(found.get("kappa").is_none() && found.get("class_curve").is_none(), "{found}");
}

#[test]
fn the_report_shows_each_class_over_time_and_the_text_the_balanced_figures() {
    let folder = Folder::new();
    let (data, report) = (folder.write("a.csv", table(4000)), folder.at("report.html"));
    let done = run(&["stream", "--warmup", "200", "--data", &data, "--report", &report]).done();
    assert!(done.err.contains("balanced accuracy") && done.err.contains("against the last label"), "{}", done.err);
    let page = std::fs::read_to_string(&report).unwrap();
    for words in ["By class", "Right answers of each class over time", "rare", "Cohen"] {
        assert!(page.contains(words), "{words}");
    }
}
