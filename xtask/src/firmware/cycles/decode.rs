//! What an instruction of ARMv7E-M takes on a Cortex-M4, by the table of its technical reference manual (Arm 100166, tables 3-1 and 7-1)
//! without wait states.

/// Cycles for the pipeline to fill after a branch: 1 to 3 by the manual.
const REFILL: u32 = 2;
/// Of a division, 2 to 12.
const DIVISION: u32 = 12;
/// Of a floating-point division or square root.
const LONG: u32 = 14;
/// Of a floating-point multiplication with an addition, fused or not.
const MULTIPLY_ADD: u32 = 3;

/// What an instruction is, as far as its time depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// So many cycles, whatever is around it.
    Plain(u32),
    /// Loads one value: a cycle less right after another single load or store.
    Load,
    /// Stores one value: the buffer takes it.
    Store,
    /// Goes elsewhere, or not.
    Branch(u32),
    /// Computes in floating point: what it takes, what it writes, and what it needs at once.
    Float { cycles: u32, writes: Option<u8>, reads: [Option<u8>; 2] },
}

/// An instruction, and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoded {
    pub kind: Kind,
    pub bytes: u32,
}

/// The cycles of an instruction after another; `goes_on` says whether what follows it in memory is executed next.
pub fn cycles(before: Option<Kind>, kind: Kind, goes_on: bool) -> u32 {
    let jump = if goes_on { 0 } else { REFILL };
    match kind {
        Kind::Plain(cycles) | Kind::Branch(cycles) => cycles + jump,
        Kind::Load if matches!(before, Some(Kind::Load | Kind::Store)) => 1 + jump,
        Kind::Load => 2 + jump,
        Kind::Store => 1,
        Kind::Float { cycles, reads, .. } => {
            let waits = |written: u8| reads.contains(&Some(written));
            let wait = matches!(before, Some(Kind::Float { writes: Some(written), .. }) if waits(written));
            cycles + u32::from(wait)
        }
    }
}

/// What stands at `first` and `second`, two bytes each.
pub fn decode(first: u16, second: u16) -> Decoded {
    match first >> 11 {
        0b11101..=0b11111 => Decoded { kind: wide(first, second), bytes: 4 },
        _ => Decoded { kind: narrow(first), bytes: 2 },
    }
}

fn narrow(word: u16) -> Kind {
    match word >> 11 {
        0b01000 if word >> 8 == 0b0100_0111 => Kind::Branch(1),
        0b01001 | 0b01101 | 0b01111 | 0b10001 | 0b10011 => Kind::Load,
        0b01100 | 0b01110 | 0b10000 | 0b10010 => Kind::Store,
        0b01010 | 0b01011 => {
            if word >> 9 & 7 < 3 {
                Kind::Store
            } else {
                Kind::Load
            }
        }
        0b10110 | 0b10111 if word >> 9 & 3 == 2 => Kind::Plain(1 + (word & 0x1ff).count_ones()),
        0b10110 | 0b10111 if word >> 8 & 5 == 1 => Kind::Branch(1),
        0b11000 | 0b11001 => Kind::Plain(1 + (word & 0xff).count_ones()),
        0b11010..=0b11100 => Kind::Branch(1),
        _ => Kind::Plain(1),
    }
}

fn wide(first: u16, second: u16) -> Kind {
    match first >> 8 {
        0xe8 | 0xe9 if first & 0x40 == 0 => Kind::Plain(1 + second.count_ones()),
        0xe8 | 0xe9 if first & 0xfff0 == 0xe8d0 && second & 0xffe0 == 0xf000 => Kind::Branch(2),
        0xe8 | 0xe9 => Kind::Plain(3),
        0xec | 0xed => float_memory(first, second),
        0xee => float(first, second),
        0xf0..=0xf7 if second & 0x8000 != 0 => Kind::Branch(1),
        0xf8 | 0xf9 => {
            if first & 0x10 == 0 {
                Kind::Store
            } else {
                Kind::Load
            }
        }
        0xfb if first & 0xd0 == 0x90 && second & 0xf0 == 0xf0 => Kind::Plain(DIVISION),
        _ => Kind::Plain(1),
    }
}

/// `vldr`, `vstr`, and the moves of several registers.
fn float_memory(first: u16, second: u16) -> Kind {
    match first {
        0xec40..=0xec5f => Kind::Plain(2),
        _ if first & 0x120 == 0x100 => Kind::Float {
            cycles: 2,
            writes: None,
            reads: [if first & 0x10 == 0 { Some(register(second >> 12, first >> 6)) } else { None }, None],
        },
        _ => Kind::Plain(1 + u32::from(second & 0xff)),
    }
}

