//! How much the rows of each class count: [`ClassWeights`], and what is asked for by `--class-weights`.

use crate::data::with_nearest_file;
use crate::settings::error::ConfigError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What `--class-weights` says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "String")]
pub enum ClassWeightsChoice {
    /// Each row counts once.
    None,
    /// These weights; in text, `balanced` alone.
    Given(ClassWeights),
    /// A file with a line for each class: its name, a comma, its weight.
    File(PathBuf),
}

impl From<String> for ClassWeightsChoice {
    fn from(text: String) -> Self {
        match text.as_str() {
            "none" => ClassWeightsChoice::None,
            "balanced" => ClassWeightsChoice::Given(ClassWeights::Balanced),
            _ => ClassWeightsChoice::File(text.into()),
        }
    }
}

/// How much a row of each class counts. Only the ratios matter: weights are divided by their mean over the training rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassWeights {
    /// 1 / the rows of its class.
    Balanced,
    /// So much, by the name of the class.
    Each(BTreeMap<String, f32>),
}

impl ClassWeights {
    /// The weights that a choice stands for, for data with these classes; none if each row counts once.
    ///
    /// # Errors
    /// Data without classes; a file that cannot be read, or does not give each class one weight.
    pub(super) fn of(choice: &ClassWeightsChoice, data: &str, classes: &[String]) -> Result<Option<Self>, ConfigError> {
        if *choice == ClassWeightsChoice::None {
            return Ok(None);
        }
        if classes.is_empty() {
            return Err(ConfigError::NoClassesToWeigh { data: data.into() });
        }
        match choice {
            ClassWeightsChoice::None => Ok(None),
            ClassWeightsChoice::Given(weights) => Ok(Some(weights.clone())),
            ClassWeightsChoice::File(path) => read(path, classes).map(|weights| Some(ClassWeights::Each(weights))),
        }
    }

    /// The weight of each class, not yet divided by their mean; `rows` are the rows of each. A class without rows weighs nothing.
    pub fn per_class(&self, classes: &[String], rows: &[usize]) -> Vec<f32> {
        let weight = |(name, rows): (&String, &usize)| match self {
            ClassWeights::Balanced if *rows == 0 => 0.0,
            ClassWeights::Balanced => 1.0 / *rows as f32,
            ClassWeights::Each(weights) => weights.get(name).copied().unwrap_or(0.0),
        };
        classes.iter().zip(rows).map(weight).collect()
    }
}

/// The weights in a file. Its first line may name the columns.
fn read(path: &Path, classes: &[String]) -> Result<BTreeMap<String, f32>, ConfigError> {
    let refused = |error| ConfigError::Read { path: path.into(), error: with_nearest_file(path, error) };
    let text = std::fs::read_to_string(path).map_err(refused)?;
    let wrong = |message| ConfigError::ClassWeights { path: path.into(), message };
    let mut weights = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let (name, cell) = line
            .rsplit_once(',')
            .map(|(name, cell)| (unquoted(name), unquoted(cell)))
            .ok_or_else(|| wrong(format!("line {number} has no comma; write the class, a comma, its weight")))?;
        if number == 1 && cell.parse::<f32>().is_err() && !classes.contains(&name.into()) {
            continue;
        }
        let weight = cell.parse::<f32>().ok().filter(|weight| weight.is_finite() && *weight >= 0.0);
        let weight = weight.ok_or_else(|| {
            wrong(format!("line {number}: the weight of \"{name}\" is \"{cell}\", but must be a number from 0 on"))
        })?;
        if !classes.contains(&name.into()) {
            let known = classes.join(", ");
            return Err(wrong(format!("line {number}: \"{name}\" is none of the classes; they are {known}")));
        }
        if weights.insert(name.to_string(), weight).is_some() {
            return Err(wrong(format!("line {number}: \"{name}\" stands there twice; leave one of the two out")));
        }
    }
    match classes.iter().find(|class| !weights.contains_key(*class)) {
        Some(class) => Err(wrong(format!("class \"{class}\" has no weight; add a line for it"))),
        None if weights.values().all(|weight| *weight == 0.0) => {
            Err(wrong("all weights are 0; at least one class must count".into()))
        }
        None => Ok(weights),
    }
}

fn unquoted(cell: &str) -> &str {
    let cell = cell.trim();
    cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn read_text(text: &str) -> Result<BTreeMap<String, f32>, String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let found = read(file.path(), &["dry".into(), "a,b".into()]);
        found.map_err(|error| error.to_string().split_once(": ").unwrap().1.to_string())
    }

    #[test]
    fn a_file_gives_each_class_its_weight_with_or_without_names_of_the_columns() {
        let expected = BTreeMap::from([("dry".to_string(), 1.0), ("a,b".to_string(), 2.5)]);
        assert_eq!(read_text("dry,1\na,b,2.5\n").unwrap(), expected);
        assert_eq!(read_text("class,weight\n\"a,b\", 2.5\r\n\ndry,1").unwrap(), expected);
    }

    #[test]
    fn weights_that_make_no_sense_are_refused_with_what_to_do() {
        let wrong = |text: &str| read_text(text).unwrap_err();
        assert_eq!(wrong("dry,-1\n"), "line 1: the weight of \"dry\" is \"-1\", but must be a number from 0 on");
        assert_eq!(wrong("dry,NaN\n"), "line 1: the weight of \"dry\" is \"NaN\", but must be a number from 0 on");
        assert_eq!(wrong("dry,1\nwet,2\n"), "line 2: \"wet\" is none of the classes; they are dry, a,b");
        assert_eq!(wrong("dry,1\ndry,2\n"), "line 2: \"dry\" stands there twice; leave one of the two out");
        assert_eq!(wrong("dry,1\n"), "class \"a,b\" has no weight; add a line for it");
        assert_eq!(wrong("dry,0\na,b,0\n"), "all weights are 0; at least one class must count");
        assert_eq!(wrong("dry\n"), "line 1 has no comma; write the class, a comma, its weight");
    }

    #[test]
    fn balanced_weights_make_all_classes_count_the_same() {
        let classes = ["a".to_string(), "b".to_string(), "c".to_string()];
        assert_eq!(ClassWeights::Balanced.per_class(&classes, &[10, 2, 0]), [0.1, 0.5, 0.0]);
    }
}
