//! Where a path leads: to the file that defines what it names, re-exports followed.

use super::tree::Crate;

/// How many re-exports are followed; only a path that names itself takes more.
const STEPS: usize = 16;

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub file: usize,
    /// The module, where the path names one.
    pub module: Option<usize>,
}

impl Crate {
    /// What a path names, seen from a module; nothing if it leads out of the crate.
    pub fn resolve(&self, from: usize, path: &[String]) -> Option<Target> {
        self.enter(from, path, STEPS)
    }

    fn enter(&self, from: usize, path: &[String], steps: usize) -> Option<Target> {
        let steps = steps.checked_sub(1)?;
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.walk(0, rest, steps),
            "self" => self.walk(from, rest, steps),
            "super" => self.walk(self.modules[from].parent, rest, steps),
            _ => self.find(from, path, steps),
        }
    }

    /// From inside a module. What is not found there counts as its own.
    fn walk(&self, module: usize, path: &[String], steps: usize) -> Option<Target> {
        match path.first().map(String::as_str) {
            None => Some(Target { file: self.modules[module].file, module: Some(module) }),
            Some("super") => self.walk(self.modules[module].parent, &path[1..], steps),
            Some("self") => self.walk(module, &path[1..], steps),
            Some(_) => {
                let own = Target { file: self.modules[module].file, module: None };
                self.find(module, path, steps).or(Some(own))
            }
        }
    }

    /// A path's first name among what a module holds, defines and imports, then the rest from there.
    fn find(&self, module: usize, path: &[String], steps: usize) -> Option<Target> {
        let steps = steps.checked_sub(1)?;
        let (first, rest) = path.split_first()?;
        let here = &self.modules[module];
        if let Some(&child) = here.children.get(first) {
            return self.walk(child, rest, steps);
        }
        if here.items.contains(first) {
            return Some(Target { file: here.file, module: None });
        }
        if let Some(import) = here.imports.get(first) {
            return self.enter(module, &[import, rest].concat(), steps);
        }
        here.globs.iter().find_map(|glob| {
            let opened = self.enter(module, glob, steps)?.module?;
            self.find(opened, path, steps)
        })
    }
}
