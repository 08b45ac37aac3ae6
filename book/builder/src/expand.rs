//! Puts HTML in the place of directives, and labels in that of empty links.

use std::collections::BTreeMap;

use regex::{Captures, Regex};

use crate::directive::{self, Directive, Wanted};
use crate::problem::Problem;
use crate::source::{Page, Source, Taught};
use crate::{figures, highlight, listing, schedule, session};

/// The pages with everything in its place, and what is known about them.
#[derive(Debug, Default)]
pub struct Expanded {
    /// Markdown of each page, in the order they came.
    pub texts: Vec<String>,
    /// Everything that is shown, in the order of the book.
    pub shown: Vec<Shown>,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// Something that a page shows of the repository.
#[derive(Debug)]
pub struct Shown {
    /// Path of the page in `book/src`.
    pub page: String,
    /// Line of the directive.
    pub line: usize,
    /// Fragment of its address.
    pub id: String,
    /// `Listing 2-3`
    pub label: String,
    /// What it is made from, digested for `reviewed.txt`: lines of code, a template, hops.
    pub content: String,
    /// What it is of, for a person: `steps/02-signature-checks/src/webhook.rs, handle`.
    pub of: String,
    /// Lines of files of steps that the reader sees.
    pub lines: Vec<Lines>,
}

/// Lines of a step's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    /// Name of the step.
    pub step: String,
    /// Path in the step.
    pub file: String,
    /// Whether they are gone, and counted in the step before.
    pub gone: bool,
    /// First and last line, from 1.
    pub lines: std::ops::RangeInclusive<usize>,
}

/// Labels by page and id: `Listing 2-3`.
pub type Labels = BTreeMap<(String, String), String>;

/// What a directive is rendered with.
pub struct Context<'book> {
    /// The repository.
    pub source: &'book Source,
    /// All pages.
    pub pages: &'book [Page],
    /// The page that the directive is on.
    pub page: &'book Page,
    /// All labels.
    pub labels: &'book Labels,
    /// The directive's own label.
    pub label: &'book str,
    /// Line of the directive.
    pub line: usize,
    /// What has been shown on earlier pages and lines; the directive adds itself.
    pub shown: &'book mut Vec<Shown>,
}

impl<'book> Context<'book> {
    /// The step called `name`, else that of the page.
    ///
    /// # Errors
    /// If there is none.
    pub fn step(&self, name: Option<&str>) -> Result<&'book Taught, String> {
        let Some(name) = name else {
            return self.page.step(self.source).ok_or_else(|| {
                "this page belongs to no step: say which with `step`, or begin the path with `/`"
                    .to_owned()
            });
        };
        self.source.step(name).ok_or_else(|| {
            let names = self.source.steps.iter().map(|step| step.name.as_str());
            let names: Vec<&str> = names.collect();
            format!("there is no step {name:?}; there are: {}", names.join(", "))
        })
    }
}

/// Expands all pages.
#[must_use]
pub fn expand(source: &Source, pages: &[Page]) -> Expanded {
    let mut expanded = Expanded::default();
    let mut directives: Vec<Vec<Directive>> = Vec::new();
    for page in pages {
        let (good, bad): (Vec<_>, Vec<_>) =
            directive::find(page).into_iter().partition(Result::is_ok);
        expanded
            .problems
            .extend(bad.into_iter().filter_map(Result::err));
        directives.push(good.into_iter().filter_map(Result::ok).collect());
    }
    let labels = labels(pages, &directives, &mut expanded.problems);
    let mut shown = Rendered::default();
    // What a step changes is told with what is shown on later pages too.
    for is_last in [false, true] {
        for (index, (page, directives)) in pages.iter().zip(&directives).enumerate() {
            let turn =
                |directive: &&Directive| matches!(directive.wanted, Wanted::Changes(_)) == is_last;
            for directive in directives.iter().filter(turn) {
                let own = own_id(&directive.wanted);
                let own = own.map(|(_, id)| (page.path.clone(), id.to_owned()));
                let label = own.and_then(|own| labels.get(&own));
                let label = label.map_or("", String::as_str);
                let mut context = Context {
                    source,
                    pages,
                    page,
                    labels: &labels,
                    label,
                    line: directive.line,
                    shown: &mut expanded.shown,
                };
                match render(&directive.wanted, &mut context) {
                    Ok(html) => {
                        shown.insert((index, directive.range.start), html);
                    }
                    Err(message) => {
                        let named = if label.is_empty() { "" } else { ": " };
                        let message = format!("{label}{named}{message}");
                        let problem = page.problem(directive.line, message);
                        expanded.problems.push(problem);
                    }
                }
            }
        }
    }
    for (index, (page, directives)) in pages.iter().zip(&directives).enumerate() {
        let mut text = String::new();
        let mut end = 0;
        for Directive { range, .. } in directives {
            text.push_str(&page.text[end..range.start]);
            end = range.end;
            let html = shown.remove(&(index, range.start));
            text.push_str(&html.unwrap_or_default());
            text.push('\n');
        }
        text.push_str(&page.text[end..]);
        let text = with_labels(page, &text, &labels, &mut expanded.problems);
        let text = highlight::blocks(&text);
        expanded.texts.push(schedule::with_badges(&text));
    }
    expanded
}

