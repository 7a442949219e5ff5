//! The report of one model: what it must tell of classes and of measured values, and that it needs nothing else.

mod common;

use common::{Folder, run, train};
use std::fmt::Write;

/// Rows whose class depends on `signal` alone; `noise` says nothing.
fn rows(folder: &Folder, label: fn(f64) -> String) -> String {
    let mut text = String::from("signal,noise,label\n");
    for k in 0..400u32 {
        let part = |step: u32| f64::from(k.wrapping_mul(step) % 997) / 997.0;
        writeln!(text, "{:.4},{:.4},{}", part(53), part(71), label(part(53))).unwrap();
    }
    folder.write("rows.csv", text)
}

/// The page; it loads nothing and runs no script.
#[track_caller]
fn page(path: &str) -> String {
    let page = std::fs::read_to_string(path).unwrap();
    for forbidden in ["<script", "src=", "NaN", "inf<", "@import"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    page
}

#[test]
fn the_report_of_classes_shows_curves_confusion_calibration_worst_rows_and_the_column_that_matters() {
    let folder = Folder::new();
    let data = rows(&folder, |x| if x > 0.55 { "high" } else { "low" }.into());
    let (out, report) = (folder.at("run"), folder.at("report.html"));
    train("--epochs 12 --validation 0.1", &["--data", &data, "--out", &out, "--report", &report]).done();
    let shown = page(&report);
    for section in [
        "How it learned",
        "What is taken for what",
        "Whether probabilities can be believed",
        "What it looks at",
        "Where it fails",
    ] {
        assert!(shown.contains(section), "{section}");
    }
    assert!(
        shown.contains("validation") && shown.contains("<th scope=\"col\">p(truth), %</th>"),
        "worst rows and curves"
    );
    let (signal, noise) = (shown.find("<th scope=\"row\">signal</th>"), shown.find("<th scope=\"row\">noise</th>"));
    assert!(signal.unwrap() < noise.unwrap(), "the column that decides stands first");
    let again = folder.at("again.html");
    run(&["eval", &out, "--report", &again]).done();
    let again = page(&again);
    let matrix =
        |page: &str| page[page.find("<svg class=\"matrix\"").unwrap()..].split("</svg>").next().unwrap().to_string();
    assert_eq!(matrix(&shown), matrix(&again), "eval tests the same rows");
    assert!(again.contains("How it learned"), "the checkpoint knows the epochs");
}

#[test]
fn the_report_of_measured_values_is_in_their_unit() {
    let folder = Folder::new();
    let data = rows(&folder, |x| format!("{:.3}", 500.0 + 20.0 * x));
    let report = folder.at("report.html");
    train("--epochs 5", &["--data", &data, "--report", &report]).done();
    let shown = page(&report);
    assert!(shown.contains("Root mean squared error") && shown.contains("that of answering the mean"), "figures");
    assert!(!shown.contains("What is taken for what") && shown.contains("What it looks at"), "no classes");
    assert!(shown.contains("51") && shown.contains("root mean squared error, grows"), "worst rows in their unit");
}

#[test]
fn a_report_on_images_and_many_classes_has_no_columns_and_stands_on_standard_output_alone() {
    let folder = Folder::new();
    let mut text = String::from("a,b,label\n");
    (0..1200u32).for_each(|k| writeln!(text, "{},{},c{}", k % 60, k * 7 % 11, k % 60).unwrap());
    let data = folder.write("many.csv", text);
    let done = train("--epochs 1 --split stratified", &["--data", &data, "--report", "-"]).done();
    assert!(done.out.starts_with("<!DOCTYPE html>") && done.out.trim_end().ends_with("</html>"), "{}", &done.out[..80]);
    assert!(done.err.contains("test error"), "{}", done.err);
    let digits = train("--epochs 1", &["--report", "-"]).done().out;
    assert!(!digits.contains("What it looks at") && digits.contains("What is taken for what"), "pixels are no columns");
    train("--epochs 1", &["--report", "-", "--json"]).refused(2, &["--report -"]);
    train("--epochs 1", &["--data", &data, "--report", &data]).refused(2, &["many.csv"]);
}
