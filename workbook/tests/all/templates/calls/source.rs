//! Rust sources as tokens: who mentions whom, and which operations are called.

mod words;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use words::{Words, ident, is_punct, next_ident, uses};

/// What a step's crate is made of.
pub struct Crate {
    dir: PathBuf,
    library: Vec<Item>,
}

/// A call of AWS.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operation {
    /// The SDK's crate, without `aws_sdk_`.
    pub service: String,
    /// The client's method.
    pub name: String,
    /// The file and the line.
    pub place: String,
}

/// Why nobody can tell what is called, and what to do about it.
#[derive(Clone, Debug)]
pub struct Unclear {
    pub message: String,
    pub help: &'static str,
}

/// Something that has a name and mentions others: a function, a type, a constant.
struct Item {
    module: String,
    kind: Kind,
    name: String,
    words: Words,
    operations: Result<Vec<Operation>, Unclear>,
}

#[derive(Clone, PartialEq)]
enum Kind {
    Free,
    Type,
    /// Of a type or a trait. Somebody else's trait may be called by anybody's code.
    Method {
        of: String,
        of_trait: Option<String>,
    },
}

impl Crate {
    pub fn read(dir: &Path) -> Self {
        let mut library = Vec::new();
        read_folder(&dir.join("src"), dir, &mut library);
        Self {
            dir: dir.to_owned(),
            library,
        }
    }

    /// The operations that can be reached from a binary's `main`.
    pub fn operations(&self, binary: &str) -> Result<BTreeSet<Operation>, Unclear> {
        let mut own = Vec::new();
        read_file(&self.path_of(binary)?, &self.dir, &mut own);
        let items: Vec<&Item> = own.iter().chain(&self.library).collect();
        let ours: BTreeSet<&str> = items
            .iter()
            .filter(|item| item.kind == Kind::Type)
            .map(|item| item.name.as_str())
            .collect();

        let mut known = Words::default();
        let mut reached = vec![false; items.len()];
        let mut more = true;
        while more {
            more = false;
            for (item, reached) in items.iter().zip(&mut reached) {
                if !*reached && (item.is_main() || item.is_reached(&known, &ours)) {
                    *reached = true;
                    more = true;
                    known.extend(&item.words);
                }
            }
        }
        let mut operations = BTreeSet::new();
        for (item, _) in items.iter().zip(reached).filter(|(_, reached)| *reached) {
            operations.extend(item.operations.clone()?);
        }
        Ok(operations)
    }

    fn path_of(&self, binary: &str) -> Result<PathBuf, Unclear> {
        let manifest = fs::read_to_string(self.dir.join("Cargo.toml")).unwrap();
        let manifest: toml_edit::DocumentMut = manifest.parse().unwrap();
        let binaries = manifest["bin"].as_array_of_tables();
        binaries
            .into_iter()
            .flatten()
            .find(|table| table["name"].as_str() == Some(binary))
            .map(|table| self.dir.join(table["path"].as_str().unwrap()))
            .ok_or_else(|| Unclear {
                message: format!("its Binary {binary} is not in Cargo.toml"),
                help: "name a [[bin]] of the crate",
            })
    }
}

impl Item {
    fn is_main(&self) -> bool {
        self.module == MAIN && self.name == "main"
    }

    fn is_reached(&self, known: &Words, ours: &BTreeSet<&str>) -> bool {
        match &self.kind {
            Kind::Type => known.plain.contains(&self.name),
            Kind::Free => known.knows(&self.module, &self.name),
            Kind::Method { of, of_trait } => {
                let foreign = of_trait
                    .as_ref()
                    .is_some_and(|name| !ours.contains(name.as_str()));
                known.plain.contains(of) && (foreign || known.calls(of, &self.name))
            }
        }
    }
}

const MAIN: &str = "the binary";

/// All files of a folder but those of binaries.
fn read_folder(folder: &Path, dir: &Path, items: &mut Vec<Item>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            read_file(&path, dir, items);
        } else if path.file_name().unwrap() != "bin" {
            read_folder(&path, dir, items);
        }
    }
}

