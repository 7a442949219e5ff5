//! Prefetching: another thread reads blocks of rows while the network learns from earlier ones.
//!
//! A block is handed over when it is full, or as soon as the next row would have to be waited for: so a file is read at full
//! speed and a live row is not kept. Buffers are exchanged and reused, and nothing is allocated once
//! all blocks are made.

use super::source::{Row, RowSource, SourceDescription, SourceEvent};
use crate::data::DataError;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

/// Rows in a block.
const BLOCK_ROWS: usize = 128;
/// Blocks under way.
const BLOCK_COUNT: usize = 4;
/// Maximum time to wait for a row before an idle event is returned.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// A block of rows, and how it ends.
#[derive(Default)]
struct RowBlock {
    rows: Vec<(SourceEvent, Row)>,
    filled: usize,
    end: Option<Result<(), DataError>>,
}

/// A source whose rows are prefetched by another thread.
pub struct PrefetchedSource {
    description: SourceDescription,
    full: Receiver<RowBlock>,
    empty: SyncSender<RowBlock>,
    block: RowBlock,
    next: usize,
}

impl PrefetchedSource {
    /// Starts to read.
    ///
    /// # Errors
    /// If the system starts no thread.
    pub fn start(mut source: impl RowSource + 'static) -> std::io::Result<Self> {
        let description = source.description().clone();
        let (send_full, full) = sync_channel(BLOCK_COUNT);
        let (empty, take_empty) = sync_channel::<RowBlock>(BLOCK_COUNT);
        for _ in 0..BLOCK_COUNT {
            let _ = empty.send(RowBlock::default()); // the channel has room for all
        }
        std::thread::Builder::new().name("reader".into()).spawn(move || {
            while let Ok(mut block) = take_empty.recv() {
                block.fill(&mut source);
                let ended = block.end.is_some();
                if send_full.send(block).is_err() || ended {
                    break;
                }
            }
        })?;
        Ok(PrefetchedSource { description, full, empty, block: RowBlock::default(), next: 0 })
    }

    /// The next block that is not empty; none when time is up.
    fn wait(&mut self) -> Option<RowBlock> {
        match self.full.try_recv() {
            Ok(block) => Some(block),
            Err(TryRecvError::Empty) => match self.full.recv_timeout(POLL_INTERVAL) {
                Ok(block) => Some(block),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(RowBlock { end: Some(Ok(())), ..RowBlock::default() }),
            },
            Err(TryRecvError::Disconnected) => Some(RowBlock { end: Some(Ok(())), ..RowBlock::default() }),
        }
    }
}

impl RowBlock {
    fn fill(&mut self, source: &mut impl RowSource) {
        self.filled = 0;
        while self.filled < BLOCK_ROWS {
            if self.filled == self.rows.len() {
                self.rows.push((SourceEvent::Idle, Row::default()));
            }
            let (event, row) = &mut self.rows[self.filled];
            match source.next(row) {
                Ok(Some(found)) => *event = found,
                end => {
                    self.end = Some(end.map(|_| ()));
                    return;
                }
            }
            self.filled += 1;
            if !source.has_buffered_row() {
                return;
            }
        }
    }
}

impl RowSource for PrefetchedSource {
    fn description(&self) -> &SourceDescription {
        &self.description
    }

    fn next(&mut self, row: &mut Row) -> Result<Option<SourceEvent>, DataError> {
        loop {
            if self.next < self.block.filled {
                let (event, found) = &mut self.block.rows[self.next];
                std::mem::swap(found, row);
                self.next += 1;
                return Ok(Some(*event));
            }
            if let Some(end) = self.block.end.take() {
                self.block.end = Some(Ok(()));
                return end.map(|()| None);
            }
            let Some(block) = self.wait() else { return Ok(Some(SourceEvent::Idle)) };
            let used = std::mem::replace(&mut self.block, block);
            let _ = self.empty.try_send(used); // without a reader there is nothing to read
            self.next = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::drift::{Drift, DriftKind};
    use crate::stream::generated::GeneratedSource;

    #[test]
    fn reading_ahead_gives_the_same_rows_and_ends_once() {
        let drift = Drift::new(DriftKind::Gradual, 1000, 1);
        let (mut plain, mut ahead) =
            (GeneratedSource::new(drift.clone()), PrefetchedSource::start(GeneratedSource::new(drift)).unwrap());
        let (mut a, mut b) = (Row::default(), Row::default());
        while let Some(event) = plain.next(&mut a).unwrap() {
            loop {
                match ahead.next(&mut b).unwrap() {
                    Some(SourceEvent::Idle) => continue,
                    found => break assert_eq!(found, Some(event)),
                }
            }
            assert_eq!(a, b);
        }
        assert!(ahead.next(&mut b).unwrap().is_none() && ahead.next(&mut b).unwrap().is_none());
    }
}
