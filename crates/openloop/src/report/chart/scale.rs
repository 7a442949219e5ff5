//! From values to places on a page, and the round numbers that stand at an axis.

use crate::report::number;

/// Values beyond are not drawn: their differences would no longer be numbers.
const LARGEST: f64 = 1e30;
/// A logarithmic axis shows this share of its largest value at the least; what is smaller lies on its edge.
const SMALLEST_SHARE: f64 = 1e-4;
/// Ticks on an axis at most.
const MAX_TICKS: f64 = 6.0;

/// A number at its place on an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The place.
    pub at: f64,
    /// The number, written.
    pub label: String,
}

/// A linear or logarithmic axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    logarithmic: bool,
    /// The values at its ends.
    low: f64,
    high: f64,
    /// Round numbers within.
    round: Vec<f64>,
    /// The places of its ends.
    places: [f64; 2],
}

/// Whether a value can be drawn.
pub fn drawable(value: f64) -> bool {
    value.is_finite() && value.abs() < LARGEST
}

/// The smallest and the largest of the values that can be drawn; none if there are none.
pub fn extent(values: impl IntoIterator<Item = f64>) -> Option<[f64; 2]> {
    values.into_iter().filter(|value| drawable(*value)).fold(None, |extent, value| match extent {
        None => Some([value, value]),
        Some([low, high]) => Some([f64::min(low, value), f64::max(high, value)]),
    })
}

impl Scale {
    /// An axis for values that are never negative: logarithmic if they span more than a decade, else linear, and from 0
    /// on if that is near. 0 has no place on a logarithmic axis and lies on its edge.
    ///
    /// `least` is the smallest amount that the values can tell, such as one test row of all; 0 if there is none. A logarithmic axis ends
    /// there, and a linear one shows no less.
    pub fn of_magnitudes(values: &[f64], least: f64, places: [f64; 2]) -> Scale {
        let told = |value: f64| if value > 0.0 { value.max(least) } else { value };
        let positive = extent(values.iter().copied().filter(|value| *value > 0.0).map(told));
        let [low, high] = extent(values.iter().copied()).unwrap_or([0.0, 1.0]);
        match positive {
            Some([smallest, largest]) if low >= 0.0 && largest > 10.0 * smallest => {
                Scale::logarithmic([smallest.max(largest * SMALLEST_SHARE), largest], least, places)
            }
            _ if low >= 0.0 && low < 0.5 * high => Scale::linear(0.0, high.max(least), places),
            _ => {
                let room = (0.5 * (least - (high - low))).max(0.0);
                let from = if low >= 0.0 { (low - room).max(0.0) } else { low - room };
                Scale::linear(from, (high + room).max(from + least), places)
            }
        }
    }

    /// A linear axis whose ends are round numbers around `low` and `high`.
    pub fn linear(low: f64, high: f64, places: [f64; 2]) -> Scale {
        let [low, high] = apart(low, high);
        let step = step(high - low);
        let (first, last) = ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil());
        let round: Vec<f64> = (0..=(last - first) as usize).map(|k| (first + k as f64) * step).collect();
        Scale { logarithmic: false, low: first * step, high: last * step, round, places }
    }

    /// A linear axis of whole numbers with exactly these ends.
    pub fn counts(low: f64, high: f64, places: [f64; 2]) -> Scale {
        let [from, to] = if high > low { [low, high] } else { [low - 1.0, low + 1.0] };
        let step = step(to - from).max(1.0);
        let multiples = (1..).map(|k| f64::from(k) * step).take_while(|value| *value <= high);
        let mut round: Vec<f64> = multiples.filter(|value| *value >= low).collect();
        if round.first().is_none_or(|first| *first > low) {
            round.insert(0, low);
        }
        Scale { logarithmic: false, low: from, high: to, round, places }
    }

    /// A linear axis of angles in degrees.
    pub fn degrees(low: f64, high: f64, places: [f64; 2]) -> Scale {
        let step = if high - low > 90.0 { 30.0 } else { 15.0 };
        let (first, last) = ((low / step).floor(), (high / step).ceil().max((low / step).floor() + 1.0));
        let round: Vec<f64> = (0..=(last - first) as usize).map(|k| (first + k as f64) * step).collect();
        Scale { logarithmic: false, low: first * step, high: last * step, round, places }
    }

    /// Its ends are round numbers around `low` and `high`, but none below `least`.
    fn logarithmic([low, high]: [f64; 2], least: f64, places: [f64; 2]) -> Scale {
        let decades = (low.log10().floor() as i32)..=(high.log10().ceil() as i32);
        let factors: &[f64] = if high / low > 1000.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let every: Vec<f64> = decades.flat_map(|k| factors.iter().map(move |factor| factor * 10f64.powi(k))).collect();
        let first = every.iter().rposition(|value| *value <= low * (1.0 + 1e-9)).unwrap_or(0);
        let last = every.iter().position(|value| *value >= high * (1.0 - 1e-9)).unwrap_or(every.len() - 1);
        let from = every[first].max(least);
        let round = every[first..=last].iter().copied().filter(|value| *value >= from).collect();
        Scale { logarithmic: true, low: from, high: every[last], round, places }
    }

    /// The place of a value; of one beyond the axis, its nearer end.
    pub fn place(&self, value: f64) -> f64 {
        let measure = |value: f64| if self.logarithmic { value.log10() } else { value };
        let value = if value.is_nan() { self.low } else { value.clamp(self.low, self.high) };
        let share = (measure(value) - measure(self.low)) / (measure(self.high) - measure(self.low));
        self.places[0] + share * (self.places[1] - self.places[0])
    }

    /// The round numbers at the axis.
    pub fn ticks(&self) -> Vec<Tick> {
        let step =
            if self.logarithmic { None } else { self.round.windows(2).map(|pair| pair[1] - pair[0]).next_back() };
        let tick = |value: &f64| Tick { at: self.place(*value), label: number::tick(*value, step) };
        self.round.iter().map(tick).collect()
    }

    /// Whether 0 and negative values have no place on it.
    pub fn is_logarithmic(&self) -> bool {
        self.logarithmic
    }

    /// The smallest value on it.
    pub fn low(&self) -> f64 {
        self.low
    }
}

