//! Numbers as a person reads them.

/// Four digits that count, without an exponent where that is short.
pub fn significant(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size @ 1e-4..1e7 => {
            let digits = (3.0 - size.log10().floor()).max(0.0);
            format!("{value:.*}", digits as usize)
        }
        _ => format!("{value:.3e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_digits_are_shown_at_any_size() {
        let cases = [
            (0.0, "0"),
            (0.012345, "0.01235"),
            (1.0, "1.000"),
            (54.321, "54.32"),
            (-123_456.7, "-123457"),
            (1e-9, "1.000e-9"),
        ];
        cases.iter().for_each(|(value, text)| assert_eq!(significant(*value), *text));
    }
}
