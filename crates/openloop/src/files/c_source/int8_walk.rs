//! The two walks over the layers of an int8 network as C text, in the order of the core's.

use openloop_core::Rule;
use openloop_core::integer::{Int8Layer, Int8Network};
use openloop_core::rule::{Coefficients, Teacher};
use std::fmt::Write;

/// What a walk is made for.
pub(super) struct Int8Walk {
    pub(super) layers: Vec<Int8Layer>,
    pub(super) rule: Rule,
    seed: u64,
}

impl Int8Walk {
    pub(super) fn new(network: &Int8Network<'_>) -> Self {
        let layers = (0..network.depth()).filter_map(|k| network.layer(k)).collect();
        Int8Walk { layers, rule: network.settings().rule, seed: network.settings().seed }
    }

    /// The layers, where their parameters and outputs lie, and the room for errors and signals.
    pub(super) fn places(&self) -> String {
        let (mut text, mut own, last) = (String::new(), 0, self.layers.len() - 1);
        for (k, layer) in self.layers.iter().enumerate() {
            let Int8Layer { inputs, outputs, input_bits, weight_bits, feedback_bits, .. } = layer;
            let (feedback, rounding) = (layer.feedback_start(self.seed), layer.rounding_start(self.seed));
            let _ = writeln!(
                text,
                "static const net_layer_t net_layer_{k} = {{{inputs}u, {outputs}u, {input_bits}u, {weight_bits}u, {feedback_bits}u, \
                 UINT32_C({feedback:#010x}), UINT32_C({rounding:#010x})}};\n\
                 #define NET_LAYER_{k} (NET_WEIGHTS + {own}u)"
            );
            own += layer.parameters();
        }
        let hidden = &self.layers[..last];
        let widest = |turn: usize| hidden.iter().skip(turn).step_by(2).map(|layer| layer.outputs).max().unwrap_or(0);
        let in_turn: Vec<usize> = (0..last).map(|k| if k % 2 == 0 { 0 } else { widest(0) }).collect();
        let kept: Vec<usize> = (0..last).map(|k| hidden[..k].iter().map(|layer| layer.outputs).sum()).collect();
        let outputs = |starts: &[usize]| {
            let line = |(k, start): (usize, &usize)| format!("#define NET_OUTPUT_{k} (net_activations + {start}u)\n");
            starts.iter().enumerate().map(line).collect::<String>()
        };
        match self.rule.is_local() {
            true => text += &outputs(&in_turn),
            false => {
                let _ =
                    write!(text, "#if defined(NET_INFER_ONLY)\n{}#else\n{}#endif\n", outputs(&in_turn), outputs(&kept));
            }
        }
        let (outputs, widest) = (self.layers[last].outputs, widest(0).max(widest(1)));
        let _ = writeln!(text, "#define NET_ERROR net_values");
        let _ = writeln!(text, "#define NET_DELTA_0 (net_values + {outputs}u)");
        let _ = writeln!(text, "#define NET_DELTA_1 (net_values + {}u)", outputs + widest);
        text
    }

    /// `net_pass`: the network answers.
    pub(super) fn pass(&self) -> String {
        let mut text = String::from("/* The network answers. */\nNET_PART void net_pass(const int8_t *x)\n{\n");
        (0..self.layers.len()).for_each(|k| text += &self.answer(k));
        text + "}\n"
    }

    fn answer(&self, k: usize) -> String {
        let input = input(k);
        match self.is_output(k) {
            true => format!("    net_forward_output(&net_layer_{k}, NET_LAYER_{k}, {input});\n"),
            false => format!("    net_forward(&net_layer_{k}, NET_LAYER_{k}, {input}, NET_OUTPUT_{k});\n"),
        }
    }

    /// `net_step`: a learning step.
    pub(super) fn step(&self) -> String {
        let mut text = String::from(
            "/* A learning step; net_answer is then what the network answered before. */\n\
             NET_PART void net_step(const int8_t *x, uint32_t label, float hidden_rate, float output_rate)\n{\n",
        );
        if self.layers.len() == 1 || !self.rule.teaches_hidden_layers() {
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

    fn learn_forward(&self, k: usize) -> String {
        let mut text = self.answer(k);
        if self.is_output(k) {
            text += SUBTRACT_TARGET;
            text += &self.change(k, "NET_ERROR", "NULL");
        } else if let Teacher::Projection(_) = self.rule.teacher() {
            let _ = writeln!(text, "    net_fill(&net_layer_{k}, NET_OUTPUT_{k}, NET_ERROR, label);");
            text += &self.change(k, "NET_ERROR", &format!("NET_OUTPUT_{k}"));
        }
        text
    }

    fn learn_backward(&self, k: usize) -> String {
        let mut text = if self.is_output(k) { SUBTRACT_TARGET.to_string() } else { String::new() };
        match self.rule.teacher() {
            Teacher::NextLayer { .. } => {
                let values = self.delta(k);
                if !self.is_output(k) {
                    let _ = writeln!(text, "    net_gate({values}, NET_OUTPUT_{k}, {}u);", self.layers[k].outputs);
                }
                if k > 0 {
                    let below = self.delta(k - 1);
                    let _ = writeln!(text, "    net_send_down(&net_layer_{k}, NET_LAYER_{k}, {values}, {below});");
                }
                text + &self.change(k, &values, "NULL")
            }
            teacher if self.is_output(k) => {
                text += &self.change(k, "NET_ERROR", "NULL");
                if k > 0 && teacher == Teacher::Projection(Coefficients::ErrorSign) {
                    text += "    net_fill_from_error(NET_ERROR);\n";
                }
                text
            }
            _ => self.change(k, "NET_ERROR", &format!("NET_OUTPUT_{k}")),
        }
    }

    /// Where the signals at layer `k`'s sums lie under backpropagation.
    fn delta(&self, k: usize) -> String {
        if self.is_output(k) { "NET_ERROR".into() } else { format!("NET_DELTA_{}", k % 2) }
    }

    fn change(&self, k: usize, values: &str, a: &str) -> String {
        let rate = if self.is_output(k) { "output_rate" } else { "hidden_rate" };
        format!("    net_change(&net_layer_{k}, NET_LAYER_{k}, {}, {rate}, {values}, {a});\n", input(k))
    }

    fn is_output(&self, k: usize) -> bool {
        k + 1 == self.layers.len()
    }
}

const SUBTRACT_TARGET: &str = "    NET_ERROR[label] -= INT32_C(32768);\n";

fn input(k: usize) -> String {
    if k == 0 { "x".into() } else { format!("NET_OUTPUT_{}", k - 1) }
}
