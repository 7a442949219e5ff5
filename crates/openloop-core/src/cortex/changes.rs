//! How panels of eight and of two int8 columns change: four weights of a word at once.

use core::arch::naked_asm;
use core::ptr::{null, null_mut};

/// A row of a panel: the weights of eight neurons for one input.
type Row = [i8; 8];

/// How a panel's weights change, in the order in which [`change_eight`] reads it.
#[repr(C)]
pub(crate) struct Eight {
    /// The changes of its neurons, in units of 2^-16 for an input of 1; within 16 bits, times 2^`thinning` too.
    pub(crate) delta: [i32; 8],
    bias: *mut Row,
    one: i32,
    noise: u32,
    noise_step: u32,
    thinning: u32,
    x: *const i8,
    rows: *mut Row,
    /// Rows to change less 1, in the upper half; the distance from one to the next, in rows and in bytes, in a byte each.
    turns: i32,
}

impl Eight {
    /// For panels whose biases are the weights of the input `one`, within 15 bits; the noise of two weights lies `noise_step` from that of
    /// the two before.
    #[inline(always)]
    pub(crate) const fn new(one: i32, noise_step: u32) -> Self {
        let (bias, x, rows) = (null_mut(), null(), null_mut());
        Eight { delta: [0; 8], bias, one, noise: 0, noise_step, thinning: 0, x, rows, turns: 0 }
    }

    /// w += delta x / 2^16, in the biases at first, then in every 2^`thinning`th row from `first` on by 2^`thinning` times as much; rounded by the
    /// noise, and kept within a byte. Returns how many weights would have left it.
    #[inline(always)]
    pub(crate) fn change(
        &mut self,
        bias: &mut Row,
        rows: &mut [Row],
        x: &[i8],
        noise: u32,
        (thinning, first): (u32, usize),
    ) -> u32 {
        const MOST: usize = 1 << 15;
        let thinning = thinning & 3;
        let stride = 1 << thinning;
        let turns = (rows.len().min(x.len()).min(MOST) + stride - 1).saturating_sub(first) >> thinning;
        self.turns = ((turns as i32 - 1) << 16) | (stride << 8 | stride << 3) as i32;
        (self.noise, self.thinning, self.bias) = (noise, thinning, bias);
        (self.x, self.rows) = (x.as_ptr().wrapping_add(first), rows.as_mut_ptr().wrapping_add(first));
        // SAFETY: there are as many turns as rows of which each is `stride` after the one before, among all rows and inputs; their
        // number fits into the upper half, the distance into a byte.
        unsafe { change_eight(self) }
    }
}

/// Four weights change, the first two by the changes in `$low` and the others by those in `$high`, times the inputs there. Each has its sum of product
/// and noise in turn, with the whole part in byte 2, or in byte 3 for the last; they are packed into halves and then into bytes.
///
/// `qsub8` takes the changes back: where that does not give the old weights, one stayed at the end of its byte.
#[rustfmt::skip]
macro_rules! four {
    ($low:literal, $low_x:literal, $high:literal, $high_x:literal, $third:expr, $load:literal, $store:literal) => {
        concat!(
            "smulbb r4, ", $low, ", ", $low_x, "\n",
            "smultb r5, ", $low, ", ", $low_x, "\n",
            "uxtah r4, r4, r8\n",
            "add r5, r5, r8, lsr #16\n",
            "add r8, r8, r9\n",
            "smulbb r6, ", $high, ", ", $high_x, "\n",
            "uxtah r6, r6, r8\n",
            "pkhtb r4, r6, r4, asr #16\n",
            $third, "add r8, r8, r9\n",
            "pkhtb r5, r6, r5, asr #8\n",
            "sel r4, r4, r5\n",
            "ldr r5, [r11", $load, "\n",
            "qadd8 r6, r5, r4\n",
            "str r6, [r11", $store, "\n",
            "qsub8 r4, r6, r4\n",
        )
    };
}

