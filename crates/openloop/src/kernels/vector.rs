//! Sixteen values of f32 in the registers of an instruction set, for the loops that the compiler does not vectorise well by
//! itself. Every operation is done lane by lane, so the bits are the same for all sets, those of `multiply_add` excepted.

/// Values in a vector.
pub const LANES: usize = 16;

/// A value that is not zero, and where it stands: an input of a sample, or a sample of an input.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Entry {
    pub at: u32,
    pub value: f32,
}

/// An instruction set in use: whoever holds one may do what it offers.
pub trait Vectors: Copy {
    /// Sixteen values.
    type Vector: Copy;
    /// The same value in every lane.
    fn splat(self, value: f32) -> Self::Vector;
    fn load(self, values: &[f32; LANES]) -> Self::Vector;
    fn store(self, vector: Self::Vector, values: &mut [f32; LANES]);

    /// Fewer values than there are lanes; 0 in the others.
    #[inline(always)]
    fn load_few(self, values: &[f32]) -> Self::Vector {
        let mut lanes = [0.0; LANES];
        lanes[..values.len()].copy_from_slice(values);
        self.load(&lanes)
    }

    /// The first lanes, as many as there are values.
    #[inline(always)]
    fn store_few(self, vector: Self::Vector, values: &mut [f32]) {
        let mut lanes = [0.0; LANES];
        self.store(vector, &mut lanes);
        values.copy_from_slice(&lanes[..values.len()]);
    }

    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn subtract(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn multiply(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// a b + c, rounded once or twice.
    #[inline(always)]
    fn multiply_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        self.add(self.multiply(a, b), c)
    }

    /// The sum of the lanes of each of some vectors, by halves: lanes 0 and 8 and so on, then of these 0 and 4, 0 and 2, 0 and 1.
    #[inline(always)]
    fn totals<const N: usize>(self, vectors: [Self::Vector; N]) -> [f32; N] {
        let mut lanes = [[0.0; LANES]; N];
        for (vector, lanes) in vectors.into_iter().zip(&mut lanes) {
            self.store(vector, lanes);
        }
        totals(&lanes)
    }

    /// Lists what is not 0 among values that stand from `first` on; the rest of `entries` means nothing. Gives their number.
    #[inline(always)]
    fn list(self, values: &[f32; LANES], first: u32, entries: &mut [Entry; LANES]) -> usize {
        let mut count = 0;
        for (at, &value) in (first..).zip(values) {
            // a zero is written too, and then written over
            entries[count & (LANES - 1)] = Entry { at, value };
            count += usize::from(value != 0.0);
        }
        count
    }
}

/// Sixteen values.
///
/// # Safety
/// As many must follow from `first` on.
#[inline(always)]
pub unsafe fn stretch(values: &[f32], first: usize) -> &[f32; LANES] {
    debug_assert!(first + LANES <= values.len());
    // SAFETY: the caller's promise
    unsafe { &*values.as_ptr().add(first).cast() }
}

/// Sixteen values, to be changed.
///
/// # Safety
/// As many must follow from `first` on.
#[inline(always)]
pub unsafe fn stretch_mut(values: &mut [f32], first: usize) -> &mut [f32; LANES] {
    debug_assert!(first + LANES <= values.len());
    // SAFETY: the caller's promise
    unsafe { &mut *values.as_mut_ptr().add(first).cast() }
}

/// What every processor has, in the shape the compiler finds for it.
#[derive(Clone, Copy)]
pub struct Portable;

#[inline(always)]
fn lane_by_lane(mut a: [f32; LANES], b: [f32; LANES], operation: impl Fn(f32, f32) -> f32) -> [f32; LANES] {
    for lane in 0..LANES {
        a[lane] = operation(a[lane], b[lane]);
    }
    a
}

impl Vectors for Portable {
    type Vector = [f32; LANES];

    #[inline(always)]
    fn splat(self, value: f32) -> Self::Vector {
        [value; LANES]
    }

    #[inline(always)]
    fn load(self, values: &[f32; LANES]) -> Self::Vector {
        *values
    }

    #[inline(always)]
    fn store(self, vector: Self::Vector, values: &mut [f32; LANES]) {
        *values = vector;
    }

    #[inline(always)]
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        lane_by_lane(a, b, |a, b| a + b)
    }

    #[inline(always)]
    fn subtract(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        lane_by_lane(a, b, |a, b| a - b)
    }

    #[inline(always)]
    fn multiply(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        lane_by_lane(a, b, |a, b| a * b)
    }
}

/// The sum of the lanes of each of some vectors, by halves.
// inlined, the compiler would form the vectors in the shape of this tree, two lanes at a time
#[inline(never)]
pub fn totals<const N: usize>(vectors: &[[f32; LANES]; N]) -> [f32; N] {
    let (mut vectors, mut width) = (*vectors, LANES / 2);
    while width > 0 {
        for lanes in &mut vectors {
            for lane in 0..width {
                lanes[lane] += lanes[lane + width];
            }
        }
        width /= 2;
    }
    vectors.map(|lanes| lanes[0])
}
