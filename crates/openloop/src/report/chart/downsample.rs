//! Fewer points for the same picture, so that a file stays small: largest triangle, three buckets (Steinarsson,
//! "Downsampling Time Series for Visual Representation", 2013).

/// The indices of at most `most` points that keep the curve's shape, in order; the first and the last are among them.
///
/// The points between are cut into equal buckets; of each, the point stays that spans the largest triangle with the
/// one kept before and the mean of the next bucket. Lone peaks are therefore kept.
pub fn downsample(points: &[(f64, f64)], most: usize) -> Vec<usize> {
    let (count, most) = (points.len(), most.max(3));
    if count <= most {
        return (0..count).collect();
    }
    let start = |bucket: usize| 1 + bucket * (count - 2) / (most - 2);
    let mut kept = vec![0];
    for bucket in 0..most - 2 {
        let next = if bucket + 3 < most { start(bucket + 1)..start(bucket + 2) } else { count - 1..count };
        let (before, after) = (points[kept[bucket]], mean(&points[next]));
        let area = |k: &usize| triangle(before, points[*k], after);
        let largest = (start(bucket)..start(bucket + 1)).max_by(|a, b| area(a).total_cmp(&area(b)));
        kept.extend(largest);
    }
    kept.push(count - 1);
    kept
}

fn mean(points: &[(f64, f64)]) -> (f64, f64) {
    let sum = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
    (sum.0 / points.len() as f64, sum.1 / points.len() as f64)
}

/// Twice its area.
fn triangle(a: (f64, f64), b: (f64, f64), c: (f64, f64)) -> f64 {
    ((b.0 - a.0) * (c.1 - a.1) - (c.0 - a.0) * (b.1 - a.1)).abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_points_are_all_kept() {
        assert_eq!(downsample(&[(0.0, 1.0), (1.0, 2.0)], 120), [0, 1]);
        assert!(downsample(&[], 120).is_empty());
    }

    #[test]
    fn the_ends_and_a_lone_peak_survive() {
        let points: Vec<_> = (0..500).map(|k| (f64::from(k), if k == 333 { 9.0 } else { 1.0 })).collect();
        let kept = downsample(&points, 50);
        assert_eq!((kept.len(), kept[0], kept[49]), (50, 0, 499));
        assert!(kept.contains(&333) && kept.windows(2).all(|pair| pair[0] < pair[1]), "{kept:?}");
    }
}
