//! The page around the sections: head, contents, how it was made, what the terms mean.

use super::chart::{PAGE, RuleStyle, hatches, styles};
use super::machine::Machine;
use super::number::{Unit, plural};
use super::overview::overview;
use super::parts::{Report, ReportPart};
use super::section::{id, section};
use super::settings::seeds;
use crate::experiment::Comparison;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");

/// What the terms mean, in the order a reader meets them.
const TERMS: [(&str, &str); 9] = [
    ("rule", "what tells a hidden layer how to change: the same network, data and seeds, another teaching signal."),
    (
        "trial",
        "one run from new random weights. Trial k has the same seed and split under every rule: the same weights, the same order of samples, the same test rows.",
    ),
    (
        "control",
        "shallow: the hidden layers stay as they were drawn and only the output layer learns. What a rule is worth is its distance to that.",
    ),
    (
        "minus \u{2026}",
        "a rule\u{2019}s figure minus the first rule\u{2019}s, trial by trial, with the confidence interval of the mean (paired t), widened for the number of rules as p is.",
    ),
    (
        "p (Holm)",
        "the chance of a difference at least as large if there were none (paired t test, two-sided), corrected for the number of rules by Holm\u{2019}s method.",
    ),
    ("diverged", "the numbers of a trial ran away. It counts in no mean."),
    (
        "multiply-adds",
        "multiplications with their additions for one training sample, counted from the layers: on the way forward, for the teaching signals, and for the gradients of the weights.",
    ),
    (
        "persistent, transient",
        "bytes by the memory plan that last from step to step, and bytes that a learning step needs beside them.",
    ),
    (
        "alignment angle",
        "between a rule\u{2019}s teaching signal at a hidden layer and the one that backpropagation would send there.",
    ),
];

/// A part of a page.
pub struct PageSection<'s> {
    /// Its name within the page.
    pub id: &'s str,
    /// Its heading.
    pub title: &'s str,
    /// What stands in it.
    pub body: Markup,
}

/// The whole file.
pub fn page(report: &Report<'_>) -> Markup {
    let several = report.parts.len() > 1;
    let lead = if let [part] = report.parts[..] { Some(lead(part.comparison)) } else { None };
    let main = html! {
        @if several { (overview(report)) }
        @for (k, part) in report.parts.iter().enumerate() { (section(part, k + 1)) }
        (report_provenance(report))
        (terms(&TERMS))
    };
    frame(&report.title, lead.as_deref(), report.shortened, html! { @if several { (contents(report)) } }, main)
}

/// A page of plain sections.
pub fn shell(
    title: &str,
    lead: Option<&str>,
    shortened: Option<&str>,
    sections: &[PageSection<'_>],
    meanings: &[(&str, &str)],
) -> Markup {
    let main = html! {
        @for PageSection { id, title, body } in sections { section id=(id) { h2 { (title) } (body) } }
        (terms(meanings))
    };
    frame(title, lead, shortened, html! {}, main)
}

/// Everything around the main part.
fn frame(title: &str, lead: Option<&str>, shortened: Option<&str>, contents: Markup, main: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " \u{2013} Openloop" }
                style { (PreEscaped(colours())) (PreEscaped(STYLE)) }
            }
            body {
                (hatches())
                header {
                    p class="maker" { "Openloop report" }
                    h1 { (title) }
                    @if let Some(lead) = lead { p class="lead" { (lead) } }
                    @if let Some(shortened) = shortened { p class="note" { strong { "Shortened: " } (shortened) } }
                }
                (contents)
                main { (main) }
                footer { (citation()) }
            }
        }
    }
}

/// The colours of the rules and of the page, as the style sheet's variables.
fn colours() -> String {
    let set = |k: usize, colour: &dyn Fn(&RuleStyle) -> &'static str| {
        let rules: String = styles().map(|style| format!("--{}:{};", style.rule, colour(&style))).collect();
        format!("--page:{};--ink:{};{rules}", PAGE[k][0], PAGE[k][1])
    };
    let (light, dark) = (set(0, &|style| style.light), set(1, &|style| style.dark));
    let class = |style: RuleStyle| format!(".{}{{color:var(--{})}}", style.class(), style.rule);
    let classes: String = styles().map(class).collect();
    format!(":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}{classes}\n")
}

/// What was compared, in a line.
fn lead(comparison: &Comparison) -> String {
    let Comparison { net, data, epochs, batch, trials, training_rows, test_rows, .. } = comparison;
    format!(
        "Network {net} on {data}: {} of {}, batch {batch}, {} to train on and {} to test on.",
        plural(*trials as usize, "trial"),
        plural(*epochs as usize, "epoch"),
        plural(*training_rows, "row"),
        plural(*test_rows, "row"),
    )
}

fn contents(report: &Report<'_>) -> Markup {
    html! {
        nav aria-label="Contents" {
            ul {
                li { a href="#overview" { "Overview" } }
                @for (k, part) in report.parts.iter().enumerate() { li { a href={ "#" (id(k + 1)) } { (part.title) } } }
                li { a href="#making" { "How it was made" } }
                li { a href="#terms" { "Terms" } }
            }
        }
    }
}

/// Command, seeds, versions, machine.
fn report_provenance(report: &Report<'_>) -> Markup {
    let distinct = |tell: &dyn Fn(&ReportPart<'_>) -> String| {
        let mut all: Vec<String> = report.parts.iter().map(tell).collect();
        all.dedup();
        all.join("; ")
    };
    let figures = report.parts.iter().any(|part| part.unit() == Unit::Loss && part.comparison.trials > 1);
    let more = html! {
        dt { "Seeds" } dd { (distinct(&|part| seeds(part.comparison))) }
        dt { "Threads" } dd { (distinct(&|part| part.comparison.threads.to_string())) }
    };
    html! {
        section id="making" {
            h2 { "How it was made" }
            (provenance(&report.command, &distinct(&|part| part.comparison.version.clone()), &report.machine, more))
            @if figures { p { "The trials of a regression are not drawn one by one." } }
        }
    }
}

/// The command, what else is to be known, the version and the machine.
pub fn provenance(command: &str, version: &str, machine: &Machine, more: Markup) -> Markup {
    let Machine { processor, cores, system } = machine;
    html! {
        pre { code { (command) } }
        dl {
            (more)
            dt { "Version" } dd { "Openloop " (version) }
            dt { "Processor" } dd { (processor) @if let Some(cores) = cores { ", " (plural(*cores, "core")) } }
            dt { "System" } dd { (system) }
        }
        p {
            "The same command with the same version gives the same figures on the same machine, at any number of threads. "
            "Times and measured peaks differ from run to run."
        }
    }
}

fn terms(meanings: &[(&str, &str)]) -> Markup {
    html! {
        section id="terms" {
            h2 { "Terms" }
            dl class="terms" { @for (term, meaning) in meanings { dt { (term) } dd { (meaning) } } }
        }
    }
}

fn citation() -> Markup {
    html! {
        p {
            "DRTP: Charlotte Frenkel, Martin Lefebvre and David Bol, \u{201c}Learning Without Feedback: Fixed Random Learning "
            "Signals Allow for Feedforward Training of Deep Neural Networks\u{201d}, " cite { "Frontiers in Neuroscience" }
            " 15, 2021, doi:10.3389/fnins.2021.629892."
        }
    }
}

impl Report<'_> {
    /// The whole file.
    pub fn html(&self) -> String {
        page(self).into_string()
    }
}
