//! Reports of results made by hand, the odd ones above all: what a page holds is checked by a strict reader of its own.

#[path = "report/markup.rs"]
mod markup;
#[path = "report/sample.rs"]
mod sample;

use markup::{Element, Page, checked};
use openloop::core::Rule;
use openloop::experiment::Comparison;
use openloop::report::Report;
use sample::{comparison, page_of, regression, reproduction, with_angles, with_divergence, with_search};
use std::collections::HashSet;

const SIX: [&str; 6] = ["bp", "fa", "dfa", "drtp", "local-error", "shallow"];

/// The elements of a class, by the first word of their classes.
fn of_class<'p>(page: &'p Page, class: &str) -> Vec<&'p Element> {
    let has = |element: &&Element| element.attribute("class").is_some_and(|all| all.split(' ').any(|one| one == class));
    page.elements.iter().filter(has).collect()
}

/// The charts' titles.
fn charts(page: &Page) -> Vec<&str> {
    let title = |(k, _)| page.children(k).find(|(_, child)| child.name == "title").map(|(_, title)| &*title.text);
    page.named("svg").filter_map(title).collect()
}

#[test]
fn several_trials_have_bands_and_deviations_and_every_trial_is_drawn() {
    let page = checked(&page_of(&comparison(&SIX, 5, 30)));
    assert_eq!(charts(&page).len(), 3, "{:?}", charts(&page));
    assert_eq!((of_class(&page, "band").len(), of_class(&page, "line").len()), (12, 12));
    assert_eq!(of_class(&page, "trial").len(), 30);
    assert!(
        page.says("mean ± standard deviation")
            && page.says("bp has the lowest test error: 2.20\u{a0}±\u{a0}0.16\u{a0}%")
    );
    assert!(page.says("+0.70 [+0.50, +0.90]") && page.says("< 0.001"));
}

#[test]
fn bands_have_an_outline_and_each_rule_another_hatching() {
    let rules = Rule::ALL.map(Rule::name);
    let page = checked(&page_of(&comparison(&rules, 3, 20)));
    assert_eq!(of_class(&page, "edge").len(), of_class(&page, "band").len());
    let mut turns: Vec<&str> =
        page.named("pattern").map(|(_, hatch)| hatch.attribute("patternTransform").unwrap()).collect();
    let all = turns.len();
    turns.sort();
    turns.dedup();
    assert_eq!(turns.len(), all, "two hatchings at the same angle");
    let fills: HashSet<&str> = of_class(&page, "band").iter().map(|band| band.attribute("fill").unwrap()).collect();
    assert_eq!(fills.len(), rules.len());
}

#[test]
fn no_axis_ends_below_what_one_row_is() {
    let mut small = comparison(&["bp", "drtp"], 2, 40);
    (small.test_rows, small.training_rows) = (50, 200);
    for rule in &mut small.rules {
        let curves = rule.curves.as_mut().unwrap();
        for band in [&mut curves.train_error, &mut curves.test_error] {
            band.as_mut().unwrap().mean[20..].fill(0.01);
        }
    }
    let page = checked(&page_of(&small));
    let ticks: Vec<f64> = page.named("text").filter_map(|(_, text)| text.text.parse().ok()).collect();
    assert!(ticks.iter().all(|tick| *tick == 0.0 || *tick >= 0.5), "{ticks:?}");
    assert!(page.says("less than one row"));
}

#[test]
fn one_trial_has_neither_deviations_nor_bands_nor_tests() {
    let page = checked(&page_of(&comparison(&["bp", "drtp"], 1, 30)));
    assert!(of_class(&page, "band").is_empty() && of_class(&page, "bar").is_empty());
    assert!(page.says("A single trial shows no spread") && !page.says("±"));
}

#[test]
fn a_difference_that_chance_may_make_is_called_so() {
    let mut comparison = comparison(&["bp", "drtp"], 5, 10);
    assert!(!page_of(&comparison).contains("chance alone may do that"));
    for rule in &mut comparison.rules[1..] {
        rule.difference.as_mut().unwrap().p_holm = Some(0.47);
    }
    assert!(page_of(&comparison).contains("Holm-corrected; chance alone may do that"));
}

#[test]
fn a_single_epoch_is_a_single_point() {
    let page = checked(&page_of(&comparison(&["bp", "drtp"], 3, 1)));
    assert!(of_class(&page, "band").is_empty() && page.says("after the only epoch"));
    assert!(page.says("bp: 18.10 % at epoch 1."), "the point in words");
}

