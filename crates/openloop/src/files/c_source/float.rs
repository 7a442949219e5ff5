//! A network in f32.

use super::arithmetic::Arithmetic;
use super::parts;
use super::text::{Text, count, hex};
use super::trial;
use super::walk::Walk;
use crate::files::blob::BlobContents;
use openloop_core::device::{DeviceSettings, Learner};
use openloop_core::standardise::is_identity;
use openloop_core::{Dense, Error, Feedback, Layer, Spec, draw_feedback};

pub(super) struct Float<'s> {
    contents: &'s BlobContents,
    learner: Learner<'s>,
    walk: Walk<'s>,
}

impl<'s> Float<'s> {
    /// # Errors
    /// A layer that is not dense, or a rule that no device knows.
    pub(super) fn new(contents: &'s BlobContents) -> Result<Self, Error> {
        let about = &contents.head.about;
        let network = Spec { layers: &contents.layers, loss: contents.head.loss }.check_dense()?;
        let (rule, hidden_rate, output_rate) = (about.rule, about.hidden_rate, about.output_rate);
        let how = DeviceSettings { rule, hidden_rate, output_rate, feedback: Feedback::Seeded(about.seed) };
        let learner = Learner::new(network, how)?;
        let dense = |layer: &Layer| if let Layer::Dense(dense) = layer { Some(*dense) } else { None };
        let layers: Vec<Dense> = contents.layers.iter().filter_map(dense).collect();
        Ok(Float { contents, learner, walk: Walk { network, layers, rule } })
    }

    fn is_regression(&self) -> bool {
        self.contents.head.about.regression
    }

    fn is_standardised(&self) -> bool {
        let preprocessing = &self.contents.preprocessing;
        !is_identity(&preprocessing.offset, &preprocessing.scale)
    }
}

impl Arithmetic for Float<'_> {
    fn sizes(&self, text: &mut Text) -> Result<(), Error> {
        text.define("PARAMETERS", count(self.contents.parameters.len()));
        let (asking, learning) = self.walk.scratch_values();
        text.code_alone(&format!(
            "#if defined(NET_INFER_ONLY)\n#define NET_SCRATCH {asking}u\n#else\n#define NET_SCRATCH {learning}u\n#endif\n"
        ));
        let about = &self.contents.head.about;
        text.define("HALF_AFTER", count(about.half_after as usize));
        let expected = trial::in_floats(&self.learner, about, &self.contents.parameters, self.is_regression())?;
        text.define("TEST_ANSWERS", hex(expected.answers));
        text.define("TEST_LEARNING", hex(expected.learning));
        text.code_alone(if self.is_standardised() { TEST_IN_X } else { TEST_ON_STACK });
        text.code_alone(if self.is_regression() { TEST_VALUES } else { TEST_LABEL });
        text.define("INPUT_TYPE", "float");
        text.define("Y(i)", "(NET_ANSWER[i])");
        Ok(())
    }

    fn answering(&self, text: &mut Text) -> Result<(), Error> {
        let Float { contents, walk, .. } = self;
        let activations: Vec<_> = walk.layers.iter().map(|dense| dense.activation).collect();
        for part in parts::functions(&activations, walk.network.loss(), walk.rule) {
            text.code(part);
        }
        text.code("/* The weights as they were exported: of each layer W row by row, then b. */");
        text.floats("net_initial", &contents.parameters);
        let mut feedback = vec![0.0; walk.fixed_values()];
        if !feedback.is_empty() {
            draw_feedback(&walk.network, walk.rule, contents.head.about.seed, &mut feedback)?;
            text.code("/* The fixed random matrices that carry teaching signals. */");
            text.code_alone("#if !defined(NET_INFER_ONLY) && !defined(NET_DRAW_FEEDBACK)\n");
            text.floats("net_feedback", &feedback);
            text.code("#endif\n");
        }
        text.code(&walk.places());
        text.code(parts::FORWARD);
        Ok(())
    }

    fn walks(&self, text: &mut Text) {
        text.code(&self.walk.pass());
        text.code("#if !defined(NET_INFER_ONLY)\n");
        let (loss, is_deep) = (self.walk.network.loss(), self.walk.layers.len() > 1);
        for part in parts::learning(self.walk.rule, loss, self.is_regression(), is_deep) {
            text.code(part);
        }
        text.code(&self.walk.find_error());
        text.code(&self.walk.step());
        text.code("#endif\n");
    }

    fn samples(&self, text: &mut Text) {
        text.code(if self.is_standardised() { parts::STANDARDISE } else { parts::AS_THEY_COME });
        text.code(parts::LEARN_FROM);
        if !self.is_regression() {
            text.code(parts::LARGEST);
        }
    }

    fn saved_state(&self) -> &'static str {
        parts::STATE_IN_FLOATS
    }

    fn self_test(&self) -> &'static str {
        parts::SELF_TEST
    }
}

const TEST_IN_X: &str = "#define NET_TEST_ROOM float *const x = net_x\n";
const TEST_ON_STACK: &str = "#define NET_TEST_ROOM float x[NET_INPUTS]\n";
const TEST_LABEL: &str = "#define NET_TEST_TARGET net_target_t target = (net_target_t)(sample % NET_OUTPUTS)\n";
const TEST_VALUES: &str = "#define NET_TEST_TARGET \\
    float target[NET_OUTPUTS]; \\
    for (i = 0; i < NET_OUTPUTS; i++) { \\
        target[i] = ((float)((i + sample) % 3u) - 1.0f) * 0.5f; \\
    }
";
