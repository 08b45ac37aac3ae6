//! The way of a request, from a stage snapshot.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use workbook::step::Content;

use crate::directive;
use crate::expand::{Context, Shown};
use crate::html::{self, escape};
use crate::listing::markup;
use crate::source::Taught;

/// A hop as `Trail::redacted` of the sandbox has it.
#[derive(Deserialize)]
struct Hop {
    id: u64,
    parent: Option<u64>,
    service: String,
    name: String,
    action: String,
    outcome: String,
    ok: bool,
    #[serde(default)]
    details: BTreeMap<String, Value>,
    #[serde(rename = "in")]
    input: Option<Box<RawValue>>,
    #[serde(rename = "out")]
    output: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Snapshot {
    hops: Vec<Hop>,
}

/// The figure: a table of hops, and the payloads that are asked for.
///
/// # Errors
/// If there is no such snapshot, or it holds no trail.
pub fn render(options: &directive::Trail, context: &mut Context<'_>) -> Result<String, String> {
    let step = context.step(options.step.as_deref())?;
    let file = format!("tests/all/snapshots/all__{}.snap", options.snapshot);
    let text = snapshot(step, &file)?;
    let Snapshot { hops } = serde_json::from_str(text)
        .map_err(|error| format!("{}/{file} holds no trail: {error}", step.folder))?;
    let mut content = table(&hops);
    for &index in &options.payloads {
        let hop = hops.get(index).ok_or_else(|| {
            format!(
                "payloads: there is no hop {index}, only 0 to {}",
                hops.len() - 1
            )
        })?;
        content.push_str(&payloads(index, hop));
    }
    context.shown.push(Shown {
        page: context.page.path.clone(),
        line: context.line,
        id: options.id.clone(),
        label: context.label.to_owned(),
        content: content.clone(),
        of: format!("{}/{file}", step.folder),
        lines: Vec::new(),
    });
    Ok(html::figure(
        "trail",
        &options.id,
        context.label,
        &options.caption,
        &content,
    ))
}

/// The text of a snapshot file below its header.
fn snapshot<'step>(step: &'step Taught, file: &str) -> Result<&'step str, String> {
    let Some(Content::Text(text)) = step.step.files.get(file) else {
        let known = step.step.files.keys().filter_map(|path| {
            let name = path.strip_prefix("tests/all/snapshots/all__")?;
            name.strip_suffix(".snap")
        });
        let known: Vec<&str> = known.collect();
        return Err(format!(
            "{} has no {file}; there is: {}",
            step.folder,
            known.join(", ")
        ));
    };
    let body = text.splitn(3, "---\n").nth(2);
    body.ok_or_else(|| format!("{}/{file} has no header of insta", step.folder))
}

fn table(hops: &[Hop]) -> String {
    let mut rows = String::new();
    for (index, hop) in hops.iter().enumerate() {
        let depth = depth(hops, hop);
        let class = if hop.ok { "" } else { " class=\"refused\"" };
        let details: Vec<String> = hop
            .details
            .iter()
            .filter(|(name, _)| *name != "status")
            .map(|(name, value)| detail(name, value))
            .collect();
        let details = details.join(" ");
        rows.push_str(&format!(
            "<tr{class}><td>{index}</td><td class=\"depth-{depth}\">{}</td><td>{}</td><td>{}</td><td>{}</td>\
             <td class=\"details\">{details}</td></tr>",
            escape(&hop.service),
            escape(&hop.name),
            escape(&hop.action),
            escape(&hop.outcome),
        ));
    }
    format!(
        "<div class=\"scroll\" data-scroll><table><thead><tr><th scope=\"col\">hop</th><th scope=\"col\">service</th>\
         <th scope=\"col\">resource</th><th scope=\"col\">request</th><th scope=\"col\">outcome</th>\
         <th scope=\"col\">details</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )
}

/// How many hops caused this one; more than a page can indent count as that.
fn depth(hops: &[Hop], hop: &Hop) -> usize {
    let parent = |hop: &Hop| hops.iter().find(|other| Some(other.id) == hop.parent);
    std::iter::successors(parent(hop), |hop| parent(hop))
        .take(6)
        .count()
}

fn detail(name: &str, value: &Value) -> String {
    let value = match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    format!("<span><b>{}</b> {}</span>", escape(name), escape(&value))
}

fn payloads(index: usize, hop: &Hop) -> String {
    let sides = [("in", &hop.input), ("out", &hop.output)];
    let shown = sides.iter().filter_map(|(side, payload)| {
        let payload = dedented(payload.as_ref()?.get());
        Some(format!(
            "<details><summary>Hop {index}, {}: what went {side}</summary>{}</details>",
            escape(&hop.name),
            markup::plain("json", None, &payload)
        ))
    });
    shown.collect()
}

/// A value as it stands in a snapshot, moved to the left edge.
fn dedented(json: &str) -> String {
    let indent = json
        .lines()
        .last()
        .map_or(0, |last| last.len() - last.trim_start().len());
    let lines = json.lines().enumerate().map(|(number, line)| match number {
        0 => line,
        _ => line.get(indent..).unwrap_or(line),
    });
    lines.collect::<Vec<_>>().join("\n")
}
