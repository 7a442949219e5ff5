//! Counter-based random numbers: a value is a function of (seed, stream, index) and of nothing else.
//!
//! Weights, feedback matrices, dropout masks and shuffles are separate streams, so no result depends on the order in
//! which values are drawn or on the thread that draws them, and a fixed random matrix can be drawn again instead of stored.
//!
//! The generator is Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011).

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const KEY_STEPS: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

/// One Philox4x32-10 block: four random words from a 128-bit counter and a 64-bit key.
pub const fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    let mut pair = 0;
    while pair < ROUNDS / 2 {
        (counter, key) = round(counter, key);
        (counter, key) = round(counter, key);
        pair += 1;
    }
    counter
}

/// One round, and the key of the next; two stand together in the loop to spare moves between registers.
#[inline(always)]
const fn round(counter: [u32; 4], key: [u32; 2]) -> ([u32; 4], [u32; 2]) {
    let a = counter[0] as u64 * MULTIPLIERS[0] as u64;
    let b = counter[2] as u64 * MULTIPLIERS[1] as u64;
    let counter = [(b >> 32) as u32 ^ counter[1] ^ key[0], b as u32, (a >> 32) as u32 ^ counter[3] ^ key[1], a as u32];
    (counter, [key[0].wrapping_add(KEY_STEPS[0]), key[1].wrapping_add(KEY_STEPS[1])])
}

/// What random values are for. Each purpose (and layer, or epoch) is a stream of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// Initial weights of a layer.
    Weights,
    /// Initial biases of a layer.
    Biases,
    /// The fixed random matrix that carries a layer's teaching signal.
    Feedback,
    /// Which units a dropout layer silences.
    Dropout,
    /// The order of the training samples in an epoch.
    Shuffle,
    /// Which rows of a data set are held out.
    Split,
    /// Generated data.
    Data,
    /// Which images are mirrored.
    Augment,
    /// Which labels of a stream are made wrong.
    Noise,
}

/// One stream of random values: `value = f(seed, purpose, number, index)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    key: [u32; 2],
    stream: [u32; 2],
}

impl Stream {
    /// The stream for `purpose`, with `number` telling layers or epochs apart.
    pub const fn new(seed: u64, purpose: Purpose, number: u32) -> Self {
        Stream { key: [seed as u32, (seed >> 32) as u32], stream: [number, purpose as u32] }
    }

    /// The four words of block `block`: the values at indices `4 block .. 4 block + 4`.
    #[inline(never)] // one copy of the ten rounds, for small programs
    pub const fn block(&self, block: u64) -> [u32; 4] {
        philox([block as u32, (block >> 32) as u32, self.stream[0], self.stream[1]], self.key)
    }

    /// The random word at `index`.
    pub const fn word(&self, index: u64) -> u32 {
        self.block(index / 4)[(index % 4) as usize]
    }

    /// Uniform in the open interval (0, 1), 23 random bits.
    pub const fn unit(&self, index: u64) -> f32 {
        unit(self.word(index))
    }

    /// A whole number in `0..bound`, by multiplication: the bias is below `bound / 2^32`.
    pub const fn below(&self, index: u64, bound: u32) -> u32 {
        ((self.word(index) as u64 * bound as u64) >> 32) as u32
    }

    /// Fills `out` with the values at `first..first + out.len()`, uniform in `(-bound, bound)`.
    pub fn fill_uniform(&self, first: u64, bound: f32, out: &mut [f32]) {
        self.change(first, out, |out, word| *out = symmetric(word, bound));
    }

    /// Calls `change(value, word)` for every value and the words from `first` on; each block is made once.
    #[inline(always)]
    pub fn change<T>(&self, first: u64, values: &mut [T], mut change: impl FnMut(&mut T, u32)) {
        let (mut block, mut skip, mut rest) = (first / 4, (first % 4) as usize, values);
        while !rest.is_empty() {
            let words = self.block(block);
            let count = rest.len().min(4 - skip);
            let Some((now, after)) = rest.split_at_mut_checked(count) else { return };
            now.iter_mut().zip(words.iter().skip(skip)).for_each(|(value, word)| change(value, *word));
            (block, skip, rest) = (block + 1, 0, after);
        }
    }

