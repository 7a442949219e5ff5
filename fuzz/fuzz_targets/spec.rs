//! The text of a network: layers, or an error; what was read is written as text that reads as the same hidden layers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openloop::core::{Activation, Loss, Shape};
use openloop::settings::net::{LayerStyle, Net};

fuzz_target!(|text: &str| {
    let Ok(net) = text.parse::<Net>() else { return };
    assert_eq!(net.to_string().parse(), Ok(net.without_output()));
    let style = LayerStyle::new(Activation::Tanh, 0.1, Loss::CrossEntropy, false);
    let _ = net.layers(Shape { channels: 3, height: 32, width: 32 }, 10, &style);
});
