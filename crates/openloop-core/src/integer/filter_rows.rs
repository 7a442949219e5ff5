//! What a filter adds to the sums of places side by side, row by row.

#[cfg(cortex_dsp)]
use crate::cortex::filters::add_fives;

/// sums[i] += the sum over the rows and k of w[k] x[k + i]; a row of weights is `columns` long, one of inputs `width`.
#[inline(always)]
pub(super) fn add_rows<const P: usize>(w: &[i8], x: &[i8], [rows, columns, width]: [usize; 3], sums: &mut [i32; P]) {
    let (mut w, mut x) = (w, x);
    for _ in 0..rows {
        let (own, others) = w.split_at_checked(columns).unwrap_or_default();
        for (k, w) in own.iter().enumerate() {
            let Some(x) = x.get(k..).and_then(<[i8]>::first_chunk::<P>) else { return };
            for (sum, x) in sums.iter_mut().zip(x) {
                *sum += *w as i32 * *x as i32;
            }
        }
        (w, x) = (others, x.get(width..).unwrap_or_default());
    }
}

/// The same for four places, as a microcontroller has registers for them.
#[inline(always)]
pub(super) fn add_rows_of_four(w: &[i8], x: &[i8], [rows, columns, width]: [usize; 3], sums: &mut [i32; 4]) {
    if columns == 5 {
        let (rows_of_five, _) = w.as_chunks();
        return add_fives(rows_of_five.get(..rows).unwrap_or_default(), x, width, sums);
    }
    let (mut w, mut x) = (w, x);
    for _ in 0..rows {
        let (own, others) = w.split_at_checked(columns).unwrap_or_default();
        add_row_of_four(own, x, sums);
        (w, x) = (others, x.get(width..).unwrap_or_default());
    }
}

/// A row of any length, each input read once.
#[inline(always)]
fn add_row_of_four(w: &[i8], x: &[i8], sums: &mut [i32; 4]) {
    let ([mut a, mut b, mut c, mut d], Some(&[x0, x1, x2])) = (*sums, x.first_chunk()) else { return };
    let (mut x0, mut x1, mut x2) = (x0 as i32, x1 as i32, x2 as i32);
    for (w, x3) in w.iter().zip(x.iter().skip(3)) {
        let (w, x3) = (*w as i32, *x3 as i32);
        (a, b, c, d) = (a + w * x0, b + w * x1, c + w * x2, d + w * x3);
        (x0, x1, x2) = (x1, x2, x3);
    }
    *sums = [a, b, c, d];
}

/// Rows of five, number by number: a loop over an array goes through memory in small code.
#[cfg(not(cortex_dsp))]
#[inline(always)]
fn add_fives(w: &[[i8; 5]], mut x: &[i8], width: usize, sums: &mut [i32; 4]) {
    let [mut a, mut b, mut c, mut d] = *sums;
    for w in w {
        let (&[w0, w1, w2, w3, w4], Some(&[x0, x1, x2, x3, x4, x5, x6, x7])) = (w, x.first_chunk()) else { break };
        let (w0, w1, w2, w3, w4) = (w0 as i32, w1 as i32, w2 as i32, w3 as i32, w4 as i32);
        let (x0, x1, x2, x3) = (x0 as i32, x1 as i32, x2 as i32, x3 as i32);
        let (x4, x5, x6, x7) = (x4 as i32, x5 as i32, x6 as i32, x7 as i32);
        a += w0 * x0 + w1 * x1 + w2 * x2 + w3 * x3 + w4 * x4;
        b += w0 * x1 + w1 * x2 + w2 * x3 + w3 * x4 + w4 * x5;
        c += w0 * x2 + w1 * x3 + w2 * x4 + w3 * x5 + w4 * x6;
        d += w0 * x3 + w1 * x4 + w2 * x5 + w3 * x6 + w4 * x7;
        x = x.get(width..).unwrap_or_default();
    }
    *sums = [a, b, c, d];
}
