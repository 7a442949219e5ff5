//! A driver of `embedded-storage` holds a saved state as any other flash does.
#![cfg(feature = "embedded-storage")]

use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use openloop_core::store::{About, Arithmetic, Contents, Nor, Section, SectionMut, Slots, Standardisation};
use openloop_core::{Activation, Dense, Layer, Loss, Rule, Scaling, Spec};
use std::convert::Infallible;

/// Two slots of one sector.
struct Chip([u8; 512]);

impl ErrorType for Chip {
    type Error = Infallible;
}

impl ReadNorFlash for Chip {
    const READ_SIZE: usize = 4;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.copy_from_slice(&self.0[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.len()
    }
}

impl NorFlash for Chip {
    const WRITE_SIZE: usize = 8;
    const ERASE_SIZE: usize = 256;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Infallible> {
        self.0[from as usize..to as usize].fill(0xFF);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Infallible> {
        self.0[offset as usize..].iter_mut().zip(bytes).for_each(|(cell, byte)| *cell &= byte);
        Ok(())
    }
}

#[test]
fn a_driver_of_embedded_storage_holds_a_saved_state() {
    let layers = [Layer::Dense(Dense { inputs: 2, outputs: 2, activation: Activation::Identity })];
    let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
    let about = About {
        arithmetic: Arithmetic::F32,
        rule: Rule::Shallow,
        scaling: Scaling::Mean,
        regression: false,
        frozen: 0,
        seed: 1,
        samples: 9,
        hidden_rate: 0.0,
        output_rate: 0.1,
        half_after: 0,
        input_bits: 0,
        front_bits: None,
    };
    let (saved, mut loaded) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [0.0; 6]);
    let mut slots = Slots::new(Nor(Chip([0; 512])), 0, 256).unwrap();
    let state = &[Section::F32(&saved)];
    let contents = Contents { network, about, offset: &[0.0], scale: &[1.0], state };
    assert_eq!((slots.save(&contents), slots.save(&contents)), (Ok(1), Ok(2)));
    let state = &mut [SectionMut::F32(&mut loaded)];
    let head = slots.load(&network, Arithmetic::F32, Rule::Shallow, Standardisation::default(), state).unwrap();
    assert_eq!((loaded, head.about, head.sequence), (saved, about, 2));
}
