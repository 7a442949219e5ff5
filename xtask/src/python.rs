//! The Python package: built as a wheel, put into a fresh environment, and tested there.

use crate::shell::{Step, fresh_folder, python_with, root};
use std::path::PathBuf;

/// What the tests need beside the package itself.
const PACKAGES: [&str; 21] = [
    "maturin==1.16.0",
    "numpy==2.4.6",
    "scikit-learn==1.9.1",
    "scipy==1.17.1",
    "flwr==1.42.0",
    "ipykernel==7.4.0",
    "joblib",
    "matplotlib",
    "mypy",
    "nbclient==0.11.0",
    "nbformat==5.11.1",
    "onnx==1.23.2",
    "onnxruntime==1.32.0",
    "optuna==5.0.0",
    "pandas",
    "polars",
    "pyarrow",
    "pytest",
    // the version that Flower simulates with
    "ray==2.55.1",
    "river==0.26.1",
    "tqdm",
];

/// Builds the wheel, installs it, checks the types and runs the tests; `heavy` ones too, such as larger fleets, if they are asked for.
pub fn run(heavy: bool) -> Result<(), String> {
    let python = python_with("package", &PACKAGES)?;
    let wheels = fresh_folder("wheels")?;
    let manifest = root().join("bindings/python/Cargo.toml");
    let (manifest, folder) = (manifest.to_string_lossy(), wheels.to_string_lossy());
    let build = ["-m", "maturin", "build", "--release", "--manifest-path", &manifest, "--out", &folder];
    Step::program("the Python package", &python, &build).run()?;
    let wheel = wheel(&wheels)?;
    let install = ["-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps", &wheel.to_string_lossy()];
    Step::program("installing the Python package", &python, &install).run()?;
    let within =
        |arguments: &[&str]| Step::program("the Python package's tests", &python, arguments).within("bindings/python");
    within(&["-m", "mypy", "--config-file", "pyproject.toml", "python/openloop"]).run()?;
    let chosen = if heavy { "heavy or not heavy" } else { "not heavy" };
    // a cluster of this machine is all that Ray and Flower look for
    let tests = within(&["-m", "pytest", "--quiet", "--import-mode=importlib", "-m", chosen, "tests"]);
    tests.with(("FLWR_TELEMETRY_ENABLED", "0")).with(("RAY_USAGE_STATS_ENABLED", "0")).run()?;
    // the examples of the documentation, of the package that was installed
    within(&["-m", "pytest", "--quiet", "--doctest-modules", "--pyargs", "openloop"]).run()?;
    within(&["-m", "pytest", "--quiet", "--doctest-glob=README.md", "README.md"]).run()
}

fn wheel(folder: &std::path::Path) -> Result<PathBuf, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut wheels =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "whl"));
    wheels.next().ok_or_else(|| format!("{}: no wheel was built", folder.display()))
}
