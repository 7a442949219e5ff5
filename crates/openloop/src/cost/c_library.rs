//! What a program in C takes by the C library, on a Cortex-M4F. `cargo xtask c-library` holds all of it against programs that it links
//! and runs.

use openloop_core::Checked;
use openloop_core::store::Arithmetic;
use serde::Serialize;

/// Bytes, at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CLibrary {
    /// Code that learns by any rule of the arithmetic and answers.
    pub all_rules_code: usize,
    /// The same with as few features as there can be: drtp and shallow alone in f32; in int8 no rules that wait and the
    /// compact kernels.
    pub fewest_rules_code: usize,
    /// Code to save and load beside it, in a buffer.
    pub buffer_code: usize,
    /// Or in two slots of a flash.
    pub slots_code: usize,
    /// RAM of a model beside what is kept and what a step takes: its head, its layers, a sample.
    pub model_ram: usize,
    /// The stack of a call.
    pub call_stack: usize,
}

/// The head of a model on a processor of 32 bits, without the counters that are part of what is kept.
const HEAD: usize = 144 - 16;
/// A layer there.
const LAYER: usize = 32;

impl CLibrary {
    /// For a network of dense layers that learns sample by sample.
    pub(super) fn of(network: &Checked<'_>, arithmetic: Arithmetic) -> Self {
        let model = |value: usize| HEAD + LAYER * network.layers().len() + value * network.inputs();
        let (buffer_code, slots_code, call_stack) = (9_216, 11_264, 896);
        let (all_rules_code, fewest_rules_code, model_ram) = match arithmetic {
            Arithmetic::F32 => (12_288, 10_240, model(size_of::<f32>())),
            Arithmetic::Int8 => (16_384, 13_568, model(size_of::<i8>())),
        };
        CLibrary { all_rules_code, fewest_rules_code, buffer_code, slots_code, model_ram, call_stack }
    }
}