/// 256 times the fourth sum: by 256 times the input, in the upper half of its register.
macro_rules! fourth {
    ($delta:literal) => {
        concat!("smultt r6, ", $delta, ", r7\n", "add r6, r6, r8, lsr #8\n")
    };
    ($delta:literal, any input) => {
        concat!("smultb r6, ", $delta, ", r7\n", "add r6, r6, r8, lsr #16\n", "lsls r6, r6, #8\n")
    };
}

/// The changes of two neurons by 2^r12 times as much, from a place in [`Eight`].
#[rustfmt::skip]
macro_rules! thinned {
    ($place:literal, $low:literal, $high:literal) => {
        concat!(
            "ldrd ", $low, ", ", $high, ", [r10, #", $place, "]\n",
            "lsl ", $low, ", ", $low, ", r12\n",
            "lsl ", $high, ", ", $high, ", r12\n",
            "pkhbt ", $low, ", ", $low, ", ", $high, ", lsl #16\n",
        )
    };
}

/// Adds the bytes that are not 0 in r7 and in r4 ^ r5, all less than 128, to the count on the stack.
macro_rules! count {
    () => {
        "9: eors r4, r5
        mvn r6, #0x80808080
        adds r4, r6
        adds r7, r6
        bics r4, r6
        bics r7, r6
        lsrs r4, #7
        add r4, r4, r7, lsr #7
        movs r5, #0
        usad8 r4, r4, r5
        ldr r5, [sp]
        adds r4, r5
        str r4, [sp]
        bx lr"
    };
}

/// The changes into r0 to r3, the noise into r8 and its step into r9; the biases change.
macro_rules! begin {
    () => {
        concat!(
            "push {{r4-r11, lr}}\n",
            "movs r4, #0\n",
            "push {{r4}}\n",
            "mov r4, #0x50000\n", // sel takes bytes 0 and 2 of its first word, 1 and 3 of the second
            "msr APSR_g, r4\n",
            "mov r10, r0\n",
            "ldrd r11, r7, [r10, #32]\n",
            "ldrd r8, r9, [r10, #40]\n",
            "ldrd r0, r1, [r10]\n",
            "pkhbt r0, r0, r1, lsl #16\n",
            "ldrd r1, r2, [r10, #8]\n",
            "pkhbt r1, r1, r2, lsl #16\n",
            "ldrd r2, r3, [r10, #16]\n",
            "pkhbt r2, r2, r3, lsl #16\n",
            "ldrd r3, r4, [r10, #24]\n",
            "pkhbt r3, r3, r4, lsl #16\n",
            four!("r0", "r7", "r1", "r7", fourth!("r1", any input), "]", "], #4"),
            "eor lr, r4, r5\n",
            four!("r2", "r7", "r3", "r7", fourth!("r3", any input), "]", "]"),
            "usada8 r6, r4, r5, lr\n",
            "cbz r6, 2f\n",
            "mov r7, lr\n",
            "bl 9f\n",
            "2: ldr r12, [r10, #48]\n",
            "cmp r12, #0\n",
            "beq 3f\n",
            thinned!("0", "r0", "r1"),
            thinned!("8", "r1", "r2"),
            thinned!("16", "r2", "r3"),
            thinned!("24", "r3", "r4"),
            "3: ldrd r11, r12, [r10, #56]\n",
            "ldr r10, [r10, #52]\n",
            "cmp r12, #0\n",
            "blt 8f\n",
            "tst r12, #0x100\n",
            "beq 5f\n",
        )
    };
}

/// Every row; an input of 0 changes nothing.
macro_rules! all_rows {
    () => {
        concat!(
            "2: ldrsb r7, [r10], #1\n",
            "cbnz r7, 3f\n",
            "add r8, r8, r9, lsl #2\n",
            "add r11, r11, #8\n",
            "subs r12, r12, #0x10000\n",
            "bhs 2b\n",
            "b 8f\n",
            "3: pkhbt r7, r7, r7, lsl #24\n",
            four!("r0", "r7", "r1", "r7", fourth!("r1"), "]", "], #4"),
            "eor lr, r4, r5\n",
            four!("r2", "r7", "r3", "r7", fourth!("r3"), "]", "], #4"),
            "usada8 r6, r4, r5, lr\n",
            "cbnz r6, 4f\n",
            "3: subs r12, r12, #0x10000\n",
            "bhs 2b\n",
            "b 8f\n",
            "4: mov r7, lr\n",
            "bl 9f\n",
            "b 3b\n",
        )
    };
}

