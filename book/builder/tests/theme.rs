//! The colors of the book can be read: every text on every background, in every theme.

#![expect(
    clippy::unwrap_used,
    reason = "a test says \"this must hold\" with unwrap"
)]

use std::collections::BTreeMap;
use std::path::Path;

use regex::Regex;

/// WCAG 2, success criterion 1.4.3, for text of any size.
const ENOUGH: f64 = 4.5;

const BACKGROUNDS: [&str; 6] = [
    "paper",
    "panel",
    "accent-soft",
    "added-bg",
    "removed-bg",
    "wrong-bg",
];

const TEXTS: [&str; 15] = [
    "ink",
    "muted",
    "accent",
    "added",
    "removed",
    "wrong",
    "hl-comment",
    "hl-keyword",
    "hl-string",
    "hl-number",
    "hl-type",
    "hl-function",
    "hl-attribute",
    "hl-variable",
    "hl-punctuation",
];

type Colors = BTreeMap<String, String>;

/// The colors of each block of `variables.css` that sets them, by its selector.
fn themes() -> Vec<(String, Colors)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../theme/css/variables.css");
    let css = std::fs::read_to_string(file).unwrap();
    let block = Regex::new(r"([.:][\w.:()-]+) \{([^{}]*)\}").unwrap();
    let color = Regex::new(r"--([\w-]+): (#[0-9a-f]{6});").unwrap();
    let blocks = block.captures_iter(&css).map(|block| {
        let colors = color.captures_iter(&block[2]);
        let colors = colors.map(|color| (color[1].to_owned(), color[2].to_owned()));
        (block[1].to_owned(), colors.collect::<Colors>())
    });
    blocks.filter(|(_, colors)| !colors.is_empty()).collect()
}

/// WCAG's relative luminance of `#rrggbb`.
fn luminance(color: &str) -> f64 {
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&color[at..at + 2], 16).unwrap()) / 255.0;
        match value <= 0.04045 {
            true => value / 12.92,
            false => ((value + 0.055) / 1.055).powf(2.4),
        }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn contrast_is_computed_as_wcag_does() {
    assert!((contrast("#ffffff", "#000000") - 21.0).abs() < 0.01);
    assert!((contrast("#777777", "#ffffff") - 4.48).abs() < 0.01);
}

#[test]
fn every_theme_has_every_color_and_every_text_can_be_read_on_every_background() {
    let themes = themes();
    let names: Vec<&str> = themes.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [":root", ".rust", ".coal", ".navy", ".ayu", ":not(.js)"];
    assert_eq!(names, expected);
    for (theme, colors) in &themes {
        assert!(colors.contains_key("rule"), "{theme} has no --rule");
        for background in BACKGROUNDS {
            for text in TEXTS {
                let [one, other] = [text, background].map(|name| {
                    let color = colors.get(name);
                    color.unwrap_or_else(|| panic!("{theme} has no --{name}"))
                });
                let contrast = contrast(one, other);
                assert!(
                    contrast >= ENOUGH,
                    "{theme}: --{text} on --{background} has a contrast of {contrast:.2}"
                );
            }
        }
    }
}

#[test]
fn without_javascript_dark_is_coal() {
    let themes = themes();
    let colors = |name: &str| {
        let theme = themes.iter().find(|(theme, _)| theme == name);
        &theme.unwrap().1
    };
    assert_eq!(colors(".coal"), colors(":not(.js)"));
}
