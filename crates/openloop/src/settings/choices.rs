//! What is chosen by name, beside the core's own rules, losses and so on.

use openloop_core::named;

/// Where settings that are not given come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Preset {
    /// What trains best out of the box: [`preset::default`](crate::settings::preset::default), in int8
    /// [`preset::integer`](crate::settings::preset::integer).
    #[default]
    Default,
    /// The paper's: [`preset::paper`](crate::settings::preset::paper).
    Paper,
}

named!(Preset: "preset" { Default = "default", Paper = "paper" });

/// What becomes of the readouts of `local-error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadoutMode {
    /// They stay as they were drawn.
    Fixed,
    /// They learn too.
    Learned,
}

named!(ReadoutMode: "readout" { Fixed = "fixed", Learned = "learned" });

/// What a readout of a convolution sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadoutMaps {
    /// Every map averaged over at most 4 x 4 cells: [`openloop_core::layer::grid`].
    Pooled,
    /// Every place of every map.
    #[default]
    Whole,
}

named!(ReadoutMaps: "readout-maps" { Pooled = "pooled", Whole = "whole" });

/// How the weights of dense layers start. Biases, and the filters of convolutions, are always drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Init {
    /// Drawn: [`openloop_core::initialize`].
    Uniform,
    /// All 0, as the paper has it for fa, dfa and sdfa on its synthetic tasks.
    Zero,
}

named!(Init: "init" { Uniform = "uniform", Zero = "zero" });

/// Whether layers are spread over threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PipelineMode {
    /// Where it is expected to be faster.
    #[default]
    Auto,
    /// Wherever the rule allows it and there are two layers to spread.
    On,
    /// Never.
    Off,
}

named!(PipelineMode: "pipeline" { Auto = "auto", On = "on", Off = "off" });
