//! Small pieces of HTML.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

/// `text` as the content of an element or an attribute.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A line of Markdown, such as a caption, without a paragraph around it.
#[must_use]
pub fn inline(markdown: &str) -> String {
    let events = Parser::new(markdown).filter(|event| {
        !matches!(
            event,
            Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph)
        )
    });
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, events);
    html.trim_end().to_owned()
}

/// A figure with a number, a caption and an address of its own.
#[must_use]
pub fn figure(class: &str, id: &str, label: &str, caption: &str, content: &str) -> String {
    format!(
        "<figure class=\"{class}\" id=\"{id}\">\n<figcaption><span class=\"number\">{label}</span> \
         <span class=\"caption\">{}</span></figcaption>\n{content}\n</figure>",
        inline(caption)
    )
}
