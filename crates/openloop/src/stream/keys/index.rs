//! What is saved of all learners together: where the input goes on, and what is known of each key.

use super::super::answer::TargetKind;
use super::super::continuation::SeenData;
use super::super::error::StreamError;
use super::super::options::StreamOptions;
use super::super::scaling::Adaptation;
use super::super::source::FilePlace;
use super::record::KeyRecord;
use crate::data::{CRC32C, Columns};
use crate::settings::names::{read_if_any, write_if_any};
use crate::settings::net::Net;
use crate::settings::{Arithmetic, ReadoutMode};
use openloop_core::{Activation, OptimizerKind, Rule};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// The version of the layout.
const FORMAT: u32 = 1;

/// What is saved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyIndex {
    /// The column of the keys.
    pub column: String,
    /// What was asked of the networks.
    pub asked: AskedNetworks,
    /// What the targets are, once a warm-up is over.
    #[serde(default, serialize_with = "write_if_any", deserialize_with = "read_if_any")]
    pub kind: Option<TargetKind>,
    /// The columns of the rows.
    pub columns: Option<Columns>,
    /// What the input was called.
    pub data: String,
    /// The file that it was, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FilePlace>,
    /// How often other data took the place of those before, whose rows are counted anew.
    pub data_number: u32,
    /// The last row that was taken, bad ones too.
    pub row: u64,
    /// The last row that was answered.
    pub answered: Option<u64>,
    /// Rows without a key.
    pub without_key: u64,
    pub keys: Vec<KeyRecord>,
}

/// What was asked of the networks, which is asked of later ones too.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AskedNetworks {
    #[serde(serialize_with = "write_if_any", deserialize_with = "read_if_any")]
    rule: Option<Rule>,
    #[serde(serialize_with = "write_if_any", deserialize_with = "read_if_any")]
    readout: Option<ReadoutMode>,
    net: Option<Net>,
    #[serde(serialize_with = "write_if_any", deserialize_with = "read_if_any")]
    activation: Option<Activation>,
    #[serde(serialize_with = "write_if_any", deserialize_with = "read_if_any")]
    optimizer: Option<OptimizerKind>,
    #[serde(serialize_with = "write_if_any", deserialize_with = "read_if_any")]
    arithmetic: Option<Arithmetic>,
    lr: Option<f32>,
    hidden_lr: Option<f32>,
    seed: Option<u64>,
    standardise: Option<Adaptation>,
    reserve: Option<usize>,
    warmup: Option<u64>,
    warmup_epochs: Option<u32>,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IndexFile {
    format: u32,
    /// CRC-32C of the index as JSON.
    checksum: u32,
    index: KeyIndex,
}

impl KeyIndex {
    /// The bytes of the file.
    ///
    /// # Errors
    /// Contents that cannot be written down.
    pub fn into_bytes(self) -> io::Result<Vec<u8>> {
        let checksum = CRC32C.checksum(&serde_json::to_vec(&self)?);
        Ok(serde_json::to_vec(&IndexFile { format: FORMAT, checksum, index: self })?)
    }

    /// Reads such bytes.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let IndexFile { format, checksum, index } = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let own = serde_json::to_vec(&index).map_err(|error| error.to_string())?;
        if format != FORMAT {
            return Err(format!("format {format} is not known to this version, which writes {FORMAT}"));
        }
        if CRC32C.checksum(&own) != checksum {
            return Err("its checksum does not fit its content: a byte of it was changed".into());
        }
        index.columns.as_ref().map_or(Ok(()), Columns::check_kinds)?;
        Ok(index)
    }

    /// The rows that were seen.
    pub fn seen(&self) -> SeenData {
        SeenData { name: self.data.clone(), file: self.file, last: self.row }
    }

    /// Other data follow: all rows are counted anew.
    pub fn begin_other_data(&mut self) {
        self.data_number += 1;
        (self.row, self.answered, self.without_key) = (0, None, 0);
        self.keys.iter_mut().for_each(KeyRecord::begin_anew);
    }

    /// Refuses another column of keys.
    ///
    /// # Errors
    /// If `column` is not its own.
    pub fn check_column(&self, column: &str, path: &Path) -> Result<(), StreamError> {
        let (saved, asked) = (self.column.clone(), column.to_string());
        if saved == asked {
            Ok(())
        } else {
            Err(StreamError::OtherModel { path: path.into(), what: "the key", saved, asked })
        }
    }
}

