//! Whether links lead anywhere.

use axum::http::Uri;

use super::document::Document;
use super::{Built, written_as};
use crate::expand::resolve;
use crate::problem::Problem;

/// Links of a page, counted and checked.
#[derive(Debug, Default)]
pub struct Links {
    /// To pages and files of the book.
    pub inner: usize,
    /// To other places.
    pub outer: usize,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// Checks the links of the page built at `path`.
pub fn check(path: &str, page: &Document, built: &Built) -> Links {
    let mut links = Links::default();
    for link in &page.links {
        let wrong = if is_outer(link) {
            links.outer += 1;
            outer(link)
        } else {
            links.inner += 1;
            inner(path, link, page, built)
        };
        if let Some(wrong) = wrong {
            let message = format!("the link {link:?} {wrong}");
            links
                .problems
                .push(Problem::of_file(written_as(path), message));
        }
    }
    links
}

/// Whether a link begins with a scheme or a host.
fn is_outer(link: &str) -> bool {
    let scheme = link.split_once(':').map_or("", |(scheme, _)| scheme);
    let is_scheme = !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric());
    is_scheme || link.starts_with("//")
}

fn outer(link: &str) -> Option<String> {
    if !link.starts_with("https://") {
        return Some("leads out of the book, but not by https".to_owned());
    }
    let host = link.parse::<Uri>().ok()?;
    let host = host.host().unwrap_or_default();
    let named = host.contains('.') && host.split('.').all(|part| !part.is_empty());
    (!named).then(|| "has no host".to_owned())
}

fn inner(path: &str, link: &str, page: &Document, built: &Built) -> Option<String> {
    let (file, fragment) = match link.split_once('#') {
        Some((file, fragment)) => (file, Some(fragment)),
        None => (link, None),
    };
    let file = file.split_once('?').map_or(file, |(file, _)| file);
    let absolute = page.base.is_some() || file.starts_with('/');
    let mut target = match absolute {
        true if file.is_empty() => path.to_owned(),
        true => resolve("", file.trim_start_matches('/')),
        false => resolve(path, file),
    };
    if target.is_empty() || file.ends_with('/') {
        target = format!("{target}/index.html");
    }
    let target = target.trim_start_matches('/');
    let Some(page) = built.pages.get(target) else {
        let there = built.files.iter().any(|file| file == target);
        return (!there).then(|| "leads to a file that does not exist".to_owned());
    };
    match fragment {
        Some("") => Some("has an empty fragment".to_owned()),
        Some(id) if !page.ids.iter().any(|known| known == id) => {
            Some(format!("leads to {target}, which has no #{id}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built() -> Built {
        let pages = [
            ("index.html", "<main><h1 id=top>T</h1></main>"),
            ("01/index.html", "<main><h2 id=break-it>B</h2></main>"),
            ("01/run.html", "<main></main>"),
        ];
        Built {
            pages: pages
                .map(|(path, html)| (path.to_owned(), Document::parse(html)))
                .into(),
            files: vec!["css/book.css".to_owned()],
        }
    }

    fn problems(html: &str) -> Vec<String> {
        let page = Document::parse(html);
        let links = check("01/run.html", &page, &built());
        let problems = links.problems.into_iter();
        problems.map(|problem| problem.message).collect()
    }

    #[test]
    fn good_links_are_counted() {
        let html = "<a href='index.html#break-it'></a><a href='../index.html'></a><a href='../'></a>\
                    <link href='../css/book.css'><a href='https://docs.stripe.com/webhooks#x'></a>";
        let links = check("01/run.html", &Document::parse(html), &built());
        assert!(links.problems.is_empty(), "{:?}", links.problems);
        assert_eq!((links.inner, links.outer), (4, 1));
    }

    #[test]
    fn a_link_to_nothing_is_told() {
        assert!(problems("<a href='gone.html'></a>")[0].contains("does not exist"));
        assert!(problems("<a href='index.html#gone'></a>")[0].contains("has no #gone"));
        assert!(problems("<a href='#gone'></a>")[0].contains("has no #gone"));
        assert!(problems("<script src='../gone.js'></script>")[0].contains("does not exist"));
        assert!(problems("<a href='#'></a>")[0].contains("empty fragment"));
    }

    #[test]
    fn a_link_out_of_the_book_is_https_and_has_a_host() {
        for link in [
            "http://docs.stripe.com",
            "//docs.stripe.com",
            "mailto:a@example.com",
        ] {
            assert!(problems(&format!("<a href='{link}'></a>"))[0].contains("not by https"));
        }
        assert!(problems("<a href='https://docs'></a>")[0].contains("has no host"));
        assert!(problems("<a href='https://docs..com/x'></a>")[0].contains("has no host"));
    }

    #[test]
    fn a_page_with_a_base_starts_there() {
        assert!(problems("<base href='/'><a href='01/run.html'></a>").is_empty());
        assert_eq!(problems("<base href='/'><a href='run.html'></a>").len(), 1);
    }
}
