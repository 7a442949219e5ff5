//! The text that describes a network's hidden layers: `fc500`, `conv32k5p2 pool2 fc1000`, or the paper's
//! `CONV_32_5_1_2_FC_1000_FC_10`.

use crate::settings::choices::ReadoutMaps;
pub use crate::settings::net_error::NetError;
use crate::settings::word::{LayerText, WordError, number};
use openloop_core::{Activation, Along, Conv, Dense, Dropout, Layer, Loss, Pool, Pooling, Shape};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Hidden layers in order; the input and the output layer follow from the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Net {
    /// As it was written, for messages.
    text: String,
    hidden: Vec<LayerText>,
    /// The output layer, where the text names it.
    output: Option<usize>,
}

impl FromStr for Net {
    type Err = NetError;

    fn from_str(text: &str) -> Result<Self, NetError> {
        let is_papers = text.starts_with("FC_") || text.starts_with("CONV_");
        let net = match is_papers {
            true => paper_style(text).map_err(|word| NetError::Word { net: text.into(), word })?,
            false => words(text)?,
        };
        let output = net.output.map(LayerText::Dense);
        match net.hidden.iter().chain(&output).find(|word| !word.has_sensible_numbers()) {
            None => Ok(net),
            Some(word) => Err(NetError::Size { net: text.into(), word: word.to_string(), range: word.range() }),
        }
    }
}

impl TryFrom<String> for Net {
    type Error = NetError;

    fn try_from(text: String) -> Result<Self, NetError> {
        text.parse()
    }
}

impl From<Net> for String {
    fn from(net: Net) -> Self {
        net.to_string()
    }
}

/// `conv32k5p2 pool2 fc500`; nothing at all is a network without hidden layers.
fn words(text: &str) -> Result<Net, NetError> {
    let hidden = LayerText::parse_all(text).map_err(|error| match error {
        WordError::NoLayer(word) => NetError::Word { net: text.into(), word },
        WordError::Norm { before } => NetError::Norm { net: text.into(), before },
    })?;
    Ok(Net { text: text.into(), hidden, output: None })
}

/// `CONV_32_5_1_2_FC_500_FC_10`, as in the paper's code: each convolution is followed by 2 x 2 max pooling, and the output
/// layer is named too.
fn paper_style(text: &str) -> Result<Net, String> {
    let mut hidden = Vec::new();
    let mut parts = text.split('_');
    while let Some(part) = parts.next() {
        let mut next = || parts.next().and_then(number).ok_or_else(|| part.to_string());
        match part {
            "FC" => hidden.push(LayerText::Dense(next()?)),
            "CONV" => {
                let (channels, kernel, stride, padding) = (next()?, next()?, next()?, next()?);
                hidden.push(LayerText::Conv { channels, kernel, stride, padding, along: Along::Both, norm: false });
                hidden.push(LayerText::Pool { window: 2, pooling: Pooling::Max });
            }
            _ => return Err(part.into()),
        }
    }
    match hidden.pop() {
        Some(LayerText::Dense(output)) => Ok(Net { text: text.into(), hidden, output: Some(output) }),
        _ => Err(text.into()),
    }
}

impl Net {
    /// One hidden layer of that many neurons.
    pub fn dense(neurons: usize) -> Net {
        Net::of_words(vec![LayerText::Dense(neurons)])
    }

    /// The same hidden layers, with an output layer that follows from the data.
    pub fn without_output(&self) -> Net {
        Net::of_words(self.hidden.clone())
    }

    /// The same with `factor` times as many neurons in each fully connected layer, one at least.
    pub(crate) fn widened(&self, factor: f64) -> Net {
        let widened = |layer: &LayerText| match layer {
            LayerText::Dense(neurons) => LayerText::Dense(((*neurons as f64 * factor).round() as usize).max(1)),
            other => *other,
        };
        Net::of_words(self.hidden.iter().map(widened).collect())
    }

    fn of_words(hidden: Vec<LayerText>) -> Net {
        let mut net = Net { text: String::new(), hidden, output: None };
        net.text = net.to_string();
        net
    }

