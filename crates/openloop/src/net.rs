//! The text that describes a network's hidden layers: `fc500`, `fc1000 fc1000`, or the paper's `FC_500_FC_10`.

use openloop_core::{Activation, Dense, Dropout, Layer, Loss};
use std::fmt;
use std::str::FromStr;

/// Hidden layers in order; the input and the output layer follow from the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Net {
    hidden: Vec<usize>,
    /// The output layer, where the text names it.
    output: Option<usize>,
}

/// What is wrong with a network's description.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NetError {
    /// A word that is no layer.
    #[error(
        "net \"{net}\": \"{word}\" is not a layer; write fcN for N fully connected neurons, e.g. \"fc500\" or \"fc1000 fc1000\""
    )]
    Word {
        /// The whole text.
        net: String,
        /// The word.
        word: String,
    },
    /// A layer too small or too large.
    #[error("net \"{net}\": \"{word}\" must have 1 to {MOST_NEURONS} neurons")]
    Neurons {
        /// The whole text.
        net: String,
        /// The word.
        word: String,
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

/// More neurons than this in a layer is a slip of the keyboard.
const MOST_NEURONS: usize = 1_000_000;

impl FromStr for Net {
    type Err = NetError;

    fn from_str(text: &str) -> Result<Self, NetError> {
        if text.starts_with("FC_") || text.starts_with("CONV_") { paper_style(text) } else { words(text) }
    }
}

/// `fc500 fc200`; nothing at all is a network without hidden layers.
fn words(text: &str) -> Result<Net, NetError> {
    let hidden = text.split_whitespace().map(|word| match word.strip_prefix("fc") {
        Some(count) => neurons(text, word, count),
        None => Err(NetError::Word { net: text.into(), word: word.into() }),
    });
    Ok(Net { hidden: hidden.collect::<Result<_, _>>()?, output: None })
}

/// `FC_500_FC_10`, as in the paper's code: the output layer is named too.
fn paper_style(text: &str) -> Result<Net, NetError> {
    let mut hidden = Vec::new();
    let mut parts = text.split('_');
    while let Some(part) = parts.next() {
        match (part, parts.next()) {
            ("FC", Some(count)) => hidden.push(neurons(text, &format!("FC_{count}"), count)?),
            (part, _) => return Err(NetError::Word { net: text.into(), word: part.into() }),
        }
    }
    let output = hidden.pop();
    Ok(Net { hidden, output })
}

fn neurons(net: &str, word: &str, count: &str) -> Result<usize, NetError> {
    let digits = !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit());
    match count.parse::<usize>() {
        Ok(n) if (1..=MOST_NEURONS).contains(&n) => Ok(n),
        _ if digits => Err(NetError::Neurons { net: net.into(), word: word.into() }),
        _ => Err(NetError::Word { net: net.into(), word: word.into() }),
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (k, n) in self.hidden.iter().enumerate() {
            write!(f, "{}fc{n}", if k > 0 { " " } else { "" })?;
        }
        Ok(())
    }
}

impl Net {
    /// The number of hidden layers.
    pub fn depth(&self) -> usize {
        self.hidden.len()
    }

    /// The chain of layers for data of `inputs` features and `outputs` outputs.
    ///
    /// Dropout, where asked for, stands before every dense layer, the first included, as in the paper's code.
    ///
    /// # Errors
    /// [`NetError::Output`] when the text names an output layer of another size.
    pub fn layers(&self, inputs: usize, outputs: usize, style: &Style) -> Result<Vec<Layer>, NetError> {
        if let Some(output) = self.output.filter(|output| *output != outputs) {
            let words: Vec<String> = self.hidden.iter().chain([&output]).map(|n| format!("FC_{n}")).collect();
            return Err(NetError::Output { net: words.join("_"), output, expected: outputs });
        }
        let mut layers = Vec::new();
        let mut width = inputs;
        for (k, &next) in self.hidden.iter().chain([&outputs]).enumerate() {
            if style.dropout > 0.0 {
                layers.push(Layer::Dropout(Dropout { units: width, probability: style.dropout }));
            }
            let is_output = k == self.hidden.len();
            let activation = if is_output { style.output_activation() } else { style.activation };
            layers.push(Layer::Dense(Dense { inputs: width, outputs: next, activation }));
            width = next;
        }
        Ok(layers)
    }
}

/// What the text of a network does not say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// Of the hidden layers.
    pub activation: Activation,
    /// Probability, 0 for none.
    pub dropout: f32,
    /// The loss, which decides the output layer's activation.
    pub loss: Loss,
}

impl Style {
    fn output_activation(&self) -> Activation {
        // a regression's output shares the hidden activation, as in the paper's synthetic task
        if self.loss == Loss::MeanSquaredError { self.activation } else { Activation::Identity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { activation: Activation::Tanh, dropout: 0.0, loss: Loss::CrossEntropy };

    #[test]
    fn both_ways_to_write_a_network_give_the_same_layers() {
        let ours: Net = "fc500 fc200".parse().unwrap();
        let papers: Net = "FC_500_FC_200_FC_10".parse().unwrap();
        assert_eq!(ours.layers(784, 10, &STYLE), papers.layers(784, 10, &STYLE));
        assert_eq!(ours.to_string(), "fc500 fc200");
        assert_eq!(ours.layers(784, 10, &STYLE).unwrap().len(), 3);
    }

    #[test]
    fn an_empty_text_is_a_network_without_hidden_layers() {
        assert_eq!("".parse::<Net>().unwrap().layers(4, 3, &STYLE).unwrap().len(), 1);
    }

    #[test]
    fn dropout_stands_before_every_dense_layer() {
        let layers = "fc5".parse::<Net>().unwrap().layers(4, 3, &Style { dropout: 0.1, ..STYLE }).unwrap();
        let units: Vec<usize> = layers.iter().map(Layer::inputs).collect();
        assert_eq!(units, [4, 4, 5, 5]);
    }

    #[test]
    fn nonsense_is_named() {
        for text in ["fc", "fcx", "500", "fc-3", "FC_5_", "FC_", "conv3", "FC_5_POOL_2", "fc5,fc6"] {
            let error = text.parse::<Net>().unwrap_err();
            assert!(matches!(error, NetError::Word { .. }), "{text}: {error}");
        }
        for text in ["fc0", "fc99999999999999999999", "FC_0_FC_10"] {
            assert!(matches!(text.parse::<Net>().unwrap_err(), NetError::Neurons { .. }), "{text}");
        }
        let wrong = "FC_5_FC_7".parse::<Net>().unwrap().layers(4, 3, &STYLE);
        assert!(matches!(wrong, Err(NetError::Output { output: 7, expected: 3, .. })));
    }
}
