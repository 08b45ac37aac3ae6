//! The text of `leftovers`.

use std::fmt::Write;

use sandbox::template::{Declared, Inventory};
use serde_json::Value;

use super::facts::{BESIDE, Each, KINDS, Kind, Monthly, When};
use crate::output::{BOLD, DIM, NAME, WARN, counted, painted};

/// What is told of a template.
pub fn report(name: &str, parameters: &[String], inventory: &Inventory) -> String {
    let with = match parameters {
        [] => "with the parameters' defaults".to_owned(),
        some => format!("with {}", some.join(", ")),
    };
    let mut text = format!("{} {with}\n", painted(BOLD, name));
    let (known, unknown): (Vec<_>, Vec<_>) = inventory
        .resources
        .iter()
        .map(|resource| (resource, kind_of(resource)))
        .partition(|(_, kind)| kind.is_some());
    let known: Vec<Known> = known
        .into_iter()
        .filter_map(|(resource, kind)| Some((resource, kind?)))
        .collect();
    let unknown: Vec<&Declared> = unknown.into_iter().map(|(resource, _)| resource).collect();

    section(
        &mut text,
        "Bills by the month, used or not",
        &monthly(&known),
    );
    also(&mut text, &inventory.left_out);
    section(&mut text, "Bills for what is stored in it", &stored(&known));
    section(&mut text, "Bills what is used of it", &used(&known));
    section(&mut text, "Not known to this command", &not_known(&unknown));
    outliving(&mut text, &known, &unknown);
    sources(&mut text, &known);
    text
}

type Known<'i> = (&'i Declared, &'static Kind);

fn kind_of(resource: &Declared) -> Option<&'static Kind> {
    let mut kinds = KINDS.iter();
    kinds.find(|kind| kind.types.contains(&resource.resource_type.as_str()))
}

/// A line with a name in its first column.
type Row = [String; 3];

