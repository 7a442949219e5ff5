//! A reproduction at a glance: a row for each section, a column for each rule, measured beside published.

use super::chart::RuleStyle;
use super::number::{NONE, plural};
use super::parts::{Report, ReportPart};
use super::section::id;
use super::table::wide;
use maud::{Markup, html};

/// The table, where there is more than one section.
pub fn overview(report: &Report<'_>) -> Markup {
    let mut rules: Vec<&str> = Vec::new();
    for rule in report.parts.iter().flat_map(|part| &part.comparison.rules) {
        if !rules.contains(&&*rule.rule) {
            rules.push(&rule.rule);
        }
    }
    let published = report.parts.iter().any(|part| !part.published.is_empty());
    html! {
        section id="overview" {
            h2 { "Overview" }
            (wide("table", html! {
                table class="overview" {
                    caption {
                        "Measured: test error in percent, or test loss for a regression; mean ± standard deviation."
                        @if published { " Below it what was published, and in brackets measured minus published." }
                    }
                    thead {
                        tr {
                            th scope="col" { "network or task" }
                            @for rule in &rules { th scope="col" { (RuleStyle::of(rule).swatch()) br; (rule) } }
                        }
                    }
                    tbody {
                        @for (k, part) in report.parts.iter().enumerate() {
                            tr {
                                th scope="row" { a href={ "#" (id(k + 1)) } { (part.title) } (trials(part)) }
                                @for rule in &rules { td { (cell(part, rule)) } }
                            }
                        }
                    }
                }
            }))
        }
    }
}

fn trials(part: &ReportPart<'_>) -> Markup {
    let (trials, epochs) = (part.comparison.trials as usize, part.comparison.epochs as usize);
    html! { span class="below" { (plural(trials, "trial")) ", " (plural(epochs, "epoch")) } }
}

fn cell(part: &ReportPart<'_>, name: &str) -> Markup {
    let unit = part.unit();
    let Some(rule) = part.comparison.rules.iter().find(|rule| rule.rule == name) else { return html! { (NONE) } };
    html! {
        @if rule.mean.is_some() { (unit.spread(rule.mean, rule.std)) } @else { "no result" }
        @if let Some(published) = part.published(name) {
            span class="below" {
                (unit.published(published.value, None))
                @if let Some(mean) = rule.mean { " (" (unit.signed(mean - published.value)) ")" }
            }
        }
    }
}
