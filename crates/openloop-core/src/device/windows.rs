//! The part of a step that belongs to a convolution or to a pooling layer: it answers, and a convolution learns, map by map.
//!
//! All that is there beside the layer's input and output is the signal at one map. A filter's gradient is formed weight by weight and used up
//! at once, in the order of the plain [`conv`](crate::layer::conv), so that the bits are its own.

use super::filters;
use super::health::Health;
use super::learner::{Learner, Lent, activate};
use super::part::Part;
use super::walk::{READOUTS, project};
use crate::layer::{Conv, Grid, Layer};
use crate::loss::Targets;
use crate::matrix::Matrix;
use crate::rule::{CoefficientInput, Coefficients, Teacher};
use crate::spec::{readout_grid, seen};

impl Learner<'_> {
    /// Layer `k` answers and, where there are targets, learns.
    #[inline(never)]
    pub(super) fn turn_windows(&self, k: usize, lent: &mut Lent<'_>, x: &[f32], targets: Option<&Targets<'_>>) {
        let Some(mut part) = self.any_part(k, lent.parameters, lent.scratch, x, false) else { return };
        if let Some(pool) = part.layer.pool() {
            filters::pool(pool, part.x, part.a);
        }
        if let Layer::Conv(conv) = part.layer {
            filters::forward(conv, part.own, part.x, part.a);
            lent.health.sums(part.a);
            activate(conv.activation, None, part.a);
            if let (Some(targets), Teacher::Projection(of)) = (targets, self.settings.rule.teacher()) {
                self.learn_filters(conv, &mut part, of, targets, lent.health);
            }
        }
    }

    /// A convolution learns, filter by filter.
    #[inline(never)]
    fn learn_filters(
        &self,
        conv: &Conv,
        part: &mut Part<'_, Layer>,
        of: Coefficients,
        targets: &Targets<'_>,
        health: &mut Health,
    ) {
        let (rule, rate) = (self.settings.rule, self.settings.hidden_rate);
        let (columns, grid) = (seen(rule, part.layer), readout_grid(rule, part.layer));
        let matrix = self.matrix(part.k, self.outputs, columns);
        if READOUTS && of.input() == CoefficientInput::Readout {
            match &grid {
                Some(grid) => read_cells(&matrix, grid, columns, part),
                None => matrix.answer(part.a, part.error),
            }
        }
        self.fill(of, targets, part.error);
        let maps = conv.output();
        let places = maps.height * maps.width;
        let Some((delta, at_cells)) = part.signal.split_at_mut_checked(places) else { return };
        let mut rest = &*part.a;
        for map in 0..maps.channels {
            let Some(a) = rest.split_off(..places) else { return };
            match &grid {
                Some(grid) => {
                    let cells = grid.cells_of_a_map();
                    let Some(at_cells) = at_cells.get_mut(..cells) else { return };
                    project(&matrix, columns, map * cells, part.error, at_cells);
                    grid.spread_map(at_cells, delta);
                }
                None => project(&matrix, columns, map * places, part.error, delta),
            }
            conv.activation.gate(a, delta);
            filters::step(conv, part.own, (map, part.x), delta, rate, health);
        }
    }
}

/// error = what a readout makes of the cells' means, `[outputs]`: the cells of one map after those of the other, added up as if all
/// stood there at once.
#[inline(never)]
fn read_cells(matrix: &Matrix<'_>, grid: &Grid, columns: usize, part: &mut Part<'_, Layer>) {
    let cells = grid.cells_of_a_map();
    let Some(means) = part.signal.get_mut(..cells) else { return };
    part.error.fill(0.0);
    let (mut first, mut rest) = (0, &*part.a);
    while first < columns {
        let Some(map) = rest.split_off(..grid.places_of_a_map()) else { return };
        grid.average_map(map, means);
        for (row, sum) in part.error.iter_mut().enumerate() {
            *sum = matrix.add_dot(row * columns + first, means, *sum);
        }
        first += cells;
    }
}