fn section(text: &mut String, title: &str, rows: &[Row]) {
    if rows.is_empty() {
        return;
    }
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let (first, second) = (width(0), width(1));
    // Writing to a string does not fail.
    let _ = writeln!(text, "\n{}", painted(BOLD, title));
    for [name, what, end] in rows {
        let name = painted(NAME, &format!("{name:first$}"));
        let line = format!("  {name}  {what:second$}  {end}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// Cents, and whether they are about right only.
#[derive(Clone, Copy, Default)]
struct Price {
    cents: usize,
    about: bool,
}

impl Price {
    fn shown(self) -> String {
        let about = if self.about { "about " } else { "" };
        format!("{about}${}.{:02}", self.cents / 100, self.cents % 100)
    }

    fn and(self, other: Self) -> Self {
        Self {
            cents: self.cents + other.cents,
            about: self.about || other.about,
        }
    }
}

impl Monthly {
    fn one(&self) -> Price {
        Price {
            cents: self.cents as usize,
            about: self.about,
        }
    }

    /// How many of what it is for a resource has.
    fn count(&self, resource: &Declared) -> usize {
        let list = |name: &str| resource.properties.get(name).and_then(Value::as_array);
        match self.each {
            Each::Resource => 1,
            Each::Item { of, .. } => list(of).map_or(0, Vec::len),
            Each::Metric => list("Metrics").map_or(1, |metrics| {
                let read = metrics.iter().filter(|one| one.get("MetricStat").is_some());
                read.count()
            }),
        }
    }

    /// The price in words: `$5.00`, `$1.00 for each of 3 rules`.
    fn words(&self, count: usize) -> String {
        let price = self.one().shown();
        match self.each {
            Each::Resource if count == 1 => price,
            Each::Resource => format!("{price} each"),
            Each::Item { name, .. } => format!("{price} for each of {}", counted(count, name)),
            Each::Metric => format!("{price} for each of {}", counted(count, "metric")),
        }
    }
}

/// The resources by what is paid for them, in the template's order.
fn by_kind<'k, 'i>(known: &'k [Known<'i>]) -> Vec<(&'static Kind, Vec<&'i Declared>)> {
    let mut groups: Vec<(&'static Kind, Vec<&'i Declared>)> = Vec::new();
    for (resource, kind) in known {
        match groups.iter_mut().find(|(other, _)| other.name == kind.name) {
            Some((_, group)) => group.push(resource),
            None => groups.push((kind, vec![resource])),
        }
    }
    groups
}

/// `ConnectionsTable (table)`, or `10 alarms`.
fn called(kind: &Kind, group: &[&Declared]) -> String {
    match group {
        [one] => {
            let by_sam = if one.line.is_none() {
                ", made by SAM"
            } else {
                ""
            };
            format!("{} ({}{by_sam})", one.logical_id, kind.name)
        }
        several => counted(several.len(), kind.name),
    }
}

fn monthly(known: &[Known<'_>]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut total = Price::default();
    for (kind, group) in by_kind(known) {
        if kind.monthly.is_empty() {
            continue;
        }
        let mut words = Vec::new();
        let mut sum = Price::default();
        for price in kind.monthly {
            let count = group.iter().map(|one| price.count(one)).sum();
            words.push(price.words(count));
            let cents = price.one().cents * count;
            sum = sum.and(Price {
                cents,
                ..price.one()
            });
        }
        rows.push([called(kind, &group), words.join(", and "), sum.shown()]);
        total = total.and(sum);
    }
    match rows.len() {
        0 => rows.push(["nothing".into(), String::new(), String::new()]),
        1 => {}
        _ => rows.push(["together".into(), String::new(), total.shown()]),
    }
    rows
}

/// What other parameters would add to the bill.
fn also(text: &mut String, left_out: &[Declared]) {
    let billed: Vec<String> = left_out
        .iter()
        .filter_map(|one| Some((one, kind_of(one)?)))
        .filter(|(_, kind)| !kind.monthly.is_empty())
        .map(|(one, kind)| called(kind, &[one]))
        .collect();
    if !billed.is_empty() {
        let line = format!("with other parameters also {}", billed.join(", "));
        let _ = writeln!(text, "  {}", painted(DIM, &line));
    }
}

fn stored(known: &[Known<'_>]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (kind, group) in by_kind(known) {
        let what: Vec<&str> = kind
            .stored
            .iter()
            .filter(|(when, _)| group.iter().any(|one| when.holds(one)))
            .map(|(_, what)| *what)
            .collect();
        if !what.is_empty() {
            rows.push([called(kind, &group), what.join("; "), String::new()]);
        }
    }
    rows
}

fn used(known: &[Known<'_>]) -> Vec<Row> {
    let groups = by_kind(known).into_iter();
    groups
        .filter_map(|(kind, group)| {
            Some([called(kind, &group), kind.used?.to_owned(), String::new()])
        })
        .collect()
}

fn not_known(unknown: &[&Declared]) -> Vec<Row> {
    let row = |one: &&Declared| {
        let place = match one.line {
            Some(line) => format!("line {line}: see AWS's page about its price"),
            None => "made by SAM".to_owned(),
        };
        [one.logical_id.clone(), one.resource_type.clone(), place]
    };
    unknown.iter().map(row).collect()
}

/// What stays, by the reason for it and its cost.
#[derive(Default)]
struct Staying(Vec<(String, &'static str, Vec<String>)>);

impl Staying {
    fn add(&mut self, what: String, why: String, cost: &'static str) {
        let same = |group: &&mut (String, &'static str, _)| group.0 == why && group.1 == cost;
        match self.0.iter_mut().find(same) {
            // Two APIs have one role of the account between them.
            Some((.., names)) if names.contains(&what) => {}
            Some((.., names)) => names.push(what),
            None => self.0.push((why, cost, vec![what])),
        }
    }
}

fn outliving(text: &mut String, known: &[Known<'_>], unknown: &[&Declared]) {
    let mut staying = Staying::default();
    let all = known
        .iter()
        .map(|(resource, kind)| (*resource, Some(*kind)))
        .chain(unknown.iter().map(|resource| (*resource, None)));
    for (resource, kind) in all {
        let policy = resource.deletion_policy.as_deref().unwrap_or("Delete");
        if policy != "Delete" {
            let kept = if policy == "Snapshot" {
                "a snapshot of "
            } else {
                ""
            };
            let called = kind.map_or(resource.resource_type.as_str(), |kind| kind.name);
            staying.add(
                format!("{kept}{} ({called})", resource.logical_id),
                format!("its DeletionPolicy is {policy}"),
                kind.map_or("what is not known to this command", Kind::when_kept),
            );
        }
    }
    for (resource, kind) in known {
        for one in kind.leaves.iter().filter(|one| one.when.holds(resource)) {
            let what = one.what.replace("{id}", &resource.logical_id);
            staying.add(what, one.why.to_owned(), one.cost);
        }
    }
    for one in BESIDE {
        staying.add(one.what.to_owned(), one.why.to_owned(), one.cost);
    }
    let _ = writeln!(text, "\n{}", painted(BOLD, "Outlives sam delete"));
    for (why, cost, names) in staying.0 {
        for name in names {
            let _ = writeln!(text, "  {}", painted(NAME, &name));
        }
        let _ = writeln!(text, "      {}\n      costs {cost}", painted(DIM, &why));
    }
}

impl Kind {
    /// What it costs when it is kept.
    fn when_kept(&self) -> &'static str {
        match (self.monthly, self.stored) {
            ([], []) => "nothing while nobody uses it",
            ([], _) => "what is stored in it",
            _ => "by the month, as before",
        }
    }
}

impl When {
    fn holds(self, resource: &Declared) -> bool {
        let has = |path: &str| {
            let mut parts = path.split('.');
            let found = parts.try_fold(&resource.properties, |value, part| value.get(part));
            // Null is a value that cannot be known here, but there is one.
            found.is_some_and(|value| !matches!(value, Value::Bool(false)))
        };
        match self {
            Self::Always => true,
            Self::Has(path) => has(path),
            Self::Lacks(path) => !has(path),
        }
    }
}

/// Where the prices are from.
fn sources(text: &mut String, known: &[Known<'_>]) {
    let mut pages: Vec<&str> = known
        .iter()
        .flat_map(|(_, kind)| kind.sources.iter().copied())
        .collect();
    pages.sort_unstable();
    pages.dedup();
    let notice = "Prices are list prices of us-east-1 without free tiers, and change. Those that are about \
         right were read at second hand; what counts is at";
    let _ = writeln!(text, "\n{}", painted(WARN, notice));
    for page in pages {
        let _ = writeln!(text, "  {page}");
    }
}
