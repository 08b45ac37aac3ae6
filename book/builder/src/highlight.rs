//! Colors code when the book is built, so that no page needs a script for it.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use syntect::parsing::{ParseState, ScopeStack, SyntaxReference, SyntaxSet};

use crate::directive;
use crate::listing::markup;

/// A stretch of a line with the CSS class of its color.
pub type Piece = (Range<usize>, Option<&'static str>);

/// The pieces of each line of a text.
pub type Colored = Arc<Vec<Vec<Piece>>>;

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// What was colored before: most files are the same in several steps, and
/// most of the book is the same when it is built again while it is written.
static COLORED: LazyLock<Mutex<HashMap<(String, String), Colored>>> = LazyLock::new(Mutex::default);

/// The page with each ordinary fenced block as HTML in color. Each stands in one line, so that it
/// may be in a list or a quotation.
#[must_use]
pub fn blocks(text: &str) -> String {
    let mut result = String::new();
    let mut end = 0;
    for block in directive::fenced(text) {
        result.push_str(&text[end..block.range.start]);
        end = block.range.end;
        let mut words = block.info.split_whitespace();
        let language = words.next().unwrap_or_default();
        result.push_str(&markup::plain(language, words.next(), &block.body));
        if text[..end].ends_with('\n') {
            result.push('\n');
        }
    }
    result.push_str(&text[end..]);
    result
}

/// Colors `text`, written in `language` (a name as in a fence, or the ending of a file).
#[must_use]
pub fn lines(language: &str, text: &str) -> Colored {
    let key = (language.to_owned(), text.to_owned());
    if let Some(colored) = cache().get(&key) {
        return Arc::clone(colored);
    }
    let colored = Arc::new(match syntax(language) {
        Some(syntax) => color(syntax, text),
        None => text
            .lines()
            .map(|line| vec![(0..line.len(), None)])
            .collect(),
    });
    cache().insert(key, Arc::clone(&colored));
    colored
}

fn cache() -> std::sync::MutexGuard<'static, HashMap<(String, String), Colored>> {
    COLORED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn syntax(language: &str) -> Option<&'static SyntaxReference> {
    match language {
        // Insta's files begin with YAML, but what follows may be anything.
        "" | "text" | "txt" | "snap" => None,
        language => SYNTAXES.find_syntax_by_token(language),
    }
}

fn color(syntax: &SyntaxReference, text: &str) -> Vec<Vec<Piece>> {
    let is_rust = syntax.name == "Rust";
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut lines = Vec::new();
    for line in text.lines() {
        // A line that cannot be parsed stays plain.
        let ops = state
            .parse_line(&format!("{line}\n"), &SYNTAXES)
            .unwrap_or_default();
        let mut pieces: Vec<Piece> = Vec::new();
        let mut start = 0;
        for (at, op) in &ops {
            let at = (*at).min(line.len());
            push(&mut pieces, start..at, class(&stack));
            start = at;
            // An operation that does not fit the stack colors nothing else than before.
            let _ = stack.apply(op);
        }
        push(&mut pieces, start..line.len(), class(&stack));
        let pieces = indented(line, pieces);
        lines.push(match is_rust {
            true => with_words(line, pieces),
            false => pieces,
        });
    }
    lines
}

fn push(pieces: &mut Vec<Piece>, range: Range<usize>, class: Option<&'static str>) {
    if range.is_empty() {
        return;
    }
    match pieces.last_mut() {
        Some((last, own)) if *own == class && last.end == range.start => last.end = range.end,
        _ => pieces.push((range, class)),
    }
}

/// What a line is indented by has no color, whatever it stands in.
fn indented(line: &str, pieces: Vec<Piece>) -> Vec<Piece> {
    let indent = line.len() - line.trim_start().len();
    let mut result = Vec::new();
    push(&mut result, 0..indent, None);
    for (range, class) in pieces {
        push(&mut result, range.start.max(indent)..range.end, class);
    }
    result
}

/// The class of what stands at the top of the stack.
fn class(stack: &ScopeStack) -> Option<&'static str> {
    let scopes = stack.as_slice().iter();
    let scopes: Vec<String> = scopes.map(|scope| scope.build_string()).collect();
    if scopes
        .iter()
        .any(|scope| scope.starts_with("meta.mapping.key"))
    {
        return Some("hl-attribute");
    }
    scopes.iter().rev().find_map(|scope| class_of(scope))
}

/// Beginnings of scopes with their classes; the first that fits decides.
const CLASSES: [(&str, &str); 31] = [
    ("comment", "hl-comment"),
    ("punctuation.definition.comment", "hl-comment"),
    ("punctuation.definition.string", "hl-string"),
    ("string", "hl-string"),
    ("constant.character", "hl-string"),
    ("constant.numeric", "hl-number"),
    ("constant.language", "hl-number"),
    ("constant.other", "hl-variable"),
    ("keyword.operator", "hl-punctuation"),
    ("keyword", "hl-keyword"),
    ("storage.type.numeric", "hl-type"),
    ("storage", "hl-keyword"),
    ("variable.language", "hl-keyword"),
    ("entity.name.function", "hl-function"),
    ("entity.name.macro", "hl-function"),
    ("support.function", "hl-function"),
    ("support.macro", "hl-function"),
    ("variable.function", "hl-function"),
    ("entity.name.tag", "hl-attribute"),
    ("entity.other.attribute-name", "hl-attribute"),
    ("variable.annotation", "hl-attribute"),
    ("meta.annotation", "hl-attribute"),
    ("meta.structure.dictionary.key", "hl-attribute"),
    ("support.type.property-name", "hl-attribute"),
    ("entity.name", "hl-type"),
    ("entity.other.inherited-class", "hl-type"),
    ("support.type", "hl-type"),
    ("support.class", "hl-type"),
    ("variable.parameter", "hl-variable"),
    ("variable.other", "hl-variable"),
    ("punctuation", "hl-punctuation"),
];

fn class_of(scope: &str) -> Option<&'static str> {
    let fits = |begin: &str| {
        let rest = scope.strip_prefix(begin);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    CLASSES
        .iter()
        .find(|(begin, _)| fits(begin))
        .map(|(_, class)| *class)
}

/// Words that the syntax leaves plain: Rust's own conventions say what they are.
fn with_words(line: &str, pieces: Vec<Piece>) -> Vec<Piece> {
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    let mut result = Vec::new();
    for (range, class) in pieces {
        if class.is_some() {
            push(&mut result, range, class);
            continue;
        }
        let mut at = range.start;
        while at < range.end {
            let rest = &line[at..range.end];
            let begins = rest.starts_with(is_word);
            let len = rest.find(|char| is_word(char) != begins);
            let end = at + len.unwrap_or(rest.len());
            let class = word(&line[at..end], &line[end..]).filter(|_| begins);
            push(&mut result, at..end, class);
            at = end;
        }
    }
    result
}

/// The class of a plain word, by itself and by what follows it.
fn word(word: &str, rest: &str) -> Option<&'static str> {
    match word {
        "async" | "await" | "dyn" => Some("hl-keyword"),
        _ if word.starts_with(char::is_uppercase) && word.contains(char::is_lowercase) => {
            Some("hl-type")
        }
        _ if rest.starts_with('(') => Some("hl-function"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
