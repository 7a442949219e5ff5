//! The figures of answers, held against scikit-learn's. `golden/make_quality.py` wrote the values and says how.

use openloop::learner::quality::{ClassificationQuality, RegressionQuality};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    classification: Vec<Classification>,
    regression: Vec<Regression>,
}

#[derive(Deserialize)]
struct Classification {
    answers: Vec<f32>,
    truth: Vec<u32>,
    classes: usize,
    confusion: Vec<Vec<u64>>,
    precision: Vec<Option<f64>>,
    recall: Vec<Option<f64>>,
    f1: Vec<Option<f64>>,
    support: Vec<u64>,
    balanced_accuracy: f64,
    log_loss: f64,
    calibration_error: f64,
}

#[derive(Deserialize)]
struct Regression {
    answers: Vec<f64>,
    truth: Vec<f64>,
    means: Vec<f64>,
    mae: f64,
    rmse: f64,
    r2: f64,
    rmse_of_mean: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/quality.json")).unwrap()
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|k| k.to_string()).collect()
}

#[track_caller]
fn same(what: &str, found: Option<f64>, expected: Option<f64>) {
    let near = match (found, expected) {
        (Some(found), Some(expected)) => (found - expected).abs() < 1e-9 * expected.abs().max(1.0),
        (found, expected) => found.is_none() && expected.is_none(),
    };
    assert!(near, "{what}: {found:?}, but scikit-learn has {expected:?}");
}

#[test]
fn figures_of_a_classification_are_scikit_learns() {
    let percent = |share: Option<f64>| share.map(|share| 100.0 * share);
    for case in golden().classification {
        let quality = ClassificationQuality::of(&case.answers, &case.truth, &names(case.classes), true);
        assert_eq!(quality.confusion, case.confusion);
        for (k, class) in quality.per_class.iter().enumerate() {
            same("precision", class.precision, percent(case.precision[k]));
            same("recall", class.recall, percent(case.recall[k]));
            same("f1", class.f1, percent(case.f1[k]));
            assert_eq!(class.support, case.support[k]);
        }
        same("balanced accuracy", Some(quality.balanced_accuracy), Some(100.0 * case.balanced_accuracy));
        same("log loss", quality.log_loss, Some(case.log_loss));
        same("calibration error", quality.calibration_error, Some(100.0 * case.calibration_error));
        assert_eq!(quality.calibration.iter().map(|bin| bin.rows).sum::<u64>(), case.truth.len() as u64);
    }
}

#[test]
fn figures_of_a_regression_are_scikit_learns() {
    for case in golden().regression {
        let quality = RegressionQuality::of(&case.answers, &case.truth, &names(case.means.len()), &case.means);
        same("mae", Some(quality.mae), Some(case.mae));
        same("rmse", Some(quality.rmse), Some(case.rmse));
        same("r2", quality.r2, Some(case.r2));
        same("rmse of the mean", Some(quality.rmse_of_mean), Some(case.rmse_of_mean));
        assert_eq!(quality.per_target.len(), if case.means.len() > 1 { case.means.len() } else { 0 });
    }
}

#[test]
fn outputs_that_are_no_probabilities_have_no_log_loss_and_no_calibration() {
    let quality = ClassificationQuality::of(&[0.2, 1.3, 2.0, -1.0], &[1, 1], &names(2), false);
    assert_eq!((quality.log_loss, quality.calibration_error, quality.calibration.len()), (None, None, 0));
    assert_eq!(quality.confusion, [[0, 0], [1, 1]]);
}

#[test]
fn targets_that_are_all_the_same_have_no_r2() {
    assert_eq!(RegressionQuality::of(&[1.0, 2.0], &[3.0, 3.0], &names(1), &[3.0]).r2, None);
}
