//! Console sessions: commands and what they print.

use std::fmt::Write;
use std::sync::LazyLock;

use book_proofs::session::{self, ELLIPSIS, Run, Session, normal};
use regex::{Captures, Regex};

use crate::directive;
use crate::expand::{Context, Shown};
use crate::html;
use crate::problem::Problem;
use crate::source::Source;

/// A session.
///
/// # Errors
/// If its file is not there or cannot be read.
pub fn render(options: &directive::Session, context: &mut Context<'_>) -> Result<String, String> {
    let session = Session::read(&context.source.root, &options.name)
        .map_err(|error| format!("{error}; book/WRITING.md says how a session is written"))?;
    context.shown.push(Shown {
        page: context.page.path.clone(),
        line: context.line,
        id: options.name.clone(),
        label: context.label.to_owned(),
        content: content(&session),
        of: session::file(&options.name),
        lines: Vec::new(),
    });
    let (name, label) = (&options.name, context.label);
    let terminals = terminals(&session);
    Ok(html::figure(
        "session",
        name,
        label,
        &options.caption,
        &terminals,
    ))
}

/// A problem for each session that no page shows.
///
/// # Errors
/// If the folder of the sessions cannot be read.
pub fn orphans(source: &Source, shown: &[Shown]) -> Result<Vec<Problem>, Problem> {
    let names = session::names(&source.root)
        .map_err(|error| Problem::of_file("book/sessions", error.to_string()))?;
    let files = names.iter().map(|name| session::file(name));
    let unseen = files.filter(|file| shown.iter().all(|shown| shown.of != *file));
    let message = "no page shows this session: show it with a `session` block, or delete it";
    Ok(unseen.map(|file| Problem::of_file(file, message)).collect())
}

/// What a reader sees of it, without what each run changes: a file that was only written anew
/// need not be read anew.
fn content(session: &Session) -> String {
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

/// The runs, those that follow each other in one terminal together.
fn terminals(session: &Session) -> String {
    let several = session.has_terminals();
    let windows = session
        .runs
        .chunk_by(|one, next| one.terminal == next.terminal);
    let windows = windows.map(|runs| {
        let runs_html: Vec<String> = runs.iter().map(|run| one(run, several)).collect();
        let title = match runs {
            [run, ..] if several => format!(
                "<p class=\"terminal-name\">Terminal {}</p>\n",
                html::escape(&run.terminal)
            ),
            _ => String::new(),
        };
        format!(
            "<div class=\"terminal\">\n{title}{}\n</div>",
            runs_html.join("\n")
        )
    });
    windows.collect::<Vec<_>>().join("\n")
}

fn one(run: &Run, several: bool) -> String {
    let terminal = match several {
        true => format!(" in terminal {}", html::escape(&run.terminal)),
        false => String::new(),
    };
    // Only a `code` in a `pre` gets a button that copies it.
    let mut parts = vec![format!(
        "<pre class=\"command\" tabindex=\"0\" role=\"group\" aria-label=\"Command{terminal}\">\
         <code class=\"nohighlight\">{}</code></pre>",
        lines(&run.command, html::escape)
    )];
    if !run.output.is_empty() {
        parts.push(format!(
            "<pre class=\"output\" tabindex=\"0\" role=\"group\" aria-label=\"Output{terminal}\">\
             <samp>{}</samp></pre>",
            lines(&run.output, output_line)
        ));
    }
    let end = match (run.stays, run.exit) {
        (true, _) => Some(("stays", "keeps running".to_owned())),
        (false, 0) => None,
        (false, code) => Some(("exit", format!("exit code {code}"))),
    };
    parts.extend(end.map(|(class, text)| format!("<p class=\"{class}\">{text}</p>")));
    parts.join("\n")
}

/// Each line an element of its own: an empty line would end the block of HTML.
fn lines(text: &str, html: impl Fn(&str) -> String) -> String {
    let lines = text
        .lines()
        .map(|line| format!("<span class=\"line\">{}</span>", html(line)));
    lines.collect::<Vec<_>>().join("\n")
}

/// What is marked in an output, each by the class of the same name.
static MARKS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let marks = [
        r"(?P<good>^[●✓]|(?:^|→ )2\d\d\b|→ success\b)",
        r"(?P<bad>^✗|(?:^|→ )[45]\d\d\b|\bERROR\b)",
        r"(?P<warn>\bWARN\b|^!)",
        r"(?P<source>^[A-Z]\w*#\d+ \|)",
    ];
    Regex::new(&marks.join("|")).ok()
});

fn output_line(line: &str) -> String {
    if line == ELLIPSIS {
        return format!("<span class=\"elided\">{ELLIPSIS}</span>");
    }
    let Some(marks) = MARKS.as_ref() else {
        return html::escape(line);
    };
    let mut text = String::new();
    let mut end = 0;
    for found in marks.captures_iter(line) {
        let Some((class, mark)) = mark(&found) else {
            continue;
        };
        let _ = write!(
            text,
            "{}<span class=\"{class}\">{}</span>",
            html::escape(&line[end..mark.start()]),
            html::escape(mark.as_str())
        );
        end = mark.end();
    }
    text + &html::escape(&line[end..])
}

fn mark<'line>(found: &Captures<'line>) -> Option<(&'static str, regex::Match<'line>)> {
    let classes = ["good", "bad", "warn", "source"];
    classes
        .into_iter()
        .find_map(|class| Some((class, found.name(class)?)))
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
        (folder, Source { root, steps })
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
    fn one_terminal_has_no_name() {
        let file = "[[run]]\ncommand = 'a'\noutput = ''\n\n[[run]]\ncommand = 'b'\noutput = 'c'\n";
        let session = Session::parse("a", file).unwrap();
        insta::assert_snapshot!(terminals(&session));
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
        let shown = expanded(&source, PAGE).shown;
        let orphans = orphans(&source, &shown).unwrap();
        assert_eq!(orphans.len(), 1);
        assert_eq!(orphans[0].file, "book/sessions/forgotten.toml");
    }
}
