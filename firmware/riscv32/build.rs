//! Puts the memory map where the linker looks for it.

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=memory.x");
    let folder = env::var("OUT_DIR").expect("cargo names a folder for what is made");
    fs::copy("memory.x", Path::new(&folder).join("memory.x")).expect("the folder can be written to");
    println!("cargo::rustc-link-search={folder}");
}
