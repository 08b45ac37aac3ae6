//! Minutes: of sections, of chapters and of a workshop's plans.

use std::fmt::Write;

use regex::Regex;
use serde::Deserialize;

use crate::directive;
use crate::expand::Context;
use crate::html::escape;
use crate::source::Page;

/// A heading that carries minutes.
#[derive(Debug, PartialEq, Eq)]
pub struct Section {
    /// Fragment of its address.
    pub id: String,
    /// Its text, in Markdown.
    pub title: String,
    /// Minutes for a class that types along.
    pub minutes: u32,
}

/// `plans.toml`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plans {
    /// Plans of a workshop.
    #[serde(default)]
    pub plan: Vec<Plan>,
}

/// A plan of a workshop.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// By which pages ask for it.
    pub name: String,
    /// For people.
    pub title: String,
    /// What there is, pauses included.
    pub minutes: u32,
    /// In their order.
    pub part: Vec<Part>,
}

/// A part of a plan.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Part {
    /// Sections of a page: one, or all that carry minutes.
    Read {
        /// Path in `book/src`.
        page: String,
        /// Fragment of the only section.
        section: Option<String>,
    },
    /// Something that is on no page.
    Talk {
        /// What it is.
        talk: String,
        /// How long.
        minutes: u32,
    },
    /// Minutes of a pause.
    Pause {
        /// How long.
        pause: u32,
    },
}

/// A line of a schedule: address of the page or empty, text in Markdown, minutes.
struct Line {
    address: String,
    text: String,
    minutes: u32,
}

/// A schedule as it is shown: what each line takes, and what there is.
pub struct Schedule {
    title: String,
    lines: Vec<Line>,
    available: Option<u32>,
}

/// The minutes of a plan, or of the whole book by chapter.
///
/// # Errors
/// If there is no such plan, it names a section that does not exist, or takes more minutes
/// than there are.
pub fn render(options: &directive::Schedule, context: &mut Context<'_>) -> Result<String, String> {
    let schedule = match &options.plan {
        None => whole(context.pages),
        Some(name) => {
            let plans = read(&context.source.root)?;
            let plan = plans.plan.iter().find(|plan| plan.name == *name);
            let plan = plan.ok_or_else(|| {
                let names: Vec<&str> = plans.plan.iter().map(|plan| plan.name.as_str()).collect();
                format!(
                    "book/plans.toml has no plan {name:?}; it has: {}",
                    names.join(", ")
                )
            })?;
            planned(plan, context.pages)?
        }
    };
    Ok(schedule.html(&context.page.path))
}

/// All schedules there are, for the terminal.
///
/// # Errors
/// If a plan cannot be read or does not fit.
pub fn all(root: &std::path::Path, pages: &[Page]) -> Result<String, String> {
    let mut text = whole(pages).text();
    for plan in &read(root)?.plan {
        text.push('\n');
        text.push_str(&planned(plan, pages)?.text());
    }
    Ok(text)
}

fn read(root: &std::path::Path) -> Result<Plans, String> {
    let file = root.join("book/plans.toml");
    let text = std::fs::read_to_string(&file)
        .map_err(|error| format!("book/plans.toml cannot be read: {error}"))?;
    toml_edit::de::from_str(&text).map_err(|error| format!("book/plans.toml: {error}"))
}

/// The sections of a page that carry minutes.
#[must_use]
pub fn sections(text: &str) -> Vec<Section> {
    let Some(heading) = heading() else {
        return Vec::new();
    };
    let found = heading.captures_iter(text).filter_map(|found| {
        Some(Section {
            title: found[2].to_owned(),
            id: found[3].to_owned(),
            minutes: found[4].parse().ok()?,
        })
    });
    found.collect()
}

fn heading() -> Option<Regex> {
    Regex::new(r"(?m)^(#{2,4}) (.*?)\s*\{#([\w-]+)\s+minutes=(\d+)\}\s*$").ok()
}

/// The page with the minutes of its headings as badges.
#[must_use]
pub fn with_badges(text: &str) -> String {
    let badge = "$1 $2 <span class=\"minutes\">$4 min</span> {#$3}";
    heading().map_or_else(
        || text.to_owned(),
        |heading| heading.replace_all(text, badge).into_owned(),
    )
}

fn whole(pages: &[Page]) -> Schedule {
    let mut lines: Vec<Line> = Vec::new();
    let mut chapter = None;
    for page in pages {
        let minutes: u32 = sections(&page.text)
            .iter()
            .map(|section| section.minutes)
            .sum();
        match lines
            .last_mut()
            .filter(|_| page.chapter.is_some() && chapter == page.chapter)
        {
            Some(line) => line.minutes += minutes,
            None => lines.push(Line {
                address: page.path.clone(),
                text: match page.chapter {
                    Some(number) => format!("{number}. {}", page.title),
                    None => page.title.clone(),
                },
                minutes,
            }),
        }
        chapter = page.chapter;
    }
    lines.retain(|line| line.minutes > 0);
    Schedule {
        title: "The whole book".to_owned(),
        lines,
        available: None,
    }
}

