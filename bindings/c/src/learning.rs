//! What a model does with a sample, behind the pointers: what both arithmetics share.

#[cfg(feature = "f32")]
use crate::float;
#[cfg(feature = "int8")]
use crate::int8;
use crate::memory::Parts;
use crate::sample::{Answer, Counters, Outcome, Sample};
use crate::status::Status;
use openloop_core::integer::Int8State;
use openloop_core::store::Arithmetic;

impl Parts<'_> {
    /// Draws the weights a network starts with, and takes inputs as they come.
    pub(crate) fn initialize(&mut self) -> Result<(), Status> {
        self.offset.fill(0.0);
        self.scale.fill(1.0);
        self.draw()
    }

    /// Draws the weights again; the standardisation stays.
    pub(crate) fn reset(&mut self) -> Result<(), Status> {
        self.model.begun = None;
        self.model.how.about.samples = 0;
        self.model.state = Int8State::default();
        self.draw()
    }

    fn draw(&mut self) -> Result<(), Status> {
        match self.model.how.about.arithmetic {
            #[cfg(feature = "f32")]
            Arithmetic::F32 => float::initialize(self),
            #[cfg(feature = "int8")]
            Arithmetic::Int8 => int8::initialize(self),
            #[cfg(not(all(feature = "f32", feature = "int8")))]
            _ => Err(Status::NotOnDevice),
        }
    }

    /// Draws the fixed random matrices, where they are stored.
    pub(crate) fn draw_feedback(&mut self) -> Result<(), Status> {
        match self.model.how.about.arithmetic {
            #[cfg(feature = "f32")]
            Arithmetic::F32 => float::draw_feedback(self),
            _ => Ok(()),
        }
    }

    /// One learning step.
    pub(crate) fn learn(&mut self, sample: Sample<'_>, label: u32) -> Result<Outcome, Status> {
        self.expect_lesson(&sample, label)?;
        match (self.model.how.about.arithmetic, sample) {
            #[cfg(feature = "f32")]
            (Arithmetic::F32, sample) => {
                let own = float::take(self, sample)?;
                float::learn(self, own, label)
            }
            #[cfg(feature = "int8")]
            (Arithmetic::Int8, Sample::I8(own)) => int8::learn(self, Some(own), label),
            #[cfg(feature = "int8")]
            (Arithmetic::Int8, sample) => {
                int8::keep(self, sample)?;
                int8::learn(self, None, label)
            }
            #[cfg(not(all(feature = "f32", feature = "int8")))]
            _ => Err(Status::NotOnDevice),
        }
    }

    /// Begins a step that is taken in parts: checks everything, keeps the sample and changes no weight.
    pub(crate) fn begin(&mut self, sample: Sample<'_>, label: u32) -> Result<(), Status> {
        self.expect_lesson(&sample, label)?;
        let begun = match self.model.how.about.arithmetic {
            #[cfg(feature = "f32")]
            Arithmetic::F32 => {
                float::keep(self, sample)?;
                float::begin(self, label)?
            }
            #[cfg(feature = "int8")]
            Arithmetic::Int8 => {
                int8::keep(self, sample)?;
                crate::sample::Begun { label, progress: None }
            }
            #[cfg(not(all(feature = "f32", feature = "int8")))]
            _ => return Err(Status::NotOnDevice),
        };
        self.model.begun = Some(begun);
        Ok(())
    }

    /// One part of it; what the network answered where that was the last one. In int8 a step is one part.
    pub(crate) fn advance(&mut self) -> Result<Option<Outcome>, Status> {
        let Some(mut begun) = self.model.begun.take() else { return Err(Status::NothingBegun) };
        let outcome = match self.model.how.about.arithmetic {
            #[cfg(feature = "f32")]
            Arithmetic::F32 => float::advance(self, &mut begun)?,
            #[cfg(feature = "int8")]
            Arithmetic::Int8 => Some(int8::learn(self, None, begun.label)?),
            #[cfg(not(all(feature = "f32", feature = "int8")))]
            _ => return Err(Status::NotOnDevice),
        };
        if outcome.is_none() {
            self.model.begun = Some(begun);
        }
        Ok(outcome)
    }

    /// The answer to a sample, and each output if `y` has room for them.
    pub(crate) fn predict(&mut self, sample: Sample<'_>, y: &mut [f32]) -> Result<Answer, Status> {
        self.expect_sample(&sample)?;
        if !y.is_empty() && y.len() != self.model.counts.outputs {
            return Err(Status::WrongLength);
        }
        let (label, confidence) = match (self.model.how.about.arithmetic, sample) {
            #[cfg(feature = "f32")]
            (Arithmetic::F32, sample) => {
                let own = float::take(self, sample)?;
                float::predict(self, own, y)?
            }
            #[cfg(feature = "int8")]
            (Arithmetic::Int8, Sample::I8(own)) => int8::predict(self, Some(own), y)?,
            #[cfg(feature = "int8")]
            (Arithmetic::Int8, sample) => {
                int8::keep(self, sample)?;
                int8::predict(self, None, y)?
            }
            #[cfg(not(all(feature = "f32", feature = "int8")))]
            _ => return Err(Status::NotOnDevice),
        };
        Ok(Answer { label, confidence, sure: (confidence >= self.model.threshold) as u32 })
    }

    /// Checks a sample to answer. A step that was begun is given up.
    fn expect_sample(&mut self, sample: &Sample<'_>) -> Result<(), Status> {
        if sample.len() != self.model.counts.inputs {
            return Err(Status::WrongLength);
        }
        self.model.begun = None;
        Ok(())
    }

    /// The same of a sample to learn from.
    fn expect_lesson(&mut self, sample: &Sample<'_>, label: u32) -> Result<(), Status> {
        if self.model.how.about.regression {
            return Err(Status::NotOnDevice);
        }
        if label as usize >= self.model.counts.outputs { Err(Status::BadLabel) } else { self.expect_sample(sample) }
    }

    /// What went on so far.
    pub(crate) fn counters(&self) -> Counters {
        let (health, state) = (&self.model.health, &self.model.state);
        Counters {
            samples: self.model.how.about.samples,
            refused: health.refused,
            not_finite: health.not_finite,
            saturated: health.saturated.saturating_add(state.saturated),
        }
    }
}
