//! `openloop compare --report`: what the file holds, and that it is refused before anything runs where it cannot be.

mod common;

use common::{Folder, run};
use std::fs;

#[test]
fn a_comparison_leaves_one_page_with_its_figures_charts_costs_and_the_command_as_typed() {
    let folder = Folder::new();
    let path = folder.at("a report.html");
    let done = run(&["compare", "--rules", "drtp,bp", "--trials", "2", "--epochs", "3", "--report", &path]).done();
    assert!(done.err.contains(&format!("report in {path}")), "{}", done.err);
    assert!(done.out.contains("minus drtp"), "the table is printed all the same: {}", done.out);
    let page = fs::read_to_string(&path).unwrap();
    let command = format!("compare --rules drtp,bp --trials 2 --epochs 3 --report '{path}'");
    for words in [&*command, "seeds 0 to 1", env!("CARGO_PKG_VERSION"), "test error, %", "training error, %", "shallow"]
    {
        assert!(page.contains(words), "\"{words}\" is missing");
    }
    for words in ["persistent", "transient", "multiply-adds", "Frenkel", "Processor"] {
        assert!(page.contains(words), "\"{words}\" is missing");
    }
    assert!(page.matches("<svg viewBox").count() >= 3 && page.contains("class=\"band "), "curves with bands");
    assert!(page.len() < 300_000 && !page.contains("<script"), "{} bytes", page.len());
    assert_eq!(fs::read_dir(std::path::Path::new(&path).parent().unwrap()).unwrap().count(), 1, "nothing else is left");
}

#[test]
fn a_comparison_in_which_all_diverges_still_leaves_a_report() {
    let folder = Folder::new();
    let path = folder.at("report.html");
    let line = "compare --rules bp --trials 2 --epochs 2 --optimizer sgd --activation identity --loss mse --lr 1e30";
    let words: Vec<&str> = line.split(' ').chain(["--report", &path]).collect();
    run(&words).refused(1, &["every trial diverged"]);
    let page = fs::read_to_string(&path).unwrap();
    assert!(page.contains("2 of 2 trials of bp diverged"), "{page}");
    let drawn = page.split("<svg").skip(1).filter_map(|rest| rest.split("</svg>").next());
    assert!(drawn.into_iter().all(|drawn| !drawn.contains("NaN") && !drawn.contains("inf")), "{page}");
}

#[test]
fn a_path_that_cannot_be_written_is_refused_in_one_line_before_anything_runs() {
    let folder = Folder::new();
    let (missing, there) = (folder.at("missing/report.html"), folder.at(""));
    let below_a_file = format!("{}/report.html", folder.write("file", ""));
    let cases: [(&str, &[&str]); 3] = [
        (&missing, &["there is no folder", "missing", "make it first"]),
        (&there, &["is no file", "report.html"]),
        (&below_a_file, &["there is no folder"]),
    ];
    for (path, words) in cases {
        let outcome = run(&["compare", "--rules", "bp", "--trials", "2", "--report", path]);
        assert!(!outcome.err.contains("run 1/"), "{path}: {}", outcome.err);
        outcome.refused(2, words);
    }
}

#[test]
fn the_report_of_a_stream_draws_the_baselines_the_borders_of_segments_and_an_interval() {
    let folder = Folder::new();
    let path = folder.at("stream.html");
    run(&["stream", "--rule", "drtp", "--rows", "6000", "--report", &path]).done();
    let page = fs::read_to_string(&path).unwrap();
    let chart =
        page.split("aria-labelledby=\"course-title").nth(1).and_then(|rest| rest.split("</svg>").next()).unwrap();
    for name in ["drtp", "bp", "frozen", "last-label", "majority", "shallow"] {
        let line = |class: &str| chart.contains(&format!("{class} look-{name}\""));
        assert!((line("line thin") || line("line thick")) && line("rule"), "{name} has no line or no name");
    }
    assert_eq!(chart.matches("class=\"border\"").count(), 9, "segments of 600 rows after the warm-up");
    assert_eq!(chart.matches("class=\"band ").count(), 1, "of the network that learns");
    for words in ["Each point is 160 rows", "right, % [95 % interval]"] {
        assert!(page.contains(words), "\"{words}\" is missing");
    }
    assert!(!page.contains("NaN") && !page.contains("inf "));
}
