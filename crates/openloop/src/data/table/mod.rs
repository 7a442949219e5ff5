//! Tables: CSV as people and tools write it, read row by row in reused buffers. Everything that reads a table reads it through here.
//!
//! | file | one sentence |
//! |---|---|
//! | `lines.rs` | Bytes become lines, and what is no text is refused by name. |
//! | `cells.rs` | A line becomes cells, and a cell a number. |
//! | `dialect.rs` | The separator and the decimal sign, from the first lines. |
//! | `header.rs` | Whether the first row names the columns. |
//! | `layout.rs` | Which column is a feature, the label, the segment. |
//! | `missing.rs` | What stands for a missing value. |
//! | `reader.rs` | The table: the next row, its features and its label. |
//! | `bad_row.rs` | What is wrong with a row. |
//! | `labels.rs` | Labels become class numbers. |
//! | `summary.rs` | What was understood, in one line. |

mod bad_row;
mod cells;
mod dialect;
mod header;
mod labels;
mod layout;
mod lines;
mod missing;
mod reader;
mod summary;

pub use bad_row::BadRow;
pub use cells::{Cells, number};
pub(in crate::data) use labels::is_finite_number;
pub(in crate::data) use labels::{KnownClasses, LabelColumn};
pub(crate) use labels::{distinct_classes, is_same_class};
pub(crate) use layout::list;
pub use layout::{ExpectedColumns, MatchedBy, TableLayout};
pub use lines::DEFAULT_MAX_LINE;
pub use missing::is_missing;
pub(in crate::data) use reader::empty;
pub use reader::{HeaderChoice, Table, TableRequest};
pub use summary::TableSummary;