/// Room around a range that has none.
fn apart(low: f64, high: f64) -> [f64; 2] {
    let room = 0.05 * low.abs().max(high.abs());
    match high - low > 1e-9 * room {
        true => [low, high],
        false if room > 0.0 => [low - room, high + room],
        false => [0.0, 1.0],
    }
}

/// The smallest of 1, 2 and 5 times a power of ten that cuts `range` into few enough pieces.
fn step(range: f64) -> f64 {
    let least = range / MAX_TICKS;
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|factor| factor * power).find(|step| *step >= least).unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: &Scale) -> Vec<String> {
        scale.ticks().into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn a_narrow_range_gets_a_linear_axis_between_round_numbers() {
        let scale = Scale::of_magnitudes(&[1.04, 1.92, 1.27], 0.0, [0.0, 100.0]);
        assert_eq!(labels(&scale), ["1.0", "1.2", "1.4", "1.6", "1.8", "2.0"]);
        assert_eq!((scale.place(1.0), scale.place(2.0), scale.place(1.5)), (0.0, 100.0, 50.0));
        assert_eq!(labels(&Scale::of_magnitudes(&[0.4, 1.92], 0.0, [0.0, 1.0]))[0], "0.0", "0 is near");
    }

    #[test]
    fn more_than_a_decade_gets_a_logarithmic_axis_and_zero_lies_on_its_edge() {
        let scale = Scale::of_magnitudes(&[20.0, 0.0, 0.9], 0.0, [200.0, 0.0]);
        assert!(scale.is_logarithmic());
        assert_eq!(labels(&scale), ["0.5", "1", "2", "5", "10", "20"]);
        assert_eq!((scale.place(0.0), scale.place(-3.0), scale.place(20.0)), (200.0, 200.0, 0.0));
        let wide = Scale::of_magnitudes(&[90.0, 1e-12], 0.0, [0.0, 1.0]);
        assert_eq!((wide.low(), wide.high), (1e-3, 100.0), "one tiny value does not squeeze the others");
    }

    #[test]
    fn an_axis_shows_no_less_than_one_row() {
        let row = 100.0 / 360.0;
        let low = |values: &[f64]| Scale::of_magnitudes(values, row, [0.0, 1.0]).low();
        assert_eq!(low(&[20.0, 0.01]), row, "a logarithmic axis ends at one row");
        for values in [&[1.94][..], &[1.94, 1.9401], &[0.0], &[0.01], &[50.0, 50.1]] {
            let scale = Scale::of_magnitudes(values, row, [0.0, 1.0]);
            assert!(scale.high - scale.low >= row, "{values:?}: {scale:?}");
            assert!(values.iter().all(|value| (scale.low..=scale.high).contains(value)), "{values:?}: {scale:?}");
        }
        assert_eq!(
            Scale::of_magnitudes(&[1.04, 1.92], row, [0.0, 1.0]),
            Scale::of_magnitudes(&[1.04, 1.92], 0.0, [0.0, 1.0])
        );
    }

    #[test]
    fn odd_ranges_still_have_an_axis_of_finite_places() {
        let odd: [&[f64]; 8] =
            [&[], &[0.0], &[3.0], &[-2.0], &[f64::NAN, f64::INFINITY], &[1e300, 1.0], &[1e-300], &[5.0, 5.0 + 1e-15]];
        for values in odd {
            let scale = Scale::of_magnitudes(values, 0.0, [10.0, 90.0]);
            assert!(scale.ticks().len() > 1 && scale.ticks().len() < 12, "{values:?}: {scale:?}");
            for value in values.iter().chain(&[0.0, f64::NAN, f64::NEG_INFINITY]) {
                assert!((10.0..=90.0).contains(&scale.place(*value)), "{values:?} at {value}: {scale:?}");
            }
        }
    }

    #[test]
    fn epochs_are_whole_numbers_from_the_first_to_the_last() {
        assert_eq!(labels(&Scale::counts(1.0, 60.0, [0.0, 1.0])), ["1", "10", "20", "30", "40", "50", "60"]);
        assert_eq!(labels(&Scale::counts(1.0, 3.0, [0.0, 1.0])), ["1", "2", "3"]);
        let single = Scale::counts(1.0, 1.0, [0.0, 1.0]);
        assert_eq!((labels(&single), single.place(1.0)), (vec!["1".to_string()], 0.5));
    }

    #[test]
    fn angles_are_marked_in_steps_that_hold_a_right_angle() {
        assert_eq!(labels(&Scale::degrees(47.0, 90.0, [0.0, 1.0])), ["45", "60", "75", "90"]);
        assert_eq!(labels(&Scale::degrees(0.0, 120.0, [0.0, 1.0])), ["0", "30", "60", "90", "120"]);
        assert_eq!(labels(&Scale::degrees(90.0, 90.0, [0.0, 1.0])), ["90", "105"]);
    }
}
