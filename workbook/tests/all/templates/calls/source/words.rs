//! The names in a piece of Rust, and how they stand to each other.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A name in scope, and what it stands for: `(local, qualifier, name)`.
pub type Use = (String, String, String);

/// The names that some items mention.
#[derive(Default)]
pub struct Words {
    /// Every name.
    pub plain: BTreeSet<String>,
    /// `qualifier::name`.
    pairs: BTreeSet<(String, String)>,
    /// `.name`
    dotted: BTreeSet<String>,
    /// `::name` where the qualifier is not the name of what it is in.
    anywhere: BTreeSet<String>,
}

impl Words {
    pub fn of(tokens: &[TokenTree]) -> Self {
        let mut words = Self::default();
        words.collect(tokens);
        words
    }

    fn collect(&mut self, tokens: &[TokenTree]) {
        for (index, token) in tokens.iter().enumerate() {
            if let TokenTree::Group(group) = token {
                self.collect(&group.stream().into_iter().collect::<Vec<_>>());
            }
            let Some(name) = ident(token) else { continue };
            let before = |back: usize| index.checked_sub(back).map(|index| &tokens[index]);
            let punct = |back: usize, c: char| before(back).is_some_and(|t| is_punct(t, c));
            if punct(1, '.') {
                self.dotted.insert(name.clone());
            } else if punct(1, ':') && punct(2, ':') {
                match before(3).and_then(ident) {
                    Some(qualifier) if !is_keyword(&qualifier) => {
                        self.pairs.insert((qualifier, name.clone()));
                    }
                    _ => _ = self.anywhere.insert(name.clone()),
                }
            }
            self.plain.insert(name);
        }
    }

    /// Adds what names stand for where they are used.
    pub fn resolve(&mut self, module: &str, uses: &[Use]) {
        for name in self.plain.clone() {
            self.pairs.insert((module.to_owned(), name));
        }
        for (local, qualifier, name) in uses {
            if self.plain.contains(local) {
                self.pairs.insert((qualifier.clone(), name.clone()));
                self.plain.insert(name.clone());
                let of_local = self.pairs.iter().filter(|(of, _)| of == local);
                let renamed: Vec<_> = of_local.map(|(_, n)| (name.clone(), n.clone())).collect();
                self.pairs.extend(renamed);
            }
        }
    }

    pub fn extend(&mut self, other: &Self) {
        self.plain.extend(other.plain.iter().cloned());
        self.pairs.extend(other.pairs.iter().cloned());
        self.dotted.extend(other.dotted.iter().cloned());
        self.anywhere.extend(other.anywhere.iter().cloned());
    }

    /// Whether a function of a module may be meant.
    pub fn knows(&self, module: &str, name: &str) -> bool {
        let pair = (module.to_owned(), name.to_owned());
        self.pairs.contains(&pair) || self.anywhere.contains(name)
    }

    /// Whether a method may be meant.
    pub fn calls(&self, of: &str, name: &str) -> bool {
        self.dotted.contains(name) || self.knows(of, name)
    }
}

/// The crates of the SDK that a file mentions, without `aws_sdk_`.
pub fn services(stream: &TokenStream) -> BTreeSet<String> {
    let tokens: Vec<TokenTree> = stream.clone().into_iter().collect();
    let plain = Words::of(&tokens).plain;
    let names = plain
        .iter()
        .filter_map(|name| name.strip_prefix("aws_sdk_"));
    names.map(str::to_owned).collect()
}

/// The `use` declarations of a file.
pub fn uses(stream: &TokenStream, found: &mut Vec<Use>) {
    let tokens: Vec<TokenTree> = stream.clone().into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(name) if name == "use" => {
                let rest = &tokens[index + 1..];
                let end = rest.iter().position(|token| is_punct(token, ';'));
                used(&rest[..end.unwrap_or_default()], "", found);
            }
            TokenTree::Group(group) => uses(&group.stream(), found),
            _ => {}
        }
    }
}

/// One tree of a `use` under `qualifier`.
fn used(tokens: &[TokenTree], qualifier: &str, found: &mut Vec<Use>) {
    for tree in tokens.split(|token| is_punct(token, ',')) {
        let mut path: Vec<String> = vec![qualifier.to_owned()];
        let mut group = None;
        for token in tree {
            match token {
                TokenTree::Ident(name) => path.push(name.to_string()),
                TokenTree::Group(inner) => group = Some(inner),
                _ => {}
            }
        }
        let last = path.last().cloned().unwrap_or_default();
        match (group, &path[..]) {
            (Some(group), _) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                used(&inner, &last, found);
            }
            (None, [.., of, name, word, local]) if word == "as" => {
                found.push((local.clone(), of.clone(), name.clone()));
            }
            (None, [.., of, name]) => found.push((name.clone(), of.clone(), name.clone())),
            _ => {}
        }
    }
}

/// The type and the trait of an `impl`.
pub fn implementation(tokens: &[TokenTree]) -> (String, Option<String>) {
    let mut depth = 0_i32;
    // The names outside of `<…>`, with the words between the parts.
    let mut parts: Vec<Vec<String>> = vec![Vec::new()];
    let mut arrow = false;
    for (index, token) in tokens.iter().enumerate().skip(1) {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => break,
            TokenTree::Punct(punct) => {
                match punct.as_char() {
                    '<' => depth += 1,
                    '>' if !arrow => depth -= 1,
                    _ => {}
                }
                arrow = punct.as_char() == '-';
            }
            TokenTree::Ident(name) if depth == 0 => match name.to_string().as_str() {
                "for" if !tokens.get(index + 1).is_some_and(|t| is_punct(t, '<')) => {
                    parts.push(Vec::new());
                }
                "where" => break,
                name => parts.last_mut().unwrap().push(name.to_owned()),
            },
            _ => {}
        }
    }
    let mut names = parts.iter().rev().map(|part| part.last().cloned());
    (
        names.next().flatten().unwrap_or_default(),
        names.next().flatten(),
    )
}

/// The methods called on what is named `client`, with their lines; and how many
/// times something is sent.
pub fn operations(tokens: &[TokenTree], calls: &mut Vec<(String, usize)>, sends: &mut usize) {
    for (index, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            operations(&inner, calls, sends);
        }
        if let [
            name,
            dot,
            TokenTree::Ident(method),
            TokenTree::Group(arguments),
            ..,
        ] = &tokens[index..]
            && is_punct(dot, '.')
            && arguments.delimiter() == Delimiter::Parenthesis
            && ident(name).as_deref() == Some("client")
        {
            calls.push((method.to_string(), method.span().start().line));
        }
        if let [
            dot,
            TokenTree::Ident(method),
            TokenTree::Group(arguments),
            ..,
        ] = &tokens[index..]
            && is_punct(dot, '.')
            && method == "send"
            && arguments.stream().is_empty()
        {
            *sends += 1;
        }
    }
}

pub fn ident(token: &TokenTree) -> Option<String> {
    match token {
        TokenTree::Ident(name) => Some(name.to_string()),
        _ => None,
    }
}

pub fn next_ident(tokens: &[TokenTree]) -> Option<String> {
    tokens.get(1).and_then(ident)
}

pub fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

fn is_keyword(name: &str) -> bool {
    ["Self", "self", "super", "crate"].contains(&name)
}
