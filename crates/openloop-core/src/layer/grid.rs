//! What a pooled readout sees of a convolution: its maps averaged over a grid of few cells.
//!
//! A readout of every place of 32 maps of 32 x 32 has 32,768 weights a class, one of 4 x 4 cells 512. Local losses on convolutions pool
//! likewise before they read (Noekland and Eidnes, "Training neural networks with local error signals", ICML 2019; LLS, WACV 2025).
//!
//! Cell (r, c) of R x C holds the rows from r height / R to (r + 1) height / R, rounded down, and columns likewise, so that each place
//! is in one cell. A signal at a cell's mean is spread evenly over its places.

use super::Conv;
use crate::shape::Shape;
use core::ops::Range;

/// Cells along a side of a map, at most.
const SIDE: usize = 4;
/// Cells of a map of one row or one column, at most.
const LINE: usize = SIDE * SIDE;

/// The cells of a convolution's maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    maps: Shape,
    rows: usize,
    columns: usize,
}

impl Grid {
    /// That of a convolution.
    pub const fn of(layer: &Conv) -> Self {
        let maps = layer.output();
        let most = if maps.height == 1 || maps.width == 1 { LINE } else { SIDE };
        Grid { maps, rows: smaller(maps.height, most), columns: smaller(maps.width, most) }
    }

    /// Cells of all maps of a sample.
    pub const fn cells(&self) -> usize {
        self.maps.channels * self.cells_of_a_map()
    }

    /// Places of one map.
    pub(crate) const fn places_of_a_map(&self) -> usize {
        self.maps.height * self.maps.width
    }

    /// Cells of one map.
    pub const fn cells_of_a_map(&self) -> usize {
        self.rows * self.columns
    }

    /// The places of a map in cell (`row`, `column`): rows, and columns.
    #[inline(always)]
    fn places(&self, row: usize, column: usize) -> (Range<usize>, Range<usize>) {
        let Shape { height, width, .. } = self.maps;
        let start = |side: usize, number: usize, cells: usize| (number * side).checked_div(cells).unwrap_or(0);
        let part = |side, number, cells| start(side, number, cells)..start(side, number + 1, cells);
        (part(height, row, self.rows), part(width, column, self.columns))
    }

    /// Calls `work(cell, rows, columns)` for the cells of a map.
    #[inline(always)]
    fn for_cells(&self, mut work: impl FnMut(usize, Range<usize>, Range<usize>)) {
        for row in 0..self.rows {
            for column in 0..self.columns {
                let (rows, columns) = self.places(row, column);
                work(row * self.columns + column, rows, columns);
            }
        }
    }

    /// means = the mean of each cell: `maps: [any, places]`, `means: [any, cells of a map]`.
    #[inline(always)]
    pub fn average(&self, maps: &[f32], means: &mut [f32]) {
        let Shape { height, width, .. } = self.maps;
        for (map, means) in maps.chunks_exact(height * width).zip(means.chunks_exact_mut(self.cells_of_a_map())) {
            self.average_map(map, means);
        }
    }

    /// [`average`](Grid::average) of one map.
    #[inline(always)]
    pub(crate) fn average_map(&self, map: &[f32], means: &mut [f32]) {
        let width = self.maps.width;
        self.for_cells(|cell, rows, columns| {
            let count = (rows.len() * columns.len()) as f32;
            let row = |row: usize| map.get(row * width + columns.start..row * width + columns.end).unwrap_or_default();
            if let Some(mean) = means.get_mut(cell) {
                *mean = rows.map(|r| row(r).iter().sum::<f32>()).sum::<f32>() / count;
            }
        });
    }

    /// signal = that at each cell, spread evenly over its places: `of_cells: [any, cells of a map]`, `signal: [any, places]`.
    #[inline(always)]
    pub fn spread(&self, of_cells: &[f32], signal: &mut [f32]) {
        let Shape { height, width, .. } = self.maps;
        let cells = self.cells_of_a_map();
        for (map, of_cells) in signal.chunks_exact_mut(height * width).zip(of_cells.chunks_exact(cells)) {
            self.spread_map(of_cells, map);
        }
    }

    /// [`spread`](Grid::spread) over one map.
    #[inline(always)]
    pub(crate) fn spread_map(&self, of_cells: &[f32], map: &mut [f32]) {
        let width = self.maps.width;
        self.for_cells(|cell, rows, columns| {
            let share = of_cells.get(cell).map_or(0.0, |value| value / (rows.len() * columns.len()) as f32);
            rows.for_each(|row| {
                map.get_mut(row * width + columns.start..row * width + columns.end).unwrap_or_default().fill(share);
            });
        });
    }

    /// Where the cells of some whole channels stand among those of a sample, for the places of these channels.
    #[inline(always)]
    pub fn cells_of(&self, places: &Range<usize>) -> Range<usize> {
        let (map, cells) = (self.maps.height * self.maps.width, self.cells_of_a_map());
        places.start / map * cells..places.end / map * cells
    }
}

const fn smaller(a: usize, b: usize) -> usize {
    if a < b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Activation;
    use crate::layer::Along;

    fn grid(channels: usize, height: usize, width: usize) -> Grid {
        let input = Shape { channels: 1, height, width };
        let activation = Activation::Tanh;
        let (along, norm, pooled_readout) = (Along::Both, false, true);
        Grid::of(&Conv { input, channels, kernel: 1, stride: 1, padding: 0, along, norm, pooled_readout, activation })
    }

    #[test]
    fn a_map_has_at_most_4_x_4_cells_and_a_line_at_most_16() {
        for (sides, cells) in [((32, 32), 16), ((7, 5), 16), ((3, 9), 12), ((40, 1), 16), ((1, 5), 5), ((1, 1), 1)] {
            assert_eq!(grid(3, sides.0, sides.1).cells(), 3 * cells, "{sides:?}");
        }
        assert_eq!(grid(3, 32, 32).cells_of(&(1024..3072)), 16..48);
    }

    #[test]
    fn every_place_is_in_one_cell_and_gets_its_even_share_back() {
        for (height, width) in [(7, 5), (8, 8), (3, 9), (1, 21), (2, 2)] {
            let grid = grid(2, height, width);
            let mut maps = [0.0; 128];
            let maps = &mut maps[..2 * height * width];
            let mut means = [0.0; 64];
            let means = &mut means[..grid.cells()];
            // what is spread and averaged again is a cell's value by its places, which are all places together
            let values: [f32; 64] = core::array::from_fn(|cell| cell as f32 + 1.0);
            grid.spread(&values[..grid.cells()], maps);
            grid.average(maps, means);
            let places: f32 = means.iter().zip(&values).map(|(mean, value)| value / mean).sum();
            assert!((places - 2.0 * (height * width) as f32).abs() < 1e-3, "{height} x {width}: {places}");
            let sum: f32 = maps.iter().sum();
            assert!((sum - values[..grid.cells()].iter().sum::<f32>()).abs() < 1e-3, "{height} x {width}: {sum}");
        }
    }
}
