//! One source file, read once: its functions, and every name that it mentions outside comments.

use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{AttrStyle, Attribute, Block, Signature};

use super::Violation;

/// A source file.
pub(super) struct Source {
    /// From the root of the repository.
    pub(super) path: String,
    pub(super) text: String,
    /// Whether all of it is for tests.
    pub(super) is_test: bool,
    /// Whether it begins by saying what it is for.
    pub(super) has_header: bool,
    /// The functions that are not for tests.
    pub(super) functions: Vec<Function>,
    /// The lines of literals that are floats.
    pub(super) floats: Vec<usize>,
    pub(super) mentions: Vec<Mention>,
    /// The lines of items that only tests see.
    test_lines: Vec<RangeInclusive<usize>>,
    test_modules: Vec<String>,
}

/// A function and how long it is, from `fn` to the closing brace.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) lines: usize,
}

/// A name in the code: a path such as `std::fs::File`, a macro such as `todo!`, an attribute such
/// as `#[ignore`. Grouped imports are spelled out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mention {
    pub(super) line: usize,
    pub(super) name: String,
}

impl Source {
    pub(super) fn parse(path: &str, text: String) -> Result<Self, Violation> {
        let broken = |span: Span, error: &dyn std::fmt::Display| {
            Violation::new(path, span.start().line, format!("cannot be read as Rust: {error}"))
        };
        let tokens: TokenStream =
            text.parse().map_err(|error: proc_macro2::LexError| broken(error.span(), &error))?;
        let mut mentions = Vec::new();
        Mentions::new("", &mut mentions).read(tokens.clone());
        let file: syn::File = syn::parse2(tokens).map_err(|error| broken(error.span(), &error))?;
        let has_header = file.attrs.first().is_some_and(is_header);
        let mut items = Items::default();
        items.visit_file(&file);
        let Items { functions, floats, test_lines, test_modules } = items;
        let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
        let path = path.to_owned();
        Ok(Self {
            path,
            text,
            is_test,
            has_header,
            functions,
            floats,
            mentions,
            test_lines,
            test_modules,
        })
    }

    /// The crate's name, by its folder.
    pub(super) fn package(&self) -> &str {
        let path = self.path.trim_start_matches("crates/");
        path.split('/').next().unwrap_or(path)
    }

    /// Whether it is part of what is shipped: the rules of size are about these.
    pub(super) fn is_shipped(&self) -> bool {
        !self.is_test && self.path.starts_with("crates/") && self.path.contains("/src/")
    }

    /// Whether only tests see this line.
    pub(super) fn is_test_line(&self, line: usize) -> bool {
        self.is_test || self.test_lines.iter().any(|lines| lines.contains(&line))
    }

    /// The paths, without ending, of the modules that it declares for tests.
    pub(super) fn test_modules(&self) -> impl Iterator<Item = String> {
        let (folder, file) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        let base = match file {
            "mod.rs" | "lib.rs" | "main.rs" => folder.to_owned(),
            _ => self.path.trim_end_matches(".rs").to_owned(),
        };
        self.test_modules.iter().map(move |name| format!("{base}/{name}"))
    }
}

fn is_header(attribute: &Attribute) -> bool {
    matches!(attribute.style, AttrStyle::Inner(_)) && attribute.path().is_ident("doc")
}

/// Whether it is `#[test]`, or `#[cfg(...)]` with `test` in it and no `not`.
fn is_for_tests(attribute: &Attribute) -> bool {
    let Ok(list) = attribute.meta.require_list() else {
        return attribute.path().segments.last().is_some_and(|last| last.ident == "test");
    };
    let condition = list.tokens.to_string();
    let has = |word| condition.split(|c: char| !c.is_alphanumeric()).any(|part| part == word);
    attribute.path().is_ident("cfg") && has("test") && !has("not")
}

/// Collects functions, and what is only for tests.
#[derive(Default)]
struct Items {
    functions: Vec<Function>,
    floats: Vec<usize>,
    test_lines: Vec<RangeInclusive<usize>>,
    test_modules: Vec<String>,
}

