//! Console sessions: commands and what they print.

use std::fmt::Write;

use book_proofs::session::{self, ELLIPSIS, Run, Session, normal};

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
    let session = Session::read(&context.source.root, &options.name)
        .map_err(|error| format!("{error}; book/WRITING.md says how a session is written"))?;
    let several = session.has_terminals();
    let mut content = String::new();
    for (index, run) in session.runs.iter().enumerate() {
        let before = index
            .checked_sub(1)
            .map(|before| session.runs[before].terminal.as_str());
        if several && before != Some(&run.terminal) {
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
        content: without_times(&session),
        of: session::file(&options.name),
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

/// What a reader sees of it, without what each run changes: a file that was only written anew
/// need not be read anew.
fn without_times(session: &Session) -> String {
    let mut content = String::new();
    for run in &session.runs {
        // Writing to a string does not fail.
        let _ = writeln!(
            content,
            "{} {} {} {}",
            run.terminal, run.command, run.stays, run.exit
        );
        for line in run.output.lines() {
            let _ = writeln!(content, "{}", normal(line));
        }
    }
    content
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
        ELLIPSIS => "line gap",
        line if line.starts_with(['●', '✗']) => "line head",
        _ => "line",
    };
    format!("<span class=\"{class}\">{}&#10;</span>", escape(line))
}

/// Sessions that no page shows.
#[must_use]
pub fn orphans(source: &Source, expanded: &Expanded) -> Vec<Problem> {
    let names = match session::names(&source.root) {
        Ok(names) => names,
        Err(error) => return vec![Problem::of_file("book/sessions", error.to_string())],
    };
    let files = names.iter().map(|name| session::file(name));
    let orphans = files.filter(|file| expanded.shown.iter().all(|shown| shown.of != *file));
    orphans
        .map(|file| Problem::of_file(file, "no page shows this session: show it or delete it"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expand::{Expanded, expand};
    use crate::source::Page;

    fn repository(files: &[(&str, &str)]) -> (tempfile::TempDir, Source) {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let root = folder.path().to_owned();
        let steps = Vec::new();
        let address = None;
        (
            folder,
            Source {
                root,
                steps,
                address,
            },
        )
    }

    fn expanded(source: &Source, text: &str) -> Expanded {
        let page = Page {
            path: "02-signature-checks/run.md".to_owned(),
            title: "Run it".to_owned(),
            chapter: Some(2),
            text: text.to_owned(),
        };
        expand(source, &[page])
    }

    const PAGE: &str =
        "Before.\n\n```session\nname = \"refused\"\ncaption = \"It is `refused`\"\n```\n\nAfter.\n";

    #[test]
    fn terminals_with_commands_to_copy_and_what_they_print() {
        let file = "
[[run]]
command = \"cargo workbook up 2\"
stays = true
output = '''
…

Outputs
  RestApiInvokeUrl  http://127.0.0.1:4000/prod
PaymentWebhookHandler#1 | WARN refused: \"<none>\" status=401
✗ POST /prod/webhook → 401  4.5 ms  62e86d4e
'''

[[run]]
terminal = \"2\"
command = \"cargo workbook send --tamper\"
exit = 1
output = '''
401      3.6 ms  {\"error\":\"the signature is missing or not valid\"}
'''

[[run]]
terminal = \"2\"
command = '''
cargo workbook send \\
  --age 301'''
output = ''
";
        let (_folder, source) = repository(&[("book/sessions/refused.toml", file)]);
        let expanded = expanded(&source, PAGE);
        assert!(expanded.problems.is_empty(), "{:?}", expanded.problems);
        insta::assert_snapshot!(expanded.texts[0]);
        let mut html = String::new();
        let events = pulldown_cmark::Parser::new(&expanded.texts[0]);
        pulldown_cmark::html::push_html(&mut html, events);
        assert!(html.contains("</figure>\n<p>After.</p>"), "{html}");
    }

    #[test]
    fn a_session_that_is_missing_or_wrong_is_a_problem_of_the_page() {
        let (_folder, source) = repository(&[]);
        let problems = expanded(&source, PAGE).problems;
        assert_eq!(
            problems[0].to_string(),
            "book/src/02-signature-checks/run.md:3: Session 2-1: book/sessions/refused.toml: \
             there is no such file; book/WRITING.md says how a session is written"
        );
        let (_folder, source) = repository(&[("book/sessions/refused.toml", "[[run]]\n")]);
        let problems = expanded(&source, PAGE).problems;
        assert!(
            problems[0].to_string().contains("refused.toml:1: missing"),
            "{problems:?}"
        );
    }

    #[test]
    fn a_session_that_no_page_shows_is_a_problem() {
        let run = "[[run]]\ncommand = 'a'\noutput = ''\n";
        let (_folder, source) = repository(&[
            ("book/sessions/refused.toml", run),
            ("book/sessions/forgotten.toml", run),
        ]);
        let orphans = orphans(&source, &expanded(&source, PAGE));
        assert_eq!(orphans.len(), 1);
        assert_eq!(orphans[0].file, "book/sessions/forgotten.toml");
    }
}
