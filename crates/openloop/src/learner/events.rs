//! Samples as lists of what is not 0 in them, as event-driven sensors send them.

use super::learner::Learner;
use crate::kernels::Fast;
use openloop_core::{Error, Targets};

/// The number of an input, and its value, which is not 0.
pub type InputEvent = (usize, f32);

impl Learner {
    /// As [`Learner::infer`], for one sample that is 0 but for some events.
    ///
    /// # Errors
    /// [`Error::WrongLength`] for an event at an input that the network has not.
    pub fn infer_events(&mut self, kernels: &Fast, events: &[InputEvent], answer: &mut [f32]) -> Result<(), Error> {
        self.with_events(events, |learner, sample| learner.infer(kernels, sample, answer))
    }

    /// As [`Learner::learn`], for one sample that is 0 but for some events. What is 0 costs no arithmetic, and of several events
    /// at an input the last counts.
    ///
    /// # Errors
    /// [`Error::WrongLength`] for an event at an input that the network has not; a label out of range.
    pub fn learn_events(&mut self, kernels: &Fast, events: &[InputEvent], label: u32) -> Result<(), Error> {
        let targets = Targets::Labels(std::slice::from_ref(&label));
        self.with_events(events, |learner, sample| learner.learn(kernels, sample, &targets, &mut |_| ()))
    }

    fn with_events(
        &mut self,
        events: &[InputEvent],
        work: impl FnOnce(&mut Self, &[f32]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let expected = self.network().learning_inputs();
        if let Some((input, _)) = events.iter().find(|(input, _)| *input >= expected) {
            return Err(Error::WrongLength { what: "the input", found: input + 1, expected });
        }
        let mut sample = std::mem::take(&mut self.event_sample);
        let values = sample.room_for(expected);
        events.iter().for_each(|&(input, value)| values[input] = value);
        let worked = work(self, values);
        events.iter().for_each(|&(input, _)| values[input] = 0.0);
        self.event_sample = sample;
        worked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learner::{Int8Weights, Network, NetworkWeights, Workload};
    use crate::settings::{Arithmetic, Options};
    use openloop_core::{Loss, Shape};

    fn learner(net: &str, arithmetic: Arithmetic) -> Learner {
        let data = crate::data::load(&crate::data::DataRequest { name: "digits", ..Default::default() }).unwrap();
        let mut settings = Options::default().complete(&data).unwrap();
        settings.net = net.parse().unwrap();
        settings.loss = Loss::CrossEntropy;
        settings.batch = 1;
        settings.optimizer = openloop_core::OptimizerKind::Sgd;
        let network = Network::new(settings.layers_for(Shape::flat(40), 3, false).unwrap(), settings.loss, 0).unwrap();
        let weights = match arithmetic {
            Arithmetic::F32 => NetworkWeights::draw(&network, &settings).unwrap(),
            Arithmetic::Int8 => {
                let int8 = Int8Weights::draw(network.learning(), &settings, 5).unwrap();
                NetworkWeights::new(&network, Default::default(), Some(int8)).unwrap()
            }
        };
        Learner::new(network, settings, Workload::STREAM, weights).unwrap()
    }

    #[test]
    fn a_list_of_events_teaches_what_the_whole_sample_teaches_and_leaves_no_trace_in_the_next() {
        let kernels = Fast::new(1).unwrap();
        for (net, arithmetic) in [("fc32", Arithmetic::F32), ("fc8", Arithmetic::F32), ("fc8", Arithmetic::Int8)] {
            let (mut whole, mut listed) = (learner(net, arithmetic), learner(net, arithmetic));
            let (mut one, mut other) = ([0.0; 3], [0.0; 3]);
            for i in 0..20 {
                let events = [(i, 1.0), ((7 * i + 3) % 40, -0.5)];
                let mut sample = [0.0; 40];
                events.iter().for_each(|&(input, value)| sample[input] = value);
                whole.learn(&kernels, &sample, &Targets::Labels(&[i as u32 % 3]), &mut |_| ()).unwrap();
                listed.learn_events(&kernels, &events, i as u32 % 3).unwrap();
                whole.infer(&kernels, &sample, &mut one).unwrap();
                listed.infer_events(&kernels, &events, &mut other).unwrap();
                assert_eq!(one, other);
            }
            assert_eq!(whole.snapshot(), listed.snapshot());
        }
    }

    #[test]
    fn an_event_or_a_label_that_is_nowhere_changes_nothing() {
        let (kernels, mut learner) = (Fast::new(1).unwrap(), learner("fc32", Arithmetic::F32));
        let before = learner.snapshot().into_owned();
        assert!(learner.learn_events(&kernels, &[(40, 1.0)], 0).is_err());
        assert!(learner.learn_events(&kernels, &[(4, 1.0)], 3).is_err());
        assert!(learner.infer_events(&kernels, &[(0, 1.0), (41, 1.0)], &mut [0.0; 3]).is_err());
        assert_eq!(learner.snapshot(), before);
    }
}
