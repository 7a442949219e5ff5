//! How long functions and files are, and what parameters are tuples.

use super::tree::File;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// The words by which a file's first comment says why it is longer than others.
pub const REASON: &str = "Long because";

/// A function that is longer than `limit` lines, from `fn` to its last brace, as `name (line 10): 61 lines`.
pub fn long_functions(syntax: &syn::File, limit: usize) -> Vec<String> {
    let mut walk = Functions { limit, long: Vec::new(), tuples: Vec::new() };
    walk.visit_file(syntax);
    walk.long
}

/// A parameter whose type is or holds a tuple of more than two things, as `name (line 10): text`.
pub fn tuple_parameters(syntax: &syn::File) -> Vec<String> {
    let mut walk = Functions { limit: usize::MAX, long: Vec::new(), tuples: Vec::new() };
    walk.visit_file(syntax);
    walk.tuples
}

/// Whether a file is longer than `limit` lines and its first comment does not say why.
pub fn long_without_reason(file: &File, limit: usize) -> Option<usize> {
    let lines = file.text.lines().count();
    let comment = file.text.lines().take_while(|line| line.starts_with("//!"));
    let has_reason = comment.into_iter().any(|line| line.contains(REASON));
    (lines > limit && !has_reason).then_some(lines)
}

struct Functions {
    limit: usize,
    long: Vec<String>,
    tuples: Vec<String>,
}

impl Functions {
    fn note(&mut self, signature: &syn::Signature, block: Option<&syn::Block>) {
        let (name, first) = (&signature.ident, signature.fn_token.span.start().line);
        if let Some(block) = block {
            let lines = block.span().end().line - first + 1;
            if lines > self.limit {
                self.long.push(format!("{name} (line {first}): {lines} lines"));
            }
        }
        for input in &signature.inputs {
            if let syn::FnArg::Typed(parameter) = input {
                let mut tuples = Tuples { most: 0 };
                tuples.visit_type(&parameter.ty);
                if tuples.most > 2 {
                    self.tuples.push(format!("{name} (line {first}): a tuple of {} things", tuples.most));
                }
            }
        }
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.note(&item.sig, Some(&item.block));
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.note(&item.sig, Some(&item.block));
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.note(&item.sig, item.default.as_ref());
        visit::visit_trait_item_fn(self, item);
    }
}

/// The largest tuple inside a type.
struct Tuples {
    most: usize,
}

impl<'ast> Visit<'ast> for Tuples {
    fn visit_type_tuple(&mut self, tuple: &'ast syn::TypeTuple) {
        self.most = self.most.max(tuple.elems.len());
        visit::visit_type_tuple(self, tuple);
    }
}
