//! What a comparison found, in a paragraph of plain words.

use super::figures::best;
use super::number::{Unit, p, plural};
use super::parts::ReportPart;
use crate::experiment::{FEW_ROWS, RuleResult};

/// Differences whose p value is larger are said to be within the reach of chance.
const LEVEL: f64 = 0.05;

/// The paragraph.
pub fn summary(part: &ReportPart<'_>) -> String {
    let rules = &part.comparison.rules;
    let Some(best) = best(rules.iter()).and_then(|name| rules.iter().find(|rule| rule.rule == name)) else {
        return format!("No trial of any rule came to its end, so there is nothing to compare. {}", diverged(part));
    };
    let of = plural(best.finished, "trial");
    let figure = with_unit(part.unit(), part.unit().spread(best.mean, best.std));
    let mut sentences = vec![format!("{} has the lowest {}: {figure} over {of}.", best.rule, part.figure())];
    sentences.extend(against_first(part, best));
    sentences.extend(few_rows(part, best));
    sentences.extend(control(part, best));
    sentences.extend(farthest(part));
    sentences.push(diverged(part));
    if part.comparison.trials == 1 {
        sentences.push("A single trial shows no spread, so it cannot tell a difference from chance.".into());
    }
    sentences.retain(|sentence| !sentence.is_empty());
    unbroken(&sentences.join(" "))
}

/// The text with blanks that no line ends at within its figures.
fn unbroken(text: &str) -> String {
    let text =
        ["± ", "= ", "< "].iter().fold(text.to_string(), |text, sign| text.replace(sign, &sign.replace(' ', "\u{a0}")));
    [" ±", " =", " %", " <"].iter().fold(text, |text, sign| text.replace(sign, &sign.replace(' ', "\u{a0}")))
}

fn with_unit(unit: Unit, figure: String) -> String {
    if unit == Unit::Percent { format!("{figure} %") } else { figure }
}

/// The best rule's distance to the first, or if it is the first, that of the next best.
fn against_first(part: &ReportPart<'_>, best: &RuleResult) -> Option<String> {
    let rules = &part.comparison.rules;
    let first = rules.first()?;
    if best.rule != first.rule {
        let text = distance(part, best)?;
        return Some(format!("That is {text} than {}, which the others are compared with{}.", first.rule, test(best)));
    }
    let next = super::figures::best(rules.iter().filter(|rule| rule.rule != best.rule))?;
    let next = rules.iter().find(|rule| rule.rule == next)?;
    Some(format!("The next, {}, has {}{}.", next.rule, distance(part, next)?, test(next)))
}

/// `0.88 percentage points less`.
fn distance(part: &ReportPart<'_>, rule: &RuleResult) -> Option<String> {
    let mean = rule.difference.as_ref()?.mean;
    let points = if part.unit() == Unit::Percent { " percentage points" } else { "" };
    let side = if mean > 0.0 { "more" } else { "less" };
    Some(format!("{}{points} {side}", part.unit().write(mean.abs())))
}

/// The p value of a rule's difference, in brackets.
fn test(rule: &RuleResult) -> String {
    let Some(value) = rule.difference.as_ref().and_then(|difference| difference.p_holm) else { return String::new() };
    let sign = if value < 0.001 { "p " } else { "p = " };
    let chance = if value > LEVEL { "; chance alone may do that" } else { "" };
    format!(" ({sign}{}, paired by trial, Holm-corrected{chance})", p(Some(value)))
}

/// Says so where the best is ahead by a few test rows only.
fn few_rows(part: &ReportPart<'_>, best: &RuleResult) -> Option<String> {
    let rules = &part.comparison.rules;
    let first = rules.first()?.rule == best.rule;
    let next = super::figures::best(rules.iter().filter(|rule| rule.rule != best.rule))?;
    let told = if first { rules.iter().find(|rule| rule.rule == next)? } else { best };
    let few = told.difference.as_ref()?.test_rows.filter(|few| *few < FEW_ROWS)?;
    Some(format!("That difference is {few:.1} of {}.", plural(part.comparison.test_rows, "test row")))
}

/// How far the best is from the control.
fn control(part: &ReportPart<'_>, best: &RuleResult) -> Option<String> {
    let control = part.comparison.rules.iter().find(|rule| rule.control && rule.rule != best.rule)?;
    let figure = with_unit(part.unit(), part.unit().spread(Some(control.mean?), control.std));
    Some(format!("{}, the control in which no hidden layer learns, has {figure}.", control.rule))
}

/// The rule that is farthest from what was published.
fn farthest(part: &ReportPart<'_>) -> Option<String> {
    let away = |rule: &RuleResult| Some((rule.rule.clone(), rule.mean? - part.published(&rule.rule)?.value));
    let known = part.comparison.rules.iter().filter_map(away).filter(|(_, minus)| minus.is_finite());
    let (rule, minus) = known.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    let points = if part.unit() == Unit::Percent { " percentage points" } else { "" };
    Some(format!("Farthest from its published value is {rule}, by {}{points}.", part.unit().signed(minus)))
}

/// Which trials diverged, and how the first of them.
fn diverged(part: &ReportPart<'_>) -> String {
    let sentence = |rule: &RuleResult| {
        let first = rule.diverged.first()?;
        let (count, of) = (rule.diverged.len(), part.comparison.trials);
        Some(format!(
            "{count} of {of} trials of {} diverged and count for nothing (seed {}: {}).",
            rule.rule, first.seed, first.diverged
        ))
    };
    part.comparison.rules.iter().filter_map(sentence).collect::<Vec<_>>().join(" ")
}
