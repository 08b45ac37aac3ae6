//! Console sessions: commands and what they print.

use std::collections::BTreeSet;

use book_proofs::session::{self, Run};

use crate::directive;
use crate::expand::{Context, Expanded, Shown};
use crate::highlight;
use crate::html::{self, escape};
use crate::listing::markup;
use crate::problem::Problem;
use crate::source::Source;

/// A session: each command in a block that can be copied, what it prints in one that cannot.
///
/// # Errors
/// If its file is not there or cannot be read.
pub fn render(options: &directive::Session, context: &mut Context<'_>) -> Result<String, String> {
    let session = session::read(&context.source.root, &options.name)?;
    let terminals: BTreeSet<&str> = session
        .run
        .iter()
        .map(|run| run.terminal.as_str())
        .collect();
    let mut content = String::new();
    for (index, run) in session.run.iter().enumerate() {
        let before = index
            .checked_sub(1)
            .map(|before| session.run[before].terminal.as_str());
        if terminals.len() > 1 && before != Some(&run.terminal) {
            content.push_str(&format!(
                "<p class=\"terminal\">Terminal {}</p>",
                escape(&run.terminal)
            ));
        }
        content.push_str(&command(run));
        content.push_str(&output(run));
    }
    context.shown.push(Shown {
        page: context.page.path.clone(),
        line: context.line,
        id: options.name.clone(),
        label: context.label.to_owned(),
        content: content.clone(),
        of: format!("book/sessions/{}.toml", options.name),
        lines: Vec::new(),
    });
    Ok(html::figure(
        "session",
        &options.name,
        context.label,
        &options.caption,
        &content,
    ))
}

fn command(run: &Run) -> String {
    let colors = highlight::lines("sh", &run.command);
    let lines = run.command.trim_end().lines().zip(colors.iter());
    let code: String = lines
        .map(|(line, colors)| {
            format!(
                "<span class=\"line\">{}&#10;</span>",
                markup::pieces(line, colors, &[])
            )
        })
        .collect();
    format!(
        "<pre class=\"command\" tabindex=\"0\" role=\"group\" aria-label=\"Command\"><code class=\"nohighlight\">{code}</code></pre>"
    )
}

fn output(run: &Run) -> String {
    let mut html = String::new();
    let lines: Vec<&str> = run.output.trim_matches('\n').lines().collect();
    if !lines.is_empty() {
        let code: String = lines.iter().map(|line| output_line(line)).collect();
        html.push_str(&format!(
            "<pre class=\"output\" data-nocopy tabindex=\"0\" role=\"group\" aria-label=\"Output\"><code class=\"nohighlight\">{code}</code></pre>"
        ));
    }
    let note = match (run.stays, run.exit) {
        (true, _) => "keeps running".to_owned(),
        (false, 0) => return html,
        (false, code) => format!("exit code {code}"),
    };
    html.push_str(&format!("<p class=\"note\">{note}</p>"));
    html
}

fn output_line(line: &str) -> String {
    let class = match line {
        "…" => "line gap",
        line if line.starts_with('●') => "line head",
        _ => "line",
    };
    format!("<span class=\"{class}\">{}&#10;</span>", escape(line))
}

/// Sessions that no page shows.
#[must_use]
pub fn orphans(source: &Source, expanded: &Expanded) -> Vec<Problem> {
    let names = match session::names(&source.root) {
        Ok(names) => names,
        Err(message) => return vec![Problem::of_file("book/sessions", message)],
    };
    let files = names
        .iter()
        .map(|name| format!("book/sessions/{name}.toml"));
    let orphans = files.filter(|file| expanded.shown.iter().all(|shown| shown.of != *file));
    orphans
        .map(|file| Problem::of_file(file, "no page shows this session: show it or delete it"))
        .collect()
}
