//! One comparison: a summary, the figures, the curves, the angles, the cost, and the settings that let one do it again.

use super::chart::{CurveChart, CurveUnit, CurveWidth, RuleCurve, SpreadChart, SpreadRow};
use super::cost::cost;
use super::figures::figures;
use super::number::{NONE, Unit};
use super::parts::ReportPart;
use super::settings::{search, settings};
use super::summary_text::summary;
use super::table::{ColumnHeading, RuleTable, wide};
use crate::experiment::{Band, Curves, RuleResult, TrialResult};
use maud::{Markup, html};

/// The name of a section within the page.
pub fn id(number: usize) -> String {
    format!("section-{number}")
}

/// The section.
pub fn section(part: &ReportPart<'_>, number: usize) -> Markup {
    let id = id(number);
    html! {
        section id=(id) {
            h2 { (part.title) }
            p class="summary" { (summary(part)) }
            @if let Some(note) = &part.comparison.note { p class="note" { strong { "Note: " } (note) } }
            (figures(part))
            (spread(part, &id))
            (curves(part, &id))
            (angles(part, &id))
            h3 { "Cost" }
            (cost(part))
            (search(part))
            h3 { "Settings" }
            (settings(part))
        }
    }
}

fn spread(part: &ReportPart<'_>, id: &str) -> Markup {
    let mut rows = Vec::new();
    for rule in &part.comparison.rules {
        let published = part.published(&rule.rule).map(|published| (published.value, published.std));
        let RuleResult { rule, mean, std, .. } = rule;
        rows.push(SpreadRow { rule, mean: *mean, std: *std, trials: trials(part, rule), published });
    }
    let title = format!("{} of each rule on {}", part.figure(), part.title);
    let (axis, unit, least) = (part.figure_with_unit(), part.unit(), part.one_of(part.comparison.test_rows));
    let chart = SpreadChart { id: format!("{id}-figures"), title, axis, unit, least, rows };
    html! { figure { (wide("chart", chart.draw())) } }
}

/// The figures of a rule's finished trials. Those of a regression are not kept one by one.
fn trials(part: &ReportPart<'_>, rule: &str) -> Vec<f64> {
    let figure = |run: &TrialResult| match run {
        TrialResult::Finished(run) if run.trial.summary.rule == rule => run.trial.summary.test_error_last10_mean,
        _ => None,
    };
    part.comparison.runs.iter().filter_map(figure).collect()
}

/// The curves that `choose` finds, a rule each.
fn lines<'a>(part: &ReportPart<'a>, choose: impl Fn(&'a Curves) -> Option<&'a Band>) -> Vec<RuleCurve<'a>> {
    let line = |rule: &'a RuleResult| Some(RuleCurve { rule: &rule.rule, band: choose(rule.curves.as_ref()?)? });
    part.comparison.rules.iter().filter_map(line).collect()
}

fn curves(part: &ReportPart<'_>, id: &str) -> Markup {
    let percent = part.unit() == Unit::Percent;
    let (test, training) = match percent {
        true => (lines(part, |c| c.test_error.as_ref()), lines(part, |c| c.train_error.as_ref())),
        false => (lines(part, |c| Some(&c.test_loss)), lines(part, |c| Some(&c.train_loss))),
    };
    if test.is_empty() && training.is_empty() {
        return html! {};
    }
    let [test_axis, training_axis] =
        if percent { ["test error, %", "training error, %"] } else { ["test loss", "training loss"] };
    let values = CurveUnit::Magnitudes(part.unit());
    let chart = |name: &str, axis, rows: usize, lines| {
        let (id, title) = (format!("{id}-{name}"), format!("{axis} by epoch on {}", part.title));
        let (least, width) = (part.one_of(rows), CurveWidth::Whole);
        CurveChart { id, title, axis, values, least, width, room: &[], lines }.draw()
    };
    let above = chart("test", test_axis, part.comparison.test_rows, test);
    let below = chart("training", training_axis, part.comparison.training_rows, training);
    html! {
        h3 { "Learning curves" }
        figure {
            (wide("chart", above.0)) (wide("chart", below.0))
            figcaption {
                (bands(part)) " Training: as the learning steps saw it."
                @if above.1 || below.1 { (edge(part)) }
            }
        }
    }
}

