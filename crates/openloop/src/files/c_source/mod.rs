//! A trained network as one C99 header that answers and learns without any library: [`source`].
//!
//! | file | one sentence |
//! |---|---|
//! | `parts/` | The C functions that are the same for every network, with `net_` in the place of its name. |
//! | `parts.rs` | Which of them a network needs. |
//! | `arithmetic.rs`, `float.rs`, `integer.rs` | What differs between f32 and int8, and the two. |
//! | `front.rs` | Frozen convolutions before an int8 network. |
//! | `walk.rs`, `int8_walk.rs` | The walks over the layers, a call for each thing that is done. |
//! | `table.rs` | Names of classes and inputs, and what becomes of a table's columns. |
//! | `trial.rs` | What the self-test must find. |
//! | `text.rs` | Names, numbers and strings in C. |
//!
//! Bits are those of the core's [`device`](openloop_core::device) and [`integer`](openloop_core::integer): sums are formed in the same
//! order, and nothing is fused.

mod arithmetic;
mod float;
mod front;
mod int8_walk;
mod integer;
mod parts;
mod table;
mod text;
mod trial;
mod walk;

use super::blob::{self, BlobContents, DeviceRates, ExportError};
use super::c_header;
use super::checkpoint::Checkpoint;
use arithmetic::Arithmetic;
use float::Float;
use integer::Integer;
use openloop_core::Error;
use openloop_core::store::{self, HEAD_BYTES, LAYER_BYTES};
use std::path::Path;
use text::{Text, count, hex};

/// The header's text; its names start with the name of the file.
///
/// # Errors
/// A layer or a rule that no device knows, and a rate out of range.
pub fn source(checkpoint: &Checkpoint<'_>, rates: DeviceRates, path: &Path) -> Result<String, ExportError> {
    let blob = blob::to_blob(checkpoint, rates, 0)?;
    let contents = blob::parts(&blob).map_err(ExportError::Blob)?;
    let write = |arithmetic: &dyn Arithmetic| {
        let source = Source { checkpoint, contents: &contents, blob: &blob, arithmetic };
        source.write(c_header::identifier(path))
    };
    let text = match contents.head.about.arithmetic {
        store::Arithmetic::F32 => Float::new(&contents).and_then(|float| write(&float)),
        store::Arithmetic::Int8 => Integer::new(&contents).and_then(|integer| write(&integer)),
    };
    text.map_err(ExportError::CSource)
}

/// All that a header is made of.
struct Source<'s> {
    checkpoint: &'s Checkpoint<'s>,
    contents: &'s BlobContents,
    blob: &'s [u8],
    arithmetic: &'s dyn Arithmetic,
}

