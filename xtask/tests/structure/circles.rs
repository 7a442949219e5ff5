//! Circles in a graph of arrows.

use super::arrows::Arrows;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// For every set of files that reach each other: one shortest circle in it (its last file uses its first), and the whole set.
pub fn circles(arrows: &Arrows) -> Vec<(Vec<usize>, BTreeSet<usize>)> {
    let mut next: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for &(from, to) in arrows.keys() {
        next.entry(from).or_default().push(to);
    }
    let reached: BTreeMap<usize, BTreeSet<usize>> =
        next.keys().map(|&file| (file, reached_from(file, &next))).collect();
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    let mut found = Vec::new();
    for (&file, targets) in &reached {
        if !seen.contains(&file) && targets.contains(&file) {
            let both = targets.iter().copied().filter(|other| reached.get(other).is_some_and(|r| r.contains(&file)));
            let set: BTreeSet<usize> = both.collect();
            seen.extend(&set);
            let shortest = set.iter().filter_map(|&start| shortest_circle(start, &next)).min_by_key(Vec::len);
            found.extend(shortest.map(|circle| (circle, set)));
        }
    }
    found
}

/// All files that a file uses, at any number of steps; itself only if there is a way back.
fn reached_from(file: usize, next: &BTreeMap<usize, Vec<usize>>) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open = vec![file];
    while let Some(at) = open.pop() {
        open.extend(next.get(&at).into_iter().flatten().filter(|&&to| reached.insert(to)));
    }
    reached
}

/// The shortest way from a file back to it, by breadth first.
fn shortest_circle(start: usize, next: &BTreeMap<usize, Vec<usize>>) -> Option<Vec<usize>> {
    let mut ways = VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for &to in way.last().and_then(|at| next.get(at)).into_iter().flatten() {
            if to == start {
                return Some(way);
            }
            if seen.insert(to) {
                ways.push_back([&way[..], &[to]].concat());
            }
        }
    }
    None
}
