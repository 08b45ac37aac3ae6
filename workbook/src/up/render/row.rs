//! A line for a hop, or for many equal ones.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::time::Duration;

use anstyle::Style;
use sandbox::trail::{Hop, Service};
use serde_json::Value;

use crate::output::{BAD, DIM, GOOD, NAME, WARN, one_line, painted};

/// Longest reason that is shown, in characters.
const REASON: usize = 160;
/// Longest outcome that is shown, in characters.
const OUTCOME: usize = 60;
/// Shortest room for details, in characters.
const LEAST: usize = 8;
/// From this many on, equal hops are one line.
const MANY: usize = 4;
/// How much of a published message is shown, in characters.
const MESSAGE: usize = 48;
/// Details that have a place of their own in the line, or are a reason.
const NOT_LISTED: [&str; 3] = ["start", "reason", "error"];

/// Whether a hop ended as everybody hoped.
pub(super) fn is_well(hop: &Hop) -> bool {
    hop.ok && !refused(hop)
}

/// Whether a hop did not do its work. A firewall that blocks does, and so does
/// who says that a client is gone.
pub(super) fn failed(hop: &Hop) -> bool {
    let as_it_should = match hop.service {
        Service::Waf => true,
        Service::WebSocket => hop.outcome == "410",
        _ => false,
    };
    !hop.ok && !as_it_should
}

/// Whether a hop did its work and the answer was a refusal.
fn refused(hop: &Hop) -> bool {
    let status = hop.outcome.len() == 3 && hop.outcome.starts_with(['4', '5']);
    status || (hop.service == Service::Waf && !hop.ok)
}

/// A line of a trail.
pub(super) struct Row {
    pub(super) service: String,
    pub(super) name: String,
    pub(super) action: String,
    start: String,
    pub(super) outcome: String,
    took: String,
    style: Style,
    extra: String,
}

/// The rows of all hops.
pub(super) fn rows(hops: &[Hop]) -> Vec<Row> {
    let parents: HashSet<usize> = hops.iter().filter_map(|hop| hop.parent).collect();
    let mut groups: HashMap<Kind, Vec<&Hop>> = HashMap::new();
    for hop in hops {
        let group = groups.entry(kind(hop, &parents)).or_default();
        group.push(hop);
    }
    let mut rows = Vec::new();
    for hop in hops {
        match groups.get(&kind(hop, &parents)).map(Vec::as_slice) {
            Some(group) if group.len() >= MANY => {
                if group[0].id == hop.id {
                    rows.push(Row::of_many(group));
                }
            }
            _ => rows.push(Row::new(hop)),
        }
    }
    rows
}

/// What a hop has in common with its equals.
type Kind<'a> = (Option<usize>, Option<usize>, Service, &'a str, &'a str);

fn kind<'a>(hop: &'a Hop, parents: &HashSet<usize>) -> Kind<'a> {
    // A hop that caused others has none: it is shown with what it caused.
    let alone = parents.contains(&hop.id).then_some(hop.id);
    (alone, hop.parent, hop.service, &hop.name, &hop.action)
}

impl Row {
    fn new(hop: &Hop) -> Self {
        let start = hop.details.get("start").and_then(Value::as_str);
        Self {
            service: hop.service.to_string(),
            name: hop.name.clone(),
            action: one_line(&hop.action, 80),
            start: start.unwrap_or_default().to_owned(),
            outcome: one_line(&hop.outcome, OUTCOME),
            took: milliseconds(hop.took),
            style: style(hop),
            extra: extra(hop),
        }
    }

