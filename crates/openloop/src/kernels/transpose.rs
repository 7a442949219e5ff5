//! Matrices turned over, in tiles of 16 x 16 that a processor with AVX-512 holds in its registers.

#[cfg(target_arch = "x86_64")]
use super::instructions::{Instructions, instructions};

/// Rows and columns of a tile.
const TILE: usize = 16;

/// A matrix and the distance of its rows.
type Strided<M> = (M, usize);

/// into[j][i] = from[i][j] for i in `0..rows`, j in `0..columns`.
pub fn transpose(
    (from, width): Strided<&[f32]>,
    (into, into_width): Strided<&mut [f32]>,
    (rows, columns): (usize, usize),
) {
    for top in (0..rows).step_by(TILE) {
        for left in (0..columns).step_by(TILE) {
            let (height, across) = (TILE.min(rows - top), TILE.min(columns - left));
            let whole = height == TILE && across == TILE;
            let (from, into) = (&from[top * width + left..], &mut into[left * into_width + top..]);
            if !(whole && whole_tile(from, width, into, into_width)) {
                any_tile(from, width, into, into_width, (height, across));
            }
        }
    }
}

/// A tile of any size, value by value.
fn any_tile(from: &[f32], width: usize, into: &mut [f32], into_width: usize, (height, across): (usize, usize)) {
    for column in 0..across {
        for row in 0..height {
            into[column * into_width + row] = from[row * width + column];
        }
    }
}

/// A whole tile, where the processor has AVX-512; false where it has not, and nothing is done.
#[cfg(target_arch = "x86_64")]
fn whole_tile(from: &[f32], width: usize, into: &mut [f32], into_width: usize) -> bool {
    let has_room = |length: usize, stride: usize| length >= (TILE - 1) * stride + TILE;
    assert!(has_room(from.len(), width) && has_room(into.len(), into_width));
    if instructions() < Instructions::Avx512 {
        return false;
    }
    // SAFETY: the processor has these instructions, and both slices hold sixteen rows of sixteen values at their strides
    unsafe { avx512(from.as_ptr(), width, into.as_mut_ptr(), into_width) };
    true
}

#[cfg(not(target_arch = "x86_64"))]
fn whole_tile(_: &[f32], _: usize, _: &mut [f32], _: usize) -> bool {
    false
}

/// A whole tile in 64 shuffles: pairs of values, then pairs of pairs, then quarters of registers change places.
///
/// # Safety
/// Sixteen rows of sixteen values must be readable and writable at these places and strides.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn avx512(from: *const f32, width: usize, into: *mut f32, into_width: usize) {
    use std::arch::x86_64::{
        _mm512_castpd_ps, _mm512_castps_pd, _mm512_loadu_ps, _mm512_setzero_ps, _mm512_shuffle_f32x4, _mm512_storeu_ps,
        _mm512_unpackhi_pd, _mm512_unpackhi_ps, _mm512_unpacklo_pd, _mm512_unpacklo_ps,
    };
    /// Of two registers, quarters 0 and 2 of each, or quarters 1 and 3.
    const EVEN: i32 = 0x88;
    const ODD: i32 = 0xdd;
    let (mut a, mut b) = ([_mm512_setzero_ps(); TILE], [_mm512_setzero_ps(); TILE]);
    for (row, a) in a.iter_mut().enumerate() {
        // SAFETY: the caller's promise
        *a = unsafe { _mm512_loadu_ps(from.add(row * width)) };
    }
    for i in (0..TILE).step_by(2) {
        b[i] = _mm512_unpacklo_ps(a[i], a[i + 1]);
        b[i + 1] = _mm512_unpackhi_ps(a[i], a[i + 1]);
    }
    for i in (0..TILE).step_by(4) {
        let [p, q, r, s] = [b[i], b[i + 1], b[i + 2], b[i + 3]].map(|v| _mm512_castps_pd(v));
        a[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(p, r));
        a[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(p, r));
        a[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(q, s));
        a[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(q, s));
    }
    for i in 0..4 {
        b[i] = _mm512_shuffle_f32x4::<EVEN>(a[i], a[i + 4]);
        b[i + 4] = _mm512_shuffle_f32x4::<ODD>(a[i], a[i + 4]);
        b[i + 8] = _mm512_shuffle_f32x4::<EVEN>(a[i + 8], a[i + 12]);
        b[i + 12] = _mm512_shuffle_f32x4::<ODD>(a[i + 8], a[i + 12]);
    }
    for i in 0..4 {
        a[i] = _mm512_shuffle_f32x4::<EVEN>(b[i], b[i + 8]);
        a[i + 8] = _mm512_shuffle_f32x4::<ODD>(b[i], b[i + 8]);
        a[i + 4] = _mm512_shuffle_f32x4::<EVEN>(b[i + 4], b[i + 12]);
        a[i + 12] = _mm512_shuffle_f32x4::<ODD>(b[i + 4], b[i + 12]);
    }
    for (column, a) in a.iter().enumerate() {
        // SAFETY: the caller's promise
        unsafe { _mm512_storeu_ps(into.add(column * into_width), *a) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_changes_its_row_for_its_column_at_sizes_around_a_tile() {
        for rows in [1, 15, 16, 17, 40] {
            for (columns, into_width) in [(1, rows), (16, rows), (33, rows + 7), (48, 64)] {
                let from: Vec<f32> = (0..rows * columns).map(|i| i as f32).collect();
                let mut into = vec![-1.0; columns * into_width];
                transpose((&from, columns), (&mut into, into_width), (rows, columns));
                for (i, &found) in into.iter().enumerate() {
                    let (column, row) = (i / into_width, i % into_width);
                    let expected = if row < rows { from[row * columns + column] } else { -1.0 };
                    assert_eq!(
                        found, expected,
                        "{rows} x {columns} into rows of {into_width}, row {row}, column {column}"
                    );
                }
            }
        }
    }
}
