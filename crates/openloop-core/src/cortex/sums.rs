//! The sums of panels of eight and of two int8 columns: the DSP extension takes the bytes of a word apart and multiplies two halves at once.

use core::arch::naked_asm;
use core::mem::MaybeUninit;

/// A row of a panel: the weights of eight neurons for one input.
type Row = [i8; 8];

/// The sums of eight neurons: W x for as many inputs as are a multiple of 4, and the biases times `one`; and how many inputs that is.
#[inline(always)]
pub(crate) fn sum_rows(rows: &[Row], bias: &Row, x: &[i8], one: i32) -> ([i32; 8], usize) {
    let count = rows.len().min(x.len()) / 4 * 4;
    let (x, mut sums) = (x.as_ptr(), MaybeUninit::uninit());
    // SAFETY: there are at least `count` rows and inputs, which is a multiple of 4, and all sums are written.
    unsafe {
        sum_four_rows(rows.as_ptr(), x, x.add(count), sums.as_mut_ptr(), bias, one);
        (sums.assume_init(), count)
    }
}

/// The products of two rows with a pair of inputs in r2: the same columns of both come to lie in the halves of a word.
#[rustfmt::skip]
macro_rules! columns {
    ($first:literal, $second:literal, $a:literal, $b:literal, $c:literal, $d:literal) => {
        concat!(
            "ldr r12, [r0, #", $second, "]\n",
            "ldr r3, [r0", $first, "\n",
            "pkhbt lr, r3, r12, lsl #16\n",
            "pkhtb r12, r12, r3, asr #16\n",
            "sxtb16 r3, lr\n",
            "smlad ", $a, ", r3, r2, ", $a, "\n",
            "sxtb16 lr, lr, ror #8\n",
            "smlad ", $b, ", lr, r2, ", $b, "\n",
            "sxtb16 r3, r12\n",
            "smlad ", $c, ", r3, r2, ", $c, "\n",
            "sxtb16 r12, r12, ror #8\n",
            "smlad ", $d, ", r12, r2, ", $d, "\n",
        )
    };
}

/// A turn adds the products of four inputs: those of the second and fourth, then of the first and third. Four inputs of 0 are passed over.
///
/// r0 rows, r1 inputs, r2 a pair of inputs, r3 r12 lr weights, r4 to r11 the sums.
///
/// # Safety
/// From `x` to `end` there are inputs, a multiple of 4, and at `rows` as many rows.
#[unsafe(naked)]
unsafe extern "C" fn sum_four_rows(
    rows: *const Row,
    x: *const i8,
    end: *const i8,
    sums: *mut [i32; 8],
    bias: &Row,
    one: i32,
) {
    naked_asm!(
        "push {{r2-r11, lr}}",
        "ldr r3, [sp, #44]",
        "ldr r2, [sp, #48]",
        "ldr r12, [r3]",
        "sxtb16 lr, r12",
        "smulbb r4, lr, r2",
        "smultb r6, lr, r2",
        "sxtb16 lr, r12, ror #8",
        "smulbb r5, lr, r2",
        "smultb r7, lr, r2",
        "ldr r12, [r3, #4]",
        "sxtb16 lr, r12",
        "smulbb r8, lr, r2",
        "smultb r10, lr, r2",
        "sxtb16 lr, r12, ror #8",
        "smulbb r9, lr, r2",
        "smultb r11, lr, r2",
        "b 4f",
        "2: ldr r3, [r1], #4",
        "cbnz r3, 3f",
        "adds r0, #32",
        "b 4f",
        "3: sxtb16 r2, r3, ror #8",
        columns!(", #8]", "24", "r4", "r5", "r6", "r7"),
        columns!(", #12]", "28", "r8", "r9", "r10", "r11"),
        "ldr r3, [r1, #-4]",
        "sxtb16 r2, r3",
        columns!(", #4]", "20", "r8", "r9", "r10", "r11"),
        columns!("], #32", "16", "r4", "r5", "r6", "r7"),
        "4: ldr r3, [sp]",
        "cmp r1, r3",
        "bne 2b",
        "ldr r3, [sp, #4]",
        "stm r3, {{r4-r11}}",
        "pop {{r2-r11, pc}}",
    )
}

/// Adds to the sums of two neurons W x for as many inputs as are a multiple of 4, and tells how many that is.
#[inline(always)]
pub(crate) fn sum_pairs(rows: &[[i8; 2]], x: &[i8], sums: &mut [i32; 2]) -> usize {
    let count = rows.len().min(x.len()) / 4 * 4;
    let x = x.as_ptr();
    // SAFETY: there are at least `count` rows and inputs, which is a multiple of 4.
    unsafe { sum_four_pairs(rows.as_ptr(), x, x.add(count), sums) };
    count
}

/// A word holds two rows, the same column of which comes to lie in its halves.
///
/// r0 rows, r1 inputs, r5 and r7 pairs of inputs, r8 and r12 the sums.
///
/// # Safety
/// From `x` to `end` there are inputs, a multiple of 4, and at `rows` as many rows.
#[unsafe(naked)]
unsafe extern "C" fn sum_four_pairs(rows: *const [i8; 2], x: *const i8, end: *const i8, sums: &mut [i32; 2]) {
    naked_asm!(
        "push {{r4-r8, lr}}",
        "ldrd r8, r12, [r3]",
        "b 3f",
        "2: ldr r7, [r1], #4",
        "sxtb16 r6, r7",
        "sxtb16 r7, r7, ror #8",
        "pkhbt r5, r6, r7, lsl #16",
        "pkhtb r7, r7, r6, asr #16",
        "ldr r4, [r0], #4",
        "sxtb16 r6, r4",
        "smlad r8, r6, r5, r8",
        "sxtb16 r4, r4, ror #8",
        "smlad r12, r4, r5, r12",
        "ldr r4, [r0], #4",
        "sxtb16 r6, r4",
        "smlad r8, r6, r7, r8",
        "sxtb16 r4, r4, ror #8",
        "smlad r12, r4, r7, r12",
        "3: cmp r1, r2",
        "bne 2b",
        "strd r8, r12, [r3]",
        "pop {{r4-r8, pc}}",
    )
}
