//! Which instructions the loops use: the widest the processor has, or fewer if `OPENLOOP_INSTRUCTIONS` says so.

use std::sync::OnceLock;

/// A set of instructions that the loops are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instructions {
    /// What every processor of the architecture has.
    Portable,
    /// AVX2.
    Avx2,
    /// AVX-512 F, BW, DQ and VL.
    Avx512,
}

/// The instructions in use, found out once. `OPENLOOP_INSTRUCTIONS=portable` or `avx2` holds them back, to compare results
/// or times; the bits are the same.
pub fn instructions() -> Instructions {
    static IN_USE: OnceLock<Instructions> = OnceLock::new();
    *IN_USE.get_or_init(|| match std::env::var("OPENLOOP_INSTRUCTIONS").as_deref() {
        Ok("portable") => Instructions::Portable,
        Ok("avx2") => available().min(Instructions::Avx2),
        _ => available(),
    })
}

#[cfg(target_arch = "x86_64")]
fn available() -> Instructions {
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    match (avx512, is_x86_feature_detected!("avx2")) {
        (true, true) => Instructions::Avx512,
        (false, true) => Instructions::Avx2,
        (_, false) => Instructions::Portable,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn available() -> Instructions {
    Instructions::Portable
}
