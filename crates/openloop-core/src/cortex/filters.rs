//! The sums of a filter of five columns at four places side by side, in pairs of products.

use core::arch::naked_asm;

/// sums[i] += the sum over the rows of `w` and k of w[k] x[k + i], a row of inputs being `width` long; as many rows as `x` has inputs for.
#[inline(always)]
pub(crate) fn add_fives(w: &[[i8; 5]], x: &[i8], width: usize, sums: &mut [i32; 4]) {
    let Some(beyond) = x.len().checked_sub(8) else { return };
    let rows = w.len().min(beyond.checked_div(width).unwrap_or(0) + 1);
    if rows > 0 {
        // SAFETY: there are at least `rows` rows of five weights, and where the last one's inputs start there are 8 of them.
        unsafe { add_rows(w.as_ptr(), x.as_ptr(), rows, width, sums) };
    }
}

/// Places of a filter one below the other, and the largest of their sums.
#[repr(C)]
struct Column {
    places: usize,
    /// Inputs between two of them.
    step: usize,
    /// What sums start with.
    bias: i32,
    largest: [i32; 4],
}

/// The largest of the sums at `places` places one below the other, `step` inputs apart: of `bias` and what [`add_fives`] adds to it. None
/// where `x` has not as many inputs.
#[inline(always)]
pub(crate) fn largest_of_fives(
    w: &[[i8; 5]],
    x: &[i8],
    width: usize,
    bias: i32,
    [places, step]: [usize; 2],
) -> Option<[i32; 4]> {
    let below = places.checked_sub(1)?.saturating_mul(step);
    let seen = below.saturating_add(w.len().checked_sub(1)?.saturating_mul(width)).saturating_add(8);
    if seen > x.len() {
        return None;
    }
    let mut column = Column { places, step, bias, largest: [i32::MIN, i32::MIN, i32::MIN, i32::MIN] };
    // SAFETY: there is a place and a row of weights, and at the last place of the last row there are 8 inputs.
    unsafe { largest(w.as_ptr(), x.as_ptr(), w.len(), width, &mut column) };
    Some(column.largest)
}

/// Adds the products of r2 rows, at least one: r0 weights, r1 inputs, r3 the width of a row of them, r4 to r7 the sums.
///
/// Halves of words hold weights (0, 2) and (1, 3), in r8 and r9, and inputs (0, 2), (1, 3), (4, 6), (5, 7), in r10 to r12 and lr, then
/// (4, 2) and (5, 3), which are multiplied crosswise.
#[rustfmt::skip]
macro_rules! rows {
    () => {
        concat!(
            "2: ldr r8, [r0]\n",
            "ldr r10, [r1]\n",
            "ldr r12, [r1, #4]\n",
            "sxtb16 r9, r8, ror #8\n",
            "sxtb16 r8, r8\n",
            "sxtb16 r11, r10, ror #8\n",
            "sxtb16 r10, r10\n",
            "sxtb16 lr, r12, ror #8\n",
            "sxtb16 r12, r12\n",
            "smlad r4, r10, r8, r4\n",
            "smlad r4, r11, r9, r4\n",
            "smlad r5, r11, r8, r5\n",
            "pkhbt r10, r12, r10\n",
            "pkhbt r11, lr, r11\n",
            "smladx r5, r10, r9, r5\n",
            "smladx r6, r10, r8, r6\n",
            "smladx r6, r11, r9, r6\n",
            "smladx r7, r11, r8, r7\n",
            "smlad r7, r12, r9, r7\n",
            "ldrsb r8, [r0, #4]\n",
            "smlabb r4, r12, r8, r4\n",
            "smlabb r5, lr, r8, r5\n",
            "smlatb r6, r12, r8, r6\n",
            "smlatb r7, lr, r8, r7\n",
            "adds r0, #5\n",
            "add r1, r3\n",
            "subs r2, #1\n",
            "bne 2b\n",
        )
    };
}

/// # Safety
/// At `w` there are so many rows, at least one, and at `x` and every `width` bytes behind it 8 inputs for each.
#[unsafe(naked)]
unsafe extern "C" fn add_rows(w: *const [i8; 5], x: *const i8, rows: usize, width: usize, sums: &mut [i32; 4]) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "ldr r12, [sp, #36]",
        "ldm r12, {{r4-r7}}",
        rows!(),
        "ldr r12, [sp, #36]",
        "stm r12, {{r4-r7}}",
        "pop {{r4-r11, pc}}",
    )
}

/// On the stack lie weights, inputs of the next place, rows and width, as they came.
///
/// # Safety
/// There is at least one place; at `w` there are so many rows, at least one, and at every place and every `width` bytes behind it 8 inputs
/// for each.
#[unsafe(naked)]
unsafe extern "C" fn largest(w: *const [i8; 5], x: *const i8, rows: usize, width: usize, column: &mut Column) {
    naked_asm!(
        "push {{r0-r11, lr}}",
        "3: ldr r12, [sp, #52]",
        "ldr r4, [r12, #8]",
        "mov r5, r4",
        "mov r6, r4",
        "mov r7, r4",
        rows!(),
        "ldr r12, [sp, #52]",
        "add lr, r12, #12",
        "ldm lr, {{r8-r11}}",
        "cmp r4, r8",
        "it lt",
        "movlt r4, r8",
        "cmp r5, r9",
        "it lt",
        "movlt r5, r9",
        "cmp r6, r10",
        "it lt",
        "movlt r6, r10",
        "cmp r7, r11",
        "it lt",
        "movlt r7, r11",
        "stm lr, {{r4-r7}}",
        "ldrd r4, r5, [r12]",
        "ldrd r0, r1, [sp]",
        "ldr r2, [sp, #8]",
        "add r1, r5",
        "str r1, [sp, #4]",
        "subs r4, #1",
        "str r4, [r12]",
        "bne 3b",
        "add sp, #16",
        "pop {{r4-r11, pc}}",
    )
}
