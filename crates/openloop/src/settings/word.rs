//! One layer in the text of a network: `fc500`, `conv32k5p2`, `conv32k5p2 norm`, `pool2`.

use openloop_core::{Along, Pooling};
use std::fmt;

/// One layer of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LayerText {
    /// `fcN`
    Dense(usize),
    /// `convCkK[sS][pP]`, or along the height `convCxK[sS][pP]`; `norm` may follow
    Conv { channels: usize, kernel: usize, stride: usize, padding: usize, along: Along, norm: bool },
    /// `poolN` or `avgpoolN`
    Pool { window: usize, pooling: Pooling },
    /// `globalpool`
    GlobalPool,
}

/// Why a text is no list of layers.
pub(super) enum WordError {
    /// This word is no layer.
    NoLayer(String),
    /// What stands before `norm` has none.
    Norm { before: String },
}

/// More neurons than this in a layer are a slip of the keyboard.
const MAX_NEURONS: usize = 1_000_000;
/// So is a larger filter, window, stride or padding, or more than a hundred times as many filters.
const LARGEST: usize = 1_000;

impl LayerText {
    /// The layers of a text, word by word.
    pub fn parse_all(text: &str) -> Result<Vec<LayerText>, WordError> {
        let mut layers = Vec::new();
        for word in text.split_whitespace() {
            match (word, layers.last_mut()) {
                ("norm", Some(LayerText::Conv { norm, .. })) if !*norm => *norm = true,
                ("norm", None) => return Err(WordError::Norm { before: "no layer stands before it".into() }),
                ("norm", Some(layer)) => {
                    return Err(WordError::Norm { before: format!("\"{layer}\" stands before it") });
                }
                _ => layers.push(LayerText::parse(word).ok_or_else(|| WordError::NoLayer(word.into()))?),
            }
        }
        Ok(layers)
    }

    /// The layer that a word such as `fc500` or `conv32k5p2` stands for; none if it is no layer.
    fn parse(word: &str) -> Option<LayerText> {
        if let Some(count) = word.strip_prefix("fc") {
            return Some(LayerText::Dense(number(count)?));
        }
        if word == "globalpool" {
            return Some(LayerText::GlobalPool);
        }
        if let Some(window) = word.strip_prefix("avgpool") {
            return Some(LayerText::Pool { window: number(window)?, pooling: Pooling::Average });
        }
        if let Some(window) = word.strip_prefix("pool") {
            return Some(LayerText::Pool { window: number(window)?, pooling: Pooling::Max });
        }
        let (channels, rest) = leading_number(word.strip_prefix("conv")?)?;
        let (along, rest) = match rest.strip_prefix('x') {
            Some(rest) => (Along::Height, rest),
            None => (Along::Both, rest.strip_prefix('k')?),
        };
        let (kernel, rest) = leading_number(rest)?;
        let (stride, rest) = rest.strip_prefix('s').map_or(Some((1, rest)), leading_number)?;
        let (padding, rest) = rest.strip_prefix('p').map_or(Some((0, rest)), leading_number)?;
        rest.is_empty().then_some(LayerText::Conv { channels, kernel, stride, padding, along, norm: false })
    }

    /// Whether no number of it is a slip of the keyboard.
    pub fn has_sensible_numbers(&self) -> bool {
        let small = |n: usize| (1..=LARGEST).contains(&n);
        match *self {
            LayerText::Dense(neurons) => (1..=MAX_NEURONS).contains(&neurons),
            LayerText::Pool { window, .. } => small(window),
            LayerText::GlobalPool => true,
            LayerText::Conv { channels, kernel, stride, padding, .. } => {
                (1..=100 * LARGEST).contains(&channels) && small(kernel) && small(stride) && padding <= LARGEST
            }
        }
    }

    /// The numbers that it may have, in words.
    pub fn range(&self) -> String {
        match self {
            LayerText::Dense(_) => format!("1 to {MAX_NEURONS} neurons"),
            LayerText::Pool { .. } | LayerText::GlobalPool => format!("a window of 1 to {LARGEST}"),
            LayerText::Conv { .. } => {
                let most = 100 * LARGEST;
                format!("1 to {most} filters, a size and a stride of 1 to {LARGEST} and a padding of at most {LARGEST}")
            }
        }
    }
}

impl fmt::Display for LayerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            LayerText::Dense(neurons) => write!(f, "fc{neurons}"),
            LayerText::Pool { window, pooling: Pooling::Max } => write!(f, "pool{window}"),
            LayerText::Pool { window, pooling: Pooling::Average } => write!(f, "avgpool{window}"),
            LayerText::GlobalPool => f.write_str("globalpool"),
            LayerText::Conv { channels, kernel, stride, padding, along, norm } => {
                let sign = if along == Along::Both { 'k' } else { 'x' };
                write!(f, "conv{channels}{sign}{kernel}")?;
                if stride != 1 {
                    write!(f, "s{stride}")?;
                }
                if padding != 0 {
                    write!(f, "p{padding}")?;
                }
                if norm {
                    f.write_str(" norm")?;
                }
                Ok(())
            }
        }
    }
}

/// Digits and nothing else; a number too large for the machine is the largest.
pub(super) fn number(digits: &str) -> Option<usize> {
    let (number, rest) = leading_number(digits)?;
    rest.is_empty().then_some(number)
}

/// The number at the start of a text, and what follows it.
fn leading_number(text: &str) -> Option<(usize, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| (text[..end].parse().unwrap_or(usize::MAX), &text[end..]))
}
