//! A chart over the rows of a stream: lines with their names at their ends, and marks where something happened.

use super::downsample::downsample;
use super::scale::{Scale, drawable, extent};
use super::{Figure, Frame, RuleStyle, place, width_of_names};
use maud::{Markup, html};

/// Points of a line at most.
const MAX_POINTS: usize = 200;
/// Marks at most; of more, some are left out.
const MAX_MARKS: usize = 100;
const SIZE: [f64; 2] = [760.0, 300.0];
const FRAME: Frame = Frame { left: 48.0, right: 660.0, top: 30.0, bottom: 256.0 };
/// From the frame's right edge to the names, and between two of them.
const NAME: [f64; 2] = [14.0, 16.0];

/// A line.
pub struct StreamCurve<'a> {
    /// What it is called.
    pub name: &'a str,
    /// The rule whose look it has.
    pub style: &'a str,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
}

impl StreamCurve<'_> {
    /// The points that can be drawn.
    fn drawable(&self) -> impl DoubleEndedIterator<Item = (f64, f64)> {
        self.points.iter().copied().filter(|(x, y)| drawable(*x) && drawable(*y))
    }
}

/// A chart of percentages.
pub struct StreamChart<'a> {
    /// Its name within the page.
    pub id: &'a str,
    /// What it shows.
    pub title: &'a str,
    /// The vertical axis.
    pub axis: &'a str,
    /// The horizontal axis.
    pub across: &'a str,
    /// The lines.
    pub traces: Vec<StreamCurve<'a>>,
    /// Where something happened.
    pub marks: Vec<f64>,
}

impl StreamChart<'_> {
    /// The picture.
    pub fn draw(&self) -> Markup {
        let all = || self.traces.iter().flat_map(StreamCurve::drawable);
        let last = all().map(|point| point.0).fold(1.0, f64::max);
        let lowest = extent(all().map(|point| point.1)).map_or(0.0, |[low, _]| low);
        let right = FRAME.right.min(SIZE[0] - NAME[0] - width_of_names(self.traces.iter().map(|trace| trace.name)));
        let frame = Frame { right, ..FRAME };
        let across = Scale::counts(0.0, last, [frame.left, right]);
        let up = Scale::linear(if lowest < 50.0 { 0.0 } else { lowest }, 100.0, [frame.bottom, frame.top]);
        let step = self.marks.len().div_ceil(MAX_MARKS).max(1);
        let drawing = html! {
            (frame.vertical_axis(&up, self.axis))
            (frame.horizontal_axis(&across, self.across, false))
            @for mark in self.marks.iter().step_by(step).filter(|mark| **mark <= last) {
                path class="reference" d={ "M" (place(across.place(*mark))) " " (frame.top) "V" (frame.bottom) } {}
            }
            @for trace in &self.traces { (line(trace, &across, &up)) }
            (self.names(right, &up))
        };
        let description = self.describe();
        Figure { id: self.id, title: self.title, description: &description, size: SIZE, drawing }.markup()
    }

    /// The names where the lines end, the highest first, each in a line of its own.
    fn names(&self, right: f64, up: &Scale) -> Markup {
        let mut ends: Vec<(f64, &StreamCurve<'_>)> =
            self.traces.iter().filter_map(|trace| Some((up.place(trace.drawable().next_back()?.1), trace))).collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        for k in 1..ends.len() {
            ends[k].0 = ends[k].0.max(ends[k - 1].0 + NAME[1]);
        }
        html! {
            @for (at, trace) in ends {
                text class={ "rule " (RuleStyle::of(trace.style).class()) } x=(right + NAME[0]) y=(place(at + 4.0)) { (trace.name) }
            }
        }
    }

    fn describe(&self) -> String {
        let line = |trace: &StreamCurve<'_>| match (trace.drawable().next(), trace.drawable().next_back()) {
            (Some(first), Some(last)) => {
                format!(
                    "{}: {:.1} % up to row {}, {:.1} % up to row {}. ",
                    trace.name, first.1, first.0, last.1, last.0
                )
            }
            _ => format!("{}: nothing that can be drawn. ", trace.name),
        };
        let lines: String = self.traces.iter().map(line).collect();
        format!("{lines}{} marks.", self.marks.len())
    }
}

fn line(trace: &StreamCurve<'_>, across: &Scale, up: &Scale) -> Markup {
    let style = RuleStyle::of(trace.style);
    let places: Vec<(f64, f64)> = trace.drawable().map(|point| (across.place(point.0), up.place(point.1))).collect();
    let mut path = String::new();
    for (x, y) in downsample(&places, MAX_POINTS).iter().map(|k| places[*k]) {
        path.push(if path.is_empty() { 'M' } else { 'L' });
        path += &format!("{x:.1} {y:.1}");
    }
    html! {
        @if !path.is_empty() { path class={ "line " (style.class()) } d=(path) stroke-dasharray=[style.dashes()] {} }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_without_points_or_with_odd_ones_is_drawn_without_nan() {
        for points in [vec![], vec![(20.0, 50.0)], vec![(20.0, f64::NAN), (40.0, 0.0)], vec![(0.0, 0.0), (0.0, 100.0)]]
        {
            let traces = vec![StreamCurve { name: "learning", style: "drtp", points }];
            let course = StreamChart { id: "a", title: "t", axis: "x", across: "y", traces, marks: vec![0.0, 1e9] };
            let text = course.draw().into_string();
            assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        }
    }
}
