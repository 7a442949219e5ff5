//! Blocks of samples that stay together: whole recordings, or windows that share rows.

use openloop_core::random::Stream;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How many different blocks there are.
pub(super) fn count(blocks: &[u32]) -> usize {
    blocks.iter().collect::<BTreeSet<_>>().len()
}

/// The samples that are kept and those that are held out, both in their order: a share of the blocks, one at least and all but one at
/// most, in the order that `stream` draws, or without one the last blocks.
///
/// A block is not held out if it is the only one left to keep that has some class of `labels`.
pub(super) fn held_out(
    blocks: &[u32],
    labels: Option<&[u32]>,
    share: f64,
    stream: Option<Stream>,
) -> (Vec<u32>, Vec<u32>) {
    let mut classes: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for (sample, block) in blocks.iter().enumerate() {
        classes.entry(*block).or_default().extend(labels.map(|labels| labels[sample]));
    }
    let mut left: HashMap<u32, usize> = HashMap::new();
    classes.values().flatten().for_each(|class| *left.entry(*class).or_default() += 1);
    let mut order: Vec<u32> = classes.keys().copied().collect();
    match stream {
        Some(stream) => stream.shuffle(&mut order),
        None => order.reverse(),
    }
    let wanted = ((share * order.len() as f64).round() as usize).max(1).min(order.len().saturating_sub(1));
    let mut away = BTreeSet::new();
    for block in order {
        if away.len() < wanted && classes[&block].iter().all(|class| left[class] > 1) {
            classes[&block].iter().for_each(|class| *left.entry(*class).or_default() -= 1);
            away.insert(block);
        }
    }
    (0..blocks.len() as u32).partition(|sample| !away.contains(&blocks[*sample as usize]))
}

/// The fold of each sample: whole blocks, the largest first and those of one size in a random order, each to the fold that has the
/// fewest samples yet.
pub(super) fn fold_of_blocks(blocks: &[u32], folds: u32, stream: Stream) -> Vec<u32> {
    let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
    blocks.iter().for_each(|block| *sizes.entry(*block).or_default() += 1);
    let mut order: Vec<u32> = sizes.keys().copied().collect();
    stream.shuffle(&mut order);
    order.sort_by_key(|block| std::cmp::Reverse(sizes[block]));
    let (mut filled, mut fold) = (vec![0; folds as usize], HashMap::new());
    for block in order {
        let Some(lightest) = (0..filled.len()).min_by_key(|fold| filled[*fold]) else { break };
        filled[lightest] += sizes[&block];
        fold.insert(block, lightest as u32);
    }
    blocks.iter().map(|block| fold.get(block).copied().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use openloop_core::random::Purpose;

    fn stream(seed: u64) -> Option<Stream> {
        Some(Stream::new(seed, Purpose::Split, 0))
    }

    fn blocks_of(samples: &[u32], blocks: &[u32]) -> BTreeSet<u32> {
        samples.iter().map(|sample| blocks[*sample as usize]).collect()
    }

    #[test]
    fn whole_blocks_are_held_out_and_every_class_is_kept() {
        let blocks: Vec<u32> = (0..200).map(|sample| sample / 10).collect();
        // class 2 is in the first block alone
        let labels: Vec<u32> = (0..200).map(|sample| if sample < 5 { 2 } else { sample / 10 % 2 }).collect();
        for seed in 0..20 {
            let (kept, away) = held_out(&blocks, Some(&labels), 0.2, stream(seed));
            assert_eq!((kept.len(), away.len()), (160, 40), "seed {seed}");
            assert!(blocks_of(&kept, &blocks).is_disjoint(&blocks_of(&away, &blocks)));
            assert!(!blocks_of(&away, &blocks).contains(&0), "seed {seed}");
        }
        assert_ne!(held_out(&blocks, None, 0.2, stream(0)), held_out(&blocks, None, 0.2, stream(1)));
    }

    #[test]
    fn folds_of_blocks_hold_whole_blocks_and_about_the_same_number_of_samples() {
        let blocks: Vec<u32> = (0..200).map(|sample| [0, 0, 0, 1, 1, 2, 3, 4, 5, 6][sample / 20]).collect();
        let folds = |seed| fold_of_blocks(&blocks, 4, Stream::new(seed, Purpose::Split, 3));
        let fold = folds(0);
        for block in 0..7 {
            let own = fold.iter().zip(&blocks).filter(|(_, b)| **b == block).map(|(fold, _)| *fold);
            assert_eq!(own.collect::<BTreeSet<_>>().len(), 1, "block {block} is in one fold");
        }
        let sizes: Vec<usize> = (0..4).map(|k| fold.iter().filter(|fold| **fold == k).count()).collect();
        assert_eq!(sizes, [60, 60, 40, 40], "60 samples are one block; the others are shared out");
        assert_ne!(folds(0), folds(1));
    }

    #[test]
    fn without_a_draw_the_last_blocks_are_held_out_and_one_is_always_kept() {
        let blocks = [0, 0, 1, 1, 2, 4, 4];
        assert_eq!(held_out(&blocks, None, 0.25, None), ((0..5).collect(), vec![5, 6]));
        assert_eq!(held_out(&blocks, None, 1.0, None), (vec![0, 1], vec![2, 3, 4, 5, 6]));
        assert_eq!(held_out(&[7, 7], None, 0.5, None), (vec![0, 1], vec![]));
    }
}
