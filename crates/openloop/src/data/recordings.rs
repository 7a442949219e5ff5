//! Which rows of a table belong together, and the windows that are cut from them.

use super::error::excerpt;
use super::table::{BadRow, LabelColumn, Table, list};
use super::windows::{WindowClock, Windows};
use super::{Columns, DataError};
use std::collections::HashMap;
use std::path::Path;

/// The group of each row, and where a recording begins. Empty for a table whose rows each stand for themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct Recordings {
    is_used: bool,
    numbers: HashMap<String, u32>,
    /// The names of the groups, in the order of their numbers.
    names: Vec<String>,
    /// The group of each row.
    groups: Vec<u32>,
    /// The rows that come after a row that was left out.
    interrupted: Vec<u32>,
    is_interrupted: bool,
    /// The time of each row in seconds; empty where the table has none.
    times: Vec<f64>,
}

impl Recordings {
    /// Of a table whose layout names a group, or windows.
    pub fn of(table: &Table) -> Self {
        let layout = table.layout();
        let is_used = layout.group.is_some() || layout.columns.windows().is_some();
        Recordings { is_used, ..Recordings::default() }
    }

    /// Takes the current row of the table.
    ///
    /// # Errors
    /// A cell that is no text or no time.
    pub fn push(&mut self, table: &Table) -> Result<(), BadRow> {
        if !self.is_used {
            return Ok(());
        }
        let name = table.group()?;
        let group = match self.numbers.get(name) {
            Some(number) => *number,
            None => {
                let number = self.names.len() as u32;
                self.numbers.insert(name.into(), number);
                self.names.push(name.into());
                number
            }
        };
        self.times.extend(table.time()?);
        if std::mem::take(&mut self.is_interrupted) {
            self.interrupted.push(self.groups.len() as u32);
        }
        self.groups.push(group);
        Ok(())
    }

    /// A row was left out: the next does not go on from the one before it.
    pub fn interrupt(&mut self) {
        self.is_interrupted = true;
    }

    /// The group of each row; empty where the table names none.
    pub fn groups(&self) -> &[u32] {
        &self.groups
    }

    /// The seconds between rows that follow each other in a group.
    pub fn passed(&self) -> Vec<f64> {
        let pairs = self.times.windows(2).zip(self.groups.windows(2));
        pairs.filter(|(_, groups)| groups[0] == groups[1]).map(|(times, _)| times[1] - times[0]).collect()
    }

    /// All windows of the rows.
    pub fn cut(&self, windows: &Windows) -> CutWindows {
        let mut cut = CutWindows { group_count: self.names.len(), rows: self.groups.len(), ..CutWindows::default() };
        let (mut clock, mut interrupted) = (WindowClock::default(), self.interrupted.iter().peekable());
        let mut rows_of_group = vec![0; self.names.len()];
        for (row, &group) in self.groups.iter().enumerate() {
            let is_interrupted = interrupted.next_if(|at| **at as usize == row).is_some();
            let before = row.checked_sub(1);
            let is_other = before.is_none_or(|before| self.groups[before] != group);
            let goes_on = before.filter(|_| !is_other && !is_interrupted);
            let is_gap = goes_on.is_some_and(|before| self.is_gap(before, row, windows));
            cut.gaps += u64::from(is_gap);
            cut.recordings += u32::from(is_other || is_interrupted || is_gap);
            if clock.tick(windows, is_other || is_interrupted || is_gap) {
                cut.ends.push(row as u32);
                cut.groups.push(group);
                cut.of_recording.push(cut.recordings - 1);
            }
            rows_of_group[group as usize] = clock.rows().max(rows_of_group[group as usize]);
        }
        let shortest = (0..rows_of_group.len()).find(|group| rows_of_group[*group] < windows.moments as u64);
        cut.too_short = shortest.map(|group| (excerpt(&self.names[group]), rows_of_group[group]));
        cut.longest = rows_of_group.into_iter().max().unwrap_or(0);
        cut
    }

    fn is_gap(&self, before: usize, row: usize, windows: &Windows) -> bool {
        self.times.get(before).zip(self.times.get(row)).is_some_and(|(before, now)| windows.is_gap(*before, *now))
    }
}

impl Windows {
    /// With the step between rows: that of these recordings, where a time is known and no step.
    pub(super) fn with_own_step(self, recordings: &Recordings) -> Self {
        if self.time().is_some() && !self.has_step() { self.with_step(recordings.passed()) } else { self }
    }
}

