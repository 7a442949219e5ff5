//! Which rows are for training and which are for testing.

use super::blocks::held_out;
use super::set::select;
use super::window_inputs::standardise_samples;
use super::{DataError, DataSet, Features, Preprocessing, Split, TargetUnits, Targets, Windows};
use openloop_core::random::{Purpose, Stream};

/// The share of blocks that is for testing.
const TEST_SHARE: f64 = 0.2;

/// How the rows of a table become training and test rows, four fifths and one fifth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SplitKind {
    /// A random fifth of all rows is for testing.
    #[default]
    Random,
    /// A random fifth of the rows of each class, and at least one.
    Stratified,
    /// The last fifth of the file: what comes later in time.
    Ordered,
    /// All rows of a random fifth of the groups.
    Group,
    /// All windows of a random fifth of the blocks of windows that follow each other; no row is in windows of two blocks.
    Blocks,
}

openloop_core::named!(SplitKind: "split" {
    Random = "random", Stratified = "stratified", Ordered = "ordered", Group = "group", Blocks = "blocks"
});

impl SplitKind {
    /// The split asked for, or the one that goes without saying: rows are drawn one by one, rows of a group and windows of a recording
    /// stay together.
    ///
    /// # Errors
    /// A split that parts what belongs together, or one of groups or blocks where there are none.
    pub fn checked(
        asked: Option<SplitKind>,
        has_groups: bool,
        windows: Option<&Windows>,
    ) -> Result<SplitKind, DataError> {
        let usual = SplitKind::usual(has_groups, windows.is_some());
        let Some(kind) = asked else { return Ok(usual) };
        let refuse = |problem: String, remedy: String| Err(DataError::Request { problem, remedy });
        match (kind, windows) {
            (SplitKind::Group, _) if !has_groups => refuse(
                "--split group without --group".into(),
                "name the column of the groups with --group COLUMN".into(),
            ),
            (SplitKind::Blocks, None) => refuse(
                "--split blocks without --window".into(),
                "single rows are split random, stratified or ordered".into(),
            ),
            (SplitKind::Random | SplitKind::Stratified | SplitKind::Ordered, None) if has_groups => refuse(
                format!("--group keeps all rows of a group on one side, and --split {kind} would part them"),
                "leave one of the two out".into(),
            ),
            (SplitKind::Random | SplitKind::Stratified, Some(windows)) if has_groups || windows.overlap() => refuse(
                format!("--split {kind} would put windows that share rows, or a recording, on both sides"),
                format!("take --split {usual} or ordered, or leave --split out"),
            ),
            _ => Ok(kind),
        }
    }

    /// The split that goes without saying.
    pub fn usual(has_groups: bool, has_windows: bool) -> SplitKind {
        match (has_groups, has_windows) {
            (true, _) => SplitKind::Group,
            (false, true) => SplitKind::Blocks,
            (false, false) => SplitKind::Random,
        }
    }
}

/// A kind of split and its seed, which is not the run's: runs with different seeds share their test rows unless another split is
/// asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SplitChoice {
    /// How rows are split.
    pub kind: SplitKind,
    /// What a random choice depends on.
    pub seed: u64,
}

impl SplitChoice {
    /// A random split.
    pub fn random(seed: u64) -> Self {
        SplitChoice { kind: SplitKind::Random, seed }
    }

    /// The samples to train on and those to test on: whole `blocks`, a fifth of them, of which each sample has the number of its own.
    /// `labels` are their classes, if they have any.
    pub(super) fn draw_blocks(self, blocks: &[u32], labels: Option<&[u32]>) -> (Vec<u32>, Vec<u32>) {
        let stream = (self.kind != SplitKind::Ordered).then(|| Stream::new(self.seed, Purpose::Split, 0));
        held_out(blocks, labels, TEST_SHARE, stream)
    }

    /// The rows to train on and those to test on, of so many rows; `labels` are their classes, if they have any.
    ///
    /// A stratified split without labels is a random one, and the only row of a class is for training.
    pub(super) fn draw(self, rows: u32, labels: Option<&[u32]>) -> (Vec<u32>, Vec<u32>) {
        let mut order: Vec<u32> = (0..rows).collect();
        if self.kind != SplitKind::Ordered {
            Stream::new(self.seed, Purpose::Split, 0).shuffle(&mut order);
        }
        if let (SplitKind::Stratified, Some(labels)) = (self.kind, labels) {
            return stratified(order, labels);
        }
        let test = order.split_off((u64::from(rows) * 4 / 5) as usize);
        (order, test)
    }
}

