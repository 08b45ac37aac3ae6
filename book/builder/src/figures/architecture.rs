//! The picture of a stack, from its template.
//!
//! Every picture of the book has the same grid, so that the eye sees what a step adds:
//! a webhook goes along the top row, down and back to the left, to the clients. [`graph`]
//! reads nodes and edges from the template, [`drawing`] makes SVG of them.

mod drawing;
mod graph;

use std::collections::BTreeMap;
use std::path::Path;

use sandbox::template::{self, model::Stack};

use crate::directive;
use crate::expand::{Context, Shown};
use crate::html::{self, escape};
use graph::{Graph, Node};

/// The figure.
///
/// # Errors
/// If a template cannot be loaded.
pub fn render(
    options: &directive::Architecture,
    context: &mut Context<'_>,
) -> Result<String, String> {
    let step = context.step(options.step.as_deref())?;
    let steps = &context.source.steps;
    let before = steps.iter().position(|other| other.name == step.name);
    let before = before.and_then(|index| Some(&steps[index.checked_sub(1)?]));
    let graph = read(&context.source.root.join(&step.folder))?;
    let earlier = before.map(|before| read(&context.source.root.join(&before.folder)));
    let earlier = earlier.transpose()?;
    let is_new = |node: &Node| earlier.as_ref().is_some_and(|earlier| !earlier.has(node));
    let mut content = drawing::svg(&graph, &is_new, &description(&graph, &is_new));
    content.push_str(&legend(&graph, &is_new));
    context.shown.push(Shown {
        page: context.page.path.clone(),
        line: context.line,
        id: options.id.clone(),
        label: context.label.to_owned(),
        content: content.clone(),
        of: format!("{}/template.yaml", step.folder),
        lines: Vec::new(),
    });
    Ok(html::figure(
        "architecture",
        &options.id,
        context.label,
        &options.caption,
        &content,
    ))
}

/// The graph of the template in `folder`: of everything that it can create, with what it
/// creates only on request marked.
fn read(folder: &Path) -> Result<Graph, String> {
    let template = folder.join("template.yaml");
    let plain = load(&template, false)?;
    let full = load(&template, true)?;
    Ok(Graph::of(&full, &plain))
}

/// Loads a template with made-up secrets and its defaults; `full` switches everything on that a
/// parameter called `Enable…` can switch on.
fn load(template: &Path, full: bool) -> Result<Stack, String> {
    let wrong = |error: template::TemplateError| error.to_string();
    let mut values = BTreeMap::new();
    for parameter in template::declared_parameters(template).map_err(wrong)? {
        if full && parameter.name.starts_with("Enable") {
            values.insert(parameter.name, "true".to_owned());
        } else if parameter.default.is_none() {
            // In every template of the book, `none` means that a secret is not set.
            values.insert(parameter.name, "none".to_owned());
        }
    }
    template::load(template, &values).map_err(wrong)
}

/// What the picture shows, in words.
fn description(graph: &Graph, is_new: &impl Fn(&Node) -> bool) -> String {
    let mut text = String::new();
    for edge in &graph.edges {
        let (from, to) = (&graph.nodes[edge.from], &graph.nodes[edge.to]);
        text.push_str(&format!("{} {} {}. ", from.name, edge.verb, to.name));
    }
    let new = graph.nodes.iter().filter(|node| is_new(node));
    let new: Vec<&str> = new.map(|node| node.name.as_str()).collect();
    if !new.is_empty() {
        text.push_str(&format!("New or changed in this step: {}.", new.join(", ")));
    }
    text.trim_end().to_owned()
}

/// What stands below the picture: signs that it uses, and what no request passes through.
fn legend(graph: &Graph, is_new: &impl Fn(&Node) -> bool) -> String {
    let mut parts = Vec::new();
    if graph.nodes.iter().any(is_new) {
        parts.push("<span class=\"lit\">lit</span>: new or changed in this step".to_owned());
    }
    if graph.nodes.iter().any(|node| node.on_request) {
        parts.push("dashed: only if switched on by a parameter".to_owned());
    }
    let mut aside: BTreeMap<&str, usize> = BTreeMap::new();
    for kind in &graph.aside {
        *aside.entry(kind).or_default() += 1;
    }
    let aside: Vec<String> = aside
        .iter()
        .map(|(kind, count)| match count {
            1 => escape(kind),
            count => format!("{count}\u{a0}×\u{a0}{}", escape(kind)),
        })
        .collect();
    if !aside.is_empty() {
        parts.push(format!("in the template too: {}", aside.join(", ")));
    }
    match parts.is_empty() {
        true => String::new(),
        false => format!("<p class=\"legend\">{}</p>", parts.join(" · ")),
    }
}
