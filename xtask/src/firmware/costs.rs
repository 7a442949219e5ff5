//! What `openloop cost` says of a network, held against what the linked firmware measured.

use super::lines::Line;
use crate::shell;

/// Weights and scratch must be the same bytes; the stack that was painted must not be more than is said.
pub fn compare(line: &Line) -> Result<(), String> {
    let (net, rule) = (line.text("net")?, line.text("rule")?);
    let sizes: Vec<&str> = net.split('-').collect();
    let [input, hidden @ .., classes] = &sizes[..] else { return Err(format!("\"{net}\" is no network")) };
    let hidden = hidden.iter().map(|neurons| format!("fc{neurons}")).collect::<Vec<_>>().join(" ");
    let run = ["run", "--quiet", "--release", "--package", "openloop-cli", "--", "cost", "--json"];
    let what = ["--net", &hidden, "--input", input, "--classes", classes, "--rules", rule];
    let said = shell::output(env!("CARGO"), &[&run[..], &what].concat())?;
    let number = |key: &str| -> Result<u32, String> {
        let value = said.split(&format!("\"{key}\":")).nth(1).and_then(|rest| rest.split([',', '}']).next());
        value.and_then(|value| value.parse().ok()).ok_or_else(|| format!("no {key} in {said}"))
    };
    let weights = line.number("weights")?;
    let counters = number("persistent")?.saturating_sub(weights);
    let same =
        weights == 4 * number("parameters")? && line.number("scratch")? == number("transient")? && counters <= 16;
    match same && line.number("stack")? <= number("stack")? {
        true => Ok(()),
        false => Err(format!("openloop cost says\n  {said}\nbut the firmware\n  {line}")),
    }
}
