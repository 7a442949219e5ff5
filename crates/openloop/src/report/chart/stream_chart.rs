//! A chart over the rows of a stream: lines with their names at their ends, and marks where something happened.

use super::downsample::downsample;
use super::scale::{Scale, drawable, extent};
use super::{Figure, Frame, RuleStyle, band, path, place, spaced, width_of_names};
use maud::{Markup, html};

/// Points of a line at most.
const MAX_POINTS: usize = 200;
/// Marks at most; of more, some are left out.
const MAX_MARKS: usize = 100;
const SIZE: [f64; 2] = [860.0, 380.0];
const FRAME: Frame = Frame { left: 48.0, right: 752.0, top: 44.0, bottom: 336.0, head: 28.0 };
/// The height of the strip at the bottom for lines far below the others, and the gap above it.
const STRIP: [f64; 2] = [40.0, 10.0];
/// From the frame's right edge to the names.
const NAME_AFTER: f64 = 14.0;

/// A line.
pub struct StreamCurve<'a> {
    /// What it is called.
    pub name: &'a str,
    /// The rule or baseline whose look it has.
    pub style: &'a str,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
    /// The ends of each point's interval; empty where none is drawn.
    pub interval: Vec<[f64; 2]>,
    /// Whether the axis is made for it; others may lie in the strip below.
    pub needs_room: bool,
}

impl StreamCurve<'_> {
    /// The points that can be drawn.
    fn drawable(&self) -> impl DoubleEndedIterator<Item = (f64, f64)> {
        self.points.iter().copied().filter(|(x, y)| drawable(*x) && drawable(*y))
    }
}

/// The end of a segment.
pub struct SegmentBorder<'a> {
    /// What the segment is called.
    pub name: &'a str,
    /// Its last row.
    pub row: f64,
}

/// What the vertical axis counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartUnit {
    /// Percent, up to 100.
    Percent,
    /// Values from 0 on.
    Value,
}

/// A chart over the rows.
pub struct StreamChart<'a> {
    /// Its name within the page.
    pub id: &'a str,
    /// What it shows.
    pub title: &'a str,
    /// What the vertical axis counts.
    pub unit: ChartUnit,
    /// The vertical axis.
    pub axis: &'a str,
    /// The horizontal axis.
    pub across: &'a str,
    /// The lines.
    pub traces: Vec<StreamCurve<'a>>,
    /// The smallest amount that a point can tell.
    pub least: f64,
    /// Where something happened.
    pub marks: Vec<f64>,
    /// Where segments end.
    pub borders: Vec<SegmentBorder<'a>>,
}

/// Values from bottom to top: an axis for most lines, and below it, where others are far lower, a strip for the rest down to 0.
struct Heights {
    upper: Scale,
    strip: Option<Scale>,
}

impl Heights {
    fn place(&self, value: f64) -> f64 {
        match &self.strip {
            Some(strip) if value < self.upper.low() => strip.place(value),
            _ => self.upper.place(value),
        }
    }
}

