//! Classes for which a network has no output: their rows are answered and counted as wrong, so that the figures of two streams with
//! different numbers of reserved outputs count the same rows.

use crate::data::excerpt;

/// The number of a class without an output.
pub const UNKNOWN_CLASS: u32 = u32::MAX;

/// Classes that are told of: memory must not grow with the stream.
const MAX_TOLD: usize = 20;

/// Those that came in this process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnknownClasses {
    /// Each once, shortened as it is shown.
    seen: Vec<String>,
    /// How many of them were told.
    told: usize,
}

impl UnknownClasses {
    /// A row of this class came.
    pub fn note(&mut self, label: &str) {
        let label = excerpt(label);
        if self.seen.len() < MAX_TOLD && !self.seen.contains(&label) {
            self.seen.push(label);
        }
    }

    /// A class that was not told yet.
    pub fn take_new(&mut self) -> Option<&str> {
        let label = self.seen.get(self.told)?;
        self.told += 1;
        Some(label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_is_told_once_and_memory_does_not_grow() {
        let mut classes = UnknownClasses::default();
        for label in ["a", "a", "b", "a"] {
            classes.note(label);
        }
        assert_eq!(classes.take_new(), Some("a"));
        assert_eq!(classes.take_new(), Some("b"));
        assert_eq!(classes.take_new(), None);
        (0..100).for_each(|k| classes.note(&format!("c{k}")));
        assert_eq!(classes.take_new(), Some("c0"));
        assert_eq!(classes.seen.len(), MAX_TOLD);
    }
}