impl AskedNetworks {
    /// What the options say.
    pub fn of(options: &StreamOptions) -> Self {
        AskedNetworks {
            rule: options.rule,
            readout: options.readout,
            net: options.net.clone(),
            activation: options.activation,
            optimizer: options.optimizer,
            arithmetic: options.arithmetic,
            lr: options.lr,
            hidden_lr: options.hidden_lr,
            seed: Some(options.seed()),
            standardise: options.standardise,
            reserve: options.reserve,
            warmup: options.warmup,
            warmup_epochs: options.warmup_epochs,
        }
    }

    /// The options with these where they say nothing.
    ///
    /// # Errors
    /// Other networks than these.
    pub fn complete(&self, options: &StreamOptions, path: &Path) -> Result<StreamOptions, StreamError> {
        fn text<T: ToString>(value: Option<&T>) -> String {
            value.map_or_else(|| "as by default".into(), T::to_string)
        }
        fn pair<T: ToString>(
            what: &'static str,
            own: Option<&T>,
            asked: Option<&T>,
        ) -> Option<(&'static str, String, String)> {
            let (saved, said) = (text(own), text(Some(asked?)));
            (saved != said).then_some((what, saved, said))
        }
        let other = pair("net", self.net.as_ref(), options.net.as_ref())
            .or(pair("rule", self.rule.as_ref(), options.rule.as_ref()))
            .or(pair("readout", self.readout.as_ref(), options.readout.as_ref()))
            .or(pair("arithmetic", self.arithmetic.as_ref(), options.arithmetic.as_ref()))
            .or(pair("optimizer", self.optimizer.as_ref(), options.optimizer.as_ref()))
            .or(pair("activation", self.activation.as_ref(), options.activation.as_ref()))
            .or(pair("seed", self.seed.as_ref(), options.seed.as_ref()));
        if let Some((what, saved, asked)) = other {
            return Err(StreamError::OtherModel { path: path.into(), what, saved, asked });
        }
        Ok(StreamOptions {
            rule: self.rule,
            readout: self.readout,
            net: self.net.clone(),
            activation: self.activation,
            optimizer: self.optimizer,
            arithmetic: self.arithmetic,
            seed: self.seed,
            hidden_lr: options.hidden_lr.or(options.lr).or(self.hidden_lr),
            lr: options.lr.or(self.lr),
            standardise: options.standardise.or(self.standardise),
            reserve: options.reserve.or(self.reserve),
            warmup: options.warmup.or(self.warmup),
            warmup_epochs: options.warmup_epochs.or(self.warmup_epochs),
            ..options.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::keys::figures::KeyFigures;
    use crate::stream::score::ErrorFigures;

    fn example() -> KeyIndex {
        let errors = vec![Some(ErrorFigures { mae: 0.1 + 0.2, rmse: 1e-300, r2: None }), None];
        let figures = KeyFigures { rows: 7, errors, ..KeyFigures::default() };
        let key = KeyRecord { figures, ..KeyRecord::new("a \"key\"\n", "a".into(), 0) };
        KeyIndex { column: "device".into(), keys: vec![key], row: 9, answered: Some(8), ..KeyIndex::default() }
    }

    #[test]
    fn an_index_comes_back_as_it_was_and_a_changed_one_is_refused() {
        let bytes = example().into_bytes().unwrap();
        assert_eq!(KeyIndex::from_bytes(&bytes).unwrap(), example());
        let text = String::from_utf8(bytes).unwrap();
        let changed = text.replace("\"row\":9", "\"row\":8");
        assert!(KeyIndex::from_bytes(changed.as_bytes()).unwrap_err().contains("checksum") && changed != text);
    }

    #[test]
    fn what_was_asked_before_is_asked_of_later_networks_and_another_net_is_refused() {
        let first =
            StreamOptions { net: Some(Net::dense(4)), warmup: Some(30), seed: Some(3), ..StreamOptions::default() };
        let asked = AskedNetworks::of(&first);
        let path = Path::new("keys");
        assert_eq!(asked.complete(&StreamOptions::default(), path).unwrap(), first);
        assert_eq!(asked.complete(&first, path).unwrap(), first);
        let other = StreamOptions { net: Some(Net::dense(5)), ..first.clone() };
        let refusal = asked.complete(&other, path).unwrap_err().to_string();
        assert!(refusal.contains("net fc4") && refusal.contains("fc5"), "{refusal}");
        let other = StreamOptions { rule: Some(Rule::Bp), ..first };
        assert!(asked.complete(&other, path).unwrap_err().to_string().contains("as by default"));
    }
}
