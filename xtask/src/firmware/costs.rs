//! What `openloop cost` says of a network, held against what the linked firmware measured.

use super::lines::Line;
use crate::shell;

/// How much less than `openloop cost` says the code of another compiler may take.
const SMALLER: f64 = 0.75;

/// Weights and scratch must be the same bytes; the stack that was painted, where something is said of it for this processor, must
/// not be more.
pub fn compare(line: &Line, with_stack: bool) -> Result<(), String> {
    let (net, rule) = (line.text("net")?, line.text("rule")?);
    let sizes: Vec<&str> = net.split('-').collect();
    let [input, hidden @ .., classes] = &sizes[..] else { return Err(format!("\"{net}\" is no network")) };
    let hidden = hidden.iter().map(|neurons| format!("fc{neurons}")).collect::<Vec<_>>().join(" ");
    let int8 = line.word().ends_with("int8");
    let said = said(&hidden, input, classes, rule, if int8 { "int8" } else { "f32" })?;
    let number = |key| number(&said, key);
    let kept = if int8 { number("persistent")? } else { 4 * number("parameters")? };
    let weights = line.number("weights")?;
    let counters = number("persistent")?.saturating_sub(weights);
    let same = weights == kept && line.number("scratch")? == number("transient")? && counters <= 16;
    let stack = !with_stack || line.number("stack")? <= number("stack")?;
    match same && stack {
        true => Ok(()),
        false => Err(format!("openloop cost says\n  {said}\nbut the firmware\n  {line}")),
    }
}

/// As [`compare`] for windows of three axes, which lie in the program's scratch too.
pub fn compare_activity(line: &Line) -> Result<(), String> {
    let said = said(&line.text("net")?.replace('-', " "), "3x128x1", "4", line.text("rule")?, "f32")?;
    let (number, window) = (|key| number(&said, key), 4 * 3 * 128);
    let same = line.number("weights")? == number("persistent")?
        && line.number("scratch")? == number("transient")? + window
        && line.number("stack")? <= number("stack")?;
    match same {
        true => Ok(()),
        false => Err(format!("openloop cost says\n  {said}\nbut the firmware\n  {line}")),
    }
}

/// The code for any network of dense layers and any rule must not take more than is said, nor much less.
pub fn code(arithmetic: &str, measured: u32) -> Result<(), String> {
    code_of(&said("fc32", "64", "10", "drtp", arithmetic)?, arithmetic, measured)
}

/// The same with convolutions that learn.
pub fn code_with_convolutions(measured: u32) -> Result<(), String> {
    code_of(&said("conv16x5 fc32", "3x128x1", "4", "drtp", "f32")?, "f32 with convolutions", measured)
}

fn code_of(said: &str, what: &str, measured: u32) -> Result<(), String> {
    let said = number(said, "code")?;
    eprintln!("-- {what}: {measured} bytes of code, at most {said} are said");
    match (SMALLER * said as f64..=said as f64).contains(&(measured as f64)) {
        true => Ok(()),
        false => Err(format!("openloop cost says {said} bytes of code in {what}, but {measured} were linked")),
    }
}

/// What `openloop cost` says of a network, as JSON.
pub fn said(net: &str, input: &str, classes: &str, rule: &str, arithmetic: &str) -> Result<String, String> {
    let run = ["run", "--quiet", "--package", "openloop-cli", "--", "cost", "--json"];
    let what = ["--net", net, "--input", input, "--classes", classes, "--rules", rule, "--arithmetic", arithmetic];
    shell::output(env!("CARGO"), &[&run[..], &what].concat())
}

/// The first number of that name.
pub fn number(json: &str, key: &str) -> Result<u32, String> {
    let value = json.split(&format!("\"{key}\":")).nth(1).and_then(|rest| rest.split([',', '}']).next());
    value.and_then(|value| value.parse().ok()).ok_or_else(|| format!("no {key} in {json}"))
}
