//! The statistics of experiments, held against SciPy's. `golden/make_statistics.py` wrote the values and says how.

use openloop::experiment::statistics::{holm, mean, paired_t, share_interval, signed_rank, standard_deviation};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
    widened: Vec<Widened>,
    holm: Vec<Family>,
    shares: Vec<Share>,
}

#[derive(Deserialize)]
struct Share {
    count: u64,
    of: u64,
    interval: [f64; 2],
}

#[derive(Deserialize)]
struct Case {
    values: Vec<f64>,
    mean: f64,
    deviation: f64,
    t: f64,
    p: f64,
    interval: [f64; 2],
    overlapping: Overlapping,
    rank_sum: Option<f64>,
    rank_p: Option<f64>,
}

#[derive(Deserialize)]
struct Overlapping {
    overlap: f64,
    t: f64,
    p: f64,
    interval: [f64; 2],
}

#[derive(Deserialize)]
struct Widened {
    values: Vec<f64>,
    factor: f64,
    interval: [f64; 2],
}

#[derive(Deserialize)]
struct Family {
    p: Vec<f64>,
    corrected: Vec<f64>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/statistics.json")).unwrap()
}

/// Equal to about ten digits.
#[track_caller]
fn same(what: &str, found: f64, expected: f64, values: &[f64]) {
    let near = (found - expected).abs() <= 1e-10 * expected.abs().max(1e-300);
    assert!(near, "{what}: {found:e}, but SciPy has {expected:e} for {values:?}");
}

#[test]
fn means_deviations_t_tests_and_intervals_are_scipys() {
    for case in golden().cases {
        let test = paired_t(&case.values, 0.0).unwrap();
        same("mean", mean(&case.values).unwrap(), case.mean, &case.values);
        same("deviation", standard_deviation(&case.values).unwrap(), case.deviation, &case.values);
        same("t", test.t, case.t, &case.values);
        same("p", test.p, case.p, &case.values);
        same("low end", test.interval[0], case.interval[0], &case.values);
        same("high end", test.interval[1], case.interval[1], &case.values);
        assert_eq!(test.degrees, case.values.len() - 1);
    }
}

#[test]
fn trials_whose_training_rows_overlap_have_the_variance_of_nadeau_and_bengio() {
    for case in golden().cases {
        let Overlapping { overlap, t, p, interval } = case.overlapping;
        let test = paired_t(&case.values, overlap).unwrap();
        same("t", test.t, t, &case.values);
        same("p", test.p, p, &case.values);
        same("low end", test.interval[0], interval[0], &case.values);
        same("high end", test.interval[1], interval[1], &case.values);
    }
}

#[test]
fn an_interval_is_widened_to_the_level_of_its_corrected_p_value() {
    for case in golden().widened {
        let plain = paired_t(&case.values, 0.0).unwrap();
        let widened = plain.widened(case.factor);
        same("low end", widened.interval[0], case.interval[0], &case.values);
        same("high end", widened.interval[1], case.interval[1], &case.values);
        let holds_zero = widened.interval[0] <= 0.0 && widened.interval[1] >= 0.0;
        assert_eq!(holds_zero, plain.p * case.factor > 0.05, "{:?}", case.values);
    }
}

#[test]
fn signed_rank_tests_are_scipys_with_and_without_ties_and_zeros() {
    let mut checked = [0, 0];
    for case in golden().cases {
        let (Some(sum), Some(p)) = (case.rank_sum, case.rank_p) else { continue };
        let test = signed_rank(&case.values).unwrap();
        same("rank sum", test.statistic, sum, &case.values);
        same("rank p", test.p, p, &case.values);
        assert_eq!(test.exact, test.pairs <= 25);
        checked[usize::from(test.exact)] += 1;
    }
    assert!(checked[0] >= 8 && checked[1] >= 20, "{checked:?}");
}

#[test]
fn holm_is_the_closed_test_by_bonferroni() {
    for family in golden().holm {
        let found = holm(&family.p);
        for ((found, expected), p) in found.iter().zip(&family.corrected).zip(&family.p) {
            same("holm", found.p, *expected, &family.p);
            same("factor", (p * found.factor).min(1.0), *expected, &family.p);
        }
    }
    assert!(holm(&[]).is_empty());
}

#[test]
fn intervals_of_shares_are_scipys_and_stay_between_none_and_all() {
    for Share { count, of, interval } in golden().shares {
        let found = share_interval(count, of).unwrap();
        for (found, expected) in found.iter().zip(interval) {
            assert!((found - expected).abs() < 1e-12, "{count} of {of}: {found:e}, but SciPy has {expected:e}");
            assert!((0.0..=1.0).contains(found), "{count} of {of}: {found:e}");
        }
    }
    assert_eq!(share_interval(0, 0), None);
}

#[test]
fn numbers_that_cannot_answer_give_none_and_never_nan() {
    assert_eq!((mean(&[]), standard_deviation(&[]), standard_deviation(&[3.0])), (None, None, None));
    for values in [&[][..], &[1.0], &[0.5, 0.5, 0.5], &[0.0, 0.0]] {
        assert_eq!(paired_t(values, 0.0), None, "{values:?}");
    }
    assert_eq!((signed_rank(&[]), signed_rank(&[0.0, 0.0])), (None, None));
    assert_eq!(signed_rank(&[2.0]).unwrap().p, 1.0);
}