#[test]
fn a_page_without_any_result_says_so_and_still_holds_costs_and_settings() {
    let why = "weights of layer 1 at epoch 1";
    let all = with_divergence(with_divergence(comparison(&["bp", "drtp"], 2, 2), 0, why), 1, why);
    let page = checked(&page_of(&all));
    assert!(page.says("No trial of any rule came to its end") && page.says(&format!("(seed 0: {why})")));
    assert!(page.says("no result") && page.says("0, 2 diverged") && page.says("15,800"));
    assert_eq!(charts(&page).len(), 1, "no curves");
}

#[test]
fn a_rule_that_diverged_has_its_row_beside_those_that_did_not() {
    let page = checked(&page_of(&with_divergence(comparison(&["bp", "drtp"], 2, 2), 1, "loss")));
    assert!(page.says("2 of 2 trials of drtp diverged") && page.says("no result"));
    assert_eq!(of_class(&page, "line").len(), 2, "bp's alone");
}

#[test]
fn a_regression_has_losses_and_no_errors() {
    let page = checked(&page_of(&regression(comparison(&["bp", "drtp"], 3, 20))));
    assert!(page.says("bp has the lowest test loss: 2.1000\u{a0}±\u{a0}0.1000") && !page.says("test error"));
    assert!(charts(&page).contains(&"training loss by epoch on 100"), "{:?}", charts(&page));
    assert!(of_class(&page, "trial").is_empty() && page.says("not drawn one by one"));
}

#[test]
fn equal_values_and_zeros_have_their_place_on_an_axis() {
    let flat = |value: f64| {
        let mut flat = comparison(&["bp", "drtp"], 2, 5);
        for rule in &mut flat.rules {
            (rule.mean, rule.std, rule.test_error, rule.train_error) =
                (Some(value), Some(0.0), Some(value), Some(value));
            let curves = rule.curves.as_mut().unwrap();
            curves.test_error.as_mut().unwrap().mean = vec![value; 5];
            curves.train_error.as_mut().unwrap().mean = vec![value; 5];
        }
        flat
    };
    for value in [0.0, 3.0, 100.0] {
        checked(&page_of(&flat(value)));
    }
}

#[test]
fn no_error_at_all_lies_on_the_edge_of_a_logarithmic_axis_and_the_page_says_so() {
    let mut zero = comparison(&["bp", "drtp"], 2, 40);
    let curves = zero.rules[0].curves.as_mut().unwrap();
    curves.train_error.as_mut().unwrap().mean[20..].fill(0.0);
    let page = checked(&page_of(&zero));
    assert!(page.says("too small for a logarithmic axis") && page.says("bp: 9.05 % at epoch 1, 0.00 % at epoch 40."));
    assert!(!checked(&page_of(&comparison(&["bp", "drtp"], 2, 40))).says("too small for"));
}

#[test]
fn values_that_are_no_numbers_become_dashes() {
    let mut odd = with_angles(comparison(&["bp", "drtp"], 2, 3), 1);
    let rule = &mut odd.rules[1];
    (rule.mean, rule.std, rule.test_error) = (Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY));
    rule.difference.as_mut().unwrap().mean = f64::NAN;
    rule.difference.as_mut().unwrap().t_test.as_mut().unwrap().interval = [f64::NEG_INFINITY, f64::INFINITY];
    rule.difference.as_mut().unwrap().p_holm = Some(f64::NAN);
    (rule.cost.seconds_per_epoch, rule.cost.samples_per_second) = (f64::NAN, f64::INFINITY);
    let curves = rule.curves.as_mut().unwrap();
    curves.test_error.as_mut().unwrap().mean = vec![f64::NAN, f64::INFINITY, 1e300];
    curves.train_error.as_mut().unwrap().std = Some(vec![f64::NAN, f64::INFINITY, 1e300]);
    curves.angles[0].mean = vec![f64::NAN; 3];
    let page = checked(&page_of(&odd));
    assert!(!page.says("inf") && page.says("drtp: nothing that can be drawn."));
}

#[test]
fn what_is_not_there_becomes_a_dash() {
    let mut nothing = comparison(&["bp", "drtp"], 2, 3);
    for rule in &mut nothing.rules {
        (rule.mean, rule.std, rule.test_error, rule.train_error) = (None, None, None, None);
        (rule.difference, rule.curves) = (None, None);
    }
    nothing.runs.clear();
    let page = checked(&page_of(&nothing));
    assert!(of_class(&page, "line").is_empty() && page.says("\u{2013}"));
}

