//! The C example is compiled as strictly as can be, run, and does what it says.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const WARNINGS: [&str; 6] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wconversion", "-Wshadow"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The static library, built in a folder of its own: cargo promises no place for that of this very build.
fn library() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("static");
    let mut cargo = Command::new(env!("CARGO"));
    let build = ["rustc", "--lib", "--crate-type", "staticlib", "--package", "openloop-c", "--target-dir"];
    cargo.args(build).arg(&target).current_dir(root());
    assert!(cargo.status().unwrap().success());
    target.join("debug/libopenloop_c.a")
}

#[track_caller]
fn done(output: Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn the_example_compiles_without_a_warning_and_learns_saves_and_refuses() {
    let (folder, library) = (tempfile::tempdir().unwrap(), library());
    let source = root().join("examples/learn.c");
    for (compiler, standard) in [("cc", "-std=c99"), ("cc", "-std=c11")] {
        let program = folder.path().join("learn");
        let mut compile = Command::new(compiler);
        compile.args(WARNINGS).args([standard, "-O2", "-I"]).arg(root().join("include")).arg(&source).arg(&library);
        done(compile.args(["-lpthread", "-ldl", "-lm", "-o"]).arg(&program).output().unwrap());
        let printed = done(Command::new(&program).output().unwrap());
        let kept = "right after 3000 samples; saved, lost the power, came up the same and goes on";
        for line in ["drtp, f32: ", "local-error, f32: ", "drtp, int8: "] {
            assert!(printed.lines().any(|printed| printed.starts_with(line) && printed.ends_with(kept)), "{printed}");
        }
        assert!(printed.contains("a blob: opened, and answers the same"), "{printed}");
        assert_eq!(printed.matches("wrong requests: refused, and nothing written").count(), 2, "{printed}");
    }
}

#[test]
fn the_header_is_valid_cpp_and_the_zephyr_program_compiles_against_it() {
    let (folder, include) = (tempfile::tempdir().unwrap(), root().join("include"));
    let source = folder.path().join("program.cpp");
    std::fs::write(&source, "#include \"openloop.h\"\nint main() { return 0; }\n").unwrap();
    let mut program = Command::new("c++");
    program.args(WARNINGS).args(["-std=c++17", "-fsyntax-only", "-I"]).arg(&include).arg(&source);
    done(program.output().unwrap());
    let mut zephyr = Command::new("cc");
    zephyr.args(WARNINGS).args(["-std=c99", "-fsyntax-only", "-I"]).arg(&include);
    zephyr.arg("-I").arg(root().join("tests/zephyr")).arg(root().join("zephyr/samples/drift/src/main.c"));
    done(zephyr.output().unwrap());
}

#[test]
fn the_zephyr_module_is_where_west_looks_for_it_and_names_what_is_there() {
    let repository = root().parent().unwrap().parent().unwrap();
    let module = std::fs::read_to_string(repository.join("zephyr/module.yml")).unwrap();
    let paths = module.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split("bindings").nth(1));
    let paths: Vec<PathBuf> = paths.map(|rest| repository.join(format!("bindings{rest}"))).collect();
    assert_eq!(paths.len(), 3, "{module}");
    assert!(paths[0].join("CMakeLists.txt").is_file() && paths[1].is_file() && paths[2].join("drift").is_dir());
}