/// Rows with others in between.
macro_rules! some_rows {
    () => {
        concat!(
            "5: ldrsb r7, [r10]\n",
            "uxtab r10, r10, r12, ror #8\n",
            "cbnz r7, 6f\n",
            "add r8, r8, r9, lsl #2\n",
            "b 7f\n",
            "6: pkhbt r7, r7, r7, lsl #24\n",
            four!("r0", "r7", "r1", "r7", fourth!("r1"), "]", "]"),
            "eor lr, r4, r5\n",
            four!("r2", "r7", "r3", "r7", fourth!("r3"), ", #4]", ", #4]"),
            "usada8 r6, r4, r5, lr\n",
            "cbnz r6, 6f\n",
            "7: uxtab r11, r11, r12\n",
            "subs r12, r12, #0x10000\n",
            "bhs 5b\n",
        )
    };
}

/// r0 to r3 the changes, r7 the input and 256 times it, r8 the noise, r9 its step, r10 inputs, r11 rows, r12 turns. 9 counts.
///
/// # Safety
/// From `x` and `rows` on there are inputs and rows for all turns and what lies between them, and biases.
#[unsafe(naked)]
unsafe extern "C" fn change_eight(panel: &Eight) -> u32 {
    naked_asm!(
        begin!(),
        all_rows!(),
        some_rows!(),
        "8: pop {{r0}}",
        "pop {{r4-r11, pc}}",
        "6: mov r7, lr",
        "bl 9f",
        "b 7b",
        count!(),
    )
}

/// w += delta x / 2^16 in all rows of two columns, as [`Eight::change`] does it, for as many inputs as are a multiple of 2; returns how many that is,
/// and how many weights would have left their byte. `noise` is that of the first row.
pub(crate) fn change_pairs(rows: &mut [[i8; 2]], x: &[i8], delta: u32, noise: u32, noise_step: u32) -> (usize, u32) {
    let count = rows.len().min(x.len()) / 2 * 2;
    if count == 0 {
        return (0, 0);
    }
    // SAFETY: there are at least `count` rows and inputs, which is a multiple of 2 and not 0.
    let saturated = unsafe { change_two(delta, x.as_ptr(), rows.as_mut_ptr(), count as u32 / 2, noise, noise_step) };
    (count, saturated)
}

/// r0 the changes, r1 and r7 two inputs and in r7 256 times the second, r8 the noise, r9 its step, r10 inputs, r11 rows, r12 turns.
///
/// # Safety
/// At `x` and `rows` there are two inputs and two rows for each turn, of which there is at least one.
#[unsafe(naked)]
unsafe extern "C" fn change_two(
    delta: u32,
    x: *const i8,
    rows: *mut [i8; 2],
    turns: u32,
    noise: u32,
    noise_step: u32,
) -> u32 {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "movs r4, #0",
        "push {{r4}}",
        "mov r4, #0x50000",
        "msr APSR_g, r4",
        "ldrd r8, r9, [sp, #40]",
        "mov r10, r1",
        "mov r11, r2",
        "mov r12, r3",
        "2: ldrsb r1, [r10], #1",
        "ldrsb r7, [r10], #1",
        "orrs r2, r1, r7",
        "cbnz r2, 3f",
        "add r8, r8, r9, lsl #1",
        "add r11, r11, #4",
        "b 5f",
        "3: pkhbt r7, r7, r7, lsl #24",
        four!("r0", "r1", "r0", "r7", fourth!("r0"), "]", "], #4"),
        "cmp r4, r5",
        "bne 6f",
        "5: subs r12, r12, #1",
        "bne 2b",
        "pop {{r0}}",
        "pop {{r4-r11, pc}}",
        "6: movs r7, #0",
        "bl 9f",
        "b 5b",
        count!(),
    )
}
