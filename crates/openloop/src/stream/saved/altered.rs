//! A stream's model that somebody changed, with the right checksum: refused, or it goes on; never a panic.

use super::*;
use crate::data::FileMark;
use crate::kernels::Fast;
use crate::stream::options::StreamOptions;
use crate::stream::source::{FilePlace, Row};
use crate::stream::{AnomalyOptions, StreamSummary, Warmup};
use serde_json::{Value, json};
use std::time::Duration;

const FEATURES: usize = 2;
const TARGET_KINDS: [TargetKind; 3] = [TargetKind::Classes, TargetKind::Values, TargetKind::Inputs];

fn row(number: u64, label: &str) -> Row {
    let features = vec![number as f64 % 3.0, 1.0 + number as f64 % 5.0];
    let values = if label.is_empty() { Vec::new() } else { vec![number as f64 % 5.0 - 1.0] };
    Row { number, features, label: label.into(), values, ..Row::default() }
}

fn options(kind: TargetKind) -> StreamOptions {
    let label_noise = Some(0.2).filter(|_| kind == TargetKind::Classes);
    if kind == TargetKind::Inputs {
        let anomaly = AnomalyOptions { normal: vec!["a".into(), "b".into()], ..AnomalyOptions::default() };
        return StreamOptions { anomaly, warmup_epochs: Some(2), ..StreamOptions::default() };
    }
    StreamOptions { delay: Some(3), label_noise, ..StreamOptions::default() }
}

fn source() -> SourceDescription {
    let file = FilePlace { mark: FileMark { bytes: 20, checksum: 7 }, rows_before: 3 };
    SourceDescription { name: "rows".into(), features: FEATURES, file: Some(file), ..SourceDescription::default() }
}

/// A small stream with every baseline and rows that wait for their labels.
fn stream(kernels: &Fast, kind: TargetKind) -> Prequential {
    let mut warmup = Warmup::default();
    (0..20).for_each(|k| warmup.push(&row(k, ["a", "b"][k as usize % 2])));
    let target = match kind {
        TargetKind::Classes => StreamTarget::Classes(ClassList::new(warmup.classes(), 1)),
        TargetKind::Inputs => {
            let normal = options(kind).anomaly.normal;
            StreamTarget::Inputs(InputTarget::new(source().input_names(), normal))
        }
        TargetKind::Values => StreamTarget::Values(warmup.units(vec!["level".into()]).unwrap()),
    };
    let (setup, settings) = (options(kind).setup(kind).unwrap(), options(kind).settings(kind, 2).unwrap());
    let mut stream =
        Prequential::start(setup, settings, kernels, &warmup, target, &SourceDescription::default()).unwrap();
    for k in 20..80 {
        stream.process_row(kernels, &row(k, ["a", "b", "c", "d"][k as usize % 4]));
    }
    stream
}

/// Goes on from a model with this state and these tensors, takes rows, and sums up.
fn go_on(kernels: &Fast, whole: &Prequential, record: StreamRecord) -> Result<(), String> {
    let mut bytes = Vec::new();
    checkpoint(whole, &source()).write_with(Some(&record), &mut bytes).map_err(|error| error.to_string())?;
    let saved = SavedStream::from_bytes(&bytes)?;
    let kind = saved.kind_of_targets();
    let setup = options(kind).setup(kind).map_err(|error| error.to_string())?;
    let settings = saved.settings(&options(kind)).map_err(|error| error.to_string())?;
    let row_number = saved.seen().last;
    let mut stream = saved.into_stream(setup, settings, &source(), true).map_err(|error| error.to_string())?;
    for k in 1..60 {
        stream.process_row(kernels, &row(row_number + k, ["a", "b", "c", "e", ""][k as usize % 5]));
    }
    StreamSummary::of(&stream, &source(), (59, Duration::from_secs(1)));
    checkpoint(&stream, &source());
    extra(&stream, &source()).map(|_| ()).map_err(|error| error.to_string())
}

/// Every value of a JSON text by its path.
fn paths(value: &Value, path: &str, found: &mut Vec<String>) {
    found.push(path.into());
    match value {
        Value::Array(list) => {
            list.iter().enumerate().take(4).for_each(|(k, value)| paths(value, &format!("{path}/{k}"), found));
        }
        Value::Object(map) => map.iter().for_each(|(k, value)| paths(value, &format!("{path}/{k}"), found)),
        _ => {}
    }
}

/// What a value may be altered to.
fn alterations(value: &Value) -> Vec<Value> {
    let mut values = vec![json!(null), json!(0), json!(-1), json!(1), json!(7), json!(u64::MAX), json!(1u64 << 53)];
    values.extend([
        json!(u32::MAX),
        json!(1e308),
        json!("bp"),
        json!("mean"),
        json!(""),
        json!([]),
        json!({}),
        json!(true),
    ]);
    if let Value::Array(list) = value {
        let (mut shorter, mut longer, mut swapped) = (list.clone(), list.clone(), list.clone());
        shorter.pop();
        longer.extend(list.last().cloned());
        swapped.reverse();
        values.extend([shorter, longer, swapped].map(Value::Array));
    }
    values
}

#[test]
fn a_model_whose_state_contradicts_itself_is_refused_or_goes_on_and_never_panics() {
    TARGET_KINDS.into_iter().for_each(alter_state);
}

fn alter_state(kind: TargetKind) {
    let kernels = Fast::new(1).unwrap();
    let whole = stream(&kernels, kind);
    let record = extra(&whole, &source()).unwrap();
    go_on(&kernels, &whole, record.clone()).unwrap();
    let mut all = Vec::new();
    paths(&record.state, "", &mut all);
    for path in &all {
        for value in alterations(record.state.pointer(path).unwrap()) {
            let mut state = record.state.clone();
            let shown = format!("{path} = {value}");
            *state.pointer_mut(path).unwrap() = value;
            let tensors = record.names.iter().cloned().zip(record.tensors.clone()).collect();
            let altered = StreamRecord::new(state, tensors);
            let went = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| go_on(&kernels, &whole, altered)));
            assert!(went.is_ok(), "{shown}");
        }
    }
}

#[test]
fn a_model_whose_tensors_are_not_those_of_its_state_never_panics() {
    TARGET_KINDS.into_iter().for_each(alter_tensors);
}

fn alter_tensors(kind: TargetKind) {
    let kernels = Fast::new(1).unwrap();
    let whole = stream(&kernels, kind);
    let record = extra(&whole, &source()).unwrap();
    for at in 0..record.names.len() {
        for wrong in 0..6 {
            let mut tensors: Vec<_> = record.names.iter().cloned().zip(record.tensors.clone()).collect();
            match (wrong, &mut tensors[at].1) {
                (0, _) => drop(tensors.remove(at)),
                (1, _) => tensors[at].1 = TensorValues::Floats(vec![f32::NAN].into()),
                (2, _) => tensors[at].1 = TensorValues::Bytes(vec![-1; 24].into()),
                (3, _) => tensors[at].1 = TensorValues::Doubles(vec![f64::MAX; FEATURES].into()),
                (4, TensorValues::Floats(values)) => values.to_mut().fill(f32::NAN),
                (4, TensorValues::Doubles(values)) => values.to_mut().fill(-1e300),
                (4, TensorValues::Bytes(values)) => values.to_mut().fill(0),
                _ => tensors[at].0 = "other".into(),
            }
            let altered = StreamRecord::new(record.state.clone(), tensors);
            let went = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| go_on(&kernels, &whole, altered)));
            assert!(went.is_ok(), "{}, {wrong}", record.names[at]);
        }
    }
}
