//! Tells the text which processors have the instructions of [`cortex`](src/cortex/mod.rs): what the compiler itself knows of a
//! target says nothing of Arm's DSP extension in a stable version.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(cortex_dsp, cortex_fpu)");
    let target = std::env::var("TARGET").unwrap_or_default();
    // ARMv7E-M, which is the Cortex-M4 and the Cortex-M7, always has it
    if target.starts_with("thumbv7em") {
        if std::env::var_os("CARGO_FEATURE_COMPACT").is_none() {
            println!("cargo::rustc-cfg=cortex_dsp");
        }
        if target.ends_with("eabihf") {
            println!("cargo::rustc-cfg=cortex_fpu");
        }
    }
}