/// The last fifth of the rows of each class in `order` is for testing.
fn stratified(order: Vec<u32>, labels: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let classes = labels.iter().max().map_or(0, |most| *most as usize + 1);
    let (mut rows, mut seen) = (vec![0usize; classes], vec![0usize; classes]);
    labels.iter().for_each(|class| rows[*class as usize] += 1);
    let is_for_training = |row: &u32| {
        let class = labels[*row as usize] as usize;
        seen[class] += 1;
        let test = ((rows[class] + 2) / 5).max(1);
        rows[class] == 1 || seen[class] <= rows[class] - test
    };
    order.into_iter().partition(is_for_training)
}

impl DataSet {
    /// The same data with the test rows put away: a fifth of the training rows takes their place, always the same ones.
    ///
    /// Whatever is tuned must be tuned on this, so that the test rows stay unseen until the end.
    pub fn for_tuning(self) -> Self {
        let stream = Stream::new(0, Purpose::Split, 1);
        let (train, validation) = match &self.train.blocks[..] {
            [] => {
                let mut order: Vec<u32> = (0..self.train.len() as u32).collect();
                stream.shuffle(&mut order);
                let train = order.split_off(order.len() / 5);
                (train, order)
            }
            blocks => held_out(blocks, self.train.labels(), TEST_SHARE, Some(stream)),
        };
        let (size, outputs) = (self.shape.size(), self.outputs);
        let (train, test) = (self.train.select(&train, size, outputs), self.train.select(&validation, size, outputs));
        DataSet { train, test, ..self }
    }

    /// The same data with a share of the training rows put away to judge epochs by, drawn by `seed`.
    pub fn with_validation(self, share: f32, seed: u64) -> Self {
        let [train, validation] = self.train.divided(share, seed, self.shape.size(), self.outputs);
        DataSet { train, validation: Some(validation), ..self }
    }

    /// Whether its rows can be split otherwise: those of a CSV file can, where each is a sample that stands for itself; those of a named
    /// data set are published as they are.
    pub fn has_a_drawn_split(&self) -> bool {
        let are_rows = self.columns.as_ref().is_some_and(|columns| columns.windows().is_none());
        are_rows && self.train.blocks.is_empty()
    }

    /// The rows of a CSV file split randomly by the seed `to`, as if it had been loaded with that seed; it was loaded with `from`. What its columns
    /// are, and which categories they have, stays as it was decided by the first split, so that the network is the same. Measured
    /// values are standardised again by those of the new training rows, to the precision of f32.
    /// None where the split is [not drawn](Self::has_a_drawn_split).
    pub fn split_by(&self, from: u64, to: u64) -> Option<DataSet> {
        self.redrawn(from, |rows, _| SplitChoice::random(to).draw(rows, None))
    }

    /// The fewest rows that a class has, over training and test rows; none without classes.
    pub fn smallest_class(&self) -> Option<(&str, usize)> {
        let rows = |class: usize| {
            let of = |split: &Split| match &split.targets {
                Targets::Labels(labels) => labels.iter().filter(|label| **label as usize == class).count(),
                Targets::Values(_) => 0,
            };
            of(&self.train) + of(&self.test)
        };
        let classes = self.classes.iter().enumerate().map(|(class, name)| (name.as_str(), rows(class)));
        classes.min_by_key(|(_, rows)| *rows)
    }

    /// The same rows with those for training and for testing that `draw(rows, labels)` gives, as numbers of rows of the file.
    pub(super) fn redrawn(
        &self,
        from: u64,
        draw: impl Fn(u32, Option<&[u32]>) -> (Vec<u32>, Vec<u32>),
    ) -> Option<DataSet> {
        let all = self.train.joined(&self.test).filter(|_| self.has_a_drawn_split())?;
        let rows = all.len() as u32;
        // row k of `all` is row `order[k]` of the file
        let (first, second) = SplitChoice::random(from).draw(rows, None);
        let order = [first, second].concat();
        let mut place = vec![0; order.len()];
        order.iter().zip(0..).for_each(|(&row, k)| place[row as usize] = k);
        let labels = match &all.targets {
            Targets::Labels(labels) => Some(select(labels, 1, &place)),
            Targets::Values(_) => None,
        };
        let (train, test) = draw(rows, labels.as_deref());
        let [train, test] = [train, test].map(|rows| select(&place, 1, &rows));
        self.rearranged(all, &train, &test)
    }

