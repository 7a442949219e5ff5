//! Which instructions the loops use: the widest the processor has, or fewer if `OPENLOOP_INSTRUCTIONS` says so; and how a loop
//! is compiled for each.

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

openloop_core::named!(Instructions: "instructions" { Portable = "portable", Avx2 = "avx2", Avx512 = "avx512" });

/// The instructions in use, found out once. `OPENLOOP_INSTRUCTIONS=portable` or `avx2` holds them back, to compare results
/// or times; the bits of single samples are the same, those of a batch's products are not.
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

/// Compiles a function for AVX-512, AVX2 and the baseline, and picks at each call. A name behind the function's, as in
/// `pub fn add<vectors>(..)`, is that of the set's [`Vectors`](super::vector::Vectors) in the body.
macro_rules! for_each_instruction_set {
    ($(#[$doc:meta])* pub fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block) => {
        $crate::kernels::instructions::for_each_instruction_set! {
            $(#[$doc])* pub fn $name<_vectors>($($argument: $type),*) $(-> $result)? $body
        }
    };
    ($(#[$doc:meta])* pub fn $name:ident<$vectors:ident>($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)?
        $body:block) => {
        $(#[$doc])*
        #[inline]
        pub fn $name($($argument: $type),*) $(-> $result)? {
            use $crate::kernels::vector;
            #[allow(clippy::too_many_arguments)]
            #[inline(always)]
            fn body<V: vector::Vectors>($vectors: V, $($argument: $type),*) $(-> $result)? $body
            #[cfg(target_arch = "x86_64")]
            {
                use $crate::kernels::instructions::{Instructions, instructions};
                use $crate::kernels::vector_x86;
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512($($argument: $type),*) $(-> $result)? {
                    body(vector_x86::Avx512::new(), $($argument),*)
                }
                #[target_feature(enable = "avx2")]
                fn avx2($($argument: $type),*) $(-> $result)? {
                    body(vector_x86::Avx::new(), $($argument),*)
                }
                // SAFETY: the processor has the instructions in use
                unsafe {
                    match instructions() {
                        Instructions::Avx512 => return avx512($($argument),*),
                        Instructions::Avx2 => return avx2($($argument),*),
                        Instructions::Portable => {}
                    }
                }
            }
            body(vector::Portable, $($argument),*)
        }
    };
}

pub(super) use for_each_instruction_set;
