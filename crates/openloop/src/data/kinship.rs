//! Which samples of a table belong together, and the split that keeps them together.

use super::recordings::{CutWindows, Recordings, WindowBlocks};
use super::set::select;
use super::split::{SplitChoice, SplitKind};
use super::{Columns, DataError, blocks};
use std::path::Path;

/// Which samples belong together: empty lists where each stands for itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Kinship {
    /// The group of each sample.
    groups: Vec<u32>,
    /// The block of windows of each sample.
    blocks: Vec<u32>,
    /// The samples that share no row with one of another block.
    whole: Vec<u32>,
}

/// The samples to train on and those to test on, and of all samples the blocks that may not be parted.
pub(super) struct DrawnParts {
    pub train: Vec<u32>,
    pub test: Vec<u32>,
    pub blocks: Vec<u32>,
}

impl Kinship {
    /// Of the rows of a table, or of the windows that were cut from them.
    pub fn of(columns: &Columns, windows: Option<&CutWindows>, recordings: &Recordings) -> Self {
        let has_groups = columns.group().is_some();
        let groups = |list: &[u32]| if has_groups { list.to_vec() } else { Vec::new() };
        match (windows, columns.windows()) {
            (Some(cut), Some(windows)) => {
                let WindowBlocks { whole, blocks } = cut.blocks(windows);
                Kinship { groups: groups(&cut.groups), blocks, whole }
            }
            _ => Kinship { groups: groups(recordings.groups()), ..Kinship::default() },
        }
    }

    /// The split that goes without saying.
    pub fn usual(&self) -> SplitKind {
        SplitKind::usual(!self.groups.is_empty(), !self.blocks.is_empty())
    }

    /// What may not be parted in a split of this kind, and where some samples belong to no part those that do.
    fn of_kind(&self, kind: SplitKind) -> (&[u32], Option<&[u32]>) {
        match kind {
            SplitKind::Group => (&self.groups, None),
            SplitKind::Blocks | SplitKind::Ordered if !self.blocks.is_empty() => (&self.blocks, Some(&self.whole)),
            _ => (&[], None),
        }
    }

    /// Draws the parts of `count` samples.
    pub fn draw(&self, choice: SplitChoice, count: usize, labels: Option<&[u32]>) -> DrawnParts {
        let (blocks, whole) = self.of_kind(choice.kind);
        let Some(whole) = whole else {
            let (train, test) = match blocks {
                // a table of more than 2^32 samples would not have fitted into memory
                [] => choice.draw(count.try_into().unwrap_or(u32::MAX), labels),
                _ => choice.draw_blocks(blocks, labels),
            };
            return DrawnParts { train, test, blocks: blocks.to_vec() };
        };
        let own = labels.map(|labels| select(labels, 1, whole));
        let (train, test) = choice.draw_blocks(&select(blocks, 1, whole), own.as_deref());
        let [train, test] = [train, test].map(|part| select(whole, 1, &part));
        DrawnParts { train, test, blocks: blocks.to_vec() }
    }

    /// All samples that may be learned from, for a table whose test rows are in another file.
    pub fn all(&self, count: usize) -> DrawnParts {
        let (blocks, whole) = self.of_kind(self.usual());
        let train = whole.map_or_else(|| (0..count as u32).collect(), <[u32]>::to_vec);
        DrawnParts { train, test: Vec::new(), blocks: blocks.to_vec() }
    }

    /// Checks that a split by groups or blocks has something to test on.
    ///
    /// # Errors
    /// One group alone, or none that can be missed.
    pub fn check(&self, path: &Path, kind: SplitKind, parts: &DrawnParts) -> Result<(), DataError> {
        if parts.blocks.is_empty() || !parts.test.is_empty() {
            return Ok(());
        }
        let (what, path) = (if kind == SplitKind::Group { "group" } else { "block of windows" }, path.display());
        let problem = match blocks::count(&parts.blocks) {
            1 => format!("{path}: all rows are of one {what}, so none can be held out for testing"),
            _ => format!("{path}: every {what} has the only rows of some class, so none can be held out for testing"),
        };
        let remedy = match (kind, self.blocks.is_empty()) {
            (SplitKind::Group, false) => "add others, take --split blocks, or name another file with --test",
            (SplitKind::Group, true) => "add others, leave --group out, or name another file with --test",
            _ => "add rows, take a shorter --window, or name another file with --test",
        };
        Err(DataError::Request { problem, remedy: remedy.into() })
    }
}
