//! A stream survives its sensor: glitches, units, levels that change, models from before.

mod common;

use common::{Folder, run};
use serde_json::Value;

/// Values that a failed sensor says: large numbers, the largest f32 and f64, a fill value of NetCDF.
const GLITCHES: [&str; 6] = ["1e12", "1e20", "3.4028235e38", "9.96921e36", "-1e300", "1.7976931348623157e308"];

/// 600 rows of three clouds whose features are in `unit`; the first feature of row `at` is `glitch`.
fn table(unit: f64, glitch: Option<(usize, &str)>) -> String {
    let line = |(k, ([a, b, c], kind)): (usize, ([f32; 3], &'static str))| {
        let [a, b, c] = [a, b, c].map(|value| (f64::from(value) * unit).to_string());
        let first = glitch.filter(|(at, _)| *at == k).map_or(a, |(_, glitch)| glitch.into());
        format!("{first},{b},{c},{kind}\n")
    };
    ["a,b,c,kind\n".into()].into_iter().chain(common::rows(600).into_iter().enumerate().map(line)).collect()
}

fn stream(data: &str, line: &str) -> Value {
    let words = format!("stream --warmup 100 --segment-rows 200 --net fc16 --baselines frozen --json {line}");
    run(&words.split_whitespace().chain(["--data", data]).collect::<Vec<_>>()).json()
}

/// Percent right in the 200 rows from row 301 on.
fn after(found: &Value) -> f64 {
    found["segments"][2]["accuracy"].as_f64().unwrap()
}

#[test]
fn one_glitch_costs_no_more_than_a_point_of_the_200_rows_after_it() {
    let folder = Folder::new();
    let clean = folder.write("clean.csv", table(1.0, None));
    for line in ["--standardise online", "--standardise warmup", "--rule bp", "--rule local-error", "--arithmetic int8"]
    {
        let expected = after(&stream(&clean, line));
        assert!(expected > 95.0, "{line}: {expected}");
        for glitch in GLITCHES {
            let data = folder.write("glitch.csv", table(1.0, Some((299, glitch))));
            let found = stream(&data, line);
            assert!(after(&found) >= expected - 1.0, "{line}, {glitch}: {} of {expected}", after(&found));
            // what f32 cannot hold is a row that cannot be used
            let refused = glitch.parse::<f32>().unwrap().is_infinite();
            let counts = (&found["bounded_values"], &found["bad_rows"]);
            assert_eq!(counts, (&u64::from(!refused).into(), &u64::from(refused).into()), "{line}, {glitch}");
        }
    }
}

#[test]
fn a_glitch_in_the_warm_up_is_left_out_of_its_moments() {
    let folder = Folder::new();
    let expected = after(&stream(&folder.write("clean.csv", table(1.0, None)), ""));
    for (glitch, mode) in GLITCHES.iter().flat_map(|glitch| [(glitch, "online"), (glitch, "warmup")]) {
        let data = folder.write("glitch.csv", table(1.0, Some((50, glitch))));
        let found = after(&stream(&data, &format!("--standardise {mode}")));
        assert!(found >= expected - 1.0, "{glitch}, {mode}: {found} of {expected}");
    }
}

#[test]
fn features_of_any_unit_learn_as_well_as_units_of_1() {
    let folder = Folder::new();
    let expected = stream(&folder.write("clean.csv", table(1.0, None)), "")["accuracy"].as_f64().unwrap();
    for unit in [1e-30, 1e-20, 1e-12, 1e-6, 1e9, 1e20, 1e25, 1e30] {
        let data = folder.write("unit.csv", table(unit, None));
        let found = stream(&data, "")["accuracy"].as_f64().unwrap();
        assert!((found - expected).abs() < 0.5, "{unit}: {found} of {expected}");
    }
}

#[test]
fn standardisation_and_learning_stop_together() {
    let line = "stream --rows 6000 --net fc16 --baselines frozen --json --frozen";
    let found = run(&line.split(' ').collect::<Vec<_>>()).json();
    assert_eq!(found["accuracy"], found["frozen_accuracy"], "nothing may move under weights that stay");
}

#[test]
fn a_model_from_before_goes_on() {
    let folder = Folder::new();
    let model = folder.write("old.model", include_bytes!("golden/stream-before-f64.model"));
    let line = ["stream", "--rows", "900", "--predictions", "/dev/null", "--model", &model];
    let first = run(&line).done();
    assert!(first.err.contains("going on after row 700"), "{}", first.err);
    let found = run(&[&line[..], &["--json"]].concat()).json();
    assert!(found["rows"] == 600 && found["accuracy"].as_f64() > Some(85.0), "{found}");
}
