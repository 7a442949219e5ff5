//! `openloop cost`: what a network costs on a device, before there is one.

mod common;

use common::run;

const SMALL: [&str; 7] = ["cost", "--net", "fc32", "--input", "64", "--classes", "10"];

fn cost(more: &[&str]) -> common::Outcome {
    run(&[&SMALL[..], more].concat())
}

#[test]
fn every_rule_has_a_row_and_bp_is_what_the_others_are_held_against() {
    let text = cost(&[]).done().out;
    for rule in ["bp ", "dfa ", "drtp ", "local-error ", "shallow "] {
        assert_eq!(text.lines().filter(|line| line.starts_with(rule)).count(), 1, "{text}");
    }
    assert!(
        text.starts_with("64 inputs, fc32, 10 outputs in f32: 2410 weights and biases, 9764 bytes as a blob"),
        "{text}"
    );
    assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
}

#[test]
fn a_program_in_c_has_a_line_of_its_own_where_there_can_be_one() {
    let text = cost(&[]).done().out;
    assert!(
        text.contains("\nfrom C: 10240 to 12288 bytes of flash, 11264 more with two slots; 448 bytes of RAM"),
        "{text}"
    );
    let json = cost(&["--arithmetic", "int8", "--json"]).json();
    assert_eq!(json["c_library"]["model_ram"], 128 + 2 * 32 + 64);
    let convolution = run(&["cost", "--net", "conv4k3 fc8", "--input", "1x8x8", "--classes", "3"]).done().out;
    assert!(!convolution.contains("from C"), "{convolution}");
}

#[test]
fn json_has_bytes_and_counts() {
    let json = cost(&["--rules", "drtp,bp", "--json"]).json();
    assert_eq!((&json["parameters"], &json["rules"][0]["rule"]), (&2410.into(), &"drtp".into()));
    assert_eq!(json["rules"][0]["learning"]["multiply_adds"], 4768);
    assert_eq!(json["rules"][1]["saves"]["ram"], 0.0);
    let int8 = cost(&["--arithmetic", "int8", "--json"]).json();
    assert!(int8["rules"][0]["ram"]["persistent"].as_u64() < json["rules"][0]["ram"]["persistent"].as_u64());
}

#[test]
fn wrong_requests_are_named() {
    cost(&["--rules", "drpt"]).refused(2, &["\"drpt\"", "drtp"]);
    cost(&["--rules", "fa", "--arithmetic", "int8"]).refused(2, &["fa", "int8"]);
    cost(&["--batch", "0"]).refused(2, &["batch"]);
    run(&["cost", "--net", "fc32", "--input", "8xx", "--classes", "10"]).refused(2, &["8xx", "28x28"]);
    run(&["cost", "--net", "fcx", "--input", "8", "--classes", "10"]).refused(2, &["fcx"]);
}
