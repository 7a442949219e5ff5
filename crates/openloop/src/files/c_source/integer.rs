//! A network in int8.

use super::arithmetic::Arithmetic;
use super::front::Front;
use super::int8_walk::Int8Walk;
use super::parts::int8 as parts;
use super::text::{Text, count, hex};
use super::trial;
use crate::files::blob::BlobContents;
use openloop_core::integer::tables::{HALVING, TANH};
use openloop_core::integer::{Int8Network, Int8Plan, Int8Rate, Int8Settings};
use openloop_core::standardise::is_identity;
use openloop_core::{Error, Spec};

pub(super) struct Integer<'s> {
    contents: &'s BlobContents,
    /// The convolutions that stay, where there are any.
    front: Option<Front<'s>>,
    network: Int8Network<'s>,
    walk: Int8Walk,
}

impl<'s> Integer<'s> {
    /// # Errors
    /// A layer or a rule that no device knows.
    pub(super) fn new(contents: &'s BlobContents) -> Result<Self, Error> {
        let about = &contents.head.about;
        if !about.rule.is_on_int8_device() {
            return Err(Error::RuleNotOnDevice);
        }
        let frozen = usize::from(about.frozen);
        let chain = Spec { layers: &contents.layers, loss: contents.head.loss }.check()?.without_front(frozen)?;
        let front =
            (frozen > 0).then(|| Front::new(&contents.layers[..frozen], &contents.parameters, about.front_bits));
        let settings = Int8Settings {
            rule: about.rule,
            seed: about.seed,
            hidden_rate: Int8Rate::new(about.hidden_rate),
            output_rate: Int8Rate::new(about.output_rate),
            half_after: if about.half_after == 0 { u32::MAX } else { about.half_after },
            input_bits: about.input_bits,
            fractions: false,
        };
        let network = Int8Network::new(chain, settings)?;
        Ok(Integer { contents, front: front.transpose()?, network, walk: Int8Walk::new(&network) })
    }
}

impl Arithmetic for Integer<'_> {
    fn sizes(&self, text: &mut Text) -> Result<(), Error> {
        let Integer { contents, network, .. } = self;
        text.define("PARAMETERS", count(contents.integers.len()));
        let (asking, learning) = (Int8Plan::inference(network), Int8Plan::learning(network));
        let room = |plan: &Int8Plan| {
            let hidden = plan.activations.max(1); // C has no empty arrays
            format!("#define NET_ACTIVATIONS {hidden}u\n#define NET_VALUES {}u\n", plan.values)
        };
        text.code_alone(&format!("#if defined(NET_INFER_ONLY)\n{}#else\n{}#endif\n", room(&asking), room(&learning)));
        text.define("HALF_AFTER", count(network.settings().half_after as usize));
        let input_bits = self.front.as_ref().map_or(network.settings().input_bits, Front::input_bits);
        text.define("INPUT_BITS", count(input_bits.into()));
        text.define("FRONT(x)", if self.front.is_some() { "net_front(x)" } else { "(x)" });
        let expected =
            trial::in_integers(network, self.front.as_ref(), contents.head.about.samples, &contents.integers)?;
        text.define("TEST_ANSWERS", hex(expected.answers));
        text.define("TEST_LEARNING", hex(expected.learning));
        text.define("INPUT_TYPE", "int8_t");
        text.define("Y(i)", "((float)net_answer[i] / 32768.0f)");
        Ok(())
    }

    fn answering(&self, text: &mut Text) -> Result<(), Error> {
        let list =
            |values: Vec<String>| values.chunks(16).map(|line| line.join(", ")).collect::<Vec<_>>().join(",\n    ");
        let tanh = list(TANH.iter().map(i8::to_string).collect());
        let halving = list(HALVING.iter().map(u16::to_string).collect());
        text.code(&parts::NUMBERS.replace("@TANH@", &tanh).replace("@HALVING@", &halving));
        text.code("/* The weights as they were exported, layer by layer, in panels of neurons, and in a panel input by input. */");
        text.array("int8_t net_initial", &self.contents.integers, i8::to_string);
        text.code(&self.walk.places());
        text.code(parts::FORWARD);
        if let Some(front) = &self.front {
            front.write(text);
            front.write_floats(text);
        }
        Ok(())
    }

    fn walks(&self, text: &mut Text) {
        text.code(&self.walk.pass());
        text.code("#if !defined(NET_INFER_ONLY)\n");
        parts::learning(self.walk.rule).into_iter().for_each(|part| text.code(part));
        text.code(&self.walk.step());
        text.code("#endif\n");
    }

    fn samples(&self, text: &mut Text) {
        let preprocessing = &self.contents.preprocessing;
        text.code(parts::QUANTISE);
        text.code(match is_identity(&preprocessing.offset, &preprocessing.scale) {
            true => parts::AS_THEY_COME,
            false => parts::STANDARDISE,
        });
        text.code(parts::LEARN_FROM);
    }

    fn saved_state(&self) -> &'static str {
        if self.front.is_some() { parts::STATE_BEHIND_FRONT } else { parts::STATE_IN_BYTES }
    }

    fn self_test(&self) -> &'static str {
        parts::SELF_TEST
    }
}
