//! A built page, as far as it is checked.

use std::collections::BTreeMap;

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

/// What a page has.
#[derive(Debug, Default)]
pub struct Document {
    /// All ids, in their order.
    pub ids: Vec<String>,
    /// Everything it leads to or needs.
    pub links: Vec<String>,
    /// Ids that something in the text is named or drawn by.
    pub references: Vec<String>,
    /// Levels of the headings in the text, with their ids.
    pub headings: Vec<(u8, String)>,
    /// Images and drawings without a text that stands for them.
    pub silent: Vec<String>,
    /// Where relative links start, if not at the page.
    pub base: Option<String>,
    /// Whether it has a text at all; a redirect has none.
    pub has_main: bool,
}

type Attributes = BTreeMap<String, String>;

impl Document {
    /// Reads a page.
    #[must_use]
    pub fn parse(html: &str) -> Self {
        let mut emitter = DefaultEmitter::default();
        emitter.naively_switch_states(true);
        let mut document = Self::default();
        // How deep in <main> and in <figure> the tokens are.
        let (mut main, mut figure) = (0_usize, 0_usize);
        let mut drawing: Option<Attributes> = None;
        for token in Tokenizer::new_with_emitter(html, emitter).flatten() {
            match token {
                Token::StartTag(tag) => {
                    let name = text(&tag.name);
                    let attributes = attributes(&tag);
                    if let Some(svg) = drawing.take() {
                        document.note_drawing(&svg, name == "title");
                    }
                    match name.as_str() {
                        "main" => main += 1,
                        "figure" => figure += 1,
                        "svg" if main > 0 && figure > 0 => drawing = Some(attributes.clone()),
                        _ => {}
                    }
                    document.note(&name, &attributes, main > 0);
                }
                Token::EndTag(tag) => match text(&tag.name).as_str() {
                    "main" => main = main.saturating_sub(1),
                    "figure" => figure = figure.saturating_sub(1),
                    _ => {}
                },
                _ => {}
            }
        }
        document
    }

    fn note(&mut self, name: &str, attributes: &Attributes, in_text: bool) {
        let get = |name: &str| attributes.get(name).cloned();
        let id = get("id");
        self.ids.extend(id.clone());
        self.has_main |= name == "main";
        let link = match name {
            "base" => {
                self.base = get("href");
                None
            }
            "a" | "link" | "use" => get("href"),
            "meta" if get("property").as_deref() == Some("og:image") => get("content"),
            "img" | "script" | "iframe" | "source" => get("src"),
            _ => None,
        };
        self.links.extend(link);
        if !in_text {
            return;
        }
        if let Some(level) = name.strip_prefix('h').and_then(|level| level.parse().ok()) {
            self.headings.push((level, id.unwrap_or_default()));
        }
        if name == "img" && get("alt").is_none_or(|alt| alt.trim().is_empty()) {
            self.silent.push(get("src").unwrap_or_default());
        }
        for (name, value) in attributes {
            if ["aria-labelledby", "aria-describedby"].contains(&name.as_str()) {
                let ids = value.split_whitespace().map(str::to_owned);
                self.references.extend(ids);
            }
            let drawn = value.split("url(#").skip(1);
            let drawn = drawn.filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()));
            self.references.extend(drawn);
        }
    }

    fn note_drawing(&mut self, svg: &Attributes, title: bool) {
        let named = ["aria-label", "aria-labelledby"]
            .iter()
            .any(|name| svg.get(*name).is_some_and(|text| !text.trim().is_empty()));
        let image = svg.get("role").is_some_and(|role| role == "img");
        let hidden = svg
            .get("aria-hidden")
            .is_some_and(|hidden| hidden == "true");
        if !hidden && !(image && (named || title)) {
            self.silent.push("a drawing (svg)".to_owned());
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn attributes(tag: &StartTag<()>) -> Attributes {
    let attributes = tag.attributes.iter();
    attributes
        .map(|(name, value)| (text(name), text(&value.value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_links_and_headings_are_found_and_scripts_are_not_looked_into() {
        let document = Document::parse(
            "<a href='../x.html#y'>x</a><script src=a.js>'<a href=\"no\">'</script>\
             <h1>frame</h1><main><h1 id=top>T</h1><h2 id='b'>B</h2><img src=p.png></main>",
        );
        assert_eq!(document.links, ["../x.html#y", "a.js", "p.png"]);
        assert_eq!(document.ids, ["top", "b"]);
        assert_eq!(document.headings, [(1, "top".into()), (2, "b".into())]);
        assert_eq!(document.silent, ["p.png"]);
    }

    #[test]
    fn a_drawing_in_a_figure_must_say_what_it_shows() {
        let silent = |svg: &str| {
            let html = format!("<main><figure>{svg}<path d=''/></svg></figure></main>");
            Document::parse(&html).silent.len()
        };
        assert_eq!(silent("<svg>"), 1);
        assert_eq!(silent("<svg role=img>"), 1);
        assert_eq!(silent("<svg role=img aria-label='Two hops'>"), 0);
        assert_eq!(silent("<svg role=img><title>Two hops</title>"), 0);
        assert_eq!(silent("<svg aria-hidden=true>"), 0);
    }

    #[test]
    fn what_a_drawing_refers_to_is_noted() {
        let html = "<main><path marker-end='url(#arrow)'/><p aria-labelledby='a b'></main>";
        assert_eq!(Document::parse(html).references, ["arrow", "a", "b"]);
    }
}