impl Source<'_> {
    fn write(&self, name: String) -> Result<String, Error> {
        let mut text = Text::new(name);
        self.head_comment(&mut text);
        text.code("#ifndef NET_H\n#define NET_H\n");
        text.code(parts::CHECKS);
        self.sizes(&mut text)?;
        text.code(parts::NUMBERS);
        self.arrays(&mut text);
        self.arithmetic.answering(&mut text)?;
        text.code(parts::STATE);
        self.arithmetic.walks(&mut text);
        self.arithmetic.samples(&mut text);
        text.code(if self.is_regression() { parts::FACE_OF_VALUES } else { parts::FACE_OF_CLASSES });
        for part in [parts::CRC, parts::BYTES, self.arithmetic.saved_state(), parts::STORE, self.arithmetic.self_test()]
        {
            text.code(part);
        }
        let about = &self.checkpoint.about;
        table::names(&mut text, about);
        table::rows(&mut text, about.columns.as_ref(), self.means().as_deref());
        text.code(parts::END);
        text.code_alone("#endif\n");
        Ok(text.into_string())
    }

    fn is_regression(&self) -> bool {
        self.contents.head.about.regression
    }

    fn inputs(&self) -> usize {
        self.contents.layers[0].inputs()
    }

    fn outputs(&self) -> usize {
        self.contents.layers[self.contents.layers.len() - 1].outputs()
    }

    /// What the file is, how to use it and how to compile it.
    fn head_comment(&self, text: &mut Text) {
        let settings = &self.checkpoint.settings;
        text.code_alone(&format!(
            "/* A network of {} inputs and {} outputs ({}, {}) that learns by {}, made by `openloop export`.\n",
            self.inputs(),
            self.outputs(),
            settings.net,
            settings.arithmetic,
            settings.rule
        ));
        text.code_alone(if self.is_regression() { USE_OF_VALUES } else { USE_OF_CLASSES });
        text.code(USE);
        let columns = self.checkpoint.about.columns.as_ref();
        text.literally(&c_header::columns_comment(columns, self.means().as_deref()));
    }

    /// The means of the inputs, as the table has them.
    fn means(&self) -> Option<Vec<f64>> {
        self.checkpoint.preprocessing.means(self.checkpoint.about.features())
    }

    /// The numbers that the code goes by.
    fn sizes(&self, text: &mut Text) -> Result<(), Error> {
        let (head, about) = (&self.contents.head, &self.contents.head.about);
        text.define("INPUTS", count(self.inputs()));
        text.define("OUTPUTS", count(self.outputs()));
        text.define("SAVE_BYTES", count(head.length));
        let standardisation = size_of::<f32>() * (head.offsets + head.scales);
        text.define("HEAD_BYTES", count(HEAD_BYTES + LAYER_BYTES * head.layers + standardisation));
        text.define("OFFSETS", count(head.offsets));
        text.define("SCALES", count(head.scales));
        text.define("HIDDEN_RATE", text::float(about.hidden_rate));
        text.define("OUTPUT_RATE", text::float(about.output_rate));
        text.define("SAMPLES", format!("UINT64_C({})", about.samples));
        text.define("SEED_LOW", hex(about.seed as u32));
        text.define("SEED_HIGH", hex((about.seed >> 32) as u32));
        self.arithmetic.sizes(text)?;
        text.code("");
        Ok(())
    }

    /// The constants in flash beside the weights.
    fn arrays(&self, text: &mut Text) {
        text.floats("net_offset", &self.contents.preprocessing.offset);
        text.floats("net_scale", &self.contents.preprocessing.scale);
        if self.is_regression() {
            let floats = |values: &[f64]| values.iter().map(|value| *value as f32).collect::<Vec<_>>();
            let (zeros, ones) = (vec![0.0; self.outputs()], vec![1.0; self.outputs()]);
            let units = self.checkpoint.about.units.as_ref();
            let (mean, deviation) =
                units.map_or((zeros, ones), |units| (floats(&units.mean), floats(&units.deviation)));
            text.floats("net_mean", &mean);
            text.floats("net_deviation", &deviation);
        }
        let head = &self.blob[..HEAD_BYTES + LAYER_BYTES * self.contents.head.layers];
        text.code("/* What a save begins with. */");
        text.code_alone("#if !defined(NET_INFER_ONLY)\n");
        text.array("uint8_t net_head", head, u8::to_string);
        text.code("#endif\n");
    }
}

const USE_OF_CLASSES: &str = "
       float x[NET_INPUTS];                   values as in the table, not standardised
       int32_t kind = net_predict(x);         the class, 0 to NET_OUTPUTS - 1
       net_learn(x, label);                   learns, and gives the class it answered before
       net_infer(x, y);                       the class, and all outputs in y[NET_OUTPUTS]
       net_class_name(kind)
";
const USE_OF_VALUES: &str = "
       float x[NET_INPUTS], y[NET_OUTPUTS];   values as in the table, not standardised
       net_infer(x, y);                       answers
       net_learn(x, targets, y);              learns, and gives what it answered before; y may be NULL
";
const USE: &str = "       net_save(buffer, NET_SAVE_BYTES); net_load(buffer, length); net_save_to(put, context); net_load_from(get, context);
       net_reset();                           forgets what was learned since the export
       net_self_test()                        1 if compiler and processor give the bits of Openloop; forgets, so call it first

   A negative answer says what is wrong; see NET_NOT_FINITE and those after it. Include this file in one source file. It needs no
   library and allocates nothing. Define before the include
       NET_INFER_ONLY     for a program that does not learn: the weights stay in flash
       NET_DRAW_FEEDBACK  to draw the fixed random matrices of a network in f32 again whenever they are read: time for flash

   The same calls give the same bits as Openloop on a PC, where the compiler fuses no multiplication with an addition and takes no
   liberties. The pragmas below see to it with GCC and Clang; -ffp-contract=off is the flag; never use -ffast-math. */
";
