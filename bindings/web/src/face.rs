//! What WebAssembly exports. Every function takes and gives numbers; one that can fail gives -1 and leaves a message.
//!
//! A caller gets the address of a buffer that is long enough by `buffer_*`, writes there, and reads what comes back from the address
//! that `output_address`, `bytes_address` or `message_address` gives. An address holds until the next call. Names are exported in
//! WebAssembly only, since a PC's C library has some of them too.

use crate::error::Error;
use crate::model::{Config, Model};
use crate::table::{answer, with_table};
use openloop_core::device::Stage;
use openloop_core::{Activation, Layer, Loss, Named, Rule};

/// More values or bytes than this no call takes.
const MOST: usize = 1 << 25;

/// The address of a buffer of `count` f32 values for samples and sizes; 0 where that is more than there is room for.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn buffer_values(count: u32) -> usize {
    with_table(|table| room(&mut table.input, count as usize))
}

/// The address of a buffer of `count` bytes for files and names; 0 where that is more than there is room for.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn buffer_bytes(count: u32) -> usize {
    with_table(|table| room(&mut table.bytes, count as usize))
}

/// Where the values lie that the last call gave.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn output_address() -> usize {
    with_table(|table| table.output.as_ptr() as usize)
}

/// Where the bytes lie that `save` wrote.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn bytes_address() -> usize {
    with_table(|table| table.bytes.as_ptr() as usize)
}

/// Where the last error's words lie, in UTF-8.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn message_address() -> usize {
    with_table(|table| table.message.as_ptr() as usize)
}

/// Bytes of the last error's words.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn message_length() -> usize {
    with_table(|table| table.message.len())
}

/// The number of the rule (0), activation (1) or loss (2) whose name is the first `length` bytes.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn code(kind: u32, length: u32) -> i32 {
    answer(|table| {
        let bytes = table.bytes.get(..length as usize).ok_or(Error::Buffer)?;
        let name = core::str::from_utf8(bytes).unwrap_or_default();
        let code = match kind {
            0 => name.parse().map(Rule::code),
            1 => name.parse().map(Activation::code),
            _ => name.parse().map(Loss::code),
        };
        code.map(u32::from).map_err(Error::Name)
    })
}

/// A new model: `sizes` values of the buffer are inputs, neurons of each hidden layer, and classes. Gives its number.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn create(
    sizes: u32,
    rule: u32,
    activation: u32,
    loss: u32,
    seed: f64,
    hidden_rate: f32,
    output_rate: f32,
) -> i32 {
    answer(|table| {
        let sizes = table.input.get(..sizes as usize).ok_or(Error::Buffer)?;
        let sizes: Vec<usize> = sizes.iter().map(|size| *size as usize).collect();
        let config = Config {
            sizes: &sizes,
            rule: known(Rule::WHAT, rule, Rule::from_code)?,
            activation: known(Activation::WHAT, activation, Activation::from_code)?,
            loss: known(Loss::WHAT, loss, Loss::from_code)?,
            seed: seed as u64,
            hidden_rate,
            output_rate,
        };
        let model = Model::new(&config)?;
        Ok(table.add(model))
    })
}

/// A copy of a model. Gives its number.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn copy(id: u32) -> i32 {
    answer(|table| {
        let model = table.model(id)?.clone();
        Ok(table.add(model))
    })
}

/// Forgets a model.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn release(id: u32) -> i32 {
    answer(|table| table.remove(id).map(|_| 0))
}

/// Standardises every later input: the buffer holds `inputs` offsets and as many scales.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn standardise(id: u32, inputs: u32) -> i32 {
    answer(|table| {
        let (model, values, _) = table.model_and_input(id, inputs.saturating_mul(2))?;
        let (offset, scale) = values.split_at(values.len() / 2);
        model.standardise(offset, scale).map(|()| 0)
    })
}

/// One learning step; the output is what was answered before.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn learn(id: u32, inputs: u32, label: u32) -> i32 {
    answer(|table| {
        let (model, x, output) = table.model_and_input(id, inputs)?;
        give(output, model.learn(x, label)?)
    })
}

/// The class of a sample; the output is what the network answered.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn predict(id: u32, inputs: u32) -> i32 {
    answer(|table| {
        let (model, x, output) = table.model_and_input(id, inputs)?;
        let (class, y) = model.predict(x)?;
        give(output, y)?;
        Ok(class as u32)
    })
}

/// Begins a step that is taken part by part.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn begin(id: u32, inputs: u32, label: u32) -> i32 {
    answer(|table| {
        let (model, x, _) = table.model_and_input(id, inputs)?;
        model.begin(x, label).map(|()| 0)
    })
}

