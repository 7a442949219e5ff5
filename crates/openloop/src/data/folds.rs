//! The rows of a table as the folds of a cross-validation.

use super::DataSet;
use super::blocks::{count, fold_of_blocks};
use openloop_core::random::{Purpose, Stream};

impl DataSet {
    /// Whether its samples can be the folds of a cross-validation: those of a CSV file can, rows one by one, groups and blocks of windows
    /// as a whole.
    pub fn has_folds(&self) -> bool {
        self.columns.is_some()
    }

    /// The rows of a CSV file that was split by the seed `from`, split for cross-validation: the rows of fold `fold` of `folds`
    /// are for testing, the others for training. The folds are drawn by the same seed. Each has its share of every class, or where
    /// rows have groups or are windows, whole groups or blocks of windows and about the same number of samples.
    /// None where there are [no folds](Self::has_folds).
    pub fn fold(&self, from: u64, fold: u32, folds: u32) -> Option<DataSet> {
        if !self.train.blocks.is_empty() {
            let all = self.train.joined(&self.test).filter(|_| self.has_folds())?;
            let number = fold_of_blocks(&all.blocks, folds, Stream::new(from, Purpose::Split, 3));
            let (train, test): (Vec<u32>, _) = (0..all.len() as u32).partition(|row| number[*row as usize] != fold);
            return self.rearranged(all, &train, &test);
        }
        self.redrawn(from, |rows, labels| {
            let number = fold_of_rows(from, rows, labels, folds);
            (0..rows).partition(|row| number[*row as usize] != fold)
        })
    }

    /// The group of each row, or the block of each window, over training and test rows; empty where each row stands for itself.
    fn all_blocks(&self) -> Vec<u32> {
        [&self.train.blocks[..], &self.test.blocks].concat()
    }

    /// How many groups its rows have, or blocks its windows, over training and test rows; none where each row stands for itself.
    pub fn groups(&self) -> Option<usize> {
        Some(self.all_blocks()).filter(|blocks| !blocks.is_empty()).map(|blocks| count(&blocks))
    }

    /// The first fold that would leave no row of some class to train on, and that class; only groups and blocks can do so.
    pub fn class_without_training_rows(&self, from: u64, folds: u32) -> Option<(u32, &str)> {
        let blocks = Some(self.all_blocks()).filter(|blocks| !blocks.is_empty())?;
        let number = fold_of_blocks(&blocks, folds, Stream::new(from, Purpose::Split, 3));
        let labels = [self.train.labels()?, self.test.labels()?].concat();
        let is_trained =
            |fold, class| labels.iter().zip(&number).any(|(label, number)| *label as usize == class && *number != fold);
        let classes = || self.classes.iter().enumerate();
        (0..folds).find_map(|fold| {
            classes().find(|(class, _)| !is_trained(fold, *class)).map(|(_, name)| (fold, name.as_str()))
        })
    }
}

/// The fold of each row: rows in a random order take turns, those of each class on their own.
fn fold_of_rows(seed: u64, rows: u32, labels: Option<&[u32]>, folds: u32) -> Vec<u32> {
    let mut order: Vec<u32> = (0..rows).collect();
    Stream::new(seed, Purpose::Split, 3).shuffle(&mut order);
    if let Some(labels) = labels {
        // stable: the rows of a class keep their random order
        order.sort_by_key(|row| labels[*row as usize]);
    }
    let mut fold = vec![0; order.len()];
    order.iter().zip((0..folds).cycle()).for_each(|(row, number)| fold[*row as usize] = number);
    fold
}

#[cfg(test)]
mod tests {
    use crate::data::{AskedWindows, DataSet, Features, Split, SplitChoice, SplitKind, TableRequest, load_csv};
    use std::collections::BTreeSet;
    use std::io::Write;

    /// Windows of four rows, one after each row, of a log whose channels are the row's number and a constant.
    fn windows(rows: usize) -> DataSet {
        let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        writeln!(file, "x,y,class").unwrap();
        (0..rows).for_each(|k| writeln!(file, "{k},7,{}", ["a", "b"][k / 10 % 2]).unwrap());
        let windows = AskedWindows { moments: Some(4), hop: Some(1), features: None };
        let request = TableRequest { windows, ..TableRequest::default() };
        load_csv(file.path(), &request, None, SplitChoice { kind: SplitKind::Blocks, seed: 5 }).unwrap()
    }

    /// The rows that windows were made of.
    fn rows_of(windows: &Split) -> BTreeSet<u32> {
        let Features::Floats(values) = &windows.features else { panic!("a table has floats") };
        values.chunks_exact(8).flat_map(|window| window[..4].iter().map(|x| *x as u32)).collect()
    }

    #[test]
    fn no_row_is_in_windows_on_both_sides_of_a_fold_and_all_folds_test_each_window_once() {
        let data = windows(400);
        let all = data.train.len() + data.test.len();
        let mut tested = 0;
        for fold in 0..4 {
            let fold = data.fold(5, fold, 4).unwrap();
            assert!(rows_of(&fold.train).is_disjoint(&rows_of(&fold.test)));
            let scale = &fold.preprocessing.scale;
            assert!(scale[..4] == [scale[0]; 4] && scale[0] < 0.05 && scale[4..] == [1.0; 4], "{scale:?}");
            assert!(fold.test.len() * 3 > all / 4, "{} of {all}", fold.test.len());
            tested += fold.test.len();
        }
        assert_eq!(tested, all);
    }

    #[test]
    fn a_fold_of_grouped_rows_tests_whole_groups_and_all_folds_test_each_row_once() {
        let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        writeln!(file, "x,who,class").unwrap();
        (0..60).for_each(|k| writeln!(file, "{k},{},{}", k % 5, ["a", "b"][k / 5 % 2]).unwrap());
        let request = TableRequest { group: Some("who"), ..TableRequest::default() };
        let split = SplitChoice { kind: SplitKind::Group, seed: 3 };
        let data = load_csv(file.path(), &request, None, split).unwrap();
        assert_eq!((data.groups(), data.class_without_training_rows(3, 5)), (Some(5), None));
        let mut tested = Vec::new();
        for fold in 0..5 {
            let fold = data.fold(3, fold, 5).unwrap();
            let Features::Floats(rows) = &fold.test.features else { panic!("a table has floats") };
            assert!(rows.iter().all(|x| x % 5.0 == rows[0] % 5.0), "{rows:?} are of one group");
            tested.extend(rows.iter().map(|x| *x as u32));
        }
        tested.sort_unstable();
        assert_eq!(tested, (0..60).collect::<Vec<_>>());
    }
}
