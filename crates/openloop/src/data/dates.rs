//! Dates become numbers that come again every year, week and day: a network sees that December and January are neighbours.
//!
//! With the share p of the period that has passed, a date becomes sin(2 pi p) and cos(2 pi p) for each of
//!
//! | period | p |
//! |---|---|
//! | year | days since 1 January, with the time of day as a part of a day, divided by 365 or 366 |
//! | week | 0 on Monday, 1/7 on Tuesday, ... 6/7 on Sunday |
//! | day | hours since midnight, with minutes and seconds as a part of an hour, divided by 24 |
//!
//! A date is taken as it is written: the time of day is the local one, and what a text says of its distance from UTC is not used.

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::{Span, ToSpan};
use std::f64::consts::TAU;

/// Inputs of a date.
pub const INPUTS: usize = 6;
/// What they are, in their order.
pub const INPUT_NAMES: [&str; INPUTS] =
    ["year, sine", "year, cosine", "week, sine", "week, cosine", "day, sine", "day, cosine"];

/// Numbers from here on are milliseconds since 1970 (3 March 1973), smaller ones seconds (up to the year 5138).
const FIRST_MILLISECONDS: f64 = 1e11;
const DAY: f64 = 86_400.0;
const EPOCH: Date = Date::constant(1970, 1, 1);

/// The date that a cell holds, in seconds from 1970-01-01 00:00: a text in ISO 8601, eight digits for year, month and day, or `number`
/// of seconds or milliseconds since 1970 in UTC. None for anything else, and for years beyond 9999.
pub(super) fn seconds(cell: &[u8], number: Option<f64>) -> Option<f64> {
    let is_basic = cell.len() == 8 && cell.iter().all(u8::is_ascii_digit);
    match number.filter(|_| !is_basic) {
        Some(value) => {
            let seconds = if value.abs() < FIRST_MILLISECONDS { value } else { value / 1000.0 };
            date_time(seconds).map(|_| seconds)
        }
        None => {
            let pieces = Pieces::parse(cell).ok()?;
            let time = pieces.time().unwrap_or(Time::midnight());
            let days = f64::from((pieces.date() - EPOCH).get_days());
            Some(days * DAY + seconds_of(time))
        }
    }
}

/// The inputs of a date in seconds from 1970.
pub(super) fn inputs(seconds: f64) -> [f64; INPUTS] {
    // what `seconds` gave lies within the calendar
    let Some(at) = date_time(seconds) else { return [f64::NAN; INPUTS] };
    let passed = seconds_of(at.time()) / DAY;
    let year = (f64::from(at.day_of_year()) - 1.0 + passed) / f64::from(at.days_in_year());
    let week = f64::from(at.weekday().to_monday_zero_offset()) / 7.0;
    let [year, week, day] = [year, week, passed].map(|share| [libm::sin(TAU * share), libm::cos(TAU * share)]);
    [year[0], year[1], week[0], week[1], day[0], day[1]]
}

/// A date as text, for people.
pub(super) fn text(seconds: f64) -> String {
    date_time(seconds).map_or_else(String::new, |at| at.strftime("%Y-%m-%d %H:%M").to_string())
}

/// The date and the time of day so many seconds after 1970-01-01 00:00.
fn date_time(seconds: f64) -> Option<DateTime> {
    let days = (seconds / DAY).floor();
    let rest = ((seconds - days * DAY) * 1e9).round();
    if days.is_nan() || days.abs() > 1e7 {
        return None;
    }
    let midnight = EPOCH.checked_add((days as i64).days()).ok()?.to_datetime(Time::midnight());
    midnight.checked_add(Span::new().nanoseconds(rest as i64)).ok()
}

fn seconds_of(time: Time) -> f64 {
    let [hour, minute, second] = [time.hour(), time.minute(), time.second()].map(f64::from);
    hour * 3600.0 + minute * 60.0 + second + f64::from(time.subsec_nanosecond()) / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<f64> {
        seconds(text.as_bytes(), super::super::number(text.as_bytes()))
    }

    #[test]
    fn a_date_is_the_same_however_it_is_written() {
        let expected = read("2024-03-10T17:59:30");
        assert_eq!(expected, Some(1_710_093_570.0));
        for text in ["2024-03-10 17:59:30", "20240310T175930", "2024-03-10T17:59:30Z", "1710093570", "1710093570000"] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert_eq!(read("2024-03-10T17:59:30+02:00"), expected, "the time of day is the local one");
        assert_eq!((read("2024-03-10"), read("20240310")), (Some(1_710_028_800.0), Some(1_710_028_800.0)));
        assert_eq!(read("1960-02-29T00:00:00.5"), Some(-310_521_599.5));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "x",
            "2024-02-30",
            "2023-02-29",
            "2024-13-01",
            "10.03.2024",
            "17:59",
            "20241301",
            "1e300",
            "inf",
            "nan",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn inputs_are_points_of_circles(seconds in -60e9..250e9) {
            let inputs = inputs(seconds);
            for pair in inputs.chunks(2) {
                prop_assert!((pair[0].hypot(pair[1]) - 1.0).abs() < 1e-12);
            }
            prop_assert_eq!(read(&text(seconds).replace(' ', "T")), Some((seconds / 60.0).floor() * 60.0));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40), number in any::<f64>()) {
            for number in [None, Some(number)] {
                if let Some(seconds) = seconds(&bytes, number) {
                    prop_assert!(inputs(seconds).iter().all(|input| input.is_finite()));
                }
            }
        }
    }
}
