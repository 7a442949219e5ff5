//! A comparison as a table of aligned columns and the notes it needs: at most 100 columns wide, or as wide as the terminal.

use crate::terminal::{aligned, wrapped};
use openloop::experiment::search::{Budget, NAME};
use openloop::experiment::{Comparison, Difference, FEW_ROWS, RuleResult, Variation};

/// What the control is.
pub const CONTROL: &str = "shallow: the control, its hidden layers do not learn";

/// The whole text, for a terminal of `width` columns if it is for one.
pub fn render(comparison: &Comparison, width: Option<usize>) -> String {
    let mut text = wrapped(&heading(comparison), width);
    text += &aligned(&rows(comparison), width);
    notes(comparison).iter().for_each(|note| text += &format!("{}\n", wrapped(note, width)));
    text
}

fn heading(comparison: &Comparison) -> String {
    format!("{} on {}: {}\n\n", comparison.net, comparison.data, budget(comparison))
}

/// Trials, epochs, batch and threads.
pub fn budget(comparison: &Comparison) -> String {
    let Comparison { epochs, batch, trials, threads, seed, .. } = comparison;
    let seeds = match trials {
        1 => format!("1 trial (seed {seed})"),
        _ => format!("{trials} trials (seeds {seed} to {})", seed + u64::from(*trials) - 1),
    };
    format!("{seeds} of {epochs} epochs, batch {batch}, {threads} threads")
}

/// Whether it compares errors in percent, or losses.
pub fn is_error(comparison: &Comparison) -> bool {
    comparison.figure.contains("error")
}

/// What is compared, in a word.
fn word(comparison: &Comparison) -> &'static str {
    match is_error(comparison) {
        true => "error",
        false if comparison.figure.contains("rmse") => "RMSE",
        false => "loss",
    }
}

/// The table's cells, the header first.
fn rows(comparison: &Comparison) -> Vec<Vec<String>> {
    let first = &comparison.rules[0].rule;
    let figure = if is_error(comparison) { "error %" } else { word(comparison) };
    let difference = format!("minus {first} [95 % CI]");
    let header = ["rule", figure, &difference, "p", "s/epoch", "samples/s", "m-adds", "memory", "peak"];
    let digits = if is_error(comparison) { 2 } else { 4 };
    let mut rows = vec![header.map(String::from).to_vec()];
    rows.extend(comparison.rules.iter().map(|rule| row(rule, digits)));
    rows
}

fn row(rule: &RuleResult, digits: usize) -> Vec<String> {
    let none = || "-".to_string();
    let p = rule.difference.as_ref().and_then(|difference| difference.p_holm);
    let cost = &rule.cost;
    let timed = |text: String| if rule.finished > 0 { text } else { none() };
    vec![
        rule.rule.clone(),
        spread(rule.mean, rule.std, digits).unwrap_or_else(|| "diverged".into()),
        rule.difference.as_ref().map_or_else(none, |d| describe(d, digits)),
        p.map_or_else(none, |p| if p < 0.001 { "<0.001".into() } else { format!("{p:.3}") }),
        timed(seconds(cost.seconds_per_epoch)),
        timed(format!("{:.0}", cost.samples_per_second)),
        short(cost.multiply_adds.total),
        format!("{}+{}", short(cost.persistent_bytes as u64), short(cost.transient_bytes as u64)),
        timed(short(cost.learning_peak_bytes as u64)),
    ]
}

/// A mean with its deviation, where there is one.
pub fn spread(mean: Option<f64>, std: Option<f64>, digits: usize) -> Option<String> {
    mean.map(|mean| match std {
        Some(std) => format!("{mean:.digits$} ± {std:.digits$}"),
        None => format!("{mean:.digits$}"),
    })
}

fn describe(difference: &Difference, digits: usize) -> String {
    match difference.t_test {
        Some(test) => {
            let [low, high] = test.interval;
            format!("{:+.digits$} [{low:+.digits$}, {high:+.digits$}]", difference.mean)
        }
        None => format!("{:+.digits$}", difference.mean),
    }
}

/// Three digits that count.
pub fn seconds(seconds: f64) -> String {
    match seconds {
        100.0.. => format!("{seconds:.0}"),
        10.0.. => format!("{seconds:.1}"),
        1.0.. => format!("{seconds:.2}"),
        0.1.. => format!("{seconds:.3}"),
        _ => format!("{seconds:.4}"),
    }
}

/// Three digits that count, in thousands, millions or billions.
pub fn short(n: u64) -> String {
    let (value, unit) = match n {
        0..1_000 => return n.to_string(),
        1_000..999_500 => (n as f64 / 1e3, "k"),
        999_500..999_500_000 => (n as f64 / 1e6, "M"),
        _ => (n as f64 / 1e9, "G"),
    };
    match value {
        99.95.. => format!("{value:.0}{unit}"),
        9.995.. => format!("{value:.1}{unit}"),
        _ => format!("{value:.2}{unit}"),
    }
}

