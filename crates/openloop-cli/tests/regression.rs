//! Measured values as targets: recognised, learned with mean 0 and deviation 1, and reported in their own unit.

mod common;

use common::{Folder, Outcome, run, train};
use serde_json::Value;
use std::fmt::Write;

/// 400 rows of `price = 300 x - 200 y + 5000`, with the label in the middle.
fn prices() -> Folder {
    let mut text = String::from("x,price,y\n");
    for k in 0..400u32 {
        let (x, y) = (f64::from(k * 7 % 101) / 10.0, f64::from(k * 13 % 97) / 10.0);
        writeln!(text, "{x},{},{y}", 300.0 * x - 200.0 * y + 5000.0).unwrap();
    }
    folder_with("prices.csv", &text)
}

fn folder_with(name: &str, text: &str) -> Folder {
    let folder = Folder::new();
    folder.write(name, text);
    folder
}

fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.out).unwrap()
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("no number \"{key}\" in {value}"))
}

#[test]
fn many_different_numbers_are_learned_as_values_and_that_is_said() {
    let folder = prices();
    let trained = train("--json --label price --data", &[&folder.at("prices.csv")]).done();
    assert!(trained.err.contains("target: \"price\" from "), "{}", trained.err);
    assert!(trained.err.contains(", regression, 400 rows; 2 features; --task classes makes it"), "{}", trained.err);
    let result = json(&trained);
    assert_eq!((&result["test_error"], &result["rule"]), (&Value::Null, &Value::from("local-error")));
    let [rmse, mae, r2, mean] =
        ["test_rmse", "test_mae", "test_r2", "test_rmse_of_mean"].map(|key| number(&result, key));
    assert!(r2 > 0.99 && rmse < 0.1 * mean && mae <= rmse, "{result}");
    // the spread of the prices, not of standardised ones
    assert!((800.0..1300.0).contains(&mean), "{result}");
}

#[test]
fn eval_and_predict_give_the_figures_of_training_in_the_targets_unit() {
    let folder = prices();
    let (data, out) = (folder.at("prices.csv"), folder.at("run"));
    let trained = json(&train("--json --label price --out", &[&out, "--data", &data]).done());
    let tested = json(&run(&["eval", &out, "--json"]));
    for key in ["test_rmse", "test_mae", "test_r2", "test_rmse_of_mean", "test_loss"] {
        assert_eq!(trained[key], tested[key], "{key}");
    }
    let answers = run(&["predict", &out, &data]).out;
    let mut rows = answers.lines();
    assert_eq!(rows.next(), Some("price"));
    // the first row: x = 0, y = 0
    let first: f64 = rows.next().unwrap().parse().unwrap();
    assert!((first - 5000.0).abs() < 300.0, "{first}");
    assert_eq!(rows.count(), 399);
}

#[test]
fn several_targets_have_a_figure_each() {
    let mut text = String::from("x,y,sum,difference\n");
    for k in 0..300u32 {
        let (x, y) = (f64::from(k * 7 % 101), f64::from(k * 13 % 97));
        writeln!(text, "{x},{y},{},{}", x + y, 1e6 * (x - y)).unwrap();
    }
    let folder = folder_with("two.csv", &text);
    let (data, out) = (folder.at("two.csv"), folder.at("run"));
    let trained = train("--json --label sum,difference --out", &[&out, "--data", &data]).done();
    assert!(trained.err.contains("targets: \"sum\" from 0 to "), "{}", trained.err);
    let tested = json(&run(&["eval", &out, "--json"]));
    let targets: Vec<&str> =
        tested["per_target"].as_array().unwrap().iter().map(|t| t["target"].as_str().unwrap()).collect();
    assert_eq!(targets, ["sum", "difference"]);
    assert!(tested["per_target"].as_array().unwrap().iter().all(|target| number(target, "r2") > 0.95), "{tested}");
    assert!(run(&["predict", &out, &data]).out.starts_with("sum,difference\n"));
    // the same rows without a header are taken in the order of the training data, all targets of them
    let bare = folder.write("bare.csv", text.split_once('\n').unwrap().1);
    let again = json(&run(&["eval", &out, "--json", "--data", &bare]));
    assert_eq!(again["per_target"], tested["per_target"]);
}

