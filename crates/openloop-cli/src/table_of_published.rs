//! Measured beside published: a table for each row of the paper's table, and an overview of all of them.

use crate::table::{CONTROL, budget, diverged, figure, is_error, seconds, spread};
use crate::terminal::{aligned, wrapped};
use openloop::experiment::{Band, Curves, Reproduction, ReproductionSection, RuleResult};

const NONE: &str = "-";

/// One row of the paper's table, rule by rule, for a terminal of `width` columns if it is for one.
pub fn section(section: &ReproductionSection, width: Option<usize>) -> String {
    let comparison = &section.comparison;
    let (net, data, rows) = (&comparison.net, &comparison.data, comparison.training_rows);
    let mut text = format!("{}: {net} on {data} ({rows} training rows)\n", section.title);
    text += &format!("{}\n\n", budget(comparison));
    text = wrapped(&text, width);
    text += &aligned(&figures(section), width);
    text += &angles(section, width);
    diverged(comparison).iter().for_each(|line| text += &format!("{}\n", wrapped(line, width)));
    text + "\n"
}

/// Digits behind the point: as many as were published.
fn digits(section: &ReproductionSection) -> usize {
    if is_error(&section.comparison) { 2 } else { 3 }
}

fn or_none(text: Option<String>) -> String {
    text.unwrap_or_else(|| NONE.into())
}

fn figures(section: &ReproductionSection) -> Vec<Vec<String>> {
    let figure = if is_error(&section.comparison) { "error %" } else { "loss" };
    let header = ["rule", "lr", figure, "published", "difference", "last epoch", "training", "s/epoch"];
    let mut rows = vec![header.map(String::from).to_vec()];
    rows.extend(section.comparison.rules.iter().map(|rule| figures_of(section, rule)));
    rows
}

fn figures_of(section: &ReproductionSection, rule: &RuleResult) -> Vec<String> {
    let digits = digits(section);
    let number = |value: Option<f64>| or_none(value.map(|value| format!("{value:.digits$}")));
    let curves = rule.curves.as_ref();
    let loss = |band: fn(&Curves) -> &Band| curves.and_then(|curves| band(curves).mean.last().copied());
    vec![
        rule.rule.clone(),
        format!("{:.1e}", rule.settings.lr),
        measured(rule, digits),
        published(section, &rule.rule),
        difference(section, &rule.rule),
        number(rule.test_error.or_else(|| loss(|curves| &curves.test_loss))),
        number(rule.train_error.or_else(|| loss(|curves| &curves.train_loss))),
        if rule.finished > 0 { seconds(rule.cost.seconds_per_epoch) } else { NONE.into() },
    ]
}

fn measured(rule: &RuleResult, digits: usize) -> String {
    spread(rule.mean, rule.std, digits).unwrap_or_else(|| "diverged".into())
}

fn published(section: &ReproductionSection, rule: &str) -> String {
    or_none(section.published(rule).and_then(|found| spread(Some(found.value), found.std, digits(section))))
}

fn difference(section: &ReproductionSection, rule: &str) -> String {
    or_none(section.difference(rule).map(|difference| format!("{difference:+.0$}", digits(section))))
}

/// The angles at the end, beside the published ones; nothing where there are neither.
fn angles(section: &ReproductionSection, width: Option<usize>) -> String {
    let rules = &section.comparison.rules;
    let of = |rule: &RuleResult| rule.curves.as_ref().map_or(0, |curves| curves.angles.len());
    let measured = rules.iter().map(of).max().unwrap_or(0);
    let layers = section.published.iter().map(|found| found.angles.len()).fold(measured, usize::max);
    if layers == 0 {
        return String::new();
    }
    let mut header = vec!["angle to bp's signal".to_string()];
    (1..=layers).for_each(|layer| header.extend([format!("layer {layer}"), "published".into()]));
    let mut rows = vec![header];
    rows.extend(
        rules.iter().map(|rule| angles_of(section, rule, layers)).filter(|row| row[1..].iter().any(|c| c != NONE)),
    );
    let missing = if measured == 0 { "angles were not measured\n" } else { "" };
    format!("\n{}{missing}", aligned(&rows, width))
}

fn angles_of(section: &ReproductionSection, rule: &RuleResult, layers: usize) -> Vec<String> {
    let last = |layer: usize| rule.curves.as_ref()?.angles.get(layer)?.mean.last().copied();
    let known = |layer: usize| section.published(&rule.rule)?.angles.get(layer).copied();
    let degrees = |angle: Option<f64>| or_none(angle.map(|angle| format!("{angle:.0}°")));
    let mut row = vec![rule.rule.clone()];
    (0..layers).for_each(|layer| row.extend([degrees(last(layer)), degrees(known(layer))]));
    row
}

/// All rows below each other, and what must be said of them, for a terminal of `width` columns if it is for one.
pub fn overview(reproduction: &Reproduction, width: Option<usize>) -> String {
    let mut text = format!("{}: measured, published and the difference\n\n", reproduction.task);
    text += &aligned(&overview_rows(&reproduction.sections), width);
    notes(reproduction).iter().for_each(|note| text += &format!("{}\n", wrapped(note, width)));
    text
}

fn overview_rows(sections: &[ReproductionSection]) -> Vec<Vec<String>> {
    let mut rules: Vec<&str> = Vec::new();
    for rule in sections.iter().flat_map(|section| &section.comparison.rules) {
        if !rules.contains(&rule.rule.as_str()) {
            rules.push(&rule.rule);
        }
    }
    let header = ["network"].iter().chain(&rules).map(|name| name.to_string()).collect();
    let mut rows: Vec<Vec<String>> = vec![header];
    for section in sections {
        let results = &section.comparison.rules;
        let own = |rule: &str| {
            or_none(results.iter().find(|result| result.rule == rule).map(|result| measured(result, digits(section))))
        };
        let mut line = |title: &str, value: &dyn Fn(&str) -> String| {
            rows.push([title.to_string()].into_iter().chain(rules.iter().map(|rule| value(rule))).collect());
        };
        line(&section.title, &own);
        line("  published", &|rule| published(section, rule));
        line("  difference", &|rule| difference(section, rule));
    }
    rows
}

fn notes(reproduction: &Reproduction) -> Vec<String> {
    let mut notes = vec![String::new()];
    let mut add = |note: String| {
        if !notes.contains(&note) {
            notes.push(note);
        }
    };
    for ReproductionSection { comparison, .. } in &reproduction.sections {
        let spread = if comparison.trials > 1 { " ± standard deviation over the trials" } else { "" };
        add(format!("{}{spread}", figure(comparison)));
    }
    for ReproductionSection { comparison, source, .. } in &reproduction.sections {
        add(format!("published for {}: {source}", comparison.data));
    }
    if reproduction.sections.iter().flat_map(|section| &section.comparison.rules).any(|rule| rule.control) {
        add(CONTROL.into());
    }
    reproduction
        .sections
        .iter()
        .filter_map(|section| section.comparison.note.as_ref())
        .for_each(|note| add(format!("note: {note}")));
    if let Some(shortened) = &reproduction.shortened {
        add(format!("not the paper's amount of work: {shortened}"));
    }
    notes
}
