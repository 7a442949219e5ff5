//! What can be wrong with the text of a network.

/// What is wrong with a network's description.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetError {
    /// A word that is no layer.
    #[error(
        "net \"{net}\": \"{word}\" is not a layer; write fcN for N fully connected neurons, convCkKsSpP for C filters of \
         K x K with stride S and padding P, convCxKsSpP for filters of K x 1 along time, norm behind a \
         convolution to normalise its channels, poolN or avgpoolN for windows of N x N, globalpool for the mean of each map, e.g. \"conv32k5p2 pool2 fc1000\""
    )]
    Word {
        /// The whole text.
        net: String,
        /// The word.
        word: String,
    },
    /// `norm` with no layer before it that has it.
    #[error(
        "net \"{net}\": norm belongs to the convolution right before it, once, and here {before}; write e.g. \"conv32k3 norm pool2 fc100\""
    )]
    Norm {
        /// The whole text.
        net: String,
        /// What stands before it instead.
        before: String,
    },
    /// A layer too small or too large.
    #[error("net \"{net}\": \"{word}\" must have {range}")]
    Size {
        /// The whole text.
        net: String,
        /// The word.
        word: String,
        /// What is allowed.
        range: String,
    },
    /// A filter or window that has no place.
    #[error(
        "net \"{net}\": \"{word}\" has no place in its input of {channels} x {height} x {width}; {}",
        place_remedy(word, *width)
    )]
    NoPlace {
        /// The whole text.
        net: String,
        /// The word.
        word: String,
        /// Of its input.
        channels: usize,
        /// Of its input.
        height: usize,
        /// Of its input.
        width: usize,
    },
    /// A convolution or pooling behind a dense layer.
    #[error("net \"{net}\": \"{word}\" comes after a dense layer, whose output is no image; put it before")]
    AfterDense {
        /// The whole text.
        net: String,
        /// The word.
        word: String,
    },
    /// `globalpool` of maps that are not as high as wide.
    #[error(
        "net \"{net}\": globalpool takes square maps or one column, and here come maps of {height} x {width}; pad the convolution before it, \
         or write avgpoolN"
    )]
    NotSquare {
        /// The whole text.
        net: String,
        /// Of its input.
        height: usize,
        /// Of its input.
        width: usize,
    },
    /// A paper string whose output layer does not fit the data.
    #[error("net \"{net}\": its output layer has {output} neurons, but the data has {expected} outputs")]
    Output {
        /// The whole text.
        net: String,
        /// Neurons named.
        output: usize,
        /// Outputs needed.
        expected: usize,
    },
}

/// What to write instead of a filter without a place.
fn place_remedy(word: &str, width: usize) -> String {
    match word.strip_prefix("conv").and_then(|rest| rest.split_once('k')) {
        Some((channels, rest)) if width == 1 => format!("write conv{channels}x{rest} for filters along time"),
        _ => "make it smaller, or pad".into(),
    }
}
