//! Numbers that start where a line of the processor's cache starts, so that a row of weights read sixteen values at a time
//! touches no line twice.

use std::ops::{Deref, DerefMut};

/// Bytes in a line of the cache.
const LINE: usize = 64;
/// Values in a line.
const VALUES: usize = LINE / size_of::<f32>();

/// A slice of f32 of its own that starts at the start of a cache line.
pub struct Aligned {
    /// The values, and room before and behind them.
    room: Vec<f32>,
    first: usize,
    length: usize,
}

impl Aligned {
    /// No values.
    pub const fn new() -> Self {
        Aligned { room: Vec::new(), first: 0, length: 0 }
    }

    /// As many zeros.
    pub fn zeros(length: usize) -> Self {
        let room = vec![0.0; length + VALUES - 1];
        // where it cannot be told, any place will do
        let first = room.as_ptr().align_offset(LINE).min(room.len() - length);
        Aligned { room, first, length }
    }

    /// Forgets all but the first `length` values.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Takes the values from `at` on out; all of them without a copy.
    pub fn split_off(&mut self, at: usize) -> Self {
        if at == 0 {
            return std::mem::take(self);
        }
        let rest = self[at..].into();
        self.truncate(at);
        rest
    }

    /// Puts values behind; to none without a copy.
    pub fn append(&mut self, values: Self) {
        if self.is_empty() {
            return *self = values;
        }
        let mut all = Aligned::zeros(self.length + values.len());
        all[..self.length].copy_from_slice(self);
        all[self.length..].copy_from_slice(&values);
        *self = all;
    }

    /// At least `length` values, whose content means nothing: a buffer that only grows, so that nothing is cleared when layers
    /// of different sizes take turns.
    pub fn room_for(&mut self, length: usize) -> &mut [f32] {
        if self.length < length {
            *self = Aligned::zeros(length);
        }
        &mut self[..length]
    }
}

impl Deref for Aligned {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.room[self.first..][..self.length]
    }
}

impl DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.room[self.first..][..self.length]
    }
}

impl From<&[f32]> for Aligned {
    fn from(values: &[f32]) -> Self {
        let mut own = Aligned::zeros(values.len());
        own.copy_from_slice(values);
        own
    }
}

impl From<Vec<f32>> for Aligned {
    fn from(values: Vec<f32>) -> Self {
        values.as_slice().into()
    }
}

impl Clone for Aligned {
    fn clone(&self) -> Self {
        self[..].into()
    }
}

impl Default for Aligned {
    fn default() -> Self {
        Aligned::new()
    }
}

impl PartialEq for Aligned {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

impl std::fmt::Debug for Aligned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self[..].fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts_a_line(values: &[f32]) -> bool {
        values.as_ptr().addr().is_multiple_of(LINE)
    }

    #[test]
    fn values_start_a_line_however_many_they_are_and_a_copy_of_them_too() {
        for length in [1, 2, 15, 16, 17, 1000, 100_000] {
            let values = Aligned::from((0..length).map(|i| i as f32).collect::<Vec<_>>());
            let copy = values.clone();
            assert!(starts_a_line(&values) && starts_a_line(&copy), "{length} values");
            assert_eq!((values.len(), values[length - 1]), (length, (length - 1) as f32));
            assert_eq!(values, copy);
        }
        assert!(Aligned::default().is_empty());
    }

    #[test]
    fn what_is_taken_out_starts_a_line_of_its_own_and_can_be_put_back() {
        let whole = Aligned::from((0..70).map(|i| i as f32).collect::<Vec<_>>());
        let mut front = whole.clone();
        let rest = front.split_off(7);
        assert!(starts_a_line(&rest));
        assert_eq!((front.len(), rest[0]), (7, 7.0));
        front.append(rest);
        assert!(starts_a_line(&front));
        assert_eq!(front, whole);
    }

    #[test]
    fn a_buffer_grows_and_never_shrinks() {
        let mut buffer = Aligned::default();
        buffer.room_for(40).fill(1.0);
        assert!(starts_a_line(buffer.room_for(40)));
        assert_eq!(buffer.room_for(7), [1.0; 7]);
        assert_eq!((buffer.room_for(100).len(), buffer.room_for(40).len()), (100, 40));
    }
}