/// Windows of rows that follow each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct CutWindows {
    /// The row of the last moment of each window.
    pub ends: Vec<u32>,
    /// The group of each.
    pub groups: Vec<u32>,
    /// The recording of each: rows without a gap between them.
    of_recording: Vec<u32>,
    /// Windows that were left out, because their rows have different labels.
    pub mixed: u64,
    /// Classes that have no window of their own because of that.
    lost: Vec<String>,
    /// Jumps in time.
    pub gaps: u64,
    pub group_count: usize,
    recordings: u32,
    rows: usize,
    /// A group in which no window fits, and the rows of its longest recording.
    pub too_short: Option<(String, u64)>,
    /// Rows of the longest recording.
    pub longest: u64,
}

/// The blocks of some windows, and which of these may be used.
pub(super) struct WindowBlocks {
    /// The windows that share no row with one of another block.
    pub whole: Vec<u32>,
    /// The block of each of all windows.
    pub blocks: Vec<u32>,
}

impl CutWindows {
    /// Windows.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Leaves out the windows whose rows have different labels.
    pub fn keep_unmixed(&mut self, windows: &Windows, labels: &LabelColumn) {
        let same = labels.same_so_far();
        let is_unmixed = |window: &u32| same[self.ends[*window as usize] as usize] >= windows.moments as u32;
        let kept: Vec<u32> = (0..self.len() as u32).filter(is_unmixed).collect();
        self.mixed = (self.len() - kept.len()) as u64;
        self.select(&kept);
        let left = labels.select(&self.ends).classes();
        self.lost = labels.classes().into_iter().filter(|class| !left.contains(class)).collect();
    }

    /// Checks that there is a window, and where the column `group` is named that there is one in every group.
    ///
    /// # Errors
    /// Recordings shorter than a window.
    pub fn check(&self, path: &Path, windows: &Windows, group: Option<&str>) -> Result<(), DataError> {
        let (path, moments) = (path.display(), windows.moments);
        let (problem, rows) = match (&self.too_short, group.map(excerpt)) {
            _ if self.longest < moments as u64 => {
                let rows = self.longest;
                (format!("{path}: a window has {moments} rows, and the longest recording {rows}"), rows)
            }
            (Some((name, rows)), Some(column)) => {
                let of = format!("the longest recording of group \"{name}\" (column \"{column}\")");
                (format!("{path}: a window has {moments} rows, and {of} {rows}"), *rows)
            }
            _ => return Ok(()),
        };
        let remedy = format!("take a --window of {rows} or less, or leave its rows out");
        Err(DataError::Request { problem, remedy })
    }

    /// Those windows alone whose number is in `kept`, in this order.
    pub fn select(&mut self, kept: &[u32]) {
        for list in [&mut self.ends, &mut self.groups, &mut self.of_recording] {
            *list = super::set::select(list, 1, kept);
        }
    }

    /// Blocks of windows that follow each other, about 20 of the whole log: each has 4 to 20 times as many windows as share a row. The
    /// last windows of a block that reach into the next are in no part.
    pub fn blocks(&self, windows: &Windows) -> WindowBlocks {
        let sharing = windows.moments.div_ceil(windows.hop);
        let usual = (self.len() / 20).clamp(4 * sharing, 20 * sharing);
        // some blocks must be left for a short log
        let length = usual.min(self.len() / 5).max(1);
        let (mut blocks, mut block, mut first) = (Vec::with_capacity(self.len()), 0, 0);
        for window in 0..self.len() {
            let is_other = window > 0 && self.of_recording[window] != self.of_recording[window - 1];
            if is_other || window - first == length {
                (block, first) = (block + 1, window);
            }
            blocks.push(block);
        }
        let (mut whole, mut next) = (Vec::with_capacity(self.len()), None::<usize>);
        for window in (0..self.len()).rev() {
            // the first window of the next block
            next = if blocks.get(window + 1).is_some_and(|other| *other != blocks[window]) {
                Some(window + 1)
            } else {
                next
            };
            let rival = next.filter(|next| self.of_recording[*next] == self.of_recording[window]);
            if rival.is_none_or(|next| self.ends[window] + windows.moments as u32 <= self.ends[next]) {
                whole.push(window as u32);
            }
        }
        whole.reverse();
        WindowBlocks { whole, blocks }
    }

    /// What was made of what: `1,200 rows, 3 groups -> 147 windows of 16 moments by 3 channels, hop 8`.
    pub fn text(&self, columns: &Columns) -> Option<String> {
        columns.windows().map(|windows| self.text_of(windows, columns.inputs(), columns.group().is_some()))
    }

