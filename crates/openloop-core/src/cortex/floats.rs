//! Dense f32 weights, sixteen inputs at a time: these stay in registers while all neurons take their part. Products are rounded before they are
//! added, in the order of the plain loops.

use core::arch::naked_asm;

/// The square root, to the nearest.
#[unsafe(naked)]
pub(crate) extern "C" fn square_root(x: f32) -> f32 {
    naked_asm!(".fpu fpv4-sp-d16", "vsqrt.f32 s0, s0", "bx lr")
}

/// sums += W x for as many inputs as are a multiple of 8; returns how many that is.
#[inline(always)]
pub(crate) fn add_rows(weights: &[f32], x: &[f32], sums: &mut [f32]) -> usize {
    if !covers(weights, x, sums.len()) {
        return 0;
    }
    // SAFETY: there are `sums` rows of `x` weights, and one at least.
    unsafe { add_columns(weights.as_ptr(), x.as_ptr(), sums.as_mut_ptr(), sums.len(), x.len()) };
    x.len() / 8 * 8
}

/// W -= steps x^T for as many inputs as are a multiple of 8; returns how many that is.
#[inline(always)]
pub(crate) fn move_rows(weights: &mut [f32], x: &[f32], steps: &[f32]) -> usize {
    if !covers(weights, x, steps.len()) {
        return 0;
    }
    // SAFETY: there are `steps` rows of `x` weights, and one at least.
    unsafe { move_columns(weights.as_mut_ptr(), x.as_ptr(), steps.as_ptr(), steps.len(), x.len()) };
    x.len() / 8 * 8
}

/// Whether there are weights for so many rows, more than none.
fn covers(weights: &[f32], x: &[f32], rows: usize) -> bool {
    rows > 0 && rows.checked_mul(x.len()).is_some_and(|count| count <= weights.len())
}

/// Sixteen columns after sixteen, then eight that may be left: `$inputs` fetches the inputs, `$sixteen` and `$eight` do a row.
///
/// r0 the first row's weights, r1 inputs, r2 what there is a number of for each row, r3 rows, r4 inputs left, r5 the bytes of a row, r8 the same
/// less those of eight weights; within a turn r6 weights, r7 numbers, r12 rows left.
#[rustfmt::skip]
macro_rules! columns {
    ($sixteen:expr, $eight:expr) => {
        concat!(
            ".fpu fpv4-sp-d16\n", // the assembler does not take it from the target
            "push {{r4-r8, lr}}\n",
            "vpush {{s16-s31}}\n",
            "ldr r4, [sp, #88]\n",
            "lsls r5, r4, #2\n",
            "sub r8, r5, #32\n",
            "subs r4, #16\n",
            "blo 4f\n",
            "2: mov r6, r0\n",
            "mov r7, r2\n",
            "mov r12, r3\n",
            "vldmia r1!, {{s16-s31}}\n",
            "3:\n",
            $sixteen, "bne 3b\n",
            "adds r0, #64\n",
            "subs r4, #16\n",
            "bhs 2b\n",
            "4: adds r4, #8\n",
            "bmi 6f\n",
            "vldmia r1, {{s16-s23}}\n",
            "5:\n",
            $eight, "bne 5b\n",
            "6: vpop {{s16-s31}}\n",
            "pop {{r4-r8, pc}}\n",
        )
    };
}

/// `$op` of s0 to s7 with s15 and eight inputs.
#[rustfmt::skip]
macro_rules! each {
    ($op:literal, $a:literal, $b:literal, $c:literal, $d:literal, $e:literal, $f:literal, $g:literal, $h:literal) => {
        concat!(
            $op, " s0, s15, ", $a, "\n",
            $op, " s1, s15, ", $b, "\n",
            $op, " s2, s15, ", $c, "\n",
            $op, " s3, s15, ", $d, "\n",
            $op, " s4, s15, ", $e, "\n",
            $op, " s5, s15, ", $f, "\n",
            $op, " s6, s15, ", $g, "\n",
            $op, " s7, s15, ", $h, "\n",
        )
    };
}

/// The products of s0 to s7 with eight inputs, added to s15 one after the other.
#[rustfmt::skip]
macro_rules! sum {
    ($a:literal, $b:literal, $c:literal, $d:literal, $e:literal, $f:literal, $g:literal, $h:literal) => {
        concat!(
            "vmla.f32 s15, s0, ", $a, "\n",
            "vmla.f32 s15, s1, ", $b, "\n",
            "vmla.f32 s15, s2, ", $c, "\n",
            "vmla.f32 s15, s3, ", $d, "\n",
            "vmla.f32 s15, s4, ", $e, "\n",
            "vmla.f32 s15, s5, ", $f, "\n",
            "vmla.f32 s15, s6, ", $g, "\n",
            "vmla.f32 s15, s7, ", $h, "\n",
        )
    };
}

/// # Safety
/// At `weights` there are `rows` rows of `inputs` weights each, as many inputs at `x` and a sum for each row, of which there is one at least.
#[unsafe(naked)]
unsafe extern "C" fn add_columns(weights: *const f32, x: *const f32, sums: *mut f32, rows: usize, inputs: usize) {
    naked_asm!(columns!(
        concat!(
            "vldr s15, [r7]\n",
            "vldmia r6!, {{s0-s7}}\n",
            sum!("s16", "s17", "s18", "s19", "s20", "s21", "s22", "s23"),
            "vldmia r6, {{s0-s7}}\n",
            "add r6, r8\n",
            sum!("s24", "s25", "s26", "s27", "s28", "s29", "s30", "s31"),
            "vstmia r7!, {{s15}}\n",
            "subs r12, #1\n",
        ),
        concat!(
            "vldr s15, [r2]\n",
            "vldmia r0, {{s0-s7}}\n",
            "add r0, r5\n",
            sum!("s16", "s17", "s18", "s19", "s20", "s21", "s22", "s23"),
            "vstmia r2!, {{s15}}\n",
            "subs r3, #1\n",
        )
    ))
}

/// # Safety
/// As for [`add_columns`], with a step for each row in the place of its sum.
#[unsafe(naked)]
unsafe extern "C" fn move_columns(weights: *mut f32, x: *const f32, steps: *const f32, rows: usize, inputs: usize) {
    naked_asm!(columns!(
        concat!(
            "vldmia r7!, {{s15}}\n",
            "vldmia r6, {{s0-s7}}\n",
            each!("vmls.f32", "s16", "s17", "s18", "s19", "s20", "s21", "s22", "s23"),
            "vstmia r6!, {{s0-s7}}\n",
            "vldmia r6, {{s0-s7}}\n",
            each!("vmls.f32", "s24", "s25", "s26", "s27", "s28", "s29", "s30", "s31"),
            "vstmia r6, {{s0-s7}}\n",
            "add r6, r8\n",
            "subs r12, #1\n",
        ),
        concat!(
            "vldmia r2!, {{s15}}\n",
            "vldmia r0, {{s0-s7}}\n",
            each!("vmls.f32", "s16", "s17", "s18", "s19", "s20", "s21", "s22", "s23"),
            "vstmia r0, {{s0-s7}}\n",
            "add r0, r5\n",
            "subs r3, #1\n",
        )
    ))
}