    /// The same rows, `all` of them, with those for training and for testing that are named by their places in `all`.
    pub(super) fn rearranged(&self, mut all: Split, train: &[u32], test: &[u32]) -> Option<DataSet> {
        let units = match (&mut all.targets, &self.units) {
            (Targets::Values(values), Some(units)) => Some(restandardise(values, units, train)),
            _ => None,
        };
        let Features::Floats(features) = &all.features else { return None };
        let origin = self.preprocessing.origin.clone();
        Some(DataSet {
            name: self.name.clone(),
            units,
            classes: self.classes.clone(),
            columns: self.columns.clone(),
            note: self.note.clone(),
            table: self.table.clone(),
            understood: self.understood.clone(),
            preprocessing: Preprocessing { origin, ..standardise_samples(self.columns.as_ref()?, features, train) },
            train: all.select(train, self.shape.size(), self.outputs),
            test: all.select(test, self.shape.size(), self.outputs),
            validation: None,
            ..*self
        })
    }
}

impl Split {
    /// The class of each sample, if they have classes.
    pub(super) fn labels(&self) -> Option<&[u32]> {
        match &self.targets {
            Targets::Labels(labels) => Some(labels),
            Targets::Values(_) => None,
        }
    }

    /// The rows of this part, then those of `other`; none if they are of different kinds.
    pub(super) fn joined(&self, other: &Split) -> Option<Split> {
        let features = match (&self.features, &other.features) {
            (Features::Bytes(a), Features::Bytes(b)) => Features::Bytes([&a[..], b].concat()),
            (Features::Floats(a), Features::Floats(b)) => Features::Floats([&a[..], b].concat()),
            _ => return None,
        };
        let targets = match (&self.targets, &other.targets) {
            (Targets::Labels(a), Targets::Labels(b)) => Targets::Labels([&a[..], b].concat()),
            (Targets::Values(a), Targets::Values(b)) => Targets::Values([&a[..], b].concat()),
            _ => return None,
        };
        Some(Split {
            features,
            targets,
            rows: self.rows + other.rows,
            blocks: [&self.blocks[..], &other.blocks].concat(),
            weights: [&self.weights[..], &other.weights].concat(),
        })
    }

    /// How many parts can be held out: its samples, or where some of them stay together their blocks.
    pub fn parts(&self) -> usize {
        if self.blocks.is_empty() { self.len() } else { super::blocks::count(&self.blocks) }
    }

    /// These rows without a share of them, and that share, drawn at random by `seed`. Samples of a block stay together.
    pub fn divided(&self, share: f32, seed: u64, size: usize, outputs: usize) -> [Split; 2] {
        let stream = Stream::new(seed, Purpose::Split, 2);
        let (kept, away) = match &self.blocks[..] {
            [] => {
                let mut order: Vec<u32> = (0..self.len() as u32).collect();
                stream.shuffle(&mut order);
                let away = (f64::from(share) * order.len() as f64).round() as usize;
                let mut kept = order.split_off(away.min(self.len()));
                // the kept rows stay in their order
                kept.sort_unstable();
                (kept, order)
            }
            blocks => held_out(blocks, self.labels(), f64::from(share), Some(stream)),
        };
        [kept, away].map(|rows| self.select(&rows, size, outputs))
    }
}

/// Standardises measured values by those of the rows `train`; they had the units `old`.
fn restandardise(values: &mut Vec<f32>, old: &TargetUnits, train: &[u32]) -> TargetUnits {
    let raw = old.restored(values);
    let units = TargetUnits::of(&select(&raw, old.names.len(), train), old.names.clone());
    *values = units.standardised(&raw);
    units
}

#[cfg(test)]
mod tests {
    use super::{SplitChoice, SplitKind};
    use crate::data::{DataSet, TableRequest, load_csv};
    use std::io::Write;

