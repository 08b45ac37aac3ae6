//! Words and signs that the book does without.

use std::sync::LazyLock;

use regex::Regex;

/// Words that say nothing, or talk down.
const PADDING: &str = r"(?i)\b(?:simply|just|easy|easily|obviously|of\s+course|basically|very|actually|please)\b|(?:^|[.:;]\s+)note\s+that\b";

/// British spellings of words that the book is likely to use.
const BRITISH: &str = r"(?ix)\b(
    (behavi|col|fav|flav|harb|hon|lab|neighb|rum|vap)our \w* |
    (cancel|label|model|signal|travel|channel|tunnel|total)l(ed|ing) |
    (author|custom|emphas|final|general|initial|maxim|minim|normal|optim|organ|prior|real|recogn|serial|
        special|stabil|standard|summar|synchron|util|visual)is(e|ed|es|ing|ation|ations) |
    (anal|paral)ys(e|ed|es|ing) |
    licence[sd]? | defence | offence | pretence | centre[sd]? | grey | catalogue[sd]? | programme[sd]? |
    practise[sd]? | fulfil | fulfils | learnt | whilst | ageing | judgement | artefacts?
)\b";

fn compiled(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

/// Bytes of a text and what is wrong there.
pub fn lint(text: &str) -> Vec<(usize, String)> {
    static RULES: LazyLock<[(Option<Regex>, &str); 4]> = LazyLock::new(|| {
        [
            (
                compiled(PADDING),
                "says nothing or talks down: leave it out, or say what is meant",
            ),
            (
                compiled(BRITISH),
                "is spelled the British way: this book is American",
            ),
            (compiled("!"), "is not for this book: end with a full stop"),
            (compiled(r"[\u{1F000}-\u{1FAFF}]"), "is an emoji: use words"),
        ]
    });
    let mut found = Vec::new();
    for (rule, why) in RULES.iter() {
        let matches = rule.iter().flat_map(|rule| rule.find_iter(text));
        found.extend(
            matches.map(|word| (word.start(), format!("{:?} {why}", word.as_str().trim()))),
        );
    }
    found.sort();
    found
}

/// What of a piece of HTML is read: its text, without tags and comments.
pub fn without_tags(html: &str) -> String {
    static TAG: LazyLock<Option<Regex>> = LazyLock::new(|| compiled(r"(?s)<!--.*?-->|<[^>]*>"));
    TAG.as_ref()
        .map_or_else(String::new, |tag| tag.replace_all(html, "").into_owned())
}
