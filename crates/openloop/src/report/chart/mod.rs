//! Charts: plain SVG inside the page, whose numbers also stand in words for those who cannot see it.
//!
//! | file | one sentence |
//! |---|---|
//! | `scale.rs` | From values to places, and round numbers at the axes. |
//! | `look.rs` | A rule's colour, dashes and marker. |
//! | `curve_chart.rs` | Curves over the epochs, with bands. |
//! | `stream_chart.rs` | Lines over the rows of a stream. |
//! | `spread.rs` | One figure a rule, with error bars and every trial. |
//! | `downsample.rs` | Fewer points for the same picture. |

mod curve_chart;
mod downsample;
mod look;
mod scale;
mod spread;
mod stream_chart;

pub(super) use curve_chart::{CurveChart, CurveUnit, RuleCurve};
pub(super) use look::{PAGE, RULE_STYLES, RuleStyle};
pub(super) use spread::{SpreadChart, SpreadRow};
pub(super) use stream_chart::{StreamChart, StreamCurve};

use maud::{Markup, html};
use scale::Scale;

/// A picture and what it says.
struct Figure<'a> {
    /// Its name within the page.
    id: &'a str,
    title: &'a str,
    description: &'a str,
    size: [f64; 2],
    drawing: Markup,
}

impl Figure<'_> {
    fn markup(self) -> Markup {
        let Figure { id, title, description, size: [width, height], drawing } = self;
        html! {
            svg viewBox={ "0 0 " (width) " " (height) } role="img" aria-labelledby={ (id) "-title " (id) "-words" } {
                title id={ (id) "-title" } { (title) }
                desc id={ (id) "-words" } { (description) }
                (drawing)
            }
        }
    }
}

/// The rectangle that values are drawn in.
#[derive(Clone, Copy)]
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Frame {
    /// Lines across the frame at the round numbers of `scale`, which stand to the left of it, and the axis's name above.
    fn vertical_axis(&self, scale: &Scale, name: &str) -> Markup {
        let Frame { left, right, top, .. } = *self;
        html! {
            text x=(left - 40.0) y=(top - 14.0) class="name" { (name) }
            @for tick in scale.ticks() {
                path class="grid" d={ "M" (left) " " (place(tick.at)) "H" (right) } {}
                text x=(left - 7.0) y=(place(tick.at + 4.0)) text-anchor="end" { (tick.label) }
            }
        }
    }

    /// The lower edge with the round numbers of `scale` below it, and the axis's name.
    fn horizontal_axis(&self, scale: &Scale, name: &str, grid: bool) -> Markup {
        let Frame { left, right, top, bottom } = *self;
        html! {
            @for tick in scale.ticks() {
                @if grid { path class="grid" d={ "M" (place(tick.at)) " " (top) "V" (bottom) } {} }
                path class="axis" d={ "M" (place(tick.at)) " " (bottom) "v5" } {}
                text x=(place(tick.at)) y=(bottom + 18.0) text-anchor="middle" { (tick.label) }
            }
            path class="axis" d={ "M" (left) " " (bottom) "H" (right) } {}
            text x=(place(0.5 * (left + right))) y=(bottom + 35.0) text-anchor="middle" class="name" { (name) }
        }
    }
}

/// The room that the longest of some rules' names takes in a chart, rather too much than too little.
fn width_of_names<'a>(names: impl Iterator<Item = &'a str>) -> f64 {
    const LETTER: f64 = 7.6;
    names.map(|name| LETTER * name.chars().count() as f64).fold(0.0, f64::max)
}

/// A place with the digits that can be seen.
fn place(value: f64) -> String {
    format!("{value:.1}")
}
