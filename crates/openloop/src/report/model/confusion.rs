//! The confusion matrix as a picture that can be read at ten and at a hundred classes.

use super::super::number::count;
use super::super::table::wide;
use crate::learner::quality::{ClassificationQuality, Confusion};
use maud::{Markup, html};

/// Pairs of classes that are told in words.
const MOST_TOLD: usize = 6;
/// Classes at most whose numbers stand in the cells.
const MOST_WITH_NUMBERS: usize = 20;
/// The width of a letter of a name, and of the longest name that is written out.
const LETTER: f64 = 6.6;
const MOST_LETTERS: usize = 16;

/// The picture, and which classes are most often taken for another.
pub fn section(quality: &ClassificationQuality) -> Markup {
    html! {
        figure {
            (wide("chart", picture(quality)))
            figcaption {
                "A row for each true class, a column for each answer; the darker a field, the larger its share of the true class. "
                "On the diagonal stand the right answers."
            }
        }
        (most_confused(quality))
    }
}

fn picture(quality: &ClassificationQuality) -> Markup {
    let classes = quality.per_class.len();
    let has_numbers = classes <= MOST_WITH_NUMBERS;
    let side = if has_numbers { 38.0 } else { (900.0 / classes as f64).clamp(8.0, 30.0) };
    let names: Vec<String> = quality.per_class.iter().map(|class| shortened(&class.class)).collect();
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) as f64;
    let margin = LETTER * longest + 14.0;
    // names of narrow rows would lie on each other
    let every = (13.0 / side).ceil() as usize;
    let size = margin + side * classes as f64 + 6.0;
    let at = |k: usize| margin + side * k as f64;
    let shown = |k: &usize| k.is_multiple_of(every.max(1));
    html! {
        svg class="matrix" viewBox={ "0 0 " (place(size)) " " (place(size)) } style={ "min-width:" (place(size.min(1100.0))) "px;max-width:" (place(size)) "px" }
            role="img" aria-labelledby="matrix-title matrix-words" {
            title id="matrix-title" { "confusion matrix" }
            desc id="matrix-words" { (words(quality)) }
            @for k in (0..classes).filter(shown) {
                text x=(place(margin - 6.0)) y=(place(at(k) + side / 2.0 + 4.0)) text-anchor="end" { (names[k]) }
                text x="0" y="0" transform={ "translate(" (place(at(k) + side / 2.0 + 4.0)) " " (place(margin - 6.0)) ") rotate(-90)" } { (names[k]) }
            }
            rect class="field" x=(place(margin)) y=(place(margin)) width=(place(side * classes as f64)) height=(place(side * classes as f64)) {}
            @for (truth, row) in quality.confusion.iter().enumerate() {
                @let all = row.iter().sum::<u64>().max(1);
                @for (answer, rows) in row.iter().enumerate().filter(|(_, rows)| **rows > 0) {
                    @let share = *rows as f64 / all as f64;
                    rect class=(if truth == answer { "right" } else { "wrong" }) x=(place(at(answer))) y=(place(at(truth)))
                        width=(place(side - 1.0)) height=(place(side - 1.0)) fill-opacity=(format!("{:.2}", 0.12 + 0.88 * share)) {
                        title { (quality.per_class[truth].class) " as " (quality.per_class[answer].class) ": " (count(*rows)) }
                    }
                    @if has_numbers {
                        text class=(if share > 0.5 { "inside" } else { "outside" }) x=(place(at(answer) + side / 2.0 - 0.5))
                            y=(place(at(truth) + side / 2.0 + 4.0)) text-anchor="middle" { (rows) }
                    }
                }
            }
        }
    }
}

/// What the picture shows, for those who cannot see it.
fn words(quality: &ClassificationQuality) -> String {
    let right: u64 = quality.confusion.iter().enumerate().map(|(k, row)| row[k]).sum();
    let all: u64 = quality.confusion.iter().flatten().sum();
    format!("{} classes; {right} of {all} rows are on the diagonal", quality.per_class.len())
}

/// The pairs of classes that are confused in most rows.
fn most_confused(quality: &ClassificationQuality) -> Markup {
    let pairs = quality.confusions(MOST_TOLD);
    let name = |class: usize| &quality.per_class[class].class;
    html! {
        @if !pairs.is_empty() {
            p { "Most often: "
                @for (k, Confusion { rows, truth, answer }) in pairs.iter().enumerate() {
                    @if k > 0 { "; " } (name(*truth)) " taken for " (name(*answer)) " in " (count(*rows))
                }
                "."
            }
        }
    }
}

fn shortened(name: &str) -> String {
    match name.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => format!("{}\u{2026}", &name[..end]),
        None => name.into(),
    }
}

fn place(value: f64) -> String {
    format!("{value:.1}")
}
