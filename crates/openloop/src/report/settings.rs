//! The tables that let one do it again: every rule's settings, and the search of its learning rate.

use super::number::{NONE, Unit, count, plural, rate};
use super::parts::ReportPart;
use super::table::{ColumnHeading, RuleTable};
use crate::experiment::search::{Budget, Candidate, NAME, Search};
use crate::experiment::{Comparison, RuleResult};
use crate::settings::{Init, SavedSettings};
use maud::{Markup, html};

/// A setting's name and how it is written.
type Setting = (&'static str, fn(&SavedSettings) -> String);

/// Always shown.
const SETTINGS: [Setting; 8] = [
    ("learning rate", |settings| rate(settings.lr)),
    ("hidden layers\u{2019}", |settings| rate(settings.hidden_lr)),
    ("decay", |settings| rate(settings.lr_decay)),
    ("optimizer", |settings| settings.optimizer.to_string()),
    ("loss", |settings| settings.loss.to_string()),
    ("activation", |settings| settings.activation.to_string()),
    ("scaling", |settings| settings.scaling.to_string()),
    ("batch", |settings| settings.batch.to_string()),
];

/// Shown where some rule has them otherwise than the last word says.
const SPECIAL: [(Setting, &str); 5] = [
    (("dropout", |settings| settings.dropout.to_string()), "0"),
    (("convolutions", |settings| if settings.freeze_conv { "frozen" } else { "learn" }.into()), "learn"),
    (("readouts of maps", |settings| settings.readout_maps.name().into()), "whole"),
    (
        ("initial weights", |settings| {
            if settings.init == Init::Uniform { "drawn" } else { settings.init.name() }.into()
        }),
        "drawn",
    ),
    (("mirrored images", |settings| if settings.flip { "yes" } else { "no" }.into()), "no"),
];

/// The table of settings.
pub fn settings(part: &ReportPart<'_>) -> Markup {
    let comparison = part.comparison;
    let settings: Vec<&SavedSettings> = comparison.rules.iter().map(|rule| &rule.settings).collect();
    let special = |((name, write), usual): (Setting, &str)| {
        settings.iter().any(|settings| write(settings) != usual).then_some((name, write))
    };
    let shown: Vec<Setting> = SETTINGS.into_iter().chain(SPECIAL.into_iter().filter_map(special)).collect();
    let row = |rule: &RuleResult| {
        let cells = shown.iter().map(|(_, write)| html! { (write(&rule.settings)) });
        (rule.rule.clone(), cells.collect())
    };
    let caption = html! {
        "Network " code { (comparison.net) } ", " (plural(comparison.epochs as usize, "epoch")) " of "
        (plural(comparison.training_rows, "row")) "; " (seeds(comparison)) ", the same under every rule."
    };
    let headings = shown.iter().map(|(name, _)| ColumnHeading::of(*name)).collect();
    RuleTable { caption, headings, rows: comparison.rules.iter().map(row).collect() }.markup()
}

/// The trials' seeds.
pub fn seeds(comparison: &Comparison) -> String {
    let first = comparison.seed;
    match comparison.trials {
        0 | 1 => format!("seed {first}"),
        trials => format!("seeds {first} to {}", first.saturating_add(u64::from(trials) - 1)),
    }
}

/// The table of the search, where there was one.
pub fn search(part: &ReportPart<'_>) -> Markup {
    let Some(budget) = &part.comparison.search else { return html! {} };
    let Budget { name, candidates, samples, validation_rows, seed, .. } = budget;
    let caption = html! {
        "Each rule had the same budget: " (name) ", " (plural(*candidates as usize, "candidate")) " of " (count(*samples))
        " training samples, seed " (seed) ", judged by the " (part.figure()) " on "
        (plural(*validation_rows, "training row")) " held back. The test rows were not looked at."
    };
    let headings = ["chosen rate", "tried: rate (figure)", "the best is"].map(ColumnHeading::of).into();
    let row = |rule: &RuleResult| {
        let cells = rule.search.as_ref().map(|search| found(search, name == NAME, part.unit()));
        (rule.rule.clone(), cells.unwrap_or_else(|| vec![html! { (NONE) }, html! { (NONE) }, html! { (NONE) }]))
    };
    let rows = part.comparison.rules.iter().map(row).collect();
    html! {
        h3 { (if name == NAME { "Search of the learning rate" } else { "Search of the settings" }) }
        (RuleTable { caption, headings, rows }.markup())
    }
}

fn found(search: &Search, is_grid: bool, unit: Unit) -> Vec<Markup> {
    let chosen = search.candidates.get(search.chosen);
    let mut sorted: Vec<_> = search.candidates.iter().enumerate().collect();
    sorted.sort_by(|a, b| a.1.lr.total_cmp(&b.1.lr));
    let tried = html! {
        @for (k, (index, candidate)) in sorted.iter().enumerate() {
            @if k > 0 { ", " }
            @let text = format!("{}{} ({})", rate(candidate.lr), beside(candidate), figure(candidate.figure, unit));
            span class="whole" { @if *index == search.chosen { strong { (text) } } @else { (text) } }
        }
    };
    let edge = "at the edge of the grid: a wider search may find a better one";
    let place = match (is_grid, search.at_edge, search.chosen) {
        (true, true, _) => edge,
        (true, false, _) => "inside the grid",
        (false, _, 0) => "what would have been used without a search",
        (false, ..) => "drawn",
    };
    vec![
        html! { (chosen.map_or_else(|| NONE.into(), |chosen| format!("{}{}", rate(chosen.lr), beside(chosen)))) },
        html! { span class="text" { (tried) } },
        html! { span class="text" { (place) } },
    ]
}

/// What a candidate has beside its rate.
fn beside(candidate: &Candidate) -> String {
    let others = candidate.others();
    if others.is_empty() { others } else { format!(", {others}") }
}

fn figure(figure: Option<f64>, unit: Unit) -> String {
    figure.map_or_else(|| "diverged".into(), |figure| unit.write(figure))
}
