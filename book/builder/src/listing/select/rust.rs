//! Items of a Rust file.

use std::ops::Range;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Attribute, Fields, ImplItem, Item, ItemImpl, TraitItem, Type};

use super::{Part, with_comments};

/// The parts of a file: items, methods, variants and fields.
pub(super) fn parts(text: &str) -> Result<Vec<Part>, String> {
    let file = syn::parse_file(text).map_err(|error| {
        let at = error.span().start();
        format!("line {}: {error}", at.line)
    })?;
    let mut found = Found {
        lines: text.lines().collect(),
        parts: Vec::new(),
    };
    found.docs(&file.attrs, "");
    found.items(&file.items, "");
    Ok(found.parts)
}

struct Found<'a> {
    lines: Vec<&'a str>,
    parts: Vec<Part>,
}

impl Found<'_> {
    fn add(&mut self, names: Vec<String>, title: String, span: Span) {
        let lines = lines(span);
        let start = with_comments(&self.lines, lines.start, |line| {
            line.starts_with("//") && !line.starts_with("//!")
        });
        self.parts.push(Part {
            names,
            title,
            lines: start..lines.end,
        });
    }

    /// The `//!` lines of a module.
    fn docs(&mut self, attributes: &[Attribute], path: &str) {
        let mut inner = attributes
            .iter()
            .filter(|attribute| matches!(attribute.style, syn::AttrStyle::Inner(_)))
            .filter(|attribute| attribute.path().is_ident("doc"));
        let Some(first) = inner.next() else { return };
        let last = inner.next_back().unwrap_or(first);
        self.parts.push(Part {
            names: vec![format!("{path}mod docs")],
            title: "the module's documentation".to_owned(),
            lines: lines(first.span()).start..lines(last.span()).end,
        });
    }

    fn items(&mut self, items: &[Item], path: &str) {
        for item in items {
            self.item(item, path);
        }
    }

    fn item(&mut self, item: &Item, path: &str) {
        let span = item.span();
        let (kind, name) = match item {
            Item::Const(item) => ("const", item.ident.to_string()),
            Item::Enum(item) => ("enum", item.ident.to_string()),
            Item::Fn(item) => ("fn", item.sig.ident.to_string()),
            Item::Macro(item) => match &item.ident {
                Some(name) => ("macro", name.to_string()),
                None => ("", format!("{}!", joined(&item.mac.path))),
            },
            Item::Mod(item) => ("mod", item.ident.to_string()),
            Item::Static(item) => ("static", item.ident.to_string()),
            Item::Struct(item) => ("struct", item.ident.to_string()),
            Item::Trait(item) => ("trait", item.ident.to_string()),
            Item::Type(item) => ("type", item.ident.to_string()),
            Item::Union(item) => ("union", item.ident.to_string()),
            Item::Use(_) => ("", "use".to_owned()),
            Item::Impl(item) => return self.implementation(item, path),
            _ => return,
        };
        let name = format!("{path}{name}");
        let title = format!("{kind} {name}").trim_start().to_owned();
        let names = match item {
            // A declaration (`mod x;`) has no lines that another part could be in.
            Item::Mod(_) => vec![name.clone(), format!("mod {name}")],
            _ => vec![name.clone()],
        };
        self.add(names, title, span);
        let inside = format!("{name}::");
        match item {
            Item::Mod(item) => {
                if let Some((_, items)) = &item.content {
                    self.docs(&item.attrs, &inside);
                    self.items(items, &inside);
                }
            }
            Item::Enum(item) => {
                for variant in &item.variants {
                    let name = format!("{inside}{}", variant.ident);
                    self.add(vec![name.clone()], name, variant.span());
                }
            }
            Item::Struct(item) => self.fields(&item.fields, &inside),
            Item::Trait(item) => {
                for item in &item.items {
                    self.trait_item(item, &inside);
                }
            }
            _ => {}
        }
    }

    fn fields(&mut self, fields: &Fields, inside: &str) {
        for field in fields {
            if let Some(name) = &field.ident {
                let name = format!("{inside}{name}");
                self.add(vec![name.clone()], name, field.span());
            }
        }
    }

    fn trait_item(&mut self, item: &TraitItem, inside: &str) {
        let (kind, name) = match item {
            TraitItem::Const(item) => ("const", &item.ident),
            TraitItem::Fn(item) => ("fn", &item.sig.ident),
            TraitItem::Type(item) => ("type", &item.ident),
            _ => return,
        };
        let name = format!("{inside}{name}");
        self.add(vec![name.clone()], format!("{kind} {name}"), item.span());
    }

    fn implementation(&mut self, item: &ItemImpl, path: &str) {
        let of = type_name(&item.self_ty);
        let name = match &item.trait_ {
            Some((of_trait, _)) => {
                let last = of_trait.segments.last();
                let last = last.map(|segment| segment.ident.to_string());
                let full = joined(of_trait);
                let mut names = vec![format!("{path}impl {full} for {of}")];
                if let Some(last) = last.filter(|last| *last != full) {
                    names.push(format!("{path}impl {last} for {of}"));
                }
                names
            }
            None => vec![format!("{path}impl {of}")],
        };
        let title = name.first().cloned().unwrap_or_default();
        self.add(name, title, item.span());
        for item in &item.items {
            let (kind, name) = match item {
                ImplItem::Const(item) => ("const", &item.ident),
                ImplItem::Fn(item) => ("fn", &item.sig.ident),
                ImplItem::Type(item) => ("type", &item.ident),
                _ => continue,
            };
            let name = format!("{path}{of}::{name}");
            self.add(vec![name.clone()], format!("{kind} {name}"), item.span());
        }
    }
}

/// Lines of a span, from 0.
fn lines(span: Span) -> Range<usize> {
    span.start().line.saturating_sub(1)..span.end().line
}

/// A path as it is called, without what stands in `<` and `>`.
fn joined(path: &syn::Path) -> String {
    let names: Vec<String> = path
        .segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect();
    names.join("::")
}

/// A type as it is called: its path, or that of what it refers to.
fn type_name(of: &Type) -> String {
    match of {
        Type::Path(of) => joined(&of.path),
        Type::Reference(of) => format!("&{}", type_name(&of.elem)),
        _ => "_".to_owned(),
    }
}
