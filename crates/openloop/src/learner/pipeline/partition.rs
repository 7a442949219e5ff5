//! Where a chain of layers is cut into stages, and stages into the threads' own.

/// Neighbouring layers as stages: as many as there are layers, but none of less cost than `least`, for which it is not worth being
/// handed on. Gives the first layer of each, and the number of layers.
pub(super) fn stages_of(costs: &[f64], least: f64) -> Vec<usize> {
    let (mut stage_starts, mut sum) = (vec![0], 0.0);
    for (k, cost) in costs.iter().enumerate() {
        if sum >= least && costs[k..].iter().sum::<f64>() >= least {
            stage_starts.push(k);
            sum = 0.0;
        }
        sum += cost;
    }
    stage_starts.push(costs.len());
    stage_starts
}

/// Cuts a chain of costs into at most `stages` neighbouring groups, so that the largest group is as small as can be; gives the
/// first member of each group, and the end.
pub(super) fn partition(costs: &[f64], stages: usize) -> Vec<usize> {
    let groups = |most: f64| {
        let (mut stage_starts, mut sum) = (vec![0], 0.0);
        for (k, cost) in costs.iter().enumerate() {
            if sum > 0.0 && sum + cost > most {
                stage_starts.push(k);
                sum = 0.0;
            }
            sum += cost;
        }
        stage_starts.push(costs.len());
        stage_starts
    };
    // the largest group is the sum of some neighbours: the smallest such sum that needs no more groups
    let sums =
        (0..costs.len()).flat_map(|from| (from..costs.len()).map(move |to| costs[from..=to].iter().sum::<f64>()));
    let largest = costs.iter().copied().fold(0.0, f64::max);
    let mut sums: Vec<f64> = sums.filter(|sum| *sum >= largest).collect();
    sums.sort_by(f64::total_cmp);
    let enough = sums
        .into_iter()
        .map(|most| groups(most * (1.0 + 1e-9)))
        .find(|stage_starts| stage_starts.len() <= stages.max(1) + 1);
    enough.unwrap_or_else(|| vec![0, costs.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layer_is_a_stage_unless_it_costs_little() {
        assert_eq!(stages_of(&[2.0, 1.0, 1.0, 1.0, 1.0, 0.1], 0.4), [0, 1, 2, 3, 4, 6]);
        assert_eq!(stages_of(&[5.0, 0.1, 4.0, 0.1], 0.6), [0, 1, 4]);
        assert_eq!(stages_of(&[1.0; 6], 1.1), [0, 2, 4, 6]);
        assert_eq!(stages_of(&[8.0, 0.1], 0.5), [0, 2]);
        assert_eq!(stages_of(&[0.1, 8.0], 0.5), [0, 2]);
    }

    #[test]
    fn a_chain_is_cut_where_the_largest_group_is_smallest() {
        assert_eq!(partition(&[2.0, 1.0, 1.0, 1.0, 1.0, 0.1], 2), [0, 2, 6]);
        assert_eq!(partition(&[1.0, 1.0, 1.0], 3), [0, 1, 2, 3]);
        assert_eq!(partition(&[5.0, 1.0, 1.0], 3), [0, 1, 3]);
        assert_eq!(partition(&[1.0], 2), [0, 1]);
        assert_eq!(partition(&[1.0, 2.0], 1), [0, 2]);
    }
}
