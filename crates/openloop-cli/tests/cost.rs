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
        let rows = |table: &str| table.lines().filter(|line| line.starts_with(rule)).count();
        assert_eq!(text.split("\nestimated").map(rows).collect::<Vec<_>>(), [1, 1], "{text}");
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
fn time_and_energy_are_estimated_for_boards_that_have_the_network_and_for_no_other() {
    let text = cost(&[]).done().out;
    let times: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("estimated")).collect();
    assert!(times[0].contains("nRF52840 ms") && times[1].starts_with("an answer"), "{text}");
    assert!(text.contains("no board was measured"), "{text}");
    let json = cost(&["--json"]).json();
    let (answer, step) = (json["answer_cycles"].as_f64().unwrap(), json["rules"][2]["cycles"].as_f64().unwrap());
    assert!(answer > 10_000.0 && step > answer, "{json}");
    // V I cycles / f, by hand
    let board = &json["boards"][0];
    let number = |key: &str| board[key].as_f64().unwrap();
    let milliwatts = number("volts") * number("microamperes_per_megahertz") * number("megahertz") * 1e-3;
    let microjoules = milliwatts * answer / (1e3 * number("megahertz"));
    assert!(times[1].contains(&format!(" {microjoules:.2} ")), "{microjoules}: {text}");
    let convolution = run(&["cost", "--net", "conv4k3 fc8", "--input", "1x8x8", "--classes", "3"]).done().out;
    assert!(!convolution.contains("nRF52840"), "{convolution}");
}

#[test]
fn wrong_requests_are_named() {
    cost(&["--rules", "drpt"]).refused(2, &["\"drpt\"", "drtp"]);
    cost(&["--rules", "fa", "--arithmetic", "int8"]).refused(2, &["fa", "int8"]);
    cost(&["--batch", "0"]).refused(2, &["batch"]);
    run(&["cost", "--net", "fc32", "--input", "8xx", "--classes", "10"]).refused(2, &["8xx", "28x28"]);
    run(&["cost", "--net", "fcx", "--input", "8", "--classes", "10"]).refused(2, &["fcx"]);
}
