//! A crate's sources as a tree of modules: what each of them defines, and what it imports.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use syn::Item;
use syn::UseTree;

/// A file of a crate.
pub struct File {
    /// Its path from the crate's source folder, with `/`.
    pub path: String,
    pub text: String,
    pub syntax: syn::File,
    /// The module it holds.
    pub module: usize,
}

/// A module, in a file of its own or inside of one.
#[derive(Default)]
pub struct Module {
    pub file: usize,
    pub parent: usize,
    pub children: BTreeMap<String, usize>,
    /// The names it defines itself.
    pub items: BTreeSet<String>,
    /// The names it imports or re-exports, each with the path it stands for.
    pub imports: BTreeMap<String, Vec<String>>,
    pub globs: Vec<Vec<String>>,
}

/// A crate's files and modules; module 0 is the root.
pub struct Crate {
    pub name: String,
    pub files: Vec<File>,
    pub modules: Vec<Module>,
}

/// What a `use` brings in.
pub struct Import {
    pub path: Vec<String>,
    /// The name it gets here; none for a glob.
    pub name: Option<String>,
}

impl Crate {
    /// Reads all Rust files below a folder.
    pub fn read(name: &str, folder: &Path) -> Self {
        let mut sources = Vec::new();
        collect(folder, "", &mut sources);
        Crate::of(name, &sources)
    }

    /// A crate from its files' paths and texts. Modules that only tests have are left out, with their files.
    pub fn of(name: &str, sources: &[(String, String)]) -> Self {
        let parsed = sources.iter().map(|(path, text)| {
            let syntax = syn::parse_file(text).unwrap_or_else(|error| panic!("{name}/{path}: {error}"));
            (module_path(path), path.clone(), text.clone(), syntax)
        });
        let mut parsed: Vec<_> = parsed.collect();
        parsed.sort_by(|a, b| (a.0.len(), &a.0).cmp(&(b.0.len(), &b.0)));
        let tests: Vec<Vec<String>> = parsed.iter().flat_map(|(at, _, _, syntax)| test_modules(at, syntax)).collect();
        parsed.retain(|(at, ..)| !tests.iter().any(|test| at.starts_with(test)));
        let mut made = Crate { name: name.into(), files: Vec::new(), modules: Vec::new() };
        for (at, path, text, syntax) in parsed {
            let file = made.files.len();
            let module = made.add_module(&at, file);
            made.files.push(File { path, text, syntax, module });
        }
        for file in 0..made.files.len() {
            let (module, items) = (made.files[file].module, made.files[file].syntax.items.clone());
            made.declare(module, file, &items);
        }
        made
    }

    fn add_module(&mut self, at: &[String], file: usize) -> usize {
        let number = self.modules.len();
        let mut parent = 0;
        for name in at.iter().take(at.len().saturating_sub(1)) {
            parent = *self.modules[parent].children.get(name).unwrap_or_else(|| panic!("no module above {at:?}"));
        }
        self.modules.push(Module { file, parent, ..Module::default() });
        if let Some(name) = at.last() {
            self.modules[parent].children.insert(name.clone(), number);
        }
        number
    }

    /// Notes what a module's items define and import.
    fn declare(&mut self, module: usize, file: usize, items: &[Item]) {
        for item in items.iter().filter(|item| !only_for_tests(attributes(item))) {
            match item {
                Item::Mod(inner) => {
                    if let Some((_, items)) = &inner.content {
                        let child = self.modules.len();
                        self.modules.push(Module { file, parent: module, ..Module::default() });
                        self.modules[module].children.insert(inner.ident.to_string(), child);
                        self.declare(child, file, items);
                    }
                }
                Item::Use(import) if import.leading_colon.is_none() => {
                    for import in imports(&import.tree) {
                        match import.name {
                            Some(name) => drop(self.modules[module].imports.insert(name, import.path)),
                            None => self.modules[module].globs.push(import.path),
                        }
                    }
                }
                _ => self.modules[module].items.extend(defined(item)),
            }
        }
    }
}

fn collect(folder: &Path, prefix: &str, sources: &mut Vec<(String, String)>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a folder's entry").path();
        let name = format!("{prefix}{}", path.file_name().expect("a name").to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), sources);
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            sources.push((name, text));
        }
    }
}

/// `a/mod.rs` and `a.rs` are the module `a`; `lib.rs` and `main.rs` are the root.
fn module_path(path: &str) -> Vec<String> {
    let mut names: Vec<String> = path.trim_end_matches(".rs").split('/').map(String::from).collect();
    if matches!(names.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        names.pop();
    }
    names
}

/// The modules in files of their own that only tests have.
fn test_modules(at: &[String], syntax: &syn::File) -> Vec<Vec<String>> {
    let modules = syntax.items.iter().filter_map(|item| match item {
        Item::Mod(inner) if inner.content.is_none() && only_for_tests(&inner.attrs) => Some(inner.ident.to_string()),
        _ => None,
    });
    modules.map(|name| [at, &[name]].concat()).collect()
}

/// `#[cfg(test)]`, `#[cfg(all(test, ..))]` and `#[cfg(doctest)]`.
pub fn only_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let condition = match &attribute.meta {
            syn::Meta::List(list) if list.path.is_ident("cfg") => list.tokens.to_string(),
            _ => return false,
        };
        let words: Vec<&str> = condition.split([' ', '(', ')', ',']).filter(|word| !word.is_empty()).collect();
        matches!(words[..], ["test" | "doctest"]) || words.first() == Some(&"all") && words.contains(&"test")
    })
}

/// An item's attributes.
pub fn attributes(item: &Item) -> &[syn::Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The name an item defines.
fn defined(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// Everything that a `use` brings in, one by one.
pub fn imports(tree: &UseTree) -> Vec<Import> {
    let mut all = Vec::new();
    flatten(tree, &mut Vec::new(), &mut all);
    all
}

fn flatten(tree: &UseTree, path: &mut Vec<String>, all: &mut Vec<Import>) {
    let mut add = |last: String, name: String| {
        let mut path = path.clone();
        if last != "self" || path.is_empty() {
            path.push(last);
        }
        let name = if name == "self" { path.last().cloned().unwrap_or(name) } else { name };
        all.push(Import { path, name: Some(name) });
    };
    match tree {
        UseTree::Name(name) => add(name.ident.to_string(), name.ident.to_string()),
        UseTree::Rename(rename) => add(rename.ident.to_string(), rename.rename.to_string()),
        UseTree::Glob(_) => all.push(Import { path: path.clone(), name: None }),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, path, all)),
        UseTree::Path(step) => {
            path.push(step.ident.to_string());
            flatten(&step.tree, path, all);
            path.pop();
        }
    }
}
