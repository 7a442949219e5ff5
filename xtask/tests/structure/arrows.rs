//! Which file uses what of which other one: `use` and every path in the code, macros' contents included.

use super::tree::{Crate, attributes, imports, only_for_tests};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::{self, Visit};

/// The names by which one file (the first) uses another.
pub type Arrows = BTreeMap<(usize, usize), BTreeSet<String>>;

/// What a crate's files use of each other.
#[derive(Default)]
pub struct Uses {
    pub arrows: Arrows,
    /// Pure re-exports by files that declare modules.
    pub reexports: Arrows,
}

impl Uses {
    /// Goes through all code that is not for tests alone.
    pub fn of(made: &Crate) -> Self {
        let mut uses = Uses::default();
        for (number, file) in made.files.iter().enumerate() {
            let declares =
                file.syntax.items.iter().any(|item| matches!(item, syn::Item::Mod(m) if m.content.is_none()));
            let mut walk = Walk { made, file: number, module: file.module, declares, uses: &mut uses };
            walk.visit_file(&file.syntax);
        }
        uses
    }
}

struct Walk<'a> {
    made: &'a Crate,
    file: usize,
    module: usize,
    /// Whether the file declares modules that lie in other files.
    declares: bool,
    uses: &'a mut Uses,
}

impl Walk<'_> {
    fn add(&mut self, path: &[String], reexported: bool) {
        if let Some(target) = self.made.resolve(self.module, path).filter(|target| target.file != self.file) {
            let arrows = if reexported { &mut self.uses.reexports } else { &mut self.uses.arrows };
            arrows.entry((self.file, target.file)).or_default().insert(path.join("::"));
        }
    }

    /// A path in the code. A single small letter's name is a variable, unless it is called.
    fn add_path(&mut self, path: &[String], called: bool) {
        let [first, rest @ ..] = path else { return };
        let named = !rest.is_empty() || called || first.starts_with(|c: char| c.is_uppercase());
        if named && first != "Self" {
            self.add(path, false);
        }
    }

    /// Paths among a macro's tokens: names joined by `::`.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            let mut path = Vec::new();
            while let Some(TokenTree::Ident(name)) = tokens.get(at) {
                path.push(name.to_string());
                at += 1;
                if !is_joined(&tokens[at..]) {
                    break;
                }
                at += 2;
            }
            if path.is_empty() {
                if let TokenTree::Group(group) = &tokens[at] {
                    self.add_tokens(group.stream());
                }
                at += 1;
            } else {
                let called = matches!(tokens.get(at), Some(TokenTree::Group(_)));
                self.add_path(&path, called);
            }
        }
    }
}

/// `::` and a name after it.
fn is_joined(tokens: &[TokenTree]) -> bool {
    let colon = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':');
    matches!(tokens, [a, b, TokenTree::Ident(_), ..] if colon(a) && colon(b))
}

fn names(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !only_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !only_for_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.content.is_some() {
            let outer = self.module;
            self.module = self.made.modules[outer].children[&item.ident.to_string()];
            visit::visit_item_mod(self, item);
            self.module = outer;
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let reexported = self.declares && !matches!(item.vis, syn::Visibility::Inherited);
        if item.leading_colon.is_none() {
            for import in imports(&item.tree) {
                self.add(&import.path, reexported);
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.add_path(&names(path), false);
        }
        visit::visit_path(self, path);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(function) = &*call.func {
            self.add_path(&names(&function.path), true);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        visit::visit_macro(self, call);
        self.add_tokens(call.tokens.clone());
    }

    // `pub(crate)` and `#[derive(..)]` hold paths that use nothing
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}