    /// The description of a chain of layers, the last being the output layer. It says nothing of activations and dropout.
    pub fn of(layers: &[Layer]) -> Net {
        let hidden = layers.split_last().map_or(&[][..], |(_, hidden)| hidden);
        let word = |layer: &Layer| match *layer {
            Layer::Dense(dense) => Some(LayerText::Dense(dense.outputs)),
            Layer::Conv(Conv { channels, kernel, stride, padding, along, norm, .. }) => {
                Some(LayerText::Conv { channels, kernel, stride, padding, along, norm })
            }
            Layer::Pool(Pool { window, pooling, .. }) => Some(LayerText::Pool { window, pooling }),
            Layer::Dropout(_) => None,
        };
        Net::of_words(hidden.iter().filter_map(word).collect())
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (k, word) in self.hidden.iter().enumerate() {
            write!(f, "{}{word}", if k > 0 { " " } else { "" })?;
        }
        Ok(())
    }
}

impl Net {
    /// The number of hidden dense layers.
    pub fn depth(&self) -> usize {
        self.hidden.iter().filter(|word| matches!(word, LayerText::Dense(_))).count()
    }

    /// The number of layers before the first dense one: the convolutional front end.
    pub fn front(&self) -> usize {
        self.hidden.iter().take_while(|word| !matches!(word, LayerText::Dense(_))).count()
    }

    /// Whether there is a convolution.
    pub fn has_convolution(&self) -> bool {
        self.hidden.iter().any(|word| matches!(word, LayerText::Conv { .. }))
    }

    /// Whether a layer is normalised.
    pub fn has_norm(&self) -> bool {
        self.hidden.iter().any(|word| matches!(word, LayerText::Conv { norm: true, .. }))
    }

    /// The chain of layers for samples of shape `input` and `outputs` outputs.
    ///
    /// Dropout, where asked for, stands before every dense layer, also before the first, as in the paper's code.
    ///
    /// # Errors
    /// A filter or window that has no place, an image layer behind a dense one, or an output layer of another size than
    /// the text names.
    pub fn layers(&self, input: Shape, outputs: usize, style: &LayerStyle) -> Result<Vec<Layer>, NetError> {
        if let Some(output) = self.output.filter(|output| *output != outputs) {
            return Err(NetError::Output { net: self.text.clone(), output, expected: outputs });
        }
        let (mut layers, mut shape, mut image) = (Vec::new(), input, true);
        for &word in &self.hidden {
            let is_dense = matches!(word, LayerText::Dense(_));
            if !image && !is_dense {
                return Err(NetError::AfterDense { net: self.text.clone(), word: word.to_string() });
            }
            image &= !is_dense;
            if word == LayerText::GlobalPool && shape.height != shape.width && shape.width != 1 {
                let Shape { height, width, .. } = shape;
                return Err(NetError::NotSquare { net: self.text.clone(), height, width });
            }
            shape = style.push(&mut layers, word, shape, style.activation);
            if shape.size() == 0 {
                let input = layers.iter().rev().nth(1).map_or(input, Layer::output_shape);
                let Shape { channels, height, width } = input;
                return Err(NetError::NoPlace {
                    net: self.text.clone(),
                    word: word.to_string(),
                    channels,
                    height,
                    width,
                });
            }
        }
        style.push(&mut layers, LayerText::Dense(outputs), shape, style.output);
        Ok(layers)
    }
}

/// What the text of a network does not say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerStyle {
    /// Of the hidden layers.
    pub activation: Activation,
    /// Probability, 0 for none.
    pub dropout: f32,
    /// Of the output layer.
    pub output: Activation,
    /// Whether readouts of convolutions see averages of their maps.
    pub pooled_readouts: bool,
}

impl LayerStyle {
    /// The style of a network that learns by `loss`. Standardised targets have no bounds, so their outputs have none; other
    /// values are answered by the hidden activation, as in the paper's synthetic task.
    pub fn new(activation: Activation, dropout: f32, loss: Loss, are_standardised: bool) -> Self {
        let is_bounded = loss == Loss::MeanSquaredError && !are_standardised;
        let output = if is_bounded { activation } else { Activation::Identity };
        LayerStyle { activation, dropout, output, pooled_readouts: false }
    }