    /// One row for equal hops: how many ended how, the longest time, and the
    /// first reason among them.
    fn of_many(hops: &[&Hop]) -> Self {
        let mut outcomes: Vec<(&str, usize)> = Vec::new();
        for hop in hops {
            match outcomes.iter_mut().find(|(known, _)| *known == hop.outcome) {
                Some((_, count)) => *count += 1,
                None => outcomes.push((&hop.outcome, 1)),
            }
        }
        outcomes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let outcomes = outcomes
            .iter()
            .map(|(outcome, count)| format!("×{count} {outcome}"));
        let outcomes = outcomes.collect::<Vec<_>>().join(", ");
        let first = hops[0];
        let unwell = hops.iter().find(|hop| !is_well(hop));
        let longest = hops.iter().map(|hop| hop.took).max().unwrap_or_default();
        Self {
            service: first.service.to_string(),
            name: first.name.clone(),
            action: one_line(&first.action, 80),
            start: String::new(),
            outcome: one_line(&outcomes, OUTCOME),
            took: format!("≤ {}", milliseconds(longest)),
            style: unwell.map_or(GOOD, |hop| style(hop)),
            extra: unwell
                .map(|hop| format!("first: {}", extra(hop)))
                .unwrap_or_default(),
        }
    }

    pub(super) fn write(
        &self,
        text: &mut String,
        [service, name, action, outcome]: [usize; 4],
        columns: Option<usize>,
    ) {
        let line = format!(
            "  {:service$}  {}  {:action$}  {:4}  {}  {:>9}",
            self.service,
            painted(NAME, &format!("{:name$}", self.name)),
            self.action,
            self.start,
            painted(self.style, &format!("{:outcome$}", self.outcome)),
            self.took,
        );
        let extra = match columns.filter(|_| self.style == GOOD) {
            Some(columns) => {
                let used = anstream::adapter::strip_str(&line).to_string();
                match columns.saturating_sub(used.chars().count() + 2) {
                    // What is cut to a few characters tells nothing.
                    ..LEAST => String::new(),
                    left => one_line(&self.extra, left),
                }
            }
            None => self.extra.clone(),
        };
        let style = if self.style == BAD { BAD } else { DIM };
        // Writing to a string does not fail.
        let _ = match extra.is_empty() {
            true => writeln!(text, "{line}"),
            false => writeln!(text, "{line}  {}", painted(style, &extra)),
        };
    }
}

fn style(hop: &Hop) -> Style {
    match (failed(hop), refused(hop)) {
        (true, _) => BAD,
        (false, true) => WARN,
        (false, false) => GOOD,
    }
}

/// The reason of a failure or refusal, else the hop's further details.
fn extra(hop: &Hop) -> String {
    let unwelcome = !is_well(hop);
    if let Some(reason) = reason(hop).filter(|_| unwelcome) {
        return one_line(&reason, REASON);
    }
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let details = hop.details.iter().map(|(name, value)| (name, text(value)));
    // The outcome has been said, and everything comes from this machine.
    let telling = details.filter(|(name, value)| {
        !NOT_LISTED.contains(name) && *value != hop.outcome && value != "127.0.0.1"
    });
    let mut details: Vec<String> = telling
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if let (Service::Sns, Some(message)) = (hop.service, &hop.input) {
        details.insert(0, one_line(&message.text(), MESSAGE));
    }
    one_line(&details.join(" "), REASON)
}

fn reason(hop: &Hop) -> Option<String> {
    let told = ["reason", "error"]
        .iter()
        .find_map(|name| hop.details.get(name));
    if let Some(told) = told {
        return Some(
            told.as_str()
                .map_or_else(|| told.to_string(), str::to_owned),
        );
    }
    let output = hop.output.as_ref()?.json();
    let field = |object: &Value, name: &str| object.get(name)?.as_str().map(str::to_owned);
    match (field(&output, "errorType"), field(&output, "errorMessage")) {
        (Some(kind), Some(message)) => Some(format!("{kind}: {message}")),
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => ["message", "error", "Message"]
            .iter()
            .find_map(|name| field(&output, name)),
    }
}

pub(super) fn milliseconds(took: Duration) -> String {
    let milliseconds = took.as_secs_f64() * 1000.0;
    if milliseconds < 100.0 {
        format!("{milliseconds:.1} ms")
    } else {
        format!("{milliseconds:.0} ms")
    }
}
