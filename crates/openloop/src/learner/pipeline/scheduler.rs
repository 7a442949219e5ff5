//! Scheduling of stages: packets pass through stages in order, and an idle thread takes the nearest stage that
//! is ready. So threads are evenly busy whatever the stages cost, and a stage's packets do not depend on the thread.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Packets that may wait before a stage.
const MAX_QUEUED: usize = 4;

/// A sequence of stages, and the packets that pass through them.
pub struct StageScheduler<'l, S> {
    /// The first stage of each thread's own, which it prefers, and the number of stages.
    own: &'l [usize],
    packets: usize,
    state: Mutex<SchedulerState<S>>,
    changed: Condvar,
}

struct SchedulerState<S> {
    /// The idle stages.
    stages: Vec<Option<S>>,
    /// How many packets each has taken.
    taken: Vec<usize>,
    /// Packets that have arrived at each; the first takes them from elsewhere.
    queued: Vec<VecDeque<Vec<f32>>>,
    /// Room of packets that are used up.
    spare: Vec<Vec<f32>>,
    /// Whether a thread has panicked, so that its stage is lost.
    panicked: bool,
}

/// What a thread has to do.
struct StageTask<S> {
    number: usize,
    stage: S,
    packet: usize,
    input: Vec<f32>,
    output: Vec<f32>,
}

impl<'l, S> StageScheduler<'l, S> {
    /// A line through which so many packets will pass; thread t's own stages are those from `own[t]` to `own[t + 1]`.
    pub fn new(stages: Vec<S>, own: &'l [usize], packets: usize) -> Self {
        let state = SchedulerState {
            taken: vec![0; stages.len()],
            queued: stages.iter().map(|_| VecDeque::new()).collect(),
            stages: stages.into_iter().map(Some).collect(),
            spare: Vec::new(),
            panicked: false,
        };
        StageScheduler { own, packets, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Works, as one thread of several, until there is nothing left to begin: `work(stage, packet, input, output)` takes a
    /// stage's next packet. The first stage's input is room with any content, and so is every output.
    pub fn work(&self, thread: usize, mut work: impl FnMut(&mut S, usize, &mut Vec<f32>, &mut Vec<f32>)) {
        let _leaving = PanicGuard(self);
        while let Some(mut task) = self.next_task(thread) {
            work(&mut task.stage, task.packet, &mut task.input, &mut task.output);
            self.finish_task(task);
        }
    }

    /// The next task for a thread, as soon as there is one; none when all are begun.
    fn next_task(&self, thread: usize) -> Option<StageTask<S>> {
        let own = self.own[thread]..self.own[thread + 1];
        let mut state = self.lock();
        loop {
            if state.panicked || state.taken.last() == Some(&self.packets) {
                return None;
            }
            let ready = (0..state.stages.len()).rev().filter(|stage| state.is_ready(*stage, self.packets));
            let away = |stage: &usize| own.start.saturating_sub(*stage) + (stage + 1).saturating_sub(own.end);
            if let Some(number) = ready.min_by_key(away) {
                return state.start_task(number);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn finish_task(&self, task: StageTask<S>) {
        let StageTask { number, stage, input, output, .. } = task;
        let mut state = self.lock();
        state.stages[number] = Some(stage);
        state.spare.push(input);
        match state.queued.get_mut(number + 1) {
            Some(next) => next.push_back(output),
            None => state.spare.push(output),
        }
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, SchedulerState<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> SchedulerState<S> {
    /// Whether a stage could take a packet, and hand it on.
    fn is_ready(&self, stage: usize, packets: usize) -> bool {
        let arrived = if stage == 0 { self.taken[0] < packets } else { !self.queued[stage].is_empty() };
        let room = self.queued.get(stage + 1).is_none_or(|next| next.len() < MAX_QUEUED);
        arrived && room && self.stages[stage].is_some()
    }

    fn start_task(&mut self, number: usize) -> Option<StageTask<S>> {
        let stage = self.stages[number].take()?;
        let packet = self.taken[number];
        self.taken[number] += 1;
        let input = self.queued[number].pop_front().or_else(|| self.spare.pop()).unwrap_or_default();
        let output = self.spare.pop().unwrap_or_default();
        Some(StageTask { number, stage, packet, input, output })
    }
}

/// Wakes the other threads when one panics, so that none waits for it forever.
struct PanicGuard<'l, S>(&'l StageScheduler<'l, S>);

impl<S> Drop for PanicGuard<'_, S> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().panicked = true;
            self.0.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::{Arc, mpsc};
    use std::time::Duration;

    /// Three stages, each with what it has seen.
    fn stages() -> Vec<(usize, Vec<f32>)> {
        (0..3).map(|number| (number, Vec::new())).collect()
    }

    fn take((number, seen): &mut (usize, Vec<f32>), packet: usize, input: &mut Vec<f32>, output: &mut Vec<f32>) {
        if *number == 0 {
            *input = vec![packet as f32];
        }
        seen.extend_from_slice(input);
        *output = vec![input[0] + 0.25];
    }

    #[test]
    fn every_stage_takes_all_packets_in_their_order_whoever_works() {
        for own in [&[0, 3][..], &[0, 1, 3], &[0, 2, 3], &[0, 1, 2, 3]] {
            for packets in [0, 1, 100] {
                let scheduler = StageScheduler::new(stages(), own, packets);
                std::thread::scope(|scope| {
                    for thread in 0..own.len() - 1 {
                        let scheduler = &scheduler;
                        scope.spawn(move || scheduler.work(thread, take));
                    }
                });
                for (number, seen) in scheduler.state.into_inner().unwrap().stages.into_iter().flatten() {
                    let expected: Vec<f32> = (0..packets).map(|p| p as f32 + 0.25 * number as f32).collect();
                    assert_eq!(seen, expected, "stage {number}, {packets} packets, {own:?}");
                }
            }
        }
    }

    /// Whichever of two threads it is that a packet makes panic, and at whichever stage: the other one leaves too.
    #[test]
    fn a_thread_that_panics_does_not_leave_the_others_waiting() {
        for broken_stage in 0..3 {
            let scheduler = Arc::new(StageScheduler::new(stages(), &[0, 1, 3], 100));
            let (sender, ended) = mpsc::channel();
            for thread in 0..2 {
                let (scheduler, sender) = (Arc::clone(&scheduler), sender.clone());
                // not in a scope, which would wait for ever if one of them did
                std::thread::spawn(move || {
                    let work = || {
                        scheduler.work(thread, |stage, packet, input, output| {
                            assert!(stage.0 != broken_stage || packet < 50, "a packet that cannot be taken");
                            take(stage, packet, input, output);
                        });
                    };
                    let panicked = catch_unwind(AssertUnwindSafe(work)).is_err();
                    sender.send(panicked).expect("the test waits for both");
                });
            }
            let both = [(); 2].map(|()| ended.recv_timeout(Duration::from_secs(60)).expect("a thread waits for ever"));
            assert!(
                both.contains(&true) && both.contains(&false),
                "stage {broken_stage}: one panics, the other leaves"
            );
        }
    }
}