/// The next part of a step: 1 where there is another, 0 where it was the last.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn advance(id: u32) -> i32 {
    answer(|table| {
        let (model, ..) = table.model_and_input(id, 0)?;
        Ok(u32::from(model.advance()? == Stage::More))
    })
}

/// What a layer answers to a sample, as output; gives the number of values.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn activations(id: u32, inputs: u32, layer: u32) -> i32 {
    answer(|table| {
        let (model, x, output) = table.model_and_input(id, inputs)?;
        *output = model.activations(x, layer as usize)?;
        Ok(output.len() as u32)
    })
}

/// What teaches a layer when the sample has this label, as output; gives the number of values.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn signal(id: u32, inputs: u32, label: u32, layer: u32) -> i32 {
    answer(|table| {
        let (model, x, output) = table.model_and_input(id, inputs)?;
        *output = model.signal(x, label, layer as usize)?;
        Ok(output.len() as u32)
    })
}

/// All weights and biases, as output; gives their number.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn parameters(id: u32) -> i32 {
    answer(|table| {
        let (model, _, output) = table.model_and_input(id, 0)?;
        give(output, model.parameters())
    })
}

/// Writes the model's file into the bytes; gives its length.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn save(id: u32) -> i32 {
    answer(|table| {
        let (model, ..) = table.model_and_input(id, 0)?;
        let bytes = model.save()?;
        table.bytes = bytes;
        Ok(table.bytes.len() as u32)
    })
}

/// The model of the file that is the first `length` bytes. Gives its number.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn load(length: u32) -> i32 {
    answer(|table| {
        let bytes = table.bytes.get(..length as usize).ok_or(Error::Buffer)?;
        let model = Model::load(bytes)?;
        Ok(table.add(model))
    })
}

/// CRC-32 of all weights, or of those of one layer; 0 and a message where there is none.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn checksum(id: u32, layer: i32) -> u32 {
    with_table(|table| {
        let found = table.model(id).and_then(|model| match usize::try_from(layer) {
            Ok(k) => model.layer_checksum(k),
            Err(_) => Ok(model.checksum()),
        });
        found.unwrap_or_else(|error| {
            table.message = error.to_string();
            0
        })
    })
}

/// A number of a model. Of the whole: 0 layers, 1 parts of a step, 2 rule, 3 loss, 4 inputs, 5 classes; values that the core plans: 10 parameters,
/// 11 activations, 12 error, 13 signal, 14 feedback where it is stored; counters: 20 refused, 21 not finite, 22 saturated.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn number(id: u32, what: u32) -> i32 {
    answer(|table| {
        let model = table.model(id)?;
        let (sizes, health, layers) = (model.sizes()?, model.health(), model.layers());
        Ok(match what {
            0 => layers.len() as u32,
            1 => model.parts()? as u32,
            2 => model.about().rule.code().into(),
            3 => model.loss().code().into(),
            4 => layers.first().map_or(0, Layer::inputs) as u32,
            5 => layers.last().map_or(0, Layer::outputs) as u32,
            10 => sizes.parameters as u32,
            11 => sizes.activations as u32,
            12 => sizes.error as u32,
            13 => sizes.signal as u32,
            14 => sizes.feedback as u32,
            20 => health.refused.min(i32::MAX as u32),
            21 => health.not_finite.min(i32::MAX as u32),
            22 => health.saturated.min(i32::MAX as u32),
            code => return Err(Error::Unknown { what: "number of a model", code }),
        })
    })
}

/// Samples learned from since the weights were drawn, here or elsewhere; -1 without such a model.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn samples(id: u32) -> f64 {
    with_table(|table| table.model(id).map_or(-1.0, |model| model.about().samples as f64))
}

/// Neurons of a layer.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn neurons(id: u32, layer: u32) -> i32 {
    answer(|table| {
        let found = table.model(id)?.layers().get(layer as usize);
        found.map(|layer| layer.outputs() as u32).ok_or(Error::NoLayer { layer: layer as usize })
    })
}

/// Makes a buffer as long as is asked and gives its address; 0, and the buffer as it was, where memory is short.
fn room<T: Clone + Default>(buffer: &mut Vec<T>, count: usize) -> usize {
    if count > MOST || buffer.try_reserve_exact(count.saturating_sub(buffer.len())).is_err() {
        return 0;
    }
    buffer.resize(count, T::default());
    buffer.as_ptr() as usize
}

fn known<T>(what: &'static str, code: u32, of: impl FnOnce(u8) -> Option<T>) -> Result<T, Error> {
    u8::try_from(code).ok().and_then(of).ok_or(Error::Unknown { what, code })
}

fn give(output: &mut Vec<f32>, values: &[f32]) -> Result<u32, Error> {
    output.clear();
    output.extend_from_slice(values);
    Ok(values.len() as u32)
}
