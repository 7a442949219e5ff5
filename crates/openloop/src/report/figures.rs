//! The table of figures: what each rule reached, how far from the first rule, how far from what was published.

use super::number::{NONE, Unit, p, plural};
use super::parts::ReportPart;
use super::table::{ColumnHeading, RuleTable};
use crate::experiment::{Difference, RuleResult, Variation};
use maud::{Markup, html};

/// The table.
pub fn figures(part: &ReportPart<'_>) -> Markup {
    let comparison = part.comparison;
    let first = comparison.rules.first().map_or("", |rule| &rule.rule);
    let mut headings = vec![ColumnHeading::of(part.figure_with_unit())];
    if comparison.rules.len() > 1 {
        let level = 100.0 * comparison.confidence;
        headings.push(ColumnHeading::of(format!("minus {first} [{level:.0} % CI]")));
        headings.push(ColumnHeading::of("p\u{a0}(Holm)"));
    }
    if !part.published.is_empty() {
        headings.push(ColumnHeading::of("published"));
        headings.push(ColumnHeading::of("minus published"));
    }
    if part.unit() == Unit::Percent {
        headings.push(ColumnHeading::over("after the last epoch, %", &["test", "training"]));
    }
    headings.push(ColumnHeading::of("trials"));
    let best = best(comparison.rules.iter());
    let rows = comparison.rules.iter().map(|rule| (rule.rule.clone(), row(part, rule, best == Some(&rule.rule))));
    RuleTable { caption: caption(part), headings, rows: rows.collect() }.markup()
}

/// The rule with the smallest mean.
pub fn best<'a>(rules: impl Iterator<Item = &'a RuleResult>) -> Option<&'a str> {
    let known = rules.filter_map(|rule| Some((rule.mean.filter(|mean| mean.is_finite())?, &*rule.rule)));
    known.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, rule)| rule)
}

fn caption(part: &ReportPart<'_>) -> Markup {
    let comparison = part.comparison;
    let last = comparison.epochs.min(10) as usize;
    let over =
        if last == 1 { "after the only epoch".into() } else { format!("mean of the last {}", plural(last, "epoch")) };
    let spread =
        if comparison.trials > 1 { "; mean ± standard deviation over the trials" } else { ", of a single trial" };
    let covered = match comparison.varies {
        _ if comparison.trials < 2 => "",
        Variation::Seeds => {
            " Deviations and intervals cover the seeds: all trials share the same training and test rows."
        }
        Variation::Folds => {
            " Deviations and intervals cover seeds and folds: each trial tests on another part of the rows and trains on the others."
        }
        Variation::SeedsAndSplits => {
            " Deviations and intervals cover seeds and splits: each trial trains and tests on other rows."
        }
    };
    html! {
        "The " (part.figure()) " on " (plural(comparison.test_rows, "row")) ", " (over) (spread) ". The best is bold." (covered)
        @if !part.source.is_empty() { " Published: " (part.source) "." }
    }
}

fn row(part: &ReportPart<'_>, rule: &RuleResult, best: bool) -> Vec<Markup> {
    let (unit, comparison) = (part.unit(), part.comparison);
    let figure = unit.spread(rule.mean, rule.std);
    let mut cells = vec![html! { @if best { strong { (figure) } } @else { (figure) } }];
    if comparison.rules.len() > 1 {
        cells.push(html! { (rule.difference.as_ref().map_or_else(|| NONE.into(), |d| difference(d, unit))) });
        cells.push(html! { (p(rule.difference.as_ref().and_then(|difference| difference.p_holm))) });
    }
    if !part.published.is_empty() {
        let published = part.published(&rule.rule);
        let minus = published.zip(rule.mean).map(|(published, mean)| unit.signed(mean - published.value));
        cells.push(html! { (published.map_or_else(|| NONE.into(), |p| unit.published(p.value, p.std))) });
        cells.push(html! { (minus.unwrap_or_else(|| NONE.into())) });
    }
    if unit == Unit::Percent {
        cells.push(html! { (unit.spread(rule.test_error, None)) });
        cells.push(html! { (unit.spread(rule.train_error, None)) });
    }
    let diverged = rule.diverged.len();
    cells.push(html! { (rule.finished) @if diverged > 0 { ", " (diverged) " diverged" } });
    cells
}

/// A difference with its confidence interval.
fn difference(difference: &Difference, unit: Unit) -> String {
    let mean = unit.signed(difference.mean);
    match difference.t_test {
        Some(test) => format!("{mean} [{}, {}]", unit.signed(test.interval[0]), unit.signed(test.interval[1])),
        None => mean,
    }
}