    #[test]
    fn a_split_drawn_anew_is_the_file_loaded_with_that_seed() {
        let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        (0..23).for_each(|k| {
            writeln!(file, "{k},{},5800000.{},{}", k * k % 7, k * k % 11, ["a", "b", "c"][k % 3]).unwrap()
        });
        let load = |seed| load_csv(file.path(), &TableRequest::default(), None, SplitChoice::random(seed)).unwrap();
        for (from, to) in [(0, 0), (0, 5), (5, 1)] {
            assert_eq!(load(from).split_by(from, to), Some(load(to)), "from {from} to {to}");
        }
        assert_ne!(load(0).test, load(1).test);
    }

    #[test]
    fn a_stratified_split_tests_a_fifth_of_each_class_and_an_ordered_one_the_end() {
        let labels: Vec<u32> = (0..100).map(|k| u32::from(k % 10 == 0) + u32::from(k % 50 == 0)).collect();
        for seed in 0..5 {
            let (train, test) = SplitChoice { kind: SplitKind::Stratified, seed }.draw(100, Some(&labels));
            let count = |class: u32| test.iter().filter(|row| labels[**row as usize] == class).count();
            assert_eq!([count(0), count(1), count(2)], [18, 2, 1], "seed {seed}");
            let mut all = [train, test].concat();
            all.sort_unstable();
            assert!(all.into_iter().eq(0..100));
        }
        let (train, test) = SplitChoice { kind: SplitKind::Ordered, seed: 3 }.draw(10, None);
        assert_eq!((train, test), ((0..8).collect(), vec![8, 9]));
    }

    #[test]
    fn each_row_is_tested_in_one_fold_and_each_fold_has_its_share_of_every_class() {
        let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        (0..50).for_each(|k| writeln!(file, "{k}.5,{}", if k % 5 == 0 { "rare" } else { "usual" }).unwrap());
        let data = load_csv(file.path(), &TableRequest::default(), None, SplitChoice::random(7)).unwrap();
        assert_eq!(data.smallest_class(), Some(("rare", 10)));
        let mut tested = Vec::new();
        for fold in 0..5 {
            let data = data.fold(7, fold, 5).unwrap();
            let (crate::data::Features::Floats(x), crate::data::Targets::Labels(labels)) =
                (&data.test.features, &data.test.targets)
            else {
                panic!("a table has floats and labels")
            };
            assert_eq!((data.train.len(), data.test.len()), (40, 10));
            assert_eq!(labels.iter().filter(|label| **label == 0).count(), 2, "fold {fold}");
            tested.extend(x.iter().map(|x| x.to_bits()));
        }
        tested.sort_unstable();
        tested.dedup();
        assert_eq!(tested.len(), 50);
        assert_ne!(data.fold(7, 0, 5).unwrap().test, data.fold(7, 1, 5).unwrap().test);
    }

    #[test]
    fn a_missing_value_is_the_mean_of_the_training_rows_of_each_split() {
        let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        let size = |k: usize| if k % 4 == 1 { String::new() } else { format!("{}", k * k % 11) };
        (0..60).for_each(|k| {
            writeln!(file, "{},{},{}", size(k), ["no", "red"][k % 7 % 2], ["a", "b", "c"][k % 3]).unwrap()
        });
        let load = |seed| load_csv(file.path(), &TableRequest::default(), None, SplitChoice::random(seed)).unwrap();
        let rows = |data: &DataSet| {
            let mut out = vec![0.0; data.train.len() * 3];
            data.train.gather(&data.preprocessing, 3, &(0..data.train.len() as u32).collect::<Vec<_>>(), &mut out);
            out
        };
        let (anew, loaded) = (load(0).split_by(0, 5).unwrap(), load(5));
        assert_eq!((rows(&anew), &anew.preprocessing), (rows(&loaded), &loaded.preprocessing));
        assert_ne!(loaded.preprocessing, load(0).preprocessing);
    }

    #[test]
    fn a_named_data_set_keeps_its_test_rows() {
        let request = crate::data::DataRequest { name: "digits", ..Default::default() };
        assert_eq!(crate::data::load(&request).unwrap().split_by(0, 1), None);
    }
}