impl StreamChart<'_> {
    /// The picture.
    pub fn draw(&self) -> Markup {
        let last = self.traces.iter().flat_map(StreamCurve::drawable).map(|point| point.0);
        let last = last.chain(self.borders.iter().map(|border| border.row)).fold(1.0, f64::max);
        let names = NAME_AFTER + width_of_names(self.traces.iter().map(|trace| trace.name));
        let frame = Frame { right: FRAME.right.min(SIZE[0] - names), ..FRAME };
        let across = Scale::counts(0.0, last, [frame.left, frame.right]);
        let up = self.heights(&frame);
        let step = self.marks.len().div_ceil(MAX_MARKS).max(1);
        let drawing = html! {
            (frame.vertical_axis(&up.upper, self.axis))
            @if let Some(strip) = &up.strip { (break_line(&frame, strip)) }
            (frame.horizontal_axis(&across, self.across, false))
            (self.segments(&frame, &across))
            @for mark in self.marks.iter().step_by(step).filter(|mark| **mark <= last) {
                path class="reference" d={ "M" (place(across.place(*mark))) " " (frame.top) "V" (frame.bottom) } {}
            }
            @for trace in &self.traces { (interval(trace, &across, &up)) }
            @for trace in self.traces.iter().rev() { (line(trace, &across, &up)) }
            (self.names(&frame, &up))
        };
        let description = self.describe();
        Figure { id: self.id, title: self.title, description: &description, size: SIZE, drawing }.markup()
    }

    /// The vertical axis, for the lines that need room; a strip only where another line leaves it.
    fn heights(&self, frame: &Frame) -> Heights {
        if self.unit == ChartUnit::Value {
            let all = extent(self.traces.iter().flat_map(StreamCurve::drawable).map(|point| point.1));
            let top = all.map_or(1.0, |[_, high]| high).max(f64::MIN_POSITIVE);
            return Heights { upper: Scale::linear(0.0, top, [frame.bottom, frame.top]), strip: None };
        }
        let lowest = |choose: &dyn Fn(&StreamCurve<'_>) -> bool| {
            let traces = self.traces.iter().filter(|trace| choose(trace));
            extent(traces.flat_map(StreamCurve::drawable).map(|point| point.1)).map_or(0.0, |[low, _]| low)
        };
        let (needed, all) = (lowest(&|trace| trace.needs_room), lowest(&|_| true));
        let from = if needed < 50.0 { 0.0 } else { needed.min(100.0 - self.least).max(0.0) };
        let whole = Scale::linear(from, 100.0, [frame.bottom, frame.top]);
        if all >= whole.low() {
            return Heights { upper: whole, strip: None };
        }
        let [height, gap] = STRIP;
        let upper = Scale::linear(from, 100.0, [frame.bottom - height - gap, frame.top]);
        let strip = Scale::linear(0.0, upper.low(), [frame.bottom, frame.bottom - height]);
        Heights { upper, strip: Some(strip) }
    }

    /// Where segments end, and their names where there is room.
    fn segments(&self, frame: &Frame, across: &Scale) -> Markup {
        let mut from = frame.left;
        let mut spans = Vec::new();
        for SegmentBorder { name, row } in &self.borders {
            let to = across.place(*row);
            spans.push((*name, [from, to]));
            from = to;
        }
        let fits = spans.iter().all(|(name, [from, to])| width_of_names([*name].into_iter()) < to - from);
        html! {
            @for (name, [from, to]) in &spans {
                path class="border" d={ "M" (place(*to)) " " (frame.top) "V" (frame.bottom) } {}
                @if fits {
                    text class="segment" x=(place(0.5 * (from + to))) y=(frame.top - 6.0) text-anchor="middle" { (name) }
                }
            }
        }
    }

    /// The names where the lines end, the highest first, each in a line of its own.
    fn names(&self, frame: &Frame, up: &Heights) -> Markup {
        let mut ends: Vec<(f64, &StreamCurve<'_>)> =
            self.traces.iter().filter_map(|trace| Some((up.place(trace.drawable().next_back()?.1), trace))).collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let places = spaced(&ends.iter().map(|end| end.0).collect::<Vec<_>>(), frame.top, frame.bottom);
        html! {
            @for ((end, trace), at) in ends.iter().zip(places) {
                @let class = RuleStyle::of(trace.style).class();
                path class={ "leader " (class) }
                    d={ "M" (frame.right + 2.0) " " (place(*end)) "L" (frame.right + 11.0) " " (place(at)) } {}
                text class={ "rule " (class) } x=(frame.right + NAME_AFTER) y=(place(at + 4.0)) { (trace.name) }
            }
        }
    }

    fn describe(&self) -> String {
        let line = |trace: &StreamCurve<'_>| match (trace.drawable().next(), trace.drawable().next_back()) {
            (Some(first), Some(last)) => {
                let [first_figure, last_figure] = [first.1, last.1].map(|figure| match self.unit {
                    ChartUnit::Percent => format!("{figure:.1} %"),
                    ChartUnit::Value => format!("{figure:.4}"),
                });
                format!("{}: {first_figure} around row {}, {last_figure} around row {}. ", trace.name, first.0, last.0)
            }
            _ => format!("{}: nothing that can be drawn. ", trace.name),
        };
        let lines: String = self.traces.iter().map(line).collect();
        format!("{lines}{} marks.", self.marks.len())
    }
}

/// Where the axis breaks, and the 0 of the strip below.
fn break_line(frame: &Frame, strip: &Scale) -> Markup {
    let middle = frame.bottom - STRIP[0] - 0.5 * STRIP[1];
    html! {
        path class="break" d={ "M" (frame.left) " " (place(middle)) "H" (frame.right) } {}
        text x=(frame.left - 7.0) y=(place(strip.place(0.0) + 4.0)) text-anchor="end" { "0" }
    }
}