fn planned(plan: &Plan, pages: &[Page]) -> Result<Schedule, String> {
    let wrong = |message: String| format!("book/plans.toml, plan {:?}: {message}", plan.name);
    let mut lines = Vec::new();
    for part in &plan.part {
        match part {
            Part::Talk { talk, minutes } => lines.push(Line {
                address: String::new(),
                text: talk.clone(),
                minutes: *minutes,
            }),
            Part::Pause { pause } => lines.push(Line {
                address: String::new(),
                text: "Pause".to_owned(),
                minutes: *pause,
            }),
            Part::Read { page, section } => {
                let of = pages.iter().find(|known| known.path == *page);
                let of = of.ok_or_else(|| wrong(format!("there is no page {page}")))?;
                let sections = sections(&of.text).into_iter();
                let wanted: Vec<Section> = sections
                    .filter(|known| section.as_ref().is_none_or(|id| *id == known.id))
                    .collect();
                if wanted.is_empty() {
                    let what = section.as_deref().unwrap_or("section");
                    return Err(wrong(format!("{page} has no {what} with minutes")));
                }
                let titled = wanted.into_iter().map(|section| Line {
                    address: format!("{page}#{}", section.id),
                    text: match of.chapter {
                        Some(number) => format!("{number}. {}: {}", of.title, section.title),
                        None => format!("{}: {}", of.title, section.title),
                    },
                    minutes: section.minutes,
                });
                lines.extend(titled);
            }
        }
    }
    let schedule = Schedule {
        title: plan.title.clone(),
        lines,
        available: Some(plan.minutes),
    };
    let sum = schedule.sum();
    if sum > plan.minutes {
        let over = sum - plan.minutes;
        return Err(wrong(format!(
            "its parts take {sum} minutes and there are {}: cut {over}",
            plan.minutes
        )));
    }
    Ok(schedule)
}

impl Schedule {
    fn sum(&self) -> u32 {
        self.lines.iter().map(|line| line.minutes).sum()
    }

    /// `215 of 240 minutes`
    fn total(&self) -> String {
        match self.available {
            Some(available) => format!("{} of {available} minutes", self.sum()),
            None => format!("{} minutes, {}", self.sum(), clock(self.sum())),
        }
    }

    fn html(&self, page: &str) -> String {
        let up = "../".repeat(page.matches('/').count());
        let mut rows = String::new();
        let mut at = 0;
        for line in &self.lines {
            let text = crate::html::inline(&line.text);
            let text = match line.address.as_str() {
                "" => text,
                address => format!(
                    "<a href=\"{up}{}\">{text}</a>",
                    escape(&address.replacen(".md", ".html", 1))
                ),
            };
            // Writing to a string never fails.
            let _ = write!(
                rows,
                "<tr><td>{}</td><td>{text}</td><td>{}</td></tr>",
                clock(at),
                line.minutes
            );
            at += line.minutes;
        }
        format!(
            "<table class=\"schedule\"><thead><tr><th scope=\"col\">from</th><th scope=\"col\">{}</th>\
             <th scope=\"col\">minutes</th></tr></thead><tbody>{rows}</tbody><tfoot><tr><td>{}</td>\
             <td colspan=\"2\">{}</td></tr></tfoot></table>",
            escape(&self.title),
            clock(at),
            self.total()
        )
    }

    fn text(&self) -> String {
        let mut text = format!("{}: {}\n", self.title, self.total());
        let mut at = 0;
        for line in &self.lines {
            let _ = writeln!(
                text,
                "  {}  {:3} min  {}",
                clock(at),
                line.minutes,
                line.text
            );
            at += line.minutes;
        }
        text
    }
}

/// Minutes as hours and minutes: `1:05`.
fn clock(minutes: u32) -> String {
    format!("{}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(path: &str, chapter: Option<u32>, text: &str) -> Page {
        Page {
            path: path.to_owned(),
            title: path.trim_end_matches(".md").to_owned(),
            chapter,
            text: text.to_owned(),
        }
    }

    fn pages() -> [Page; 3] {
        [
            page("set-up.md", None, "## Begin {#begin minutes=10}\n"),
            page(
                "a/index.md",
                Some(1),
                "# A\n\n## Read `x` {#read minutes=5}\n## No time {#none}\n",
            ),
            page(
                "a/run.md",
                Some(1),
                "## Run {#run minutes=20}\n### Break {#break minutes=15}\n",
            ),
        ]
    }

    fn plan(minutes: u32) -> Plan {
        let text = format!(
            "[[plan]]\nname = \"p\"\ntitle = \"P\"\nminutes = {minutes}\n\
             [[plan.part]]\ntalk = \"Hello\"\nminutes = 5\n\
             [[plan.part]]\npage = \"a/run.md\"\n\
             [[plan.part]]\npause = 10\n\
             [[plan.part]]\npage = \"a/index.md\"\nsection = \"read\"\n"
        );
        let mut plans: Plans = toml_edit::de::from_str(&text).unwrap();
        plans.plan.remove(0)
    }

    #[test]
    fn minutes_become_badges_and_leave_the_id() {
        assert_eq!(
            with_badges("## Run it {#run minutes=20}\n## Other {#other}\n"),
            "## Run it <span class=\"minutes\">20 min</span> {#run}\n## Other {#other}\n"
        );
    }

    #[test]
    fn the_book_is_summed_by_chapter_and_a_plan_by_section() {
        let schedules = [
            whole(&pages()).text(),
            planned(&plan(55), &pages()).unwrap().text(),
        ];
        insta::assert_snapshot!(schedules.join("\n"));
    }

    #[test]
    fn a_plan_that_takes_too_long_is_refused() {
        let error = planned(&plan(54), &pages()).err().unwrap();
        assert_eq!(
            error,
            "book/plans.toml, plan \"p\": its parts take 55 minutes and there are 54: cut 1"
        );
    }

    #[test]
    fn a_plan_that_names_what_is_not_there_is_refused() {
        let error = planned(&plan(55), &pages()[..2]).err().unwrap();
        assert_eq!(
            error,
            "book/plans.toml, plan \"p\": there is no page a/run.md"
        );
    }
}
