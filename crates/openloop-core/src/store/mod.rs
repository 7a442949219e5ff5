//! The device's model blob: a network that learns, as bytes that travel between PC and device and survive a power cut.
//!
//! All numbers are little-endian, at multiples of their size, without gaps:
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 4 | [`MAGIC`], `OLNB` |
//! | 4 | 2 | [`VERSION`], 1 |
//! | 6 | 1 | arithmetic: 0 f32, 1 int8 |
//! | 7 | 1 | rule: [`Rule::code`](crate::Rule::code) |
//! | 8 | 1 | loss: 0 binary cross-entropy, 1 cross-entropy, 2 mean squared error |
//! | 9 | 1 | flags: 1 the outputs are real values and no classes; 2 scaling as the paper's code has it |
//! | 10 | 2 | L, the number of layers, at most [`MAX_LAYERS`] |
//! | 12 | 2 | how many of the first layers stay as they are |
//! | 14 | 1 | int8: an input of x stands for x / 2^n, n at most 14; f32: 0 |
//! | 15 | 1 | int8 whose layers that stay compute in integers too: 1 + n, an input of x to the first of them stands for x / 2^n, n at most 14, and byte 14 is 7; else 0 |
//! | 16 | 4 | length of the blob in bytes, checksum included |
//! | 20 | 4 | sequence number of the save |
//! | 24 | 8 | seed: the feedback matrices are a function of it |
//! | 32 | 8 | samples learned from |
//! | 40 | 4 | f32: learning rate of the hidden layers at the start |
//! | 44 | 4 | f32: learning rate of the output layer at the start |
//! | 48 | 4 | O, the number of offsets |
//! | 52 | 4 | S, the number of scales |
//! | 56 | 4 | B, bytes of the state |
//! | 60 | 4 | H: rates are those at the start divided by 1 + samples / H; 0: they stay |
//! | 64 | 24 L | the layers, see below |
//! | | 4 O | f32: offsets of the standardisation |
//! | | 4 S | f32: its scales |
//! | | B | the state: f32 weights and biases of layer after layer, then the readouts that learn; in int8 first f32 those of the layers that stay, then a byte for each weight and bias of the others, in the order of [`integer::position`](crate::integer::position) |
//! | | 0 to 3 | zeros up to a multiple of 4 |
//! | | 4 | CRC-32 (zlib's) of all bytes before |
//!
//! | in a layer | bytes | what |
//! |---|---|---|
//! | 0 | 1 | kind: 0 dense, 1 convolution, 2 max pooling, 3 average pooling, 4 dropout, 5 convolution along the height (K x 1), 6 along the width (1 x K) |
//! | 1 | 1 | activation: 0 identity, 1 tanh, 2 sigmoid, 3 relu; 0 where there is none |
//! | 2 | 2 | side of the filter or window, else 0 |
//! | 4 | 2 | stride of a convolution, else 0 |
//! | 6 | 2 | padding of a convolution, else 0 |
//! | 8 | 4 | neurons, or filters; of dropout the f32 probability; of pooling 0 |
//! | 12 | 12 | channels, height, width of the input; 1, 1, n for n values in a row |
//!
//! An input is standardised as x' = (x - offset) scale. There are 1, C or n offsets for n inputs, each for an equal part of
//! them, and as many or other scales; inputs that are taken as they come have the one offset 0 and the one scale 1.
//!
//! A reader goes over all bytes first and writes only when everything fits: length, checksum, numbers, network, and that
//! all are finite. The checksum comes last, so a blob that was not written to its end is none.

mod crc;
mod error;
mod fit;
mod format;
mod head;
mod layer;
#[cfg(feature = "embedded-storage")]
mod nor;
mod read;
mod slots;
mod write;

pub use crc::checksum;
pub use error::Error;
pub use format::{HEAD_BYTES, LAYER_BYTES, MAGIC, MAX_LAYERS, MAX_VALUES, MAX_WEIGHTS, VERSION};
pub use head::{About, Arithmetic, Head, length};
#[cfg(feature = "embedded-storage")]
pub use nor::Nor;
pub use read::{SectionMut, Source, Standardisation, load, open, read_layer, read_state, takes_inputs_as_they_come};
pub use slots::{Flash, READINGS, Slots, Wear};
pub use write::{Contents, Section, Sink};
