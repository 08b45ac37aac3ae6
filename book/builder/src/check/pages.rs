//! Whether a page is sound by itself.

use std::collections::BTreeSet;

use super::document::Document;
use super::{PRINT, written_as};
use crate::problem::Problem;

/// What is wrong with the page built at `path`.
pub fn problems(path: &str, page: &Document) -> Vec<Problem> {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for id in &page.ids {
        if !seen.insert(id) {
            wrong.push(format!("the id {id:?} is there twice"));
        }
    }
    for id in &page.references {
        if !seen.contains(id) {
            wrong.push(format!(
                "something refers to #{id}, which is not on the page"
            ));
        }
    }
    for image in &page.silent {
        wrong.push(format!("{image} has no text for those who cannot see it"));
    }
    // Where all pages are one, a heading is what it was on its own page.
    if page.has_main && path != PRINT {
        headings(page, &mut wrong);
    }
    let file = written_as(path);
    wrong
        .into_iter()
        .map(|message| Problem::of_file(&file, message))
        .collect()
}

fn headings(page: &Document, wrong: &mut Vec<String>) {
    let titles = page.headings.iter().filter(|(level, _)| *level == 1);
    match titles.count() {
        1 => {}
        count => wrong.push(format!("a page has one title (#), this one has {count}")),
    }
    let mut before = 1;
    for (level, id) in &page.headings {
        if *level > before + 1 {
            wrong.push(format!(
                "the heading #{id} is of level {level} under one of level {before}"
            ));
        }
        before = *level;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(main: &str) -> String {
        let page = Document::parse(&format!("<main>{main}</main>"));
        let problems = problems("01/run.html", &page);
        assert!(problems.iter().all(|p| p.file == "book/src/01/run.md"));
        let messages: Vec<String> = problems.into_iter().map(|p| p.message).collect();
        messages.join("\n")
    }

    #[test]
    fn a_sound_page_has_no_problem() {
        let main = "<h1 id=a></h1><h2 id=b></h2><h3 id=c></h3><h2 id=d></h2><img alt='A' src=a>";
        assert_eq!(messages(main), "");
    }

    #[test]
    fn each_rule_is_told() {
        assert!(messages("<h1 id=a></h1><h2 id=a></h2>").contains("the id \"a\" is there twice"));
        assert!(messages("<h2 id=a></h2>").contains("this one has 0"));
        assert!(messages("<h1></h1><h1></h1>").contains("this one has 2"));
        assert!(messages("<h1></h1><h3 id=c></h3>").contains("#c is of level 3"));
        assert!(messages("<h1></h1><img src=p.png>").contains("p.png has no text"));
        assert!(messages("<h1 aria-labelledby=x></h1>").contains("refers to #x"));
    }
}
