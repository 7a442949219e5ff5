//! Windows as rows come, one after the other: the last moments of a recording.

use super::windows::{WindowClock, Windows};
use serde::{Deserialize, Serialize};

/// A row of a log.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment<'r> {
    /// The value of each channel, NaN where it is missing.
    pub channels: &'r [f64],
    /// The recording that it belongs to; empty where rows name none.
    pub group: &'r str,
    /// When it was measured, in seconds.
    pub time: Option<f64>,
    /// Its label; empty where it is not known.
    pub label: &'r str,
}

/// The last N moments of a recording. A window is complete with the N-th row of a recording, and with every M-th after it.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowBuffer {
    windows: Windows,
    channels: usize,
    /// `[moments, channels]`, as many as there are; once it is full, the oldest is at `oldest`.
    ring: Vec<f64>,
    oldest: usize,
    place: WindowPlace,
}

/// Where a buffer stands, without its moments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowPlace {
    clock: WindowClock,
    group: String,
    time: Option<f64>,
    /// The last label, and how many rows up to the last have it.
    label: String,
    same_label: u64,
    /// Whether a row was left out after the last.
    is_interrupted: bool,
}

impl WindowBuffer {
    /// No rows yet, of so many channels each.
    pub fn new(windows: &Windows, channels: usize) -> Self {
        let (windows, place) = (windows.clone(), WindowPlace::default());
        WindowBuffer { windows, channels, ring: Vec::new(), oldest: 0, place }
    }

    /// The buffer that had this place and these moments; none if they do not fit each other.
    pub fn restored(windows: &Windows, channels: usize, place: WindowPlace, moments: Vec<f64>) -> Option<Self> {
        let kept = place.clock.rows().min(windows.moments as u64);
        let fits = kept.checked_mul(channels as u64) == Some(moments.len() as u64);
        let fits = fits && place.time.is_none_or(f64::is_finite) && moments.iter().all(|value| !value.is_infinite());
        fits.then(|| WindowBuffer { windows: windows.clone(), channels, ring: moments, oldest: 0, place })
    }

    /// Where it stands.
    pub fn place(&self) -> &WindowPlace {
        &self.place
    }

    /// Its moments in the order of time, `[moments, channels]`.
    pub fn moments(&self) -> Vec<f64> {
        self.rows().flatten().copied().collect()
    }

    /// Takes a row; true if a window is complete with it.
    ///
    /// # Panics
    /// If it has another number of channels.
    pub fn push(&mut self, moment: Moment<'_>) -> bool {
        assert_eq!(moment.channels.len(), self.channels, "a moment must have a value for each channel");
        let place = &mut self.place;
        let is_gap = place.time.zip(moment.time).is_some_and(|(before, now)| self.windows.is_gap(before, now));
        let is_new = is_gap || place.is_interrupted || place.group != moment.group || place.clock.rows() == 0;
        if place.group != moment.group {
            place.group = moment.group.into();
        }
        (place.time, place.is_interrupted) = (moment.time, false);
        match !is_new && place.label == moment.label {
            true => place.same_label += 1,
            false => {
                place.same_label = 1;
                place.label.clear();
                place.label.push_str(moment.label);
            }
        }
        if is_new {
            self.ring.clear();
            self.oldest = 0;
        }
        if self.ring.len() < self.windows.moments * self.channels {
            self.ring.extend_from_slice(moment.channels);
        } else {
            self.ring[self.oldest * self.channels..][..self.channels].copy_from_slice(moment.channels);
            self.oldest = (self.oldest + 1) % self.windows.moments;
        }
        place.clock.tick(&self.windows, is_new)
    }

    /// A row was left out: the next begins a new recording.
    pub fn interrupt(&mut self) {
        self.place.is_interrupted = true;
    }

    /// Appends the values of the window that is complete.
    pub fn append(&self, out: &mut Vec<f64>) {
        self.windows.features.append(self.channels, self.rows(), out);
    }