/// What stands in the place of directives, by page and byte.
type Rendered = BTreeMap<(usize, usize), String>;

fn render(wanted: &Wanted, context: &mut Context<'_>) -> Result<String, String> {
    match wanted {
        Wanted::Listing(options) => listing::render(options, context),
        Wanted::Session(options) => session::render(options, context),
        Wanted::Trail(options) => figures::trail::render(options, context),
        Wanted::Architecture(options) => figures::architecture::render(options, context),
        Wanted::Changes(_) => listing::changes::render(context),
        Wanted::Schedule(options) => schedule::render(options, context),
    }
}

/// The word and the fragment of what has a number.
fn own_id(wanted: &Wanted) -> Option<(&'static str, &str)> {
    match wanted {
        Wanted::Listing(options) => Some(("Listing", &options.id)),
        Wanted::Session(options) => Some(("Session", &options.name)),
        Wanted::Trail(options) => Some(("Figure", &options.id)),
        Wanted::Architecture(options) => Some(("Figure", &options.id)),
        Wanted::Changes(_) | Wanted::Schedule(_) => None,
    }
}

/// Numbers everything, each kind from 1 in every chapter.
fn labels(pages: &[Page], directives: &[Vec<Directive>], problems: &mut Vec<Problem>) -> Labels {
    let mut counts: BTreeMap<(Option<u32>, &str), usize> = BTreeMap::new();
    let mut labels = Labels::new();
    for (page, directives) in pages.iter().zip(directives) {
        for directive in directives {
            let Some((word, id)) = own_id(&directive.wanted) else {
                continue;
            };
            let count = counts.entry((page.chapter, word)).or_default();
            *count += 1;
            let label = match page.chapter {
                Some(chapter) => format!("{word} {chapter}-{count}"),
                None => format!("{word} {count}"),
            };
            let key = (page.path.clone(), id.to_owned());
            if labels.insert(key, label).is_some() {
                let message = format!("there are two things with the id {id:?} on this page");
                problems.push(page.problem(directive.line, message));
            }
        }
    }
    labels
}

/// Gives links without a text the label of what they lead to.
fn with_labels(page: &Page, text: &str, labels: &Labels, problems: &mut Vec<Problem>) -> String {
    let Ok(link) = Regex::new(r"\[\]\(([^)#\s]*)#([^)\s]+)\)") else {
        return text.to_owned();
    };
    let replaced = link.replace_all(text, |link: &Captures<'_>| {
        let target = resolve(&page.path, &link[1]);
        match labels.get(&(target, link[2].to_owned())) {
            Some(label) => format!("[{label}]({}#{})", &link[1], &link[2]),
            None => {
                let whole = &link[0];
                let line = page
                    .text
                    .find(whole)
                    .map_or(0, |at| directive::line_at(&page.text, at));
                problems.push(
                    page.problem(line, format!("{whole} leads to nothing that has a number")),
                );
                whole.to_owned()
            }
        }
    });
    replaced.into_owned()
}

/// Path of the page that `link` on the page `from` leads to.
#[must_use]
pub fn resolve(from: &str, link: &str) -> String {
    if link.is_empty() {
        return from.to_owned();
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}