    fn text_of(&self, windows: &Windows, channels: usize, has_groups: bool) -> String {
        let plural =
            |count: usize, one: &str| format!("{} {one}{}", thousands(count), if count == 1 { "" } else { "s" });
        let groups = if has_groups { format!(", {}", plural(self.group_count, "group")) } else { String::new() };
        let windows_made = plural(self.len(), "window");
        let (moments, hop, by) = (windows.moments, windows.hop, plural(channels, "channel"));
        let mut text =
            format!("{}{groups} -> {windows_made} of {moments} moments by {by}, hop {hop}", plural(self.rows, "row"));
        if !windows.features.is_raw() {
            text += &format!(", as {} values each ({})", windows.values(channels), windows.features);
        }
        if self.gaps > 0 {
            text += &format!("; {} in time, at which windows begin anew", plural(self.gaps as usize, "gap"));
        }
        if self.mixed > 0 {
            text += &format!("; {} with different labels left out", plural(self.mixed as usize, "window"));
        }
        if !self.lost.is_empty() {
            text += &format!("; no window has the rows of {} alone", list(&self.lost));
        }
        text
    }
}

/// A number with a comma between each three digits.
fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::windows::AskedWindows;
    use super::*;

    fn windows(moments: usize, hop: usize) -> Windows {
        AskedWindows { moments: Some(moments), hop: Some(hop), features: None }.checked().unwrap().unwrap()
    }

    fn recordings(groups: &[u32], interrupted: &[u32], times: &[f64]) -> Recordings {
        let names = (0..groups.iter().max().unwrap() + 1).map(|group| format!("g{group}")).collect();
        let (groups, interrupted, times) = (groups.to_vec(), interrupted.to_vec(), times.to_vec());
        Recordings { is_used: true, names, groups, interrupted, times, ..Recordings::default() }
    }

    #[test]
    fn no_window_crosses_a_group_a_row_that_was_left_out_or_a_gap() {
        let groups = [0, 0, 0, 0, 1, 1, 1, 0, 0, 0];
        assert_eq!(recordings(&groups, &[], &[]).cut(&windows(3, 1)).ends, [2, 3, 6, 9]);
        assert_eq!(recordings(&groups, &[2], &[]).cut(&windows(2, 1)).ends, [1, 3, 5, 6, 8, 9]);
        let times: Vec<f64> = (0..10).map(|row| f64::from(row) + if row >= 6 { 5.0 } else { 0.0 }).collect();
        let log = recordings(&groups, &[], &times);
        let windows = windows(2, 1).with_step(log.passed());
        let cut = log.cut(&windows);
        assert_eq!((&cut.ends[..], cut.gaps), (&[1, 2, 3, 5, 8, 9][..], 1));
    }

    #[test]
    fn windows_of_two_blocks_share_no_row_and_no_block_lies_in_two_recordings() {
        for (moments, hop) in [(16, 1), (16, 8), (16, 16), (16, 5), (4, 9)] {
            let groups: Vec<u32> = (0..3000).map(|row| u32::from(row > 1700)).collect();
            let (log, windows) = (recordings(&groups, &[], &[]), windows(moments, hop));
            let cut = log.cut(&windows);
            let WindowBlocks { whole, blocks } = cut.blocks(&windows);
            let mut owner = vec![None; groups.len()];
            for &window in &whole {
                let end = cut.ends[window as usize] as usize;
                for row in end + 1 - moments..=end {
                    let owner = owner[row].get_or_insert(blocks[window as usize]);
                    assert_eq!(*owner, blocks[window as usize], "{moments} {hop} row {row}");
                }
            }
            let lost = cut.len() - whole.len();
            assert!(lost * 4 <= cut.len() && (hop < moments || lost == 0), "{moments} {hop}: {lost} of {}", cut.len());
            assert!(super::super::blocks::count(&blocks) >= 10, "{moments} {hop}");
        }
    }

    #[test]
    fn a_class_that_no_window_has_alone_is_named() {
        let mut labels = LabelColumn::default();
        (0..40).for_each(|row| labels.push(if (20..23).contains(&row) { "fall" } else { "walk" }, row));
        let windows = windows(8, 4);
        let mut cut = recordings(&[0; 40], &[], &[]).cut(&windows);
        cut.keep_unmixed(&windows, &labels);
        assert_eq!((cut.mixed, &cut.lost[..]), (2, &["fall".to_string()][..]));
        let text = cut.text_of(&windows, 1, false);
        assert!(
            text.ends_with("; 2 windows with different labels left out; no window has the rows of \"fall\" alone"),
            "{text}"
        );
    }

    #[test]
    fn what_was_made_is_said_in_one_line() {
        let groups: Vec<u32> = (0..1200).map(|row| row / 400).collect();
        let windows = windows(16, 8);
        let cut = recordings(&groups, &[], &[]).cut(&windows);
        let text = "1,200 rows, 3 groups -> 147 windows of 16 moments by 3 channels, hop 8";
        assert_eq!(cut.text_of(&windows, 3, true), text);
        assert_eq!(
            ["0", "999", "1,000", "1,234,567"],
            [0, 999, 1000, 1_234_567].map(thousands).each_ref().map(|t| &t[..])
        );
    }
}
