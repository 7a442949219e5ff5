//! What the firmware prints: `word key=value ...`, a line at a time.

use std::collections::BTreeMap;
use std::fmt;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    whole: String,
    values: BTreeMap<String, String>,
}

/// All lines of a text.
pub fn read(text: &str) -> Vec<Line> {
    text.lines().map(Line::read).collect()
}

/// The lines as text again.
pub fn join(lines: &[Line]) -> String {
    lines.iter().map(|line| line.whole.as_str()).collect::<Vec<_>>().join("\n")
}

impl Line {
    fn read(text: &str) -> Self {
        let pairs = text.split_whitespace().filter_map(|word| word.split_once('='));
        let values = pairs.map(|(key, value)| (key.into(), value.into())).collect();
        Line { whole: text.trim_end().into(), values }
    }

    /// What the line is about.
    pub fn word(&self) -> &str {
        self.whole.split(' ').next().unwrap_or_default()
    }

    /// A value as text.
    pub fn text(&self, key: &str) -> Result<&str, String> {
        self.values.get(key).map(String::as_str).ok_or_else(|| format!("no {key} in: {self}"))
    }

    /// A value as a number.
    pub fn number(&self, key: &str) -> Result<u32, String> {
        self.text(key)?.parse().map_err(|_| format!("{key} is no number in: {self}"))
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_its_values_and_names_what_is_missing() {
        let line = &read("cost net=64-32-10 learn=19000\n")[0];
        assert_eq!((line.text("net"), line.number("learn")), (Ok("64-32-10"), Ok(19_000)));
        assert!(line.number("infer").unwrap_err().contains("no infer") && line.number("net").is_err());
    }
}
