//! Numbers from the text of a cell, with either decimal sign.

use memchr::memchr;

/// A number with a decimal comma has at most that many characters.
const LONGEST_NUMBER: usize = 64;

/// A decimal sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decimal {
    /// 1.5
    #[default]
    Point,
    /// 1,5
    Comma,
    /// Not seen yet: where commas do not separate cells, both are read.
    Either,
}

/// The number that a cell holds, written with a decimal point.
pub fn number(cell: &[u8]) -> Option<f64> {
    fast_float2::parse::<f64, _>(cell).ok()
}

/// The number that a cell holds, written with that decimal sign.
pub(super) fn number_of(cell: &[u8], decimal: Decimal) -> Option<f64> {
    match (decimal, memchr(b',', cell)) {
        (Decimal::Point, _) | (Decimal::Either, None) => number(cell),
        (Decimal::Comma, None) if memchr(b'.', cell).is_some() => None,
        (Decimal::Comma, None) => number(cell),
        (_, Some(at)) => {
            let mut buffer = [0; LONGEST_NUMBER];
            let buffer = buffer.get_mut(..cell.len()).filter(|_| memchr(b'.', cell).is_none())?;
            buffer.copy_from_slice(cell);
            buffer[at] = b'.';
            number(buffer)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_decimal_comma_is_read_where_it_is_one_and_nowhere_else() {
        let read = |text: &str, decimal| number_of(text.as_bytes(), decimal);
        assert_eq!((read("1,5", Decimal::Comma), read("1,5", Decimal::Either)), (Some(1.5), Some(1.5)));
        assert_eq!((read("1,5", Decimal::Point), read("1.5", Decimal::Comma)), (None, None));
        assert_eq!((read("1.234,5", Decimal::Comma), read("1,234,5", Decimal::Comma)), (None, None));
        assert_eq!((read("-3e2", Decimal::Comma), read("1.5", Decimal::Either)), (Some(-300.0), Some(1.5)));
    }

    proptest! {
        #[test]
        fn a_number_is_what_the_standard_library_reads(value in any::<f64>(), digits in 0usize..9) {
            for text in [format!("{value}"), format!("{value:.digits$}"), format!("{value:e}")] {
                let expected = text.parse::<f64>().unwrap();
                let found = number(text.as_bytes()).unwrap();
                prop_assert!(found == expected || found.is_nan() && expected.is_nan(), "{text}: {found}");
            }
        }
    }
}
