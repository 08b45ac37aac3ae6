//! How things look. Text is always written with styles through [`anstream`],
//! which takes them out for pipes, dumb terminals and `NO_COLOR`.

use std::io::{ErrorKind, Write};

use anstyle::{AnsiColor, Style};

use crate::error::{Result, failed};

/// Something failed.
pub const ERROR: Style = AnsiColor::Red.on_default().bold();
/// A failed hop, a removed line.
pub const BAD: Style = AnsiColor::Red.on_default();
/// Something worth a look.
pub const WARN: Style = AnsiColor::Yellow.on_default();
/// Success, an added line.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// Names of things that can be typed or looked up.
pub const NAME: Style = AnsiColor::Cyan.on_default();
/// Headings.
pub const BOLD: Style = Style::new().bold();
/// What is there for completeness.
pub const DIM: Style = Style::new().dimmed();

/// `text` in `style`.
#[must_use]
pub fn painted(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Writes `text` to standard output, styles only if it shows them.
///
/// # Errors
/// If it cannot be written. A reader that has seen enough (`| head`) is none.
pub fn print(text: &str) -> Result<()> {
    print_to_reader(text).map(drop)
}

/// The same, and whether somebody still reads it.
///
/// # Errors
/// As [`print`].
pub fn print_to_reader(text: &str) -> Result<bool> {
    write_all(&mut anstream::stdout().lock(), text.as_bytes())
}

/// Writes a line for machines to standard output, whatever it holds, and says
/// whether somebody still reads it.
///
/// # Errors
/// As [`print`].
pub fn print_line(line: &str) -> Result<bool> {
    write_all(
        &mut std::io::stdout().lock(),
        format!("{line}\n").as_bytes(),
    )
}

fn write_all(out: &mut impl Write, bytes: &[u8]) -> Result<bool> {
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(failed(format!("cannot write to standard output: {error}"))),
    }
}

/// A count with its noun: `1 hop`, `2 hops`.
#[must_use]
pub fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// `text` on one line of at most `most` characters, colours and control
/// characters out: it may come from a function or a server and must not move the cursor.
/// Of a long text only the start is looked at: it may be many times what is shown.
#[must_use]
pub fn one_line(text: &str, most: usize) -> String {
    let text = text.trim();
    // No character is longer than four bytes, so this is enough of plain text.
    let start = &text[..text.floor_char_boundary(most.saturating_mul(4))];
    let plain = anstream::adapter::strip_str(start).to_string();
    let line: String = plain
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if start.len() == text.len() && words.chars().count() <= most {
        return words;
    }
    let kept: String = words.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_on_its_line() {
        assert_eq!(one_line("a\n\tb\u{1b}[2J  c", 80), "a b c");
        assert_eq!(one_line("äöüß", 4), "äöüß");
        assert_eq!(one_line("äöüßx", 4), "äöü…");
        assert_eq!(one_line("\u{1b}[31mred\u{1b}[0m \u{7}bell", 80), "red bell");
    }

    #[test]
    fn only_the_start_of_a_long_text_is_looked_at() {
        let long = format!("ab{}cd", " ".repeat(1000));
        assert_eq!(one_line(&long, 4), "ab…");
        assert_eq!(one_line(&"ä€😀".repeat(1000), 4), "ä€😀…");
        assert_eq!(one_line(&format!("ab{}", "\n".repeat(1000)), 4), "ab");
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(1, "hop"), "1 hop");
        assert_eq!(counted(0, "hop"), "0 hops");
    }
}
