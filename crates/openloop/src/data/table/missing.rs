//! What stands in a cell whose value nobody knows.

/// These, or nothing at all; `nan` in any case too.
const WORDS: [&[u8]; 10] = [b"NA", b"N/A", b"n/a", b"#N/A", b"<NA>", b"null", b"NULL", b"None", b"-", b"?"];

/// Whether a cell stands for a missing value.
pub fn is_missing(cell: &[u8]) -> bool {
    cell.is_empty() || WORDS.contains(&cell) || cell.eq_ignore_ascii_case(b"nan")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_write_for_a_missing_value_is_missing_and_words_of_people_are_not() {
        for cell in ["", "NA", "N/A", "n/a", "#N/A", "null", "NULL", "None", "-", "?", "nan", "NaN", "NAN"] {
            assert!(is_missing(cell.as_bytes()), "{cell}");
        }
        for cell in ["none", "no", "0", "unknown", "--", "na"] {
            assert!(!is_missing(cell.as_bytes()), "{cell}");
        }
    }
}
