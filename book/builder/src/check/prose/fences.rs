//! Code blocks: which there are, and what a reader gets who copies one.

use std::sync::LazyLock;

use regex::Regex;

use super::{Fence, Found, commands};

/// Blocks that the builder replaces.
const DIRECTIVES: [&str; 6] = [
    "listing",
    "session",
    "trail",
    "architecture",
    "changes",
    "schedule",
];

/// Languages of code that is shown only where a test proves it.
const PROVEN: [&str; 9] = [
    "rust",
    "rs",
    "yaml",
    "yml",
    "toml",
    "json",
    "console",
    "shell-session",
    "diff",
];

pub fn lint(fence: &Fence, found: &mut Found) {
    let Some(info) = &fence.info else {
        found.push(
            fence.start,
            "code by indentation says not what it is: use a fence (WRITING.md, \"Other code blocks\")",
        );
        return;
    };
    let words: Vec<&str> = info.split_whitespace().collect();
    match words.as_slice() {
        [word] if DIRECTIVES.contains(word) => {}
        ["text"] => prompts(fence, found),
        ["sh", "account" | "optional" | "reader"] => {
            prompts(fence, found);
            commands::lint_block(&fence.body, fence.start, found);
        }
        ["json", "event"] => {
            if let Err(error) = serde_json::from_str::<serde_json::Value>(&unabridged(&fence.body))
            {
                let message =
                    format!("this event is no JSON, even without what \"…\" leaves out: {error}");
                found.push(fence.start, message);
            }
        }
        [word, ..] if PROVEN.contains(word) => found.push(
            fence.start,
            format!(
                "{word} stands in a page only by listing, trail or session, so that a test proves it \
                 (WRITING.md, \"Other code blocks\")"
            ),
        ),
        _ => found.push(
            fence.start,
            format!(
                "a block may not begin with ```{info}: see WRITING.md, \"Directives\" and \"Other code blocks\""
            ),
        ),
    }
}

fn prompts(fence: &Fence, found: &mut Found) {
    static PROMPT: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?m)^\s*(\$ |> |PS>|PS [A-Z]:\\)").ok());
    let prompt = PROMPT.iter().find_map(|prompt| prompt.find(&fence.body));
    if let Some(prompt) = prompt {
        let message = format!(
            "the prompt {:?} would be copied with the command: leave it out",
            prompt.as_str().trim()
        );
        found.push(fence.start, message);
    }
}

/// A shape with what `…` stands for left out.
fn unabridged(json: &str) -> String {
    let mut whole = String::new();
    let mut in_text = false;
    let mut escaped = false;
    for c in json.chars() {
        if in_text {
            in_text = escaped || c != '"';
            escaped = !escaped && c == '\\';
            whole.push(c);
            continue;
        }
        let before = whole.trim_end().chars().next_back();
        match c {
            // A value is left out.
            '…' if before == Some(':') => whole.push_str("null"),
            '…' => {}
            // What stood between two commas, or before the first one.
            ',' if matches!(before, None | Some(',' | '{' | '[')) => {}
            '}' | ']' => {
                if before == Some(',') {
                    whole.truncate(whole.trim_end().len() - 1);
                }
                whole.push(c);
            }
            _ => {
                in_text = c == '"';
                whole.push(c);
            }
        }
    }
    whole
}
