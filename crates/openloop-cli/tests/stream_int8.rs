//! `openloop stream --arithmetic int8`: it learns, the baselines too, in whole numbers, with the same bits after any kill.

mod common;

use common::{Folder, killed_at_random, run};
use serde_json::Value;
use std::fs;

/// A stream in int8 with something of everything that must be saved.
const LINE: &str = "stream --arithmetic int8 --drift abrupt --rows 40000 --net fc16 --delay 7 --label-noise 0.05 \
                    --label-every 2 --learn low-confidence --reserve 2 --save-every 0 --seed 3 --predictions /dev/null";

fn drift(more: &[&str]) -> Value {
    run(&[&["stream", "--arithmetic", "int8", "--net", "fc16", "--json"][..], more].concat()).json()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn int8_keeps_up_with_a_drift_that_the_frozen_network_loses() {
    for kind in ["gradual", "abrupt", "recurring"] {
        let found = drift(&["--drift", kind]);
        let (own, frozen) = (number(&found["accuracy"]), number(&found["frozen_accuracy"]));
        assert!(own > 90.0 && own > frozen + 2.0, "{kind}: {own} against {frozen}");
        assert!(number(&found["baselines"]["bp"]) > 90.0, "{}", found["baselines"]);
        assert_eq!((&found["arithmetic"], &found["saturated"].is_u64()), (&"int8".into(), &true));
    }
}

#[test]
fn every_rule_that_int8_has_learns_from_a_stream() {
    for rule in ["bp", "dfa", "sdfa", "drtp", "local-error", "local-hinge", "drtp-gated", "shallow"] {
        let found = drift(&["--rule", rule, "--rows", "3000"]);
        assert!(number(&found["accuracy"]) > 85.0, "{rule}: {}", found["accuracy"]);
    }
}

#[test]
fn the_baselines_are_networks_of_int8_too() {
    let folder = Folder::new();
    let model = folder.at("model");
    drift(&["--rows", "2000", "--model", &model]);
    let bytes = fs::read(&model).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    for name in ["frozen", "shallow", "bp"] {
        assert!(text.contains(&format!("\"stream.{name}.bytes\":{{\"dtype\":\"I8\"")), "{name} is no int8 network");
    }
    assert!(!text.contains(".parameters\""), "an f32 network among them");
}

#[test]
fn a_frozen_int8_network_answers_as_its_baseline_does() {
    let found = drift(&["--frozen", "--standardise", "warmup", "--rows", "3000"]);
    assert_eq!((&found["updates"], &found["accuracy"]), (&0.into(), &found["frozen_accuracy"]));
}

#[test]
fn the_page_and_the_lines_say_that_it_was_int8() {
    let folder = Folder::new();
    let page = folder.at("report.html");
    let done = run(&["stream", "--arithmetic", "int8", "--rows", "1000", "--report", &page]).done();
    for words in ["drtp fc64 in int8 on drift", "changes of a weight saturated"] {
        assert!(done.err.contains(words), "\"{words}\" is missing in {}", done.err);
    }
    let page = fs::read_to_string(&page).unwrap();
    assert!(page.contains("Network fc64 in int8") && page.contains("saturated"), "{page}");
}

#[test]
fn what_int8_does_not_have_is_refused_before_a_row_is_read() {
    let cases = [
        (&["--rule", "fa"][..], "rule is fa"),
        (&["--rule", "lls"], "rule is lls"),
        (&["--optimizer", "adam"], "optimizer is adam"),
        (&["--activation", "relu"], "activation is relu"),
        (&["--lr", "2"], "lr or hidden-lr is 2"),
        (&["--hidden-lr", "1"], "lr or hidden-lr is 1"),
    ];
    for (options, words) in cases {
        let line = ["stream", "--arithmetic", "int8", "--warmup", "100000"];
        run(&[&line[..], options].concat()).refused(2, &["int8", words]);
    }
}

#[test]
fn inputs_that_no_byte_holds_are_refused_when_the_warm_up_is_over() {
    let folder = Folder::new();
    let rows: String = (0..300).map(|i| format!("{},{},{}\n", 5000 + i, i % 7, ["a", "b"][i % 2])).collect();
    let data = folder.write("large.csv", format!("x,y,kind\n{rows}"));
    let line = ["stream", "--data", &data, "--label", "kind", "--warmup", "200", "--standardise"];
    let int8 = |how| run(&[&line[..], &[how, "--arithmetic", "int8"]].concat());
    int8("off").refused(2, &["int8", "the largest input is 5199", "at most 128", "standardised"]);
    int8("warmup").done();
    run(&[&line[..], &["off"]].concat()).done();
}

#[test]
fn killed_at_8_random_moments_int8_ends_with_the_same_bytes() {
    killed_at_random(8, LINE);
}
