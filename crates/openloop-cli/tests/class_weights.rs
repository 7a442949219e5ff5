//! Class weights: rare classes that count as much as frequent ones, under every rule and at any speed.

mod common;

use common::{Folder, checkpoint, run, train};
use std::fmt::Write;

/// Rows of two classes that overlap, `frequent` nineteen times as often as `rare`.
fn imbalanced(folder: &Folder) -> String {
    let mut text = String::from("x,y,class\n");
    for k in 0..1000u32 {
        // a generator of our own keeps the rows the same everywhere
        let noise = |salt: u32| f64::from((k.wrapping_mul(2_654_435_761) ^ salt).rotate_left(11) % 1000) / 1000.0;
        let is_rare = k % 20 == 0;
        let shift = if is_rare { 0.35 } else { 0.0 };
        writeln!(
            text,
            "{:.4},{:.4},{}",
            noise(77) + shift,
            noise(123) + shift,
            ["frequent", "rare"][usize::from(is_rare)]
        )
        .unwrap();
    }
    folder.write("rows.csv", &text)
}

/// What a checkpoint holds beside its settings: weights and optimizer state.
fn tensors(out: &str) -> Vec<u8> {
    let bytes = checkpoint(out);
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    bytes[8 + header..].to_vec()
}

fn recall_of_rare(out: &str) -> (f64, f64) {
    let tested = run(&["eval", out, "--json"]).json();
    (tested["per_class"][1]["recall"].as_f64().unwrap(), tested["balanced_accuracy"].as_f64().unwrap())
}

#[test]
fn balanced_weights_find_a_rare_class_under_every_rule_that_learns() {
    let folder = Folder::new();
    let (data, out) = (imbalanced(&folder), folder.at("run"));
    for rule in ["bp", "fa", "dfa", "sdfa", "drtp", "local-error", "local-hinge", "shallow"] {
        let learn = |more: &[&str]| {
            let line = [&["--data", &data, "--split", "stratified", "--rule", rule, "--out", &out][..], more].concat();
            train("--net fc20 --epochs 30 --lr 0.01", &line).done();
            let found = recall_of_rare(&out);
            std::fs::remove_dir_all(&out).unwrap();
            found
        };
        let (plain, weighted) = (learn(&[]), learn(&["--class-weights", "balanced"]));
        assert!(weighted.0 >= plain.0 + 0.3, "{rule}: recall {} and {} with weights", plain.0, weighted.0);
        assert!(weighted.1 > plain.1, "{rule}: balanced accuracy {} and {} with weights", plain.1, weighted.1);
    }
}

#[test]
fn only_the_ratios_of_weights_matter_and_a_file_says_what_balanced_says() {
    let folder = Folder::new();
    let data = imbalanced(&folder);
    let files = [("a.csv", "class,weight\nfrequent,1\nrare,4\n"), ("b.csv", "rare,8\nfrequent,2\n")];
    let learned = files.map(|(name, text)| {
        let (weights, out) = (folder.write(name, text), folder.at(&format!("run-{name}")));
        train("--epochs 2", &["--data", &data, "--class-weights", &weights, "--out", &out]).done();
        tensors(&out)
    });
    assert_eq!(learned[0], learned[1]);
}

#[test]
fn equal_weights_give_the_bits_of_none_and_a_pipeline_and_a_resumed_run_those_of_one() {
    let folder = Folder::new();
    let equal = folder.write("equal.csv", (0..10).map(|k| format!("{k},0.5\n")).collect::<String>());
    let learn = |name: &str, more: &[&str]| {
        let out = folder.at(name);
        let words: Vec<&str> =
            ["--rule", "drtp", "--net", "fc64 fc32", "--out", &out].iter().chain(more).copied().collect();
        train("--epochs 2", &words).done();
        tensors(&out)
    };
    assert_eq!(learn("none", &[]), learn("equal", &["--class-weights", &equal]));
    let weights: String = (0..10).map(|k| format!("{k},{}\n", 1 + k % 3)).collect();
    let weights = folder.write("weights.csv", &weights);
    let weighted = learn("weighted", &["--class-weights", &weights]);
    assert_ne!(weighted, learn("none again", &[]));
    assert_eq!(weighted, learn("pipeline", &["--class-weights", &weights, "--pipeline", "on", "--threads", "2"]));
    let out = folder.at("resumed");
    let words = ["--rule", "drtp", "--net", "fc64 fc32", "--class-weights", &weights, "--out", &out];
    train("--epochs 1", &words).done();
    train("--epochs 2 --resume", &words).done();
    assert_eq!(weighted, tensors(&out));
    let other = [&words[..4], &["--class-weights", "balanced", "--out", &out]].concat();
    train("--epochs 3 --resume", &other).refused(2, &["class_weights"]);
}

#[test]
fn weights_are_refused_where_nothing_has_a_class_and_in_int8() {
    let folder = Folder::new();
    let data = imbalanced(&folder);
    train("--class-weights balanced", &["--data", &data, "--label", "x"])
        .refused(2, &["measured values", "--class-weights"]);
    train("--class-weights balanced --arithmetic int8", &[]).refused(2, &["class-weights", "int8"]);
    train("", &["--class-weights", &folder.at("no such file")]).refused(2, &["no such file"]);
    let negative = folder.write("negative.csv", "rare,-1\nfrequent,1\n");
    train("", &["--data", &data, "--class-weights", &negative]).refused(2, &["line 1", "\"rare\"", "from 0 on"]);
    train("--class-weights none --epochs 1", &["--data", &data]).done();
}

#[test]
fn rows_of_weight_0_teach_nothing_and_a_column_of_weights_is_no_feature() {
    let folder = Folder::new();
    let mut text = String::from("x,y,weight,class\n");
    for k in 0..300u32 {
        let part = |step: u32| f64::from(k.wrapping_mul(step) % 311) / 311.0;
        // half of the rows tell lies, and count for nothing
        let (lies, high) = (k % 2 == 0, part(53) > 0.5);
        writeln!(
            text,
            "{:.4},{:.4},{},{}",
            part(53),
            part(71),
            u8::from(!lies),
            ["low", "high"][usize::from(high != lies)]
        )
        .unwrap();
    }
    let (data, out) = (folder.write("rows.csv", &text), folder.at("run"));
    let trained = train("--epochs 30 --sample-weights weight", &["--data", &data, "--out", &out]).done();
    assert!(trained.err.contains("2 features"), "{}", trained.err);
    let honest: String =
        text.lines().enumerate().filter(|(k, _)| *k == 0 || k % 2 == 0).map(|(_, line)| format!("{line}\n")).collect();
    let tested = run(&["eval", &out, "--data", &folder.write("honest.csv", honest), "--json"]).json();
    assert!(tested["test_error"].as_f64().unwrap() < 6.0, "{tested}");
    let cases = [
        (text.replacen(",1,", ",-1,", 1), vec!["weights from 0 on", "-1 in line"]),
        (text.replace(",1,", ",0,"), vec!["a row that counts"]),
    ];
    for (text, words) in cases {
        let data = folder.write("bad.csv", text);
        train("--sample-weights weight", &["--data", &data]).refused(2, &words);
    }
    train("--sample-weights weight", &[]).refused(2, &["digits", "no columns"]);
    train("--sample-weights weight --arithmetic int8", &["--data", &data]).refused(2, &["sample-weights", "int8"]);
    train("--sample-weights weight --label weight", &["--data", &data]).refused(2, &["weight", "label"]);
}