impl Items {
    /// Takes note of an item that only tests see. Says whether it is one.
    fn is_test(&mut self, attributes: &[Attribute], item: Span) -> bool {
        let is_test = attributes.iter().any(is_for_tests);
        if is_test {
            self.test_lines.push(item.start().line..=item.end().line);
        }
        is_test
    }

    fn function(&mut self, signature: &Signature, body: &Block) {
        let line = signature.span().start().line;
        let lines = body.brace_token.span.close().end().line - line + 1;
        self.functions.push(Function { name: signature.ident.to_string(), line, lines });
    }
}

impl<'ast> Visit<'ast> for Items {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !self.is_test(&item.attrs, item.span()) {
            visit::visit_item_mod(self, item);
        } else if item.content.is_none() {
            self.test_modules.push(item.ident.to_string());
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.is_test(&item.attrs, item.span());
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if !self.is_test(&item.attrs, item.span()) {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !self.is_test(&item.attrs, item.span()) {
            self.function(&item.sig, &item.block);
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !self.is_test(&item.attrs, item.span()) {
            self.function(&item.sig, &item.block);
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.function(&item.sig, body);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_lit_float(&mut self, literal: &'ast syn::LitFloat) {
        self.floats.push(literal.span().start().line);
    }
}

/// Reads names from tokens, so that the bodies of macros count as well.
struct Mentions<'a> {
    out: &'a mut Vec<Mention>,
    /// What stands before the braces of a grouped import.
    prefix: &'a str,
    /// The path so far, without the prefix.
    path: String,
    line: usize,
    /// What the last token was, where it matters.
    last: Last,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Colon,
    Colons,
    Hash,
    Other,
}

impl<'a> Mentions<'a> {
    fn new(prefix: &'a str, out: &'a mut Vec<Mention>) -> Self {
        Self { out, prefix, path: String::new(), line: 0, last: Last::Other }
    }

    fn read(mut self, tokens: TokenStream) {
        for token in tokens {
            let last = std::mem::replace(&mut self.last, Last::Other);
            match token {
                TokenTree::Ident(name) => self.name(&name, last),
                TokenTree::Group(group) => self.group(&group, last),
                TokenTree::Literal(_) => self.end(""),
                TokenTree::Punct(mark) => self.punct(&mark, last),
            }
        }
        self.end("");
    }

    fn name(&mut self, name: &Ident, last: Last) {
        if last != Last::Colons {
            self.end("");
        }
        if !self.path.is_empty() {
            self.path.push_str("::");
        }
        self.path.push_str(&name.to_string());
        self.line = name.span().start().line;
    }

    fn punct(&mut self, mark: &Punct, last: Last) {
        match (mark.as_char(), last) {
            (':', Last::Colon) => self.last = Last::Colons,
            (':', _) if mark.spacing() == Spacing::Joint => self.last = Last::Colon,
            ('!', Last::Hash) => self.last = Last::Hash,
            ('!', _) => self.end("!"),
            ('#', _) => {
                self.end("");
                self.last = Last::Hash;
            }
            _ => self.end(""),
        }
    }

    fn group(&mut self, group: &Group, last: Last) {
        if last == Last::Colons && group.delimiter() == Delimiter::Brace {
            let prefix = self.whole();
            Mentions::new(&prefix, self.out).read(group.stream());
            self.path.clear();
            return;
        }
        self.end("");
        if last == Last::Hash && group.delimiter() == Delimiter::Bracket {
            let name = group.stream().into_iter().next().map(|token| token.to_string());
            let name = format!("#[{}", name.unwrap_or_default());
            self.out.push(Mention { line: group.span_open().start().line, name });
        }
        Mentions::new("", self.out).read(group.stream());
    }

    /// The path is complete: what follows does not belong to it.
    fn end(&mut self, suffix: &str) {
        if !self.path.is_empty() {
            let name = self.whole() + suffix;
            self.out.push(Mention { line: self.line, name });
            self.path.clear();
        }
    }

    fn whole(&self) -> String {
        match self.prefix {
            "" => self.path.clone(),
            prefix => format!("{prefix}::{}", self.path),
        }
    }
}
