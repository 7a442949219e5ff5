//! `openloop cost`: the table of what each rule costs on a device.

use crate::arguments::CostArguments;
use crate::failure::Failure;
use crate::table::short;
use crate::terminal::{aligned, output_width, wrapped};
use crate::train::print_json;
use openloop::cost::time::{BOARDS, Board};
use openloop::cost::{self, CostRequest, NetworkCosts, RULES};
use std::io::Write;
use std::process::ExitCode;

/// Counts and prints.
pub fn cost(request: &CostArguments) -> Result<ExitCode, Failure> {
    let costs = cost::costs(&to_request(request))?;
    match request.json {
        true => print_json(&costs)?,
        false => std::io::stdout().write_all(render(&costs, output_width()).as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn to_request(request: &CostArguments) -> CostRequest {
    CostRequest {
        net: request.net.clone(),
        input: request.input,
        classes: request.classes,
        rules: if request.rules.is_empty() { RULES.to_vec() } else { request.rules.clone() },
        batch: request.batch,
        arithmetic: request.arithmetic,
    }
}

fn render(costs: &NetworkCosts, columns: Option<usize>) -> String {
    let [channels, height, width] = costs.input;
    let input = match (channels, height) {
        (1, 1) => width.to_string(),
        _ => format!("{channels}x{height}x{width}"),
    };
    let batch = if costs.batch == 1 { String::new() } else { format!(", batch {}", costs.batch) };
    let mut text = format!(
        "{input} inputs, {}, {} outputs in {}{batch}: {} weights and biases, {} bytes as a blob in flash\n\n",
        costs.net, costs.classes, costs.arithmetic, costs.parameters, costs.blob_bytes
    );
    text = wrapped(&text, columns);
    text += &aligned(&rows(costs), columns);
    text += &wrapped(&notes(costs), columns);
    if let Some(answer) = costs.answer_cycles {
        text += "\n";
        text += &aligned(&times(costs, answer), columns);
        text += &wrapped(&notes_on_time(), columns);
    }
    text
}

/// Time and energy of an answer and of a step by each rule.
fn times(costs: &NetworkCosts, answer: u64) -> Vec<Vec<String>> {
    let mut header: Vec<String> = ["estimated", "cycles"].map(String::from).to_vec();
    header.extend(BOARDS.iter().flat_map(|board| [format!("{} ms", board.name), "uJ".into()]));
    let line = |name: &str, cycles: u64| {
        let on_boards = BOARDS.iter().flat_map(|board| [board.milliseconds(cycles), board.microjoules(cycles)]);
        let on_boards = on_boards.map(|value| format!("{value:.*}", if value < 10.0 { 2 } else { 0 }));
        [name.to_string(), short(cycles)].into_iter().chain(on_boards).collect()
    };
    let mut rows = vec![header, line("an answer", answer)];
    rows.extend(costs.rules.iter().filter_map(|rule| Some(line(rule.rule, rule.cycles?))));
    rows
}

fn notes_on_time() -> String {
    let mut text = "\na step of one sample on a Cortex-M4F; cycles by Arm's manual, no wait states, feedback drawn from the seed\n\
                    energy by the makers' data sheets; no board was measured:\n"
        .to_string();
    for Board { name, found_on, megahertz, microamperes_per_megahertz, volts } in BOARDS {
        text += &format!("{name} ({found_on}): {megahertz} MHz, {microamperes_per_megahertz} uA/MHz, {volts} V\n");
    }
    text
}

fn rows(costs: &NetworkCosts) -> Vec<Vec<String>> {
    let header =
        ["rule", "RAM", "kept", "step", "stack", "minus bp", "m-adds", "minus bp", "reads", "writes", "feedback"];
    let percent = |saved: f64| format!("{:.1} %", 0.0 - saved);
    let known = |bytes: Option<usize>| bytes.map_or_else(|| "-".into(), |bytes| bytes.to_string());
    let mut rows = vec![header.map(String::from).to_vec()];
    rows.extend(costs.rules.iter().map(|cost| {
        let (ram, learning) = (&cost.ram, &cost.learning);
        vec![
            cost.rule.to_string(),
            ram.total.to_string(),
            ram.persistent.to_string(),
            ram.transient.to_string(),
            known(ram.stack),
            percent(cost.saves.ram),
            short(learning.multiply_adds),
            percent(cost.saves.multiply_adds),
            short(learning.weight_reads),
            short(learning.weight_writes),
            cost.flash.feedback_if_stored.to_string(),
        ]
    }));
    rows
}

fn notes(costs: &NetworkCosts) -> String {
    let mut text =
        "\nRAM: bytes, kept from step to step + for a step + stack; minus bp: the difference to bp\n".to_string();
    text += "m-adds, reads, writes: multiply-adds, weights read and written in a learning step\n";
    text += "feedback: bytes of flash if the fixed random matrices are stored; drawn from the seed they take none\n";
    if let Some(code) = costs.rules.iter().find_map(|cost| cost.flash.code) {
        text += &format!("code: at most {code} bytes of flash, and stack at most as said, on a Cortex-M4F\n");
    }
    if let Some(c) = &costs.c_library {
        text += &format!(
            "from C: {} to {} bytes of flash, {} more with two slots; {} bytes of RAM and {} of stack more\n",
            c.fewest_rules_code,
            c.all_rules_code,
            c.slots_code,
            c.model_ram,
            c.call_stack.saturating_sub(costs.rules.iter().find_map(|cost| cost.ram.stack).unwrap_or_default())
        );
    }
    text += &format!("an answer alone: {} multiply-adds\n", short(costs.inference.multiply_adds));
    text
}
