//! What the peers in Rust share: the job, its rows, and how they talk with the benchmark (see `peer.py`).

use serde::Deserialize;
use std::error::Error;
use std::io::Read;
use std::time::Instant;

pub const CLASSES: usize = 10;
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What is asked for: backpropagation through dense layers.
#[derive(Debug, Deserialize)]
pub struct Job {
    pub data: String,
    pub data_dir: Option<String>,
    pub inputs: usize,
    pub samples: usize,
    pub passes: usize,
    pub hidden: Vec<usize>,
    pub batch: usize,
    pub optimizer: String,
    pub rate: f64,
}

/// Inputs `[rows, inputs]` from 0 to 1, and labels.
pub struct Rows {
    pub x: Vec<f32>,
    pub labels: Vec<u32>,
}

impl Job {
    pub fn read() -> Result<Self> {
        let text = std::env::args().nth(1).ok_or("a job is the only argument")?;
        Ok(serde_json::from_str(&text)?)
    }

    pub fn nesterov(&self) -> bool {
        self.optimizer == "nesterov"
    }

    /// Inputs and outputs of each layer.
    pub fn shapes(&self) -> Vec<(usize, usize)> {
        let widths = [&[self.inputs], &self.hidden[..], &[CLASSES]].concat();
        widths.windows(2).map(|pair| (pair[0], pair[1])).collect()
    }

    pub fn rows(&self, part: &str) -> Result<Rows> {
        if self.data == "random" {
            let mut random = Random(1);
            let x = (0..self.samples * self.inputs).map(|_| random.unit()).collect();
            return Ok(Rows { x, labels: (0..self.samples).map(|_| random.below(CLASSES) as u32).collect() });
        }
        let folder = self.data_dir.as_deref().ok_or("MNIST needs a folder")?;
        let (stem, most) = if part == "train" { ("train", self.samples) } else { ("t10k", usize::MAX) };
        let pixels = unpacked(&format!("{folder}/mnist/{stem}-images-idx3-ubyte"))?;
        let labels = unpacked(&format!("{folder}/mnist/{stem}-labels-idx1-ubyte"))?;
        let x = pixels[16..].iter().take(most.saturating_mul(self.inputs)).map(|v| f32::from(*v) / 255.0).collect();
        Ok(Rows { x, labels: labels[8..].iter().take(most).map(|label| u32::from(*label)).collect() })
    }
}

fn unpacked(path: &str) -> Result<Vec<u8>> {
    let Ok(file) = std::fs::File::open(format!("{path}.gz")) else { return Ok(std::fs::read(path)?) };
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A small generator: what is drawn matters little here.
pub struct Random(pub u64);

impl Random {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    pub fn unit(&mut self) -> f32 {
        self.word() as f32 / (1u64 << 31) as f32
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.word() % bound as u64) as usize
    }

    pub fn order(&mut self, count: usize) -> Vec<u32> {
        let mut order: Vec<u32> = (0..count as u32).collect();
        (1..count).for_each(|i| order.swap(i, self.below(i + 1)));
        order
    }
}

/// Warms up, then does as it is told: `learn(order)` makes a pass, `wrong()` counts mistakes of test rows and the rows.
pub fn converse(
    about: &str,
    job: &Job,
    mut learn: impl FnMut(&[u32]) -> Result<()>,
    wrong: impl FnOnce() -> Result<(usize, usize)>,
) -> Result<()> {
    let mut random = Random(2);
    let mut turn = || -> Result<f64> {
        let mut spent = 0.0;
        for _ in 0..job.passes {
            let order = random.order(job.samples);
            let started = Instant::now();
            learn(&order)?;
            spent += started.elapsed().as_secs_f64();
        }
        Ok(spent)
    };
    turn()?;
    println!("{{\"ready\": true, \"about\": \"{about}\"}}");
    for line in std::io::stdin().lines() {
        if line?.trim() != "go" {
            break;
        }
        println!("{{\"seconds\": {}}}", turn()?);
    }
    let peak = peak_bytes()?;
    let error = if job.data == "random" {
        "null".into()
    } else {
        let (wrong, rows) = wrong()?;
        (100.0 * wrong as f64 / rows as f64).to_string()
    };
    println!("{{\"peak_bytes\": {peak}, \"test_error\": {error}}}");
    Ok(())
}

fn peak_bytes() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM")).ok_or("no VmHWM")?;
    Ok(1024 * line.split_whitespace().nth(1).ok_or("no VmHWM")?.parse::<u64>()?)
}