#[test]
fn a_rule_that_needs_classes_is_refused_with_those_that_do_not() {
    let folder = prices();
    let data = folder.at("prices.csv");
    for rule in ["drtp", "drtp-gated", "local-hinge"] {
        let refused = train("--label price --rule", &[rule, "--data", &data]);
        assert_eq!(refused.code, Some(2), "{}", refused.err);
        assert!(refused.err.contains("take one of bp, fa, dfa, sdfa, shallow, local-error"), "{}", refused.err);
    }
}

#[test]
fn the_task_can_be_said_and_what_contradicts_it_is_named() {
    let quality = folder_with("wine.csv", &{
        let mut text = String::from("x,quality\n");
        (0..60).for_each(|k| writeln!(text, "{},{}", k % 7, 3 + k % 6).unwrap());
        text
    });
    let data = quality.at("wine.csv");
    let classes = train("--epochs 1 --json --data", &[&data]).done();
    assert!(classes.err.contains("of 6 classes"), "{}", classes.err);
    let values = train("--epochs 1 --json --task regression --data", &[&data]).done();
    assert!(json(&values)["test_rmse"].is_number() && values.err.contains("from 3 to 8, regression"), "{}", values.err);

    let names = folder_with("names.csv", "x,name\n1,a\n2,b\n3,a\n4,b\n5,a\n6,b\n");
    let refused = train("--task regression --data", &[&names.at("names.csv")]);
    assert!(
        refused.err.contains("line 2, column 2 (\"name\"): expected a number with a decimal point, found \"a\""),
        "{}",
        refused.err
    );

    let many = prices();
    let many_classes = train("--epochs 1 --task classes --label price --data", &[&many.at("prices.csv")]).done();
    assert!(many_classes.err.contains("classes"), "{}", many_classes.err);
    train("--task classes --label price,y --data", &[&many.at("prices.csv")]).refused(2, &["several label columns"]);
}

#[test]
fn a_target_that_never_changes_is_a_wrong_request() {
    let folder = folder_with("same.csv", "x,y\n1,2.5\n2,2.5\n3,2.5\n4,2.5\n5,2.5\n6,2.5\n");
    let refused = train("--task regression --data", &[&folder.at("same.csv")]);
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    assert!(
        refused.err.contains("found 2.5 in every row of column \"y\"; choose another label column"),
        "{}",
        refused.err
    );
}

#[test]
fn a_comparison_of_a_regression_is_by_the_error_in_the_targets_unit() {
    let folder = prices();
    let data = folder.at("prices.csv");
    let compared = run(&[
        "compare",
        "--rules",
        "bp,local-error",
        "--trials",
        "2",
        "--epochs",
        "5",
        "--json",
        "--label",
        "price",
        "--data",
        &data,
    ]);
    let result = json(&compared);
    assert_eq!(result["figure"], "test_rmse_last10_mean");
    assert!(result["rules"].as_array().unwrap().iter().all(|rule| number(rule, "mean") > 10.0), "{result}");
}

#[test]
fn training_goes_on_from_a_regression_and_on_new_rows_in_the_old_unit() {
    let folder = prices();
    let (data, first, second) = (folder.at("prices.csv"), folder.at("one"), folder.at("two"));
    train("--label price --out", &[&first, "--data", &data]).done();
    let more = json(&train("--json --epochs 1 --from", &[&first, "--out", &second, "--data", &data]).done());
    assert!(number(&more, "test_r2") > 0.99, "{more}");
    let resumed = train("--label price --resume --epochs 61 --out", &[&first, "--data", &data]).done();
    assert!(resumed.err.contains("resuming after 60 whole epochs"), "{}", resumed.err);
}
