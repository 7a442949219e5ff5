//! What a window becomes, against NumPy and SciPy (`golden/make_windows.py`).

use openloop::data::WindowFeatures;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    rows: Vec<Vec<f64>>,
    stats: Vec<f64>,
    spectrum: Vec<f64>,
}

#[test]
fn statistics_and_spectra_are_those_of_numpy_and_scipy() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("golden/windows.json")).unwrap();
    for Case { rows, stats, spectrum } in cases {
        for (features, expected) in [(WindowFeatures::Stats, stats), (WindowFeatures::Spectrum, spectrum)] {
            let mut found = Vec::new();
            features.append(rows[0].len(), rows.iter().map(Vec::as_slice), &mut found);
            assert_eq!(found.len(), expected.len(), "{features} of {} moments", rows.len());
            for (k, (found, expected)) in found.iter().zip(&expected).enumerate() {
                let near = (found - expected).abs() < 1e-9 * expected.abs().max(1.0);
                assert!(near, "{features} of {} moments, value {k}: {found}, but NumPy has {expected}", rows.len());
            }
        }
    }
}