fn read_file(path: &Path, dir: &Path, items: &mut Vec<Item>) {
    let parent = path.parent().unwrap().file_name().unwrap();
    let stem = path.file_stem().unwrap();
    let module = match (parent.to_str().unwrap(), stem.to_str().unwrap()) {
        ("bin", _) => MAIN,
        (folder, "mod") => folder,
        (_, stem) => stem,
    };
    let text = fs::read_to_string(path).unwrap();
    let stream: TokenStream = text.parse().unwrap();
    let mut uses_of_file = Vec::new();
    uses(&stream, &mut uses_of_file);
    let mut file = File {
        name: path
            .strip_prefix(dir)
            .unwrap()
            .display()
            .to_string()
            .replace('\\', "/"),
        module: module.to_owned(),
        services: words::services(&stream),
        uses: uses_of_file,
        items: Vec::new(),
    };
    file.read(stream, None);
    items.append(&mut file.items);
}

struct File {
    name: String,
    module: String,
    services: BTreeSet<String>,
    uses: Vec<words::Use>,
    items: Vec<Item>,
}

impl File {
    /// The items of a stream; those in an `impl` or a `trait` are `owner`'s.
    fn read(&mut self, stream: TokenStream, owner: Option<&Kind>) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            let rest = &tokens[at..];
            let end = match ident(&rest[0]).as_deref() {
                Some("fn") if next_ident(rest).is_some() => {
                    let kind = owner.cloned().unwrap_or(Kind::Free);
                    self.item(rest, kind)
                }
                Some("const" | "static") if rest.get(2).is_some_and(|t| is_punct(t, ':')) => {
                    self.item(rest, Kind::Free)
                }
                Some("struct" | "enum") if next_ident(rest).is_some() => {
                    self.item(rest, Kind::Type)
                }
                Some("trait") if next_ident(rest).is_some() => {
                    let name = next_ident(rest).unwrap();
                    let methods = Kind::Method {
                        of: name,
                        of_trait: None,
                    };
                    self.item(rest, Kind::Type);
                    self.block(rest, &methods)
                }
                Some("impl") if owner.is_none() => {
                    let (of, of_trait) = words::implementation(rest);
                    self.block(rest, &Kind::Method { of, of_trait })
                }
                Some("mod") if owner.is_none() => self.block(rest, &Kind::Free),
                _ => 1,
            };
            at += end;
        }
    }

    /// Reads what is in the braces that come next, and says how far that is.
    fn block(&mut self, tokens: &[TokenTree], owner: &Kind) -> usize {
        let length = length(tokens);
        if let Some(TokenTree::Group(group)) = tokens.get(length - 1) {
            let owner = (*owner != Kind::Free).then_some(owner);
            self.read(group.stream(), owner);
        }
        length
    }

    fn item(&mut self, tokens: &[TokenTree], kind: Kind) -> usize {
        let length = length(tokens);
        let tokens = &tokens[..length];
        let mut words = Words::of(tokens);
        // A trait's methods are read on their own.
        if ident(&tokens[0]).as_deref() == Some("trait") {
            words = Words::default();
        }
        words.resolve(&self.module, &self.uses);
        let name = next_ident(tokens).unwrap();
        self.items.push(Item {
            module: self.module.clone(),
            kind,
            words,
            operations: self.operations(&name, tokens),
            name,
        });
        length
    }

    /// The operations of clients in these tokens. Each `send()` belongs to one.
    fn operations(&self, name: &str, tokens: &[TokenTree]) -> Result<Vec<Operation>, Unclear> {
        let (mut calls, mut sends) = (Vec::new(), 0);
        words::operations(tokens, &mut calls, &mut sends);
        if self.services.is_empty() || (calls.is_empty() && sends == 0) {
            return Ok(Vec::new());
        }
        let mut services = self.services.iter();
        let (Some(service), None, true) = (services.next(), services.next(), calls.len() == sends)
        else {
            return Err(Unclear {
                message: format!(
                    "nobody can tell which operations `{name}` in {} calls",
                    self.name
                ),
                help: "one service in a file, and each call of it on what is named `client`",
            });
        };
        let operation = |(name, line): (String, usize)| Operation {
            service: service.clone(),
            name,
            place: format!("{}:{line}", self.name),
        };
        Ok(calls.into_iter().map(operation).collect())
    }
}

/// How far an item goes: to its braces, or to a semicolon.
fn length(tokens: &[TokenTree]) -> usize {
    let constant = matches!(ident(&tokens[0]).as_deref(), Some("const" | "static"));
    let end = tokens.iter().position(|token| match token {
        TokenTree::Group(group) => !constant && group.delimiter() == Delimiter::Brace,
        token => is_punct(token, ';'),
    });
    end.map_or(tokens.len(), |end| end + 1)
}
