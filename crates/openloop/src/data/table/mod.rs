//! Tables: CSV as people and tools write it, read row by row in reused buffers. Everything that reads a table reads it through here.
//!
//! | file | one sentence |
//! |---|---|
//! | `lines.rs` | Bytes become lines, and what is no text is refused by name. |
//! | `number.rs` | A cell becomes a number. |
//! | `dialect.rs` | The separator and the decimal sign, from the first lines. |
//! | `cells.rs` | A line becomes cells. |
//! | `request.rs` | What may be asked of a table. |
//! | `header.rs`, `naming_row.rs` | Whether the first row names the columns: told from the rows; asked, or told by a model's names. |
//! | `names.rs`, `asked.rs` | The names of columns, and which of them a user named for another use. |
//! | `layout.rs` | Which column is a feature, the label, the segment. |
//! | `features.rs` | Which feature cells hold a number, and what is wrong with the others. |
//! | `raw.rs` | Rows as they were read, before it is decided what their columns are. |
//! | `decide.rs` | What each feature column is: a number, categories, a date, or nothing to learn from. |
//! | `sample.rs` | The first rows, from which dialect, header and columns are found. |
//! | `encoder.rs` | Cells become inputs by the kinds of their columns. |
//! | `odd.rs` | Missing and unknown values: which are refused, and what is said of the first. |
//! | `missing.rs` | What stands for a missing value. |
//! | `reader.rs` | The table: the next row, its features and its label. |
//! | `bad_row.rs` | What is wrong with a row. |
//! | `labels.rs` | Labels become class numbers. |
//! | `summary.rs` | What was understood, in one line. |

mod asked;
mod bad_row;
mod cells;
mod decide;
mod dialect;
mod encoder;
mod features;
mod header;
mod labels;
mod layout;
mod lines;
mod missing;
mod names;
mod naming_row;
mod number;
mod odd;
mod raw;
mod reader;
mod request;
mod sample;
mod summary;

pub use bad_row::BadRow;
pub use cells::Cells;
pub(in crate::data) use decide::{Verdict, decide, kinds_of, shortened};
pub(in crate::data) use dialect::Dialect;
pub use encoder::{EncodedCell, RowEncoder};
pub(in crate::data) use labels::is_finite_number;
pub(in crate::data) use labels::{KnownClasses, LabelColumn};
pub(crate) use labels::{distinct_classes, is_same_class, look_measured};
pub use layout::{MatchedBy, TableLayout};
pub use lines::DEFAULT_MAX_LINE;
pub use missing::is_missing;
pub(crate) use names::list;
pub use number::number;
#[cfg(feature = "mqtt")]
pub(crate) use odd::{OddCell, OddNews};
pub(in crate::data) use raw::{RawCell, RawRows};
pub use reader::Table;
pub(in crate::data) use reader::empty;
pub use request::{ExpectedColumns, HeaderChoice, MissingFeatures, TableRequest, Task};
pub use summary::TableSummary;
pub(in crate::data) use summary::TargetRange;
