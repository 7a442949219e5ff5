//! Everything that can be wrong with a request to the core. No strings, no allocation: a device can return it as a code.

use core::fmt;

/// Why the core refused to run. Nothing was written when one of these comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The network has no layer with weights, so there is nothing to train.
    NoLayers,
    /// The last layer must be dense: it gives one output per class.
    LastLayerNotDense,
    /// A layer has zero inputs or outputs. `layer` counts from 0.
    EmptyLayer {
        /// Index in the list of layers.
        layer: usize,
    },
    /// A filter, a pooling window or the step between two filters has size 0.
    EmptyWindow {
        /// Index in the list of layers.
        layer: usize,
    },
    /// A filter or a pooling window is larger than its input, so that nothing comes out.
    WindowDoesNotFit {
        /// Index in the list of layers.
        layer: usize,
        /// Height and width of the filter or window.
        window: [usize; 2],
        /// Height of the input, padding included.
        height: usize,
        /// Width of the input, padding included.
        width: usize,
    },
    /// A layer does not take what the layer before it gives.
    LayersDoNotFit {
        /// Index of the layer that does not fit.
        layer: usize,
        /// What the layer before gives.
        given: usize,
        /// What this layer takes.
        expected: usize,
    },
    /// Binary cross-entropy and cross-entropy bring their own output function; the last layer must be `Identity`.
    OutputActivation,
    /// A dropout probability outside `[0, 1)`.
    DropoutProbability {
        /// Index in the list of layers.
        layer: usize,
    },
    /// The rule projects class labels, but the targets are real values (DRTP on a regression: its sign is not fixed).
    RuleNeedsLabels,
    /// Samples have weights where each counts once: in int8 arithmetic, and in a device's step.
    NoWeights,
    /// Cross-entropy needs class labels as targets.
    LossNeedsLabels,
    /// A class label that is not smaller than the number of outputs.
    LabelOutOfRange {
        /// The label found.
        label: u32,
        /// The number of classes.
        classes: usize,
    },
    /// A layer that a device does not run: it takes dense layers, and in f32 convolutions without norm and pooling, unless their feature is left
    /// out; in int8 dense layers behind an [`Int8Front`](crate::integer::Int8Front). `layer` counts from 0.
    LayerNotOnDevice {
        /// Index in the list of layers.
        layer: usize,
    },
    /// A rule that a device does not learn by: local-error-learned, whose readouts need memory of their own, lls, or drtp-gated,
    /// which needs loops of its own.
    RuleNotOnDevice,
    /// A rule that waits for the error, where layers learn apart from each other, or where a device has convolutions.
    RuleNotLocal,
    /// An input is infinite or not a number.
    InputNotFinite,
    /// 8-bit arithmetic has dense layers only, hidden ones with tanh, of at most 32,768 inputs and outputs.
    IntegerLayer {
        /// Index in the list of layers.
        layer: usize,
    },
    /// Before the dense layers 8-bit arithmetic has convolutions with tanh, without normalisation and with at most 32,768 weights a
    /// filter, each with at most one pooling layer behind it.
    IntegerFront {
        /// Index in the list of layers.
        layer: usize,
    },
    /// 8-bit arithmetic has cross-entropy only.
    IntegerLoss,
    /// The rule has no 8-bit version.
    IntegerRule,
    /// More than 14 fraction bits of the input.
    IntegerInput,
    /// The kernels do not support the layout of a layer's weights, or a signal is handed down through weights that do not lie in
    /// rows. `layer` counts from 0.
    UnsupportedLayout {
        /// Index in the list of layers.
        layer: usize,
    },
    /// A slice lent by the caller does not have the length the plan asks for.
    WrongLength {
        /// Which slice.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length it needs.
        expected: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Error::NoLayers => f.write_str("the network has no layer to train; add at least the output layer"),
            Error::LastLayerNotDense => f.write_str("the last layer must be a dense one with one output per class"),
            Error::EmptyLayer { layer } => {
                write!(f, "layer {layer} has no inputs or no outputs; both must be at least 1")
            }
            Error::EmptyWindow { layer } => {
                write!(f, "layer {layer}: the size of a filter or window, and its stride, must be at least 1")
            }
            Error::WindowDoesNotFit { layer, window, height, width } => {
                let [down, right] = window;
                write!(
                    f,
                    "layer {layer}: a window of {down}x{right} does not fit into an input of {height}x{width} (padding included)"
                )
            }
            Error::LayersDoNotFit { layer, given, expected } => {
                write!(f, "layer {layer} takes {expected} values, but the layer before it gives {given}")
            }
            Error::OutputActivation => f.write_str("with this loss the last layer's activation must be identity"),
            Error::DropoutProbability { layer } => {
                write!(f, "layer {layer}: a dropout probability must be at least 0 and less than 1")
            }
            Error::RuleNeedsLabels => f.write_str("this rule needs class labels as targets, not real values"),
            Error::NoWeights => {
                f.write_str("samples have weights, which int8 arithmetic and a device's step do not take")
            }
            Error::LossNeedsLabels => f.write_str("cross-entropy needs class labels as targets, not real values"),
            Error::LabelOutOfRange { label, classes } => {
                write!(
                    f,
                    "label {label} is out of range: the network has {classes} classes, 0 to {}",
                    classes.saturating_sub(1)
                )
            }
            Error::LayerNotOnDevice { layer } => {
                write!(
                    f,
                    "layer {layer} is not for this device, which runs dense layers; convolutions learn in Rust, in f32, without norm"
                )
            }
            Error::RuleNotOnDevice => {
                f.write_str("a device does not learn by local-error-learned, lls or drtp-gated; take another rule")
            }
            Error::RuleNotLocal => {
                f.write_str("layers learn apart from each other, and a device's convolutions, under a local rule only")
            }
            Error::InputNotFinite => f.write_str("an input is infinite or not a number"),
            Error::UnsupportedLayout { layer } => {
                write!(f, "layer {layer}: its weights must lie in rows for these kernels and this rule")
            }
            Error::WrongLength { what, found, expected } => {
                write!(f, "{what} has {found} values, but {expected} are needed")
            }
            Error::IntegerLayer { .. } | Error::IntegerFront { .. } => self.fmt_of_integers(f),
            Error::IntegerLoss | Error::IntegerRule | Error::IntegerInput => self.fmt_of_integers(f),
        }
    }
}

impl Error {
    /// The errors of 8-bit integers.
    fn fmt_of_integers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Error::IntegerLayer { layer } => write!(
                f,
                "layer {layer}: int8 arithmetic has dense layers only, hidden ones with tanh, of at most 32,768 inputs and outputs"
            ),
            Error::IntegerFront { layer } => write!(
                f,
                "layer {layer}: before its dense layers int8 arithmetic has convolutions with tanh, without norm and with at most \
                 32,768 weights a filter, each with at most one pooling layer behind it"
            ),
            Error::IntegerLoss => f.write_str("int8 arithmetic has the cross-entropy loss only"),
            Error::IntegerRule => f.write_str("fa and lls have no int8 arithmetic"),
            Error::IntegerInput => f.write_str("an int8 input has at most 14 fraction bits"),
            _ => Ok(()), // written above
        }
    }
}

impl core::error::Error for Error {}

/// Whether a slice, called `what`, has the length that is expected of it.
///
/// # Errors
/// [`Error::WrongLength`] where it has not.
pub fn expect_length(what: &'static str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(Error::WrongLength { what, found, expected }) }
}