/// The band between the ends of a line's intervals.
fn interval(trace: &StreamCurve<'_>, across: &Scale, up: &Heights) -> Markup {
    let known = trace.points.iter().zip(&trace.interval);
    let known = || known.clone().filter(|((x, _), ends)| drawable(*x) && ends.iter().all(|end| drawable(*end)));
    let edge = |k: usize| known().map(|((x, _), ends)| (across.place(*x), up.place(ends[k]))).collect::<Vec<_>>();
    html! { @if known().count() > 1 { (band(&RuleStyle::of(trace.style), &edge(1), &edge(0))) } }
}

fn line(trace: &StreamCurve<'_>, across: &Scale, up: &Heights) -> Markup {
    let style = RuleStyle::of(trace.style);
    let places: Vec<(f64, f64)> = trace.drawable().map(|point| (across.place(point.0), up.place(point.1))).collect();
    let kept = downsample(&places, MAX_POINTS);
    let weight = if trace.interval.is_empty() { "thin" } else { "thick" };
    html! {
        @if !places.is_empty() {
            path class={ "line " (weight) " " (style.class()) } d=(path(kept.iter().map(|k| places[*k]))) stroke-dasharray=[style.dashes()] {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(name: &'static str, points: Vec<(f64, f64)>, needs_room: bool) -> StreamCurve<'static> {
        StreamCurve { name, style: name, points, interval: Vec::new(), needs_room }
    }

    fn chart(traces: Vec<StreamCurve<'static>>) -> StreamChart<'static> {
        let (marks, borders) = (Vec::new(), Vec::new());
        let unit = ChartUnit::Percent;
        StreamChart { id: "a", title: "t", unit, axis: "x", across: "y", traces, least: 5.0, marks, borders }
    }

    #[test]
    fn a_line_far_below_the_others_is_drawn_in_a_strip_and_takes_them_no_room() {
        let high = || curve("learning", vec![(10.0, 90.0), (30.0, 95.0)], true);
        let low = curve("majority", vec![(10.0, 20.0), (30.0, 25.0)], false);
        let both = chart(vec![high(), low]);
        let up = both.heights(&FRAME);
        assert_eq!(up.upper.low(), 90.0, "the axis is made for the upper line");
        let places = [up.place(95.0), up.place(90.0), up.place(25.0), up.place(0.0)];
        assert!(places.is_sorted() && places[1] < places[2] - STRIP[1] && places[3] == FRAME.bottom, "{places:?}");
        assert!(both.draw().into_string().contains("class=\"break\""));
        assert!(!chart(vec![high()]).draw().into_string().contains("class=\"break\""));
    }

    #[test]
    fn an_axis_shows_no_less_than_a_point_can_tell() {
        let up = chart(vec![curve("learning", vec![(10.0, 100.0), (30.0, 100.0)], true)]).heights(&FRAME);
        assert!(up.upper.low() <= 95.0, "{:?}", up.upper);
    }

    #[test]
    fn segments_have_borders_and_names_where_there_is_room_for_all_of_them() {
        let line = || vec![curve("learning", vec![(10.0, 90.0), (990.0, 95.0)], true)];
        let drawn = |name: &'static str| {
            let borders = vec![SegmentBorder { name, row: 20.0 }, SegmentBorder { name: "b", row: 1000.0 }];
            let text = StreamChart { borders, ..chart(line()) }.draw().into_string();
            [text.matches("class=\"border\"").count(), text.matches("class=\"segment\"").count()]
        };
        assert_eq!((drawn("a"), drawn("a name that is long")), ([2, 2], [2, 0]));
    }

    #[test]
    fn a_course_without_points_or_with_odd_ones_is_drawn_without_nan() {
        for points in [vec![], vec![(20.0, 50.0)], vec![(20.0, f64::NAN), (40.0, 0.0)], vec![(0.0, 0.0), (0.0, 100.0)]]
        {
            let interval = vec![[f64::NAN, 10.0]; points.len()];
            let traces = vec![StreamCurve { interval, ..curve("learning", points, true) }];
            let text = StreamChart { marks: vec![0.0, 1e9], ..chart(traces) }.draw().into_string();
            assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        }
    }
}
