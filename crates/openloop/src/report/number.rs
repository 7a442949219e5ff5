//! Numbers as a reader wants them. What is no number becomes a dash: a report holds neither NaN nor inf.

/// What stands for a value that is not there.
pub const NONE: &str = "\u{2013}";
const MINUS: char = '\u{2212}';

/// The unit of a comparison's figure, which decides its digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// An error in percent.
    Percent,
    /// A loss.
    Loss,
}

impl Unit {
    /// A value with the digits of its unit.
    pub fn write(self, value: f64) -> String {
        let digits = if self == Unit::Percent { 2 } else { 4 };
        fixed(value, digits)
    }

    /// A difference: the same with its sign.
    pub fn signed(self, value: f64) -> String {
        let plus = if value > 0.0 { "+" } else { "" };
        format!("{plus}{}", self.write(value))
    }

    /// Mean and standard deviation, as far as they are there.
    pub fn spread(self, mean: Option<f64>, std: Option<f64>) -> String {
        match (mean.filter(|mean| mean.is_finite()), std.filter(|std| std.is_finite())) {
            (Some(mean), Some(std)) => format!("{} ± {}", self.write(mean), self.write(std)),
            (Some(mean), None) => self.write(mean),
            (None, _) => NONE.into(),
        }
    }

    /// What was published; a loss with the digits that it was published with, as more would claim to know more.
    pub fn published(self, value: f64, std: Option<f64>) -> String {
        match self {
            Unit::Loss if std.is_none() && value.is_finite() => value.to_string().replace('-', &MINUS.to_string()),
            _ => self.spread(Some(value), std),
        }
    }
}

/// Digits after the point, with a true minus sign; a power of ten where the number would be long.
fn fixed(value: f64, digits: usize) -> String {
    match value.abs() {
        1e6.. if value.is_finite() => format!("{value:.2e}"),
        size if size.is_finite() => format!("{value:.digits$}"),
        _ => return NONE.into(),
    }
    .replace('-', &MINUS.to_string())
}

/// A number at an axis with round numbers `step` apart; without a step they are powers of ten and their parts.
pub fn tick(value: f64, step: Option<f64>) -> String {
    let size = value.abs();
    if size >= 1e5 || (size > 0.0 && size < 1e-4) {
        return format!("{value:.0e}").replace('-', &MINUS.to_string());
    }
    let digits = step.unwrap_or(size).log10().floor();
    fixed(value, if digits < 0.0 && digits.is_finite() { digits.abs().min(9.0) as usize } else { 0 })
}

/// A p value.
pub fn p(value: Option<f64>) -> String {
    match value {
        Some(p) if !p.is_finite() => NONE.into(),
        Some(p) if p < 0.001 => "< 0.001".into(),
        Some(p) => format!("{p:.3}"),
        None => NONE.into(),
    }
}

/// Seconds with three digits that count.
pub fn seconds(seconds: f64) -> String {
    match seconds {
        100.0.. => fixed(seconds, 0),
        10.0.. => fixed(seconds, 1),
        1.0.. => fixed(seconds, 2),
        0.1.. => fixed(seconds, 3),
        _ => fixed(seconds, 4),
    }
}

/// A whole number in groups of three digits.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// Bytes, with three digits that count from a thousand on.
pub fn bytes(n: usize) -> String {
    let (value, unit) = match n {
        0..1_000 => return format!("{n} B"),
        1_000..999_500 => (n as f64 / 1e3, "kB"),
        999_500..999_500_000 => (n as f64 / 1e6, "MB"),
        _ => (n as f64 / 1e9, "GB"),
    };
    match value {
        99.95.. => format!("{value:.0} {unit}"),
        9.995.. => format!("{value:.1} {unit}"),
        _ => format!("{value:.2} {unit}"),
    }
}

/// A learning rate with the digits that count, four at the most.
pub fn rate(rate: f32) -> String {
    match rate {
        _ if !rate.is_finite() => NONE.into(),
        0.0 => "0".into(),
        // as it was written, 0.00015 and not 1.4999999e-4; through the text, so that the last digit is rounded
        0.0001..1000.0 => format!("{rate:.3e}").parse::<f64>().map_or_else(|_| NONE.into(), |rate| rate.to_string()),
        _ => format!("{rate:.2e}").replace('-', &MINUS.to_string()),
    }
}

/// `1 trial`, `5 trials`.
pub fn plural(count: usize, one: &str) -> String {
    format!("{} {one}{}", self::count(count as u64), if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_the_digits_of_their_unit_and_what_is_no_number_is_a_dash() {
        assert_eq!((Unit::Percent.write(1.917), Unit::Loss.signed(-0.01234)), ("1.92".into(), "−0.0123".into()));
        assert_eq!(Unit::Percent.spread(Some(1.0), Some(0.25)), "1.00 ± 0.25");
        assert_eq!(Unit::Percent.spread(Some(1.0), None), "1.00");
        for none in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!([Unit::Loss.write(none), p(Some(none)), seconds(none)], [NONE, NONE, NONE]);
        }
        assert_eq!(Unit::Loss.write(1.5e300), "1.50e300");
        assert_eq!([Unit::Loss.published(0.13, None), Unit::Percent.published(1.5, None)], ["0.13", "1.50"]);
    }

    #[test]
    fn counts_bytes_times_and_rates_are_short() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([999, 9_999, 99_960, 999_500].map(bytes), ["999 B", "10.0 kB", "100 kB", "1.00 MB"]);
        assert_eq!([0.00214, 0.5, 12.34].map(seconds), ["0.0021", "0.500", "12.3"]);
        assert_eq!([0.003, 0.00015, 0.1, 1.0, 30.0, 1e-6].map(rate), ["0.003", "0.00015", "0.1", "1", "30", "1.00e−6"]);
        assert_eq!(rate(0.003 * 10f32.sqrt()), "0.009487");
    }

    #[test]
    fn ticks_show_as_many_digits_as_their_step() {
        assert_eq!([tick(1.2, Some(0.2)), tick(40.0, Some(20.0)), tick(0.05, None)], ["1.2", "40", "0.05"]);
        assert_eq!([tick(1e-5, None), tick(1e6, None), tick(0.0, Some(0.5))], ["1e−5", "1e6", "0.0"]);
    }
}