/// What lies on the lower edge of a logarithmic axis.
fn edge(part: &ReportPart<'_>) -> &'static str {
    match part.unit() {
        Unit::Percent => " What is less than one row, too small for a logarithmic axis, lies on its lower edge.",
        Unit::Loss => " What is too small for a logarithmic axis, such as 0, lies on its lower edge.",
    }
}

fn bands(part: &ReportPart<'_>) -> &'static str {
    match part.comparison.trials {
        0 | 1 => "One trial.",
        _ => "Mean over the trials; the band is one standard deviation to either side.",
    }
}

/// A chart for each hidden layer, all with the same axis.
fn angles(part: &ReportPart<'_>, id: &str) -> Markup {
    let curves = || part.comparison.rules.iter().filter_map(|rule| rule.curves.as_ref());
    let layers = curves().map(|curves| curves.angles.len()).max().unwrap_or(0);
    if layers == 0 {
        return html! {};
    }
    let room: Vec<f64> = curves().flat_map(|curves| &curves.angles).flat_map(|band| &band.mean).copied().collect();
    let chart = |layer: usize| {
        let title = format!("angle between teaching signals at hidden layer {} on {}", layer + 1, part.title);
        let axis = format!("hidden layer {}: angle, degrees", layer + 1);
        let lines = lines(part, |curves| curves.angles.get(layer));
        let id = format!("{id}-angle-{}", layer + 1);
        let width = if layers == 1 { CurveWidth::Whole } else { CurveWidth::Half };
        CurveChart { id, title, axis: &axis, values: CurveUnit::Angles, least: 0.0, width, room: &room, lines }.draw().0
    };
    html! {
        h3 { "Alignment" }
        figure class=[(layers > 1).then_some("pair")] {
            @for layer in 0..layers { (wide("chart", chart(layer))) }
            figcaption {
                "The angle between the rule\u{2019}s teaching signal and backpropagation\u{2019}s: below 90 degrees (the dashed "
                "line) the rule teaches a layer, on average, what backpropagation would. " (bands(part))
            }
        }
        (angles_at_the_end(part, layers))
    }
}

/// The angles after the last epoch, beside the published ones where there are any.
fn angles_at_the_end(part: &ReportPart<'_>, layers: usize) -> Markup {
    let known = |angle: Option<&f64>| angle.filter(|angle| angle.is_finite()).map(|angle| format!("{angle:.0}"));
    let degrees = |angle: Option<&f64>| html! { (known(angle).unwrap_or_else(|| NONE.into())) };
    let published = part.published.iter().any(|published| !published.angles.is_empty());
    let heading = |layer: usize| match (published, format!("hidden layer {layer}")) {
        (true, text) => ColumnHeading::over(&text, &["measured", "published"]),
        (false, text) => ColumnHeading::of(text),
    };
    let mut rows = Vec::new();
    for rule in part.comparison.rules.iter() {
        let Some(curves) = rule.curves.as_ref().filter(|curves| !curves.angles.is_empty()) else { continue };
        let mut cells = Vec::new();
        for layer in 0..layers {
            cells.push(degrees(curves.angles.get(layer).and_then(|band| band.mean.last())));
            if published {
                cells.push(degrees(part.published(&rule.rule).and_then(|published| published.angles.get(layer))));
            }
        }
        rows.push((rule.rule.clone(), cells));
    }
    let caption = html! { "Degrees after the last epoch, mean over the trials." };
    RuleTable { caption, headings: (1..=layers).map(heading).collect(), rows }.markup()
}