    /// The same, whose readouts of convolutions see these.
    pub fn with_readouts_of(self, maps: ReadoutMaps) -> Self {
        LayerStyle { pooled_readouts: maps == ReadoutMaps::Pooled, ..self }
    }

    /// Adds the layer (and the dropout before it) that `word` is for an input of shape `input`; returns its output's shape.
    fn push(&self, layers: &mut Vec<Layer>, word: LayerText, input: Shape, activation: Activation) -> Shape {
        let layer = match word {
            LayerText::Dense(outputs) => {
                if self.dropout > 0.0 {
                    layers.push(Layer::Dropout(Dropout { units: input.size(), probability: self.dropout }));
                }
                Layer::Dense(Dense { inputs: input.size(), outputs, activation })
            }
            LayerText::Conv { channels, kernel, stride, padding, along, norm } => {
                let pooled_readout = self.pooled_readouts;
                Layer::Conv(Conv { input, channels, kernel, stride, padding, along, norm, pooled_readout, activation })
            }
            LayerText::Pool { window, pooling } => Layer::Pool(Pool { input, window, pooling }),
            LayerText::GlobalPool => Layer::Pool(Pool { input, window: input.height, pooling: Pooling::Average }),
        };
        layers.push(layer);
        layer.output_shape()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: LayerStyle =
        LayerStyle { activation: Activation::Tanh, dropout: 0.0, output: Activation::Identity, pooled_readouts: false };
    const IMAGE: Shape = Shape { channels: 1, height: 28, width: 28 };

    #[test]
    fn both_ways_to_write_a_network_give_the_same_layers() {
        for (ours, papers) in [
            ("fc500 fc200", "FC_500_FC_200_FC_10"),
            ("conv32k5p2 pool2 fc1000", "CONV_32_5_1_2_FC_1000_FC_10"),
            ("conv8k3s2 pool2 conv4k3p1 pool2", "CONV_8_3_2_0_CONV_4_3_1_1_FC_10"),
        ] {
            let papers: Net = papers.parse().unwrap();
            assert_eq!(papers.to_string(), ours);
            let ours: Net = ours.parse().unwrap();
            assert_eq!(Net::of(&ours.layers(IMAGE, 10, &STYLE).unwrap()), ours);
            assert_eq!(ours.layers(IMAGE, 10, &STYLE).unwrap(), papers.layers(IMAGE, 10, &STYLE).unwrap());
        }
    }

    #[test]
    fn shapes_follow_from_layer_to_layer() {
        let net: Net = "conv32k5p2 pool2 conv8k3s2 avgpool3 fc20".parse().unwrap();
        let layers = net.layers(IMAGE, 10, &STYLE).unwrap();
        let outputs: Vec<usize> = layers.iter().map(Layer::outputs).collect();
        assert_eq!(outputs, [32 * 28 * 28, 32 * 14 * 14, 8 * 6 * 6, 8 * 2 * 2, 20, 10]);
        assert_eq!((net.depth(), net.front()), (1, 4));
    }

    #[test]
    fn filters_and_windows_slide_along_the_time_of_a_series() {
        let series = Shape { channels: 3, height: 32, width: 1 };
        let net: Net = "conv16x5 pool2 conv8x3s2p1 avgpool2 fc20".parse().unwrap();
        let layers = net.layers(series, 4, &STYLE).unwrap();
        let outputs: Vec<usize> = layers.iter().map(Layer::outputs).collect();
        assert_eq!(outputs, [16 * 28, 16 * 14, 8 * 7, 8 * 3, 20, 4]);
        assert_eq!(layers[0].parameters(), 16 * 3 * 5 + 16);
        assert_eq!(
            (Net::of(&layers), net.to_string()),
            (net.clone(), "conv16x5 pool2 conv8x3s2p1 avgpool2 fc20".into())
        );
        let error = "conv16k5s2".parse::<Net>().unwrap().layers(series, 4, &STYLE).unwrap_err().to_string();
        assert!(error.ends_with("input of 3 x 32 x 1; write conv16x5s2 for filters along time"), "{error}");
    }

    #[test]
    fn norm_belongs_to_the_convolution_before_it_and_globalpool_means_each_map() {
        let net: Net = "conv4k3  norm pool2 conv8x3p1 norm globalpool fc20".parse().unwrap();
        assert_eq!(net.to_string(), "conv4k3 norm pool2 conv8x3p1 norm globalpool fc20");
        let layers = net.layers(Shape { channels: 2, height: 28, width: 1 }, 10, &STYLE).unwrap_err();
        assert!(matches!(layers, NetError::NoPlace { .. }), "{layers}");
        let layers = "conv8x3p1 norm globalpool".parse::<Net>().unwrap();
        let layers = layers.layers(Shape { channels: 2, height: 28, width: 1 }, 10, &STYLE).unwrap();
        let outputs: Vec<usize> = layers.iter().map(Layer::outputs).collect();
        assert_eq!((outputs, Net::of(&layers).to_string()), (vec![8 * 28, 8, 10], "conv8x3p1 norm avgpool28".into()));
        assert_eq!(layers[0].parameters(), 8 * 2 * 3 + 4 * 8);
    }

    #[test]
    fn an_empty_text_is_a_network_without_hidden_layers() {
        assert_eq!("".parse::<Net>().unwrap().layers(Shape::flat(4), 3, &STYLE).unwrap().len(), 1);
    }

    #[test]
    fn dropout_stands_before_every_dense_layer_and_no_other() {
        let style = LayerStyle { dropout: 0.1, ..STYLE };
        let layers = "fc5".parse::<Net>().unwrap().layers(Shape::flat(4), 3, &style).unwrap();
        let units: Vec<usize> = layers.iter().map(Layer::inputs).collect();
        assert_eq!(units, [4, 4, 5, 5]);
        let layers = "conv2k3 fc5".parse::<Net>().unwrap().layers(IMAGE, 3, &style).unwrap();
        assert!(matches!(layers[..], [Layer::Conv(_), Layer::Dropout(_), Layer::Dense(_), Layer::Dropout(_), _]));
    }

    #[test]
    fn nonsense_is_named() {
        for text in [
            "fc",
            "fcx",
            "500",
            "fc-3",
            "FC_5_",
            "FC_",
            "conv3",
            "FC_5_POOL_2",
            "fc5,fc6",
            "conv3k",
            "conv3k5p2s1",
            "globalpool2",
            "convk3",
            "pool",
            "CONV_3_3_1_1",
            "CONV_3_FC_10",
        ] {
            let error = text.parse::<Net>().unwrap_err();
            assert!(matches!(error, NetError::Word { .. }), "{text}: {error}");
        }
        for text in
            ["fc0", "fc99999999999999999999", "FC_0_FC_10", "conv0k3", "conv3k0", "conv3k3s0", "pool0", "FC_5_FC_0"]
        {
            assert!(matches!(text.parse::<Net>().unwrap_err(), NetError::Size { .. }), "{text}");
        }
    }

    #[test]
    fn a_network_that_does_not_fit_its_data_is_refused() {
        let refused = |text: &str| text.parse::<Net>().unwrap().layers(IMAGE, 3, &STYLE).unwrap_err();
        assert!(matches!(refused("FC_5_FC_7"), NetError::Output { output: 7, expected: 3, .. }));
        assert!(matches!(refused("conv3k29"), NetError::NoPlace { channels: 1, height: 28, width: 28, .. }));
        assert!(matches!(refused("conv3k3s4 pool8"), NetError::NoPlace { channels: 3, height: 7, .. }));
        assert!(matches!(refused("fc5 conv3k3"), NetError::AfterDense { .. }));
        let error = "globalpool".parse::<Net>().unwrap().layers(Shape { height: 9, ..IMAGE }, 3, &STYLE).unwrap_err();
        assert!(matches!(error, NetError::NotSquare { height: 9, width: 28, .. }));
        for (text, before) in [("norm", "no layer"), ("fc5 norm", "fc5"), ("conv3k3 norm norm", "conv3k3 norm")] {
            let error = text.parse::<Net>().unwrap_err().to_string();
            assert!(
                error.contains("norm belongs to the convolution right before it") && error.contains(before),
                "{error}"
            );
        }
    }
}