    /// The words from `first` on; each block is made once.
    pub const fn words(&self, first: u64) -> Words {
        let block = if first.is_multiple_of(4) { [0; 4] } else { self.block(first / 4) };
        Words { stream: *self, next: first, block }
    }

    /// Calls `use_word(i, word)` for the words at `first + i`, `i` in `0..count`; each block is made once.
    pub fn for_each(&self, first: u64, count: usize, mut use_word: impl FnMut(usize, u32)) {
        let mut done = 0;
        while done < count {
            let index = first + done as u64;
            let words = self.block(index / 4);
            for &word in words.iter().skip((index % 4) as usize).take(count - done) {
                use_word(done, word);
                done += 1;
            }
        }
    }

    /// Puts `items` into this stream's random order (Fisher-Yates).
    pub fn shuffle<T>(&self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64, i as u32 + 1) as usize);
        }
    }
}

/// A stream's words, one after the other, without end.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    stream: Stream,
    next: u64,
    block: [u32; 4],
}

impl Iterator for Words {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        let place = (self.next % 4) as usize;
        if place == 0 {
            self.block = self.stream.block(self.next / 4);
        }
        self.next = self.next.wrapping_add(1);
        self.block.get(place).copied()
    }
}

/// A random word as a number in the open interval (0, 1).
pub const fn unit(word: u32) -> f32 {
    ((word >> 9) as f32 + 0.5) * (1.0 / 8_388_608.0)
}

/// A random word as a number in `(-bound, bound)`.
pub const fn symmetric(word: u32, bound: f32) -> f32 {
    let odd = (word >> 8 | 1) as i32 - (1 << 23); // 2 unit(word) - 1 in units of 2^-23: exact, so the same bits
    odd as f32 * (1.0 / 8_388_608.0) * bound
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The three published vectors of Random123's `kat_vectors` for philox4x32, 10 rounds.
    #[test]
    fn philox_gives_the_published_vectors() {
        let cases = [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for (counter, key, expected) in cases {
            assert_eq!(philox(counter, key), expected);
        }
    }

    #[test]
    fn a_range_gives_the_same_values_wherever_it_starts() {
        let stream = Stream::new(7, Purpose::Feedback, 3);
        let mut all = [0.0; 37];
        stream.fill_uniform(0, 0.5, &mut all);
        for first in 0..all.len() {
            let mut part = [0.0; 37];
            let part = &mut part[first..];
            stream.fill_uniform(first as u64, 0.5, part);
            assert_eq!(part, &all[first..]);
        }
    }

    #[test]
    fn streams_differ_by_seed_purpose_and_number() {
        let base = Stream::new(1, Purpose::Weights, 0).word(0);
        assert_ne!(base, Stream::new(2, Purpose::Weights, 0).word(0));
        assert_ne!(base, Stream::new(1 << 32 | 1, Purpose::Weights, 0).word(0));
        assert_ne!(base, Stream::new(1, Purpose::Biases, 0).word(0));
        assert_ne!(base, Stream::new(1, Purpose::Weights, 1).word(0));
    }

    #[test]
    fn uniform_values_fill_their_interval_and_never_touch_its_ends() {
        assert!(unit(0) > 0.0 && unit(u32::MAX) < 1.0);
        let stream = Stream::new(0, Purpose::Weights, 0);
        let n = 100_000;
        let (mut sum, mut squares) = (0.0f64, 0.0f64);
        for i in 0..n {
            let v = stream.unit(i) as f64;
            sum += v;
            squares += v * v;
        }
        assert!((sum / n as f64 - 0.5).abs() < 0.005);
        assert!((squares / n as f64 - 1.0 / 3.0).abs() < 0.005);
    }

    #[test]
    fn a_shuffle_keeps_every_item() {
        let mut items: [u32; 100] = core::array::from_fn(|i| i as u32);
        Stream::new(3, Purpose::Shuffle, 1).shuffle(&mut items);
        assert_ne!(items[..10], core::array::from_fn::<u32, 10, _>(|i| i as u32));
        items.sort_unstable();
        assert!(items.iter().enumerate().all(|(i, &v)| i as u32 == v));
    }
}
