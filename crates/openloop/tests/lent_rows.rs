//! Rows that another owner lends are learned from with the bits of rows that a data set owns.

use openloop::core::{Rule, Shape};
use openloop::data::{DataSet, FeatureRows, Features, LentRows, Split, Targets};
use openloop::kernels::Fast;
use openloop::learner::Trainer;
use openloop::settings::Options;
use std::ops::ControlFlow;
use std::sync::Arc;

const ROWS: usize = 60;
const SIZE: usize = 3;

#[derive(Debug)]
struct Owner(Vec<f32>);

impl FeatureRows for Owner {
    fn rows(&self) -> usize {
        self.0.len() / SIZE
    }

    fn size(&self) -> usize {
        SIZE
    }

    fn copy_row(&self, row: usize, out: &mut [f32]) {
        out.copy_from_slice(&self.0[row * SIZE..][..SIZE]);
    }
}

fn values() -> Vec<f32> {
    (0..ROWS * SIZE).map(|k| ((k * 7919) % 101) as f32 / 10.0 - (k % SIZE) as f32).collect()
}

fn data(features: Features) -> DataSet {
    let labels = (0..ROWS as u32).map(|row| row * 5 % 7 % 2).collect();
    let train = Split::new(features, Targets::Labels(labels), SIZE, 2).expect("whole rows");
    let test = train.empty();
    DataSet::of_splits("rows", train, test, vec!["a".into(), "b".into()], None, None).expect("rows that can be learned")
}

fn lent(values: Vec<f32>) -> Features {
    Features::Lent(LentRows::new(Arc::new(Owner(values))))
}

fn trained(data: DataSet) -> (Vec<f32>, u32) {
    let options = Options { rule: Some(Rule::LocalError), epochs: Some(3), ..Options::default() };
    let data = Arc::new(data);
    let settings = options.complete(&data).expect("settings");
    let kernels = Arc::new(Fast::new(1).expect("a thread"));
    let fingerprint = data.fingerprint();
    let mut trainer = Trainer::new(settings, data, kernels).expect("a trainer");
    for _ in 0..3 {
        trainer.train_epoch(&mut |_| ControlFlow::Continue(())).expect("an epoch");
    }
    (trainer.model().weights().floats().to_vec(), fingerprint)
}

#[test]
fn lent_rows_are_learned_with_the_bits_of_owned_ones_validation_rows_too() {
    let (owned, lent) = (data(Features::Floats(values())), data(lent(values())));
    assert_eq!((owned.shape, lent.shape), (Shape::flat(SIZE), Shape::flat(SIZE)));
    assert_eq!(owned.preprocessing, lent.preprocessing);
    assert_eq!(trained(owned.clone()), trained(lent.clone()));
    let [owned, lent] = [owned, lent].map(|data| data.with_validation(0.25, 3));
    assert_eq!(lent.validation.as_ref().map(Split::len), Some(ROWS / 4));
    assert_eq!(trained(owned), trained(lent));
}

#[test]
fn lent_rows_are_equal_if_their_values_are_and_checked_as_owned_ones() {
    let mut other = values();
    assert_eq!(lent(values()), lent(values()));
    other[100] += 1.0;
    assert_ne!(lent(values()), lent(other.clone()));
    assert_ne!(lent(values()), lent(other[SIZE..].to_vec()));
    other[100] = f32::NAN;
    let labels = Targets::Labels(vec![0; ROWS]);
    let train = Split::new(lent(other), labels, SIZE, 1).expect("whole rows");
    let test = train.empty();
    let refused = DataSet::of_splits("rows", train, test, vec!["a".into()], None, None).expect_err("a value is NaN");
    assert!(refused.to_string().starts_with("feature 1 of row 33 is NaN"), "{refused}");
}
