//! A blob as a C header: one constant array and the numbers that a program sizes its memory by.

use crate::data::TargetUnits;
use openloop_core::store;
use std::fmt::Write;
use std::path::Path;

/// The header's text; its names start with the name of the file. `units` are those of standardised targets.
///
/// # Errors
/// Bytes that are no blob.
pub fn header(mut blob: &[u8], path: &Path, units: Option<&TargetUnits>) -> Result<String, store::Error> {
    let head = store::open(&mut blob)?;
    let first = store::read_layer(&mut blob, &head, 0)?;
    let last = store::read_layer(&mut blob, &head, head.layers - 1)?;
    let (name, rule) = (identifier(path), head.about.rule.name());
    let upper = name.to_uppercase();
    let mut text = format!(
        "/* A network of {} inputs and {} outputs that learns by {rule}, made by `openloop export`.\n   \
         Include it in one source file and give the array to openloop_open() of openloop.h. */\n\
         #ifndef {upper}_H\n#define {upper}_H\n\n#include <stdint.h>\n\n\
         #define {upper}_INPUTS {}u\n#define {upper}_OUTPUTS {}u\n#define {upper}_LAYERS {}u\n#define {upper}_BLOB_BYTES {}u\n{}\n\
         static const uint8_t {name}_blob[{upper}_BLOB_BYTES] = {{\n",
        first.inputs(),
        last.outputs(),
        first.inputs(),
        last.outputs(),
        head.layers,
        blob.len(),
        units.map_or_else(String::new, |units| targets(units, &upper)),
    );
    for line in blob.chunks(20) {
        let bytes: Vec<String> = line.iter().map(|byte| format!("{byte}")).collect();
        let _ = writeln!(text, "    {},", bytes.join(","));
    }
    text += "};\n\n#endif\n";
    Ok(text)
}

/// How a program turns the outputs into values with a unit, and values into targets to learn.
fn targets(units: &TargetUnits, upper: &str) -> String {
    let mut text = format!(
        "\n/* Output k is standardised: value = output * {upper}_DEVIATION_k + {upper}_MEAN_k; what it learns from must be too. */\n"
    );
    for (k, (mean, deviation)) in units.mean.iter().zip(&units.deviation).enumerate() {
        let _ = writeln!(text, "#define {upper}_MEAN_{k} {mean:e}f\n#define {upper}_DEVIATION_{k} {deviation:e}f");
    }
    text
}

/// The file's name as a C identifier.
fn identifier(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { format!("network_{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_file_name_gives_a_c_identifier() {
        for (path, name) in
            [("a/gas-drift.v2.h", "gas_drift_v2"), ("3.h", "network_3"), ("Ü.h", "network__"), ("", "network_")]
        {
            assert_eq!(identifier(Path::new(path)), name);
        }
    }
}
