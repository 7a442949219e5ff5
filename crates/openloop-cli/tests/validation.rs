//! Validation rows: judged after each epoch, never learned from; the best epoch's network is the result.

mod common;

use common::{Folder, checkpoint, run, train};
use serde_json::Value;

/// The lines of a run's log.
fn epochs(run: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(format!("{run}/metrics.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The number of the epoch with the least validation error, then loss.
fn best_of(epochs: &[Value]) -> usize {
    let judged = |epoch: &Value| ["validation_error", "validation_loss"].map(|key| epoch[key].as_f64().unwrap());
    let mut best = 0;
    for k in 1..epochs.len() {
        if judged(&epochs[k]) < judged(&epochs[best]) {
            best = k;
        }
    }
    best + 1
}

#[test]
fn the_epoch_that_did_best_on_validation_rows_is_kept_and_evaluated() {
    for options in ["", "--arithmetic int8", "--net", "--rule local-error --readout learned"] {
        let folder = Folder::new();
        let out = folder.at("run");
        let line = match options {
            "--net" => vec!["--net", "conv4k5 pool2 fc16", "--freeze-conv"],
            options => options.split_whitespace().collect(),
        };
        let line = [&line[..], &["--validation", "0.1", "--epochs", "12", "--json", "--out", &out]].concat();
        let trained = train("", &line).done();
        assert!(trained.err.contains("1293 training, 144 validation and 360 test rows"), "{}", trained.err);
        assert!(trained.err.contains("validation error") && !trained.err.contains("test error"), "{}", trained.err);
        let (summary, log) = (trained.json(), epochs(&out));
        let best = best_of(&log);
        assert_eq!(summary["best_epoch"], best, "{options}: {summary}");
        let kept = &log[best - 1];
        for key in ["test_error", "test_loss", "validation_error", "validation_loss"] {
            assert_eq!(summary[key], kept[key], "{options}: {key}");
        }
        let tested = run(&["eval", &out, "--json"]).json();
        assert_eq!(tested["test_error"], kept["test_error"], "{options}");
        let blob = folder.at("a.olnb");
        run(&["export", &out, "--to", "device", &blob]);
        let tested = run(&["eval", &blob, "--data", "digits", "--json"]).json();
        assert_eq!(tested["test_error"], kept["test_error"], "{options}: the blob");
    }
}

#[test]
fn patience_ends_a_run_so_many_epochs_after_its_best() {
    let folder = Folder::new();
    let out = folder.at("run");
    let line = ["--validation", "0.2", "--patience", "3", "--epochs", "200", "--json", "--out", &out];
    let summary = train("", &line).json();
    let (best, done) = (summary["best_epoch"].as_u64().unwrap(), summary["epochs"].as_u64().unwrap());
    assert!(done == best + 3 && done < 200, "{summary}");
    assert_eq!(best_of(&epochs(&out)) as u64, best);
    // nothing is left to do
    let again = train("", &[&line[..], &["--resume"]].concat()).json();
    assert_eq!((&again["epochs"], &again["test_error"]), (&summary["epochs"], &summary["test_error"]));
}

#[test]
fn a_run_that_was_lengthened_has_the_bytes_of_one_that_was_not() {
    let folder = Folder::new();
    let [whole, parts] = ["whole", "parts"].map(|name| folder.at(name));
    let line = |out: &str, epochs: &str| train("--validation 0.1 --epochs", &[epochs, "--out", out]).done();
    line(&whole, "14");
    line(&parts, "6");
    train("--validation 0.1 --epochs 14 --resume --out", &[&parts]).done();
    assert!(checkpoint(&whole) == checkpoint(&parts));
    let later = ["--validation", "0.2", "--epochs", "20", "--resume", "--out", &whole];
    train("", &later).refused(2, &["validation"]);
}

#[test]
fn a_table_is_found_again_with_its_validation_rows() {
    let folder = Folder::new();
    let (data, out) = (folder.write("a.csv", common::table(200)), folder.at("run"));
    let trained =
        train("--validation 0.25 --epochs 5 --split stratified --json --out", &[&out, "--data", &data]).json();
    let tested = run(&["eval", &out, "--json"]);
    assert!(tested.err.contains("it is the table that the model was trained on"), "{}", tested.err);
    assert_eq!(trained["test_error"], tested.json()["test_error"]);
}

#[test]
fn shares_that_leave_nothing_and_patience_without_rows_are_refused() {
    train("--patience 3", &[]).refused(2, &["--validation 0.1"]);
    train("--validation 0.2 --patience 0", &[]).refused(2, &["patience is 0"]);
    for share in ["1.5", "-0.1", "NaN"] {
        train("--validation", &[share]).refused(2, &["validation is"]);
    }
    for share in ["0.00001", "0.9999"] {
        train("--validation", &[share]).refused(2, &["puts all or none away"]);
    }
    let compare = ["compare", "--rules", "bp,drtp", "--trials", "1", "--validation", "0.1"];
    common::Outcome::from(common::openloop(&compare).output().unwrap()).refused(2, &["for train"]);
}
