//! Frozen convolutions before an int8 network, as C text.

use super::parts::int8 as parts;
use super::text::Text;
use openloop_core::integer::{self, Int8Front, Int8FrontWeights, Int8Stage};
use openloop_core::{Conv, Error, Layer, Pooling, Shape};
use std::fmt::Write;

/// A front and its numbers.
pub(super) struct Front<'s> {
    front: Int8Front<'s>,
    floats: &'s [f32],
    weights: Vec<i8>,
    biases: Vec<i32>,
}

impl<'s> Front<'s> {
    /// The frozen layers with their weights in f32, whose inputs have `bits` fraction bits.
    ///
    /// # Errors
    /// Layers that have no int8 version; [`Error::LayerNotOnDevice`] where they compute in f32.
    pub(super) fn new(layers: &'s [Layer], floats: &'s [f32], bits: Option<u8>) -> Result<Self, Error> {
        let front = Int8Front::new(layers, bits.ok_or(Error::LayerNotOnDevice { layer: 0 })?)?;
        let sizes = front.sizes();
        let (mut weights, mut biases) = (vec![0; sizes.weights], vec![0; sizes.biases]);
        integer::quantise(&front, floats, &mut weights, &mut biases)?;
        Ok(Front { front, floats, weights, biases })
    }

    pub(super) fn input_bits(&self) -> u8 {
        self.front.input_bits()
    }

    pub(super) fn inputs(&self) -> usize {
        self.front.inputs()
    }

    /// What it makes of a sample.
    pub(super) fn features(&self, x: &[i8]) -> Result<Vec<i8>, Error> {
        let (mut room, mut made) = (vec![0; self.front.sizes().room], vec![0; self.front.outputs()]);
        let weights = Int8FrontWeights { weights: &self.weights, biases: &self.biases };
        integer::features(&self.front, weights, x, &mut room, &mut made)?;
        Ok(made)
    }

    /// Its constants, and `net_front`, which makes the first layer's inputs of a sample.
    pub(super) fn write(&self, text: &mut Text) {
        text.code(parts::FRONT);
        let (mut weights, mut biases, mut calls) = (&self.weights[..], &self.biases[..], String::new());
        let (mut number, mut k, mut x, mut rooms) = (0, 0, "x".to_string(), [0; 2]);
        while let Some((stage, next)) = self.front.stage(k) {
            let (own, rest) = weights.split_at(stage.conv().weights());
            let (of_stage, others) = biases.split_at(1 + stage.conv().channels);
            (weights, biases, k) = (rest, others, next);
            text.array(&format!("int8_t net_filters_{number}"), own, i8::to_string);
            text.array(&format!("int32_t net_biases_{number}"), &of_stage[1..], |bias| format!("INT32_C({bias})"));
            text.code(&constant(number, &stage, of_stage[0]));
            let is_last = self.front.stage(next).is_none();
            let out = if is_last { "net_features".to_string() } else { format!("net_map_{}", number % 2) };
            let _ = writeln!(calls, "    net_run(&net_stage_{number}, {x}, {out});");
            if !is_last {
                rooms[number % 2] = stage.outputs().max(rooms[number % 2]);
            }
            (x, number) = (out, number + 1);
        }
        for (turn, room) in rooms.into_iter().enumerate().filter(|(_, room)| *room > 0) {
            text.code_alone(&format!("static int8_t net_map_{turn}[{room}];\n"));
        }
        text.code(&format!(
            "static int8_t net_features[{}];\n\n/* What the convolutions make of a sample: the inputs of the layers that learn. */\n\
             NET_PART const int8_t *net_front(const int8_t *x)\n{{\n{calls}    return net_features;\n}}\n",
            self.front.outputs()
        ));
    }

    /// Its weights in f32, of which a save consists too.
    pub(super) fn write_floats(&self, text: &mut Text) {
        text.code("/* The convolutions' weights and biases as a PC has them, for saves. */");
        text.code_alone("#if !defined(NET_INFER_ONLY)\n");
        text.floats("net_front_floats", self.floats);
        text.code("#endif\n");
    }
}

/// The constant of a stage.
fn constant(number: usize, stage: &Int8Stage<'_>, weight_bits: i32) -> String {
    let Conv { input: Shape { channels, height, width }, channels: filters, .. } = stage.conv();
    let ([rows, columns], [down, right]) = (stage.conv().kernels(), stage.conv().strides());
    let ([above, left], [window_rows, window_columns]) = (stage.conv().paddings(), stage.windows());
    let ([map_rows, map_columns], sum_bits) = (stage.map(), weight_bits + i32::from(stage.input_bits));
    let is_average = u8::from(stage.pooling() == Pooling::Average);
    format!(
        "static const net_stage_t net_stage_{number} = {{{channels}u, {height}u, {width}u, {filters}u, {rows}u, {columns}u, {down}u, \
         {right}u, {above}u, {left}u, {window_rows}u, {window_columns}u, {map_rows}u, {map_columns}u, {is_average}u, {sum_bits}u, \
         net_filters_{number}, net_biases_{number}}};\n"
    )
}