#[test]
fn names_of_any_characters_are_text_and_nothing_else() {
    let odd = r#"<b>&"'</b><script>"#;
    let mut named = with_search(with_divergence(comparison(&["bp", odd, "drtp"], 2, 2), 1, odd));
    (named.net, named.data, named.note) = (odd.into(), odd.into(), Some(odd.into()));
    named.search.as_mut().unwrap().name = odd.into();
    let mut report = Report::of_comparison(&named, odd);
    report.shortened = Some(odd);
    report.parts[0].title = odd;
    report.parts[0].source = odd;
    let page = checked(&sample::page(report));
    let places = page.elements.iter().filter(|element| element.text == odd);
    assert!(places.count() >= 4 && of_class(&page, "note").len() == 2, "title, command, settings, network");
}

#[test]
fn angles_have_a_chart_a_layer_and_a_table_at_the_end() {
    let page = checked(&page_of(&with_angles(comparison(&SIX, 3, 20), 2)));
    assert_eq!(charts(&page).len(), 5);
    assert_eq!(of_class(&page, "reference").len(), 2, "the right angle in both");
    assert!(
        page.says("Degrees after the last epoch") && !page.named("th").any(|(_, heading)| heading.text == "published")
    );
    assert!(page.says("bp: 88 degrees at epoch 1, 88 degrees at epoch 20."));
}

#[test]
fn a_search_shows_its_candidates_and_warns_at_the_edge_of_its_grid() {
    let page = checked(&page_of(&with_search(comparison(&["bp", "drtp"], 2, 3))));
    assert!(page.says("0.00095 (diverged)") && page.says("0.0095 (3.50)"));
    assert!(page.says("at the edge of the grid") && page.says("287 training rows held back"));
}

#[test]
fn a_note_stands_beside_the_figures() {
    let noted = Comparison { note: Some("held-out rows of the training file".into()), ..comparison(&["bp"], 2, 3) };
    let page = checked(&page_of(&noted));
    assert_eq!(of_class(&page, "note").len(), 1);
    assert!(page.says("held-out rows of the training file") && !page.says("minus bp"), "nothing to compare with");
}

#[test]
fn every_rule_has_a_look_of_its_own() {
    let rules = Rule::ALL.map(Rule::name);
    let page = checked(&page_of(&with_angles(comparison(&rules, 2, 10), 1)));
    let mut markers = Vec::new();
    for rule in rules {
        let (k, _) = page.named("th").find(|(_, heading)| heading.text.trim() == rule).unwrap();
        let paths: Vec<&Element> = page.below(k).map(|(_, element)| element).filter(|e| e.name == "path").collect();
        let class = format!("look-{rule}");
        assert!(paths.iter().all(|path| path.attribute("class") == Some(&class)), "{rule}");
        assert!(page.says(&format!(".{class}{{color:var(--{rule})}}")), "{rule} has a colour");
        // a ring and a disc differ in how they are filled
        let marker = ["d", "fill"].map(|name| paths[1].attribute(name));
        assert!(!markers.contains(&marker), "{rule}: the marker of another");
        markers.push(marker);
    }
}

#[test]
fn a_reproduction_has_an_overview_and_what_was_published_beside_what_was_measured() {
    let result = reproduction(&with_angles(comparison(&SIX, 10, 20), 2), 6);
    let page = checked(&sample::page(Report::of_reproduction(&result, "openloop reproduce mnist --report r.html")));
    assert_eq!((of_class(&page, "overview").len(), of_class(&page, "note").len()), (1, 1));
    assert!(page.says("minus published") && page.says("2 trials, not 10") && page.says("Published: table 1."));
    assert!(page.says("2.55 (−0.10)"), "in the overview");
    assert_eq!(charts(&page).len(), 6 * 5);
    let mut titles = charts(&page);
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), 6 * 5, "each chart says which section it belongs to");
}

#[test]
fn a_large_reproduction_is_a_file_that_can_be_sent() {
    let result = reproduction(&with_angles(comparison(&SIX, 10, 500), 2), 6);
    let html = sample::page(Report::of_reproduction(&result, "openloop reproduce mnist --report r.html"));
    checked(&html);
    assert!(html.len() < 1_500_000, "{} bytes", html.len());
}
