//! `--arithmetic int8` from the command line: the same bits for any threads and after a resume, and clear refusals.

mod common;

use common::{Folder, checkpoint, run, train};

const NET: &str = "--arithmetic int8 --rule local-error --epochs";

#[test]
fn threads_and_a_resume_change_no_bit() {
    let folder = Folder::new();
    let (whole, parts) = (folder.at("whole"), folder.at("parts"));
    let learn =
        |line: &str, out: &str| drop(train(&format!("{NET} {line}"), &["--net", "fc20 fc15", "--out", out]).done());
    learn("4 --threads 1", &whole);
    learn("2 --threads 3", &parts);
    learn("4 --threads 2 --resume", &parts);
    assert!(checkpoint(&whole) == checkpoint(&parts), "the files differ");
}

#[test]
fn readouts_that_learn_and_second_bytes_go_on_after_a_resume_with_the_same_bits() {
    for (bits, validation) in [("8", "0"), ("16", "0"), ("16", "0.2")] {
        let folder = Folder::new();
        let (whole, parts) = (folder.at("whole"), folder.at("parts"));
        let line = |epochs: &str| {
            format!(
                "--arithmetic int8 --rule local-error-learned --weight-bits {bits} --validation {validation} --epochs {epochs}"
            )
        };
        let learn = |line: &str, out: &str| drop(train(line, &["--net", "fc20 fc15", "--out", out]).done());
        learn(&line("4"), &whole);
        learn(&line("2"), &parts);
        learn(&format!("{} --resume", line("4")), &parts);
        assert!(checkpoint(&whole) == checkpoint(&parts), "{bits} bits, validation {validation}: the files differ");
    }
}

#[test]
fn sixteen_bits_of_a_weight_make_fewer_mistakes_than_eight_and_are_a_byte_more_each() {
    let learn = |bits: &str, more: &str| {
        let line = format!("--arithmetic int8 --rule local-error-learned --weight-bits {bits} {more}");
        train(&line, &["--net", "fc32 fc16"])
    };
    let errors = ["8", "16"].map(|bits| learn(bits, "--epochs 15 --json").json()["test_error"].as_f64().unwrap());
    assert!(errors[1] < errors[0], "{errors:?}");
    // 64-32-16-10 has 2,778 weights and biases, its two readouts 500; the counters take 16
    for (bits, bytes) in [("8", "memory: 3294 bytes"), ("16", "memory: 6572 bytes")] {
        let told = learn(bits, "--epochs 1").done().err;
        assert!(told.contains(bytes), "{told}");
    }
}

#[test]
fn a_model_of_16_bits_answers_alike_from_its_blob_and_is_no_c_source_under_a_rule_that_no_board_has() {
    let folder = Folder::new();
    let (out, blob) = (folder.at("run"), folder.at("model.blob"));
    let line = "--arithmetic int8 --rule local-error-learned --weight-bits 16 --epochs 3";
    train(line, &["--net", "fc20", "--out", &out]).done();
    run(&["export", &out, "--to", "device", &blob]).done();
    let error = |model: &str| run(&["eval", model, "--data", "digits", "--json"]).json()["test_error"].clone();
    assert_eq!(error(&out), error(&blob));
    run(&["export", &out, "--to", "c-source", &folder.at("net.h")]).refused(2, &["local-error-learned"]);
}

#[test]
fn eval_and_predict_give_what_training_saw() {
    let folder = Folder::new();
    let out = folder.at("run");
    let net = ["--net", "conv4k3 pool2 fc30", "--freeze-conv", "--out", &out, "--json"];
    let trained = train(&format!("{NET} 3"), &net).json();
    let asked = run(&["eval", &out, "--json"]).json();
    assert_eq!(trained["arithmetic"], "int8");
    for figure in ["test_error", "train_error", "test_loss", "parameters"] {
        assert_eq!(trained[figure], asked[figure], "{figure}");
    }
    assert!(trained["test_error"].as_f64().is_some_and(|error| error < 20.0), "{trained}");
    let rows = folder.write("rows.csv", format!("{}\n", ["3"; 64].join(",")));
    assert_eq!(run(&["predict", &out, &rows]).done().out.lines().count(), 2);
}

#[test]
fn what_int8_does_not_have_is_refused_by_name() {
    let cases = [
        ("--batch 10", "batch is 10"),
        ("--optimizer adam", "optimizer is adam"),
        ("--loss bce", "loss is bce"),
        ("--activation relu", "activation is relu"),
        ("--rule fa", "rule is fa"),
        ("--dropout 0.1", "dropout is 0.1"),
        ("--lr 2", "lr or hidden-lr is 2"),
        ("--net conv4k3", "--freeze-conv"),
        ("--data synthetic-regression", "regression"),
        ("--alignment", "alignment"),
        ("--preset paper", "int8"),
    ];
    for (line, words) in cases {
        train(&format!("--arithmetic int8 {line}"), &[]).refused(2, &["int8", words]);
    }
    train("--arithmetic int8 --weight-bits 12", &[]).refused(2, &["weight-bits", "12", "8 or 16"]);
    train("--weight-bits 16", &[]).refused(2, &["weight-bits", "16", "--arithmetic int8"]);
    run(&["compare", "--arithmetic", "int8", "--rules", "drtp"]).refused(2, &["int8", "comparison"]);
}

#[test]
fn changes_that_leave_a_byte_are_counted_where_rates_are_too_large_and_hardly_where_they_are_not() {
    let saturated = |rates: &[&str]| {
        let found = train("--epochs 2 --arithmetic int8 --json", rates).json();
        found["saturated"].as_u64().unwrap_or_else(|| panic!("{found}"))
    };
    let (usual, large) = (saturated(&[]), saturated(&["--lr", "0.9", "--hidden-lr", "0.9"]));
    assert!(large > 1_000 && large > 10 * usual, "{usual} at the usual rates, {large} at 0.9");
}