/// Arithmetic, or a move between the two kinds of registers.
fn float(first: u16, second: u16) -> Kind {
    let (d, n) = (register(second >> 12, first >> 6), register(first, second >> 7));
    let m = register(second, second >> 5);
    if second & 0x10 != 0 {
        return Kind::Float { cycles: 1, writes: None, reads: [Some(n), None] };
    }
    let two = [Some(n), Some(m)];
    match (first >> 7 & 1) << 2 | first >> 4 & 3 {
        0 | 1 | 5 | 6 => Kind::Float { cycles: MULTIPLY_ADD, writes: Some(d), reads: two },
        2 | 3 => Kind::Float { cycles: 1, writes: Some(d), reads: two },
        4 => Kind::Float { cycles: LONG, writes: Some(d), reads: two },
        _ if second & 0x40 == 0 => Kind::Float { cycles: 1, writes: Some(d), reads: [None, None] }, // a constant
        _ => match (first & 15, second >> 7 & 1) {
            (1, 1) => Kind::Float { cycles: LONG, writes: Some(d), reads: [Some(m), None] },
            (4 | 5, _) => Kind::Float { cycles: 1, writes: None, reads: [Some(d), Some(m)] },
            _ => Kind::Float { cycles: 1, writes: Some(d), reads: [Some(m), None] },
        },
    }
}

/// A single-precision register: four bits and a last one.
fn register(four: u16, last: u16) -> u8 {
    ((four & 15) << 1 | last & 1) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What arm-none-eabi-objdump 2.40 says of these bytes stands beside them.
    #[test]
    fn instructions_are_told_apart() {
        let kind = |first, second| decode(first, second).kind;
        assert_eq!(kind(0x6808, 0), Kind::Load); // ldr r0, [r1]
        assert_eq!(kind(0x6008, 0), Kind::Store); // str r0, [r1]
        assert_eq!(kind(0x5608, 0), Kind::Load); // ldrsb r0, [r1, r0]
        assert_eq!(kind(0xb5f0, 0), Kind::Plain(6)); // push {r4, r5, r6, r7, lr}
        assert_eq!(kind(0xd1fe, 0), Kind::Branch(1)); // bne.n
        assert_eq!(kind(0xb10b, 0), Kind::Branch(1)); // cbz r3
        assert_eq!(kind(0xbf18, 0), Kind::Plain(1)); // it ne
        assert_eq!(kind(0x4770, 0), Kind::Branch(1)); // bx lr
        assert_eq!(kind(0x4348, 0), Kind::Plain(1)); // muls r0, r1
        assert_eq!(kind(0xf85b, 0x5b04), Kind::Load); // ldr.w r5, [fp], #4
        assert_eq!(kind(0xf84b, 0x6b04), Kind::Store); // str.w r6, [fp], #4
        assert_eq!(kind(0xe9da, 0xb708), Kind::Plain(3)); // ldrd fp, r7, [sl, #32]
        assert_eq!(kind(0xe92d, 0x4ff0), Kind::Plain(10)); // stmdb sp!, {r4, ..., fp, lr}
        assert_eq!(kind(0xf7ff, 0xfffe), Kind::Branch(1)); // bl
        assert_eq!(kind(0xfbb0, 0xf1f2), Kind::Plain(12)); // udiv r1, r0, r2
        assert_eq!(kind(0xfb10, 0xf407), Kind::Plain(1)); // smulbb r4, r0, r7
        assert_eq!(kind(0xfa84, 0xf612), Kind::Plain(1)); // qadd8 r6, r2, r4
        assert_eq!(kind(0xec96, 0x0a08), Kind::Plain(9)); // vldmia r6, {s0-s7}
        let (vldr, vsqrt) = (kind(0xedd7, 0x7a00), kind(0xeeb1, 0x0ac0)); // vldr s15, [r7]; vsqrt.f32 s0, s0
        assert_eq!(vldr, Kind::Float { cycles: 2, writes: None, reads: [None, None] });
        assert_eq!(vsqrt, Kind::Float { cycles: 14, writes: Some(0), reads: [Some(0), None] });
        assert_eq!(decode(0x6808, 0xb5f0).bytes + decode(0xfb10, 0xf407).bytes, 6);
    }

    #[test]
    fn a_sum_that_is_needed_at_once_takes_a_cycle_more_but_not_as_an_addend() {
        let vmul = decode(0xee20, 0x0a81).kind; // vmul.f32 s0, s1, s2
        let vadd = decode(0xee70, 0x7a80).kind; // vadd.f32 s15, s1, s0
        let vmla = decode(0xee40, 0x7a08).kind; // vmla.f32 s15, s0, s16
        assert_eq!((cycles(None, vmul, true), cycles(Some(vmul), vadd, true)), (1, 2));
        assert_eq!((cycles(Some(vmul), vmla, true), cycles(Some(vmla), vmla, true)), (4, 3));
    }

    #[test]
    fn loads_in_a_row_and_branches_not_taken_are_cheaper() {
        assert_eq!((cycles(None, Kind::Load, true), cycles(Some(Kind::Load), Kind::Load, true)), (2, 1));
        assert_eq!((cycles(None, Kind::Branch(1), true), cycles(None, Kind::Branch(1), false)), (1, 3));
    }
}