    /// The label of the window that is complete: that of all its rows; empty if they have different ones.
    pub fn label(&self) -> &str {
        if self.place.same_label >= self.windows.moments as u64 { &self.place.label } else { "" }
    }

    fn rows(&self) -> impl Iterator<Item = &[f64]> + Clone {
        let count = self.ring.len() / self.channels.max(1);
        (0..count).map(move |row| &self.ring[(self.oldest + row) % count * self.channels..][..self.channels])
    }
}

#[cfg(test)]
mod tests {
    use super::super::windows::AskedWindows;
    use super::*;

    fn windows(moments: usize, hop: usize) -> Windows {
        AskedWindows { moments: Some(moments), hop: Some(hop), features: None }.checked().unwrap().unwrap()
    }

    /// A row of one channel.
    struct OneChannel<'r> {
        value: f64,
        group: &'r str,
        label: &'r str,
    }

    fn one<'r>(value: f64, group: &'r str, label: &'r str) -> OneChannel<'r> {
        OneChannel { value, group, label }
    }

    /// The windows of these rows: values, and label.
    fn cut(buffer: &mut WindowBuffer, rows: &[OneChannel<'_>]) -> Vec<(Vec<f64>, String)> {
        let mut found = Vec::new();
        for OneChannel { value, group, label } in rows {
            if buffer.push(Moment { channels: &[*value], group, time: None, label }) {
                let mut out = Vec::new();
                buffer.append(&mut out);
                found.push((out, buffer.label().to_string()));
            }
        }
        found
    }

    #[test]
    fn windows_are_in_the_order_of_time_and_end_with_their_group() {
        let mut buffer = WindowBuffer::new(&windows(3, 2), 1);
        let (a, b) = (|value, label| one(value, "a", label), |value| one(value, "b", "y"));
        let rows = [a(0.0, "x"), a(1.0, "x"), a(2.0, "x"), a(3.0, "x"), a(4.0, "y"), b(5.0), b(6.0), b(7.0)];
        let expected = [(vec![0.0, 1.0, 2.0], "x"), (vec![2.0, 3.0, 4.0], ""), (vec![5.0, 6.0, 7.0], "y")];
        assert_eq!(cut(&mut buffer, &rows), expected.map(|(values, label)| (values, label.to_string())));
    }

    #[test]
    fn a_buffer_that_was_saved_after_any_row_goes_on_as_if_it_had_not_been() {
        let rows: Vec<OneChannel<'_>> = (0..40)
            .map(|k| one(f64::from(k), if k < 23 { "a" } else { "b" }, if k % 16 < 8 { "x" } else { "y" }))
            .collect();
        let windows = windows(4, 3);
        let whole = cut(&mut WindowBuffer::new(&windows, 1), &rows);
        for at in 0..rows.len() {
            let mut first = WindowBuffer::new(&windows, 1);
            let mut found = cut(&mut first, &rows[..at]);
            let place = serde_json::to_string(first.place()).unwrap();
            let place = serde_json::from_str(&place).unwrap();
            let mut second = WindowBuffer::restored(&windows, 1, place, first.moments()).unwrap();
            found.extend(cut(&mut second, &rows[at..]));
            assert_eq!(found, whole, "saved after {at} rows");
        }
        assert_eq!(WindowBuffer::restored(&windows, 1, WindowPlace::default(), vec![1.0]), None);
    }

    #[test]
    fn a_row_that_was_left_out_and_a_gap_in_time_begin_a_new_window() {
        let windows = windows(2, 1).with_step(vec![1.0; 3]);
        let mut buffer = WindowBuffer::new(&windows, 1);
        let mut push = |time: f64, is_interrupted: bool| {
            if is_interrupted {
                buffer.interrupt();
            }
            buffer.push(Moment { channels: &[0.0], group: "", time: Some(time), label: "" })
        };
        let found = [(0.0, false), (1.0, false), (2.0, true), (3.0, false), (5.0, false), (6.0, false), (7.0, false)];
        assert_eq!(
            found.map(|(time, is_interrupted)| push(time, is_interrupted)),
            [false, true, false, true, false, true, true]
        );
    }
}