/// What the figure is.
pub fn figure(comparison: &Comparison) -> String {
    let (rows, last) = (comparison.test_rows, comparison.epochs.min(10));
    let figure = word(comparison);
    format!("{figure}: of {rows} test rows, mean of the last {last} epochs")
}

fn notes(comparison: &Comparison) -> Vec<String> {
    let first = &comparison.rules[0];
    let figure = figure(comparison);
    let mut notes = vec![String::new()];
    if comparison.trials == 1 {
        notes.push(figure);
        notes.push("one trial: no deviation, no interval and no test; take --trials 5 or more".into());
    } else {
        notes.push(format!("{figure} ± standard deviation over the trials"));
        notes.push(format!(
            "minus {}: paired by trial; p (t test) and CI Holm-corrected for the number of rules",
            first.rule
        ));
        notes.push(covered(comparison));
    }
    notes.extend(small_differences(comparison));
    if first.finished == 0 {
        notes.push(format!("no trial of {} came to its end: there is nothing to compare the others with", first.rule));
    }
    if comparison.rules.iter().any(|rule| rule.control) {
        notes.push(CONTROL.into());
    }
    notes.push(
        "m-adds: multiply-adds a sample; memory: bytes planned, lasting + for a step; peak: bytes measured".into(),
    );
    notes.extend(search(comparison));
    notes.extend(diverged(comparison));
    notes.extend(comparison.note.iter().map(|note| format!("note: {note}")));
    notes
}

/// What the deviations and the intervals cover.
pub fn covered(comparison: &Comparison) -> String {
    let what = match comparison.varies {
        Variation::Folds => "seeds and folds: each trial tests on another part of the rows and trains on the others",
        Variation::SeedsAndSplits => "seeds and splits: each trial trains and tests on other rows of the table",
        Variation::Seeds if comparison.search.is_some() => {
            "seeds only: all trials share the split whose training rows chose the rates"
        }
        Variation::Seeds => "seeds only: all trials share the same training and test rows",
    };
    format!("± and CI cover {what}")
}

/// Differences that a few test rows make.
fn small_differences(comparison: &Comparison) -> Vec<String> {
    let rows = comparison.test_rows;
    let note = |rule: &RuleResult| {
        let few = rule.difference.as_ref()?.test_rows.filter(|few| *few < FEW_ROWS)?;
        Some(format!("{}: the difference is {few:.1} of {rows} test rows", rule.rule))
    };
    comparison.rules.iter().filter_map(note).collect()
}

/// Which trials ran away, and how the first of each rule did.
pub fn diverged(comparison: &Comparison) -> Vec<String> {
    let mut notes = Vec::new();
    for rule in comparison.rules.iter().filter(|rule| !rule.diverged.is_empty()) {
        let (count, of, first) = (rule.diverged.len(), comparison.trials, &rule.diverged[0]);
        notes.push(format!(
            "{}: {count} of {of} trials diverged and count for nothing; seed {}:",
            rule.rule, first.seed
        ));
        notes.push(format!("  {}", first.diverged));
    }
    notes
}

/// What the search of the learning rates was allowed, and what it found.
fn search(comparison: &Comparison) -> Vec<String> {
    let Some(budget) = &comparison.search else { return Vec::new() };
    let Budget { name, candidates, samples, validation_rows, .. } = budget;
    let what = if name == NAME { "learning rates" } else { "settings" };
    let mut notes = vec![
        format!("{what}: {name}, {candidates} candidates of {samples} samples for each rule,"),
        format!("  judged on {validation_rows} training rows held back"),
    ];
    for rule in &comparison.rules {
        let edge = rule.search.as_ref().is_some_and(|search| search.at_edge);
        let wider = if edge { ", the edge of the grid: a wider --tune may find a better one" } else { "" };
        let chosen = rule.search.as_ref().and_then(|search| search.candidates.get(search.chosen));
        let others = chosen.map(|chosen| chosen.others()).filter(|others| !others.is_empty());
        let others = others.map_or_else(String::new, |others| format!(", {others}"));
        notes.push(format!("  {} {:.1e}{others}{wider}", rule.rule, rule.settings.lr));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits_across_the_units() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1_000, "1.00k"),
            (9_999, "10.0k"),
            (99_960, "100k"),
            (999_499, "999k"),
            (999_500, "1.00M"),
            (12_345_678, "12.3M"),
            (5_000_000_000, "5.00G"),
        ];
        cases.iter().for_each(|(n, text)| assert_eq!(short(*n), *text));
        assert_eq!((seconds(0.00214).as_str(), seconds(12.34).as_str()), ("0.0021", "12.3"));
    }
}
