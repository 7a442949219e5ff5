//! The two walks over a network's layers as C text: a call for each thing that is done, in the order of the core's device.

use super::text::float;
use openloop_core::rule::{CoefficientInput, Teacher};
use openloop_core::{Activation, Checked, Dense, Loss, Rule};
use std::fmt::Write;

/// What a walk is made for.
pub(super) struct Walk<'w> {
    pub(super) network: Checked<'w>,
    pub(super) layers: Vec<Dense>,
    pub(super) rule: Rule,
}

impl Walk<'_> {
    /// Where each layer's parameters and outputs lie, and the room for errors and signals.
    pub(super) fn places(&self) -> String {
        let (mut text, mut own) = (String::new(), 0);
        for (k, dense) in self.layers.iter().enumerate() {
            let _ = writeln!(text, "#define NET_LAYER_{k} (NET_WEIGHTS + {own}u)");
            own += dense.parameters();
        }
        let (in_turn, kept) = (self.in_turn(), self.kept());
        match self.rule.is_local() {
            true => text += &self.scratch(&in_turn),
            false => {
                let _ = write!(
                    text,
                    "#if defined(NET_INFER_ONLY)\n{}#else\n{}#endif\n",
                    self.scratch(&in_turn),
                    self.scratch(&kept)
                );
            }
        }
        text
    }

    /// The same for outputs that start at `starts`, the end of the last one added.
    fn scratch(&self, starts: &[usize]) -> String {
        let mut text = String::new();
        let (last, outputs) = (self.layers.len() - 1, self.outputs());
        let end = starts[last + 1];
        for (k, start) in starts.iter().enumerate().take(last + 1) {
            let _ = writeln!(text, "#define NET_OUTPUT_{k} (net_scratch + {start}u)");
        }
        let _ = writeln!(text, "#define NET_ANSWER NET_OUTPUT_{last}");
        let _ = writeln!(text, "#define NET_ERROR (net_scratch + {end}u)");
        let _ = writeln!(text, "#define NET_SIGNAL (net_scratch + {}u)", end + outputs);
        text
    }

    /// Values of scratch: of a program that only asks, and of one that learns.
    pub(super) fn scratch_values(&self) -> (usize, usize) {
        let (in_turn, kept) = (self.in_turn(), self.kept());
        let last = self.layers.len();
        let learning = if self.rule.is_local() { in_turn[last] } else { kept[last] };
        (in_turn[last], learning + self.outputs() + self.signal())
    }

    /// Where outputs start that lie in two buffers in turn, and where both end.
    fn in_turn(&self) -> Vec<usize> {
        let widest = |turn: usize| self.layers.iter().skip(turn).step_by(2).map(|dense| dense.outputs).max();
        let (even, odd) = (widest(0).unwrap_or(0), widest(1).unwrap_or(0));
        (0..self.layers.len()).map(|k| if k % 2 == 0 { 0 } else { even }).chain([even + odd]).collect()
    }

    /// Where outputs start that lie one after the other, and where they end.
    fn kept(&self) -> Vec<usize> {
        let outputs = self.layers.iter().scan(0, |end, dense| {
            *end += dense.outputs;
            Some(*end)
        });
        [0].into_iter().chain(outputs).collect()
    }

    /// The most of a hidden layer's signal that is there at once; as `net_teach` has it, 16 where a matrix carries it.
    fn signal(&self) -> usize {
        let hidden = self.layers[..self.layers.len() - 1].iter().map(|dense| dense.outputs);
        match self.rule.teacher() {
            Teacher::Projection(_) => hidden.map(|outputs| outputs.min(16)).max().unwrap_or(0),
            Teacher::NextLayer { .. } => hidden.max().unwrap_or(0),
            Teacher::Nothing => 0,
        }
    }

    fn outputs(&self) -> usize {
        self.layers[self.layers.len() - 1].outputs
    }

    /// `net_pass`: the network answers.
    pub(super) fn pass(&self) -> String {
        let mut text = String::from("/* The network answers. */\nNET_PART void net_pass(const float *x)\n{\n");
        (0..self.layers.len()).for_each(|k| text += &self.answer(k));
        text + "}\n"
    }

    /// Layer `k` answers.
    fn answer(&self, k: usize) -> String {
        let Dense { inputs, outputs, activation } = self.layers[k];
        let input = self.input(k);
        let mut text = format!("    net_forward(NET_LAYER_{k}, {input}, {inputs}u, NET_OUTPUT_{k}, {outputs}u);\n");
        let mut apply = |function| {
            let _ = writeln!(text, "    {function}(NET_OUTPUT_{k}, {outputs}u);");
        };
        function(activation).into_iter().for_each(&mut apply);
        if k + 1 == self.layers.len() {
            match self.network.loss() {
                Loss::BinaryCrossEntropy => apply("net_sigmoid"),
                Loss::CrossEntropy => apply("net_softmax"),
                Loss::MeanSquaredError => {}
            }
        }
        text
    }

    fn input(&self, k: usize) -> String {
        if k == 0 { "x".into() } else { format!("NET_OUTPUT_{}", k - 1) }
    }

    /// `net_find_error`: the output layer's delta comes to lie in `NET_ERROR`.
    pub(super) fn find_error(&self) -> String {
        let factor = if self.network.loss() == Loss::MeanSquaredError { " * 2.0f" } else { "" };
        let difference = "NET_ANSWER[i] - net_target(target, i)";
        let difference = if factor.is_empty() { difference.into() } else { format!("({difference}){factor}") };
        let gate = function(self.layers[self.layers.len() - 1].activation)
            .map_or_else(String::new, |name| format!("    {name}_gate(NET_ANSWER, NET_ERROR, NET_OUTPUTS);\n"));
        format!(
            "/* The gradient of the loss at the last sums. */\n\
             NET_PART void net_find_error(net_target_t target)\n{{\n    size_t i;\n    \
             for (i = 0; i < NET_OUTPUTS; i++) {{\n        NET_ERROR[i] = {difference};\n    }}\n{gate}}}\n"
        )
    }

    /// `net_step`: a learning step.
    pub(super) fn step(&self) -> String {
        let mut text = String::from(
            "/* A learning step; NET_ANSWER is then what the network answered before. */\n\
             NET_PART void net_step(const float *x, net_target_t target, float hidden_rate, float output_rate)\n{\n",
        );
        if !self.teaches_hidden() {
            text += "    (void)hidden_rate;\n";
        }
        match self.rule.is_local() {
            true => (0..self.layers.len()).for_each(|k| text += &self.learn_forward(k)),
            false => {
                text += "    net_pass(x);\n";
                (0..self.layers.len()).rev().for_each(|k| text += &self.learn_backward(k));
            }
        }
        text + "}\n"
    }

    fn teaches_hidden(&self) -> bool {
        self.layers.len() > 1 && self.rule.teaches_hidden_layers()
    }

    /// Under a local rule a layer answers and learns.
    fn learn_forward(&self, k: usize) -> String {
        let mut text = self.answer(k);
        match self.rule.teacher() {
            _ if k + 1 == self.layers.len() => text += &self.learn_output(k),
            Teacher::Projection(coefficients) => {
                let matrix = self.matrix(k);
                if coefficients.input() == CoefficientInput::Readout {
                    let outputs = self.layers[k].outputs;
                    let _ = writeln!(text, "    net_read_out({matrix}, NET_OUTPUT_{k}, {outputs}u, NET_ERROR);");
                }
                text += "    net_fill(NET_ERROR, target);\n";
                text += &self.teach(k, &matrix);
            }
            Teacher::NextLayer { .. } | Teacher::Nothing => {}
        }
        text
    }

    fn learn_output(&self, k: usize) -> String {
        format!("    net_find_error(target);\n{}", self.move_layer(k, "NET_ERROR"))
    }

    /// On the way back a layer learns; under `bp` and `fa` it hands its signal down before.
    fn learn_backward(&self, k: usize) -> String {
        match self.rule.teacher() {
            Teacher::NextLayer { fixed } => self.hand_down(k, fixed),
            Teacher::Projection(_) if k + 1 < self.layers.len() => self.teach(k, &self.matrix(k)),
            Teacher::Projection(_) if k > 0 => {
                let copy = "    memcpy(NET_ERROR, NET_ANSWER, NET_OUTPUTS * sizeof(float));\n";
                format!("{}{copy}    net_fill(NET_ERROR, target);\n", self.learn_output(k))
            }
            Teacher::Projection(_) | Teacher::Nothing => self.learn_output(k),
        }
    }

    fn hand_down(&self, k: usize, fixed: bool) -> String {
        let Dense { inputs, outputs, activation } = self.layers[k];
        let (mut text, is_output) = (String::new(), k + 1 == self.layers.len());
        let delta = match (is_output, k) {
            (true, _) => "NET_ERROR".to_string(),
            (false, 0) => "NET_SIGNAL".to_string(),
            (false, _) => format!("NET_OUTPUT_{k}"),
        };
        if is_output {
            text += "    net_find_error(target);\n";
        } else {
            if let Some(name) = function(activation) {
                let _ = writeln!(text, "    {name}_gate(NET_OUTPUT_{k}, NET_SIGNAL, {outputs}u);");
            }
            if k > 0 {
                let _ = writeln!(text, "    memcpy({delta}, NET_SIGNAL, {outputs}u * sizeof(float));");
            }
        }
        if k > 0 {
            let _ = match fixed {
                true => {
                    let matrix = self.matrix(k);
                    writeln!(
                        text,
                        "    net_project({matrix}, {inputs}u, 0, {delta}, {outputs}u, NET_SIGNAL, {inputs}u);"
                    )
                }
                false => {
                    writeln!(text, "    net_send_down(NET_LAYER_{k}, {delta}, {outputs}u, NET_SIGNAL, {inputs}u);")
                }
            };
        }
        text + &self.move_layer(k, &delta)
    }

    /// A hidden layer learns from what a fixed matrix carries to it.
    fn teach(&self, k: usize, matrix: &str) -> String {
        let Dense { inputs, outputs, activation } = self.layers[k];
        let gate = function(activation).map_or_else(|| "NULL".to_string(), |name| format!("{name}_gate"));
        let input = self.input(k);
        format!(
            "    net_teach(NET_LAYER_{k}, {input}, {inputs}u, NET_OUTPUT_{k}, {outputs}u, {matrix}, {gate}, hidden_rate);\n"
        )
    }

    fn move_layer(&self, k: usize, delta: &str) -> String {
        let Dense { inputs, outputs, .. } = self.layers[k];
        let (input, rate) = (self.input(k), if k + 1 == self.layers.len() { "output_rate" } else { "hidden_rate" });
        format!("    net_move(NET_LAYER_{k}, {input}, {inputs}u, {outputs}u, 0, {outputs}u, {delta}, {rate});\n")
    }

    /// The fixed matrix of layer `k` in C.
    fn matrix(&self, k: usize) -> String {
        let place: usize = (0..k).map(|k| self.fixed_values_of(k)).sum();
        let stream = openloop_core::memory::feedback_stream(0, k, self.fixed_shape(k).1);
        format!("net_matrix({place}u, {k}u, {})", float(stream.1))
    }

    /// Values of all fixed matrices.
    pub(super) fn fixed_values(&self) -> usize {
        (0..self.layers.len()).map(|k| self.fixed_values_of(k)).sum()
    }

    fn fixed_values_of(&self, k: usize) -> usize {
        let (rows, columns) = self.fixed_shape(k);
        rows * columns
    }

    /// Rows and columns of the fixed matrix that carries layer `k`'s signal.
    fn fixed_shape(&self, k: usize) -> (usize, usize) {
        self.network.feedback_shape(self.rule, k)
    }
}

/// The C function of an activation; none of that which changes nothing.
fn function(activation: Activation) -> Option<&'static str> {
    match activation {
        Activation::Tanh => Some("net_tanh"),
        Activation::Sigmoid => Some("net_sigmoid"),
        Activation::Relu => Some("net_relu"),
        Activation::LeakyRelu => Some("net_lrelu"),
        Activation::Identity => None,
    }
}
