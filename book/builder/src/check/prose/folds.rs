//! Folded parts: `<details>`.

use super::Found;

const CLASSES: [&str; 4] = ["teacher", "hint", "solution", "answer"];

pub fn lint(text: &str, found: &mut Found) {
    let mut lines = Vec::new();
    let mut at = 0;
    let mut fence: Option<&str> = None;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let ticks = &trimmed[..trimmed.len() - trimmed.trim_start_matches('`').len()];
        match fence {
            Some(open) if ticks.len() >= open.len() && ticks == trimmed => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => lines.push((at, trimmed)),
        }
        at += line.len();
    }
    let mut open: Vec<usize> = Vec::new();
    for (index, (at, line)) in lines.iter().enumerate() {
        let near = |index: Option<usize>| {
            let line = index.and_then(|index| lines.get(index));
            line.map_or("", |(_, line)| line)
        };
        if line.starts_with("<details") {
            open.push(*at);
            let class = CLASSES
                .iter()
                .any(|class| *line == format!("<details class=\"{class}\">"));
            if !class {
                let message = format!(
                    "a folded part begins with <details class=\"…\"> and one of {}",
                    CLASSES.join(", ")
                );
                found.push(*at, message);
            }
            let summary = near(Some(index + 1));
            if !(summary.starts_with("<summary>") && summary.ends_with("</summary>")) {
                found.push(
                    *at,
                    "the line after <details> is its <summary>…</summary>, all in one",
                );
            } else if !near(Some(index + 2)).is_empty() {
                found.push(
                    *at,
                    "an empty line after <summary> makes Markdown of the rest",
                );
            }
        } else if *line == "</details>" {
            if open.pop().is_none() {
                found.push(*at, "this </details> has no <details>");
            }
            if !near(index.checked_sub(1)).is_empty() {
                found.push(*at, "an empty line before </details> ends the Markdown");
            }
        }
    }
    for at in open {
        found.push(
            at,
            "this <details> is not closed: </details> on a line of its own",
        );
    }
}
