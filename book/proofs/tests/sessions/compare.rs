//! Whether an output is what the book shows.
//!
//! An output is read in lanes. What a command prints before it ends is one lane. Of a command
//! that stays, each environment of a function has a lane for its log lines, because they come
//! through a pipe of their own and may overtake each other and the trails; everything else is
//! one more lane. Between two `…` the lines of a lane follow each other in both outputs, so that
//! a new hop or log line is noticed.

use std::collections::BTreeMap;

use book_proofs::session::{ELLIPSIS, Run, normal};
use similar::TextDiff;

/// Lines without an `…` between them: where each stands in the output, and its text.
pub type Block = Vec<(usize, String)>;

/// What the output of a command must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All of what is shown, and nothing else.
    Whole,
    /// What is shown and whatever else.
    Part,
}

impl Wanted {
    /// Of a run.
    pub fn of(run: &Run) -> Self {
        match run.stays {
            true => Self::Part,
            false => Self::Whole,
        }
    }
}

/// Compares an output that is shown with the one that was got.
///
/// # Errors
/// With the first line that is not as shown, and all differences.
pub fn compare(shown: &str, got: &str, wanted: Wanted) -> Result<(), String> {
    let got_lines = |lane: &str| -> Block {
        let lines = got.lines().enumerate();
        let lines = lines.filter(|(_, line)| lane_of(line, wanted) == lane);
        lines.map(|(number, line)| (number, normal(line))).collect()
    };
    for (lane, blocks) in lanes(shown, wanted) {
        if let Err(trouble) = find_all(&blocks, &got_lines(lane), wanted) {
            return Err(format!("{trouble}\n\n{}", diff(shown, got)));
        }
    }
    Ok(())
}

/// Finds the blocks one after the other among `lines`.
fn find_all(blocks: &[Block], lines: &Block, wanted: Wanted) -> Result<(), String> {
    let last = blocks.len() - 1;
    let mut from = 0;
    for (index, block) in blocks.iter().enumerate() {
        let at_start = index == 0 && wanted == Wanted::Whole;
        let at_end = index == last && wanted == Wanted::Whole;
        let starts = match (at_start, at_end) {
            (true, _) => 0..=0,
            (false, true) => {
                let start = lines.len().checked_sub(block.len());
                let start = start.filter(|start| *start >= from).unwrap_or(from);
                start..=start
            }
            (false, false) => from..=lines.len(),
        };
        let matching = |start: usize| {
            let pairs = block.iter().zip(lines.get(start..).unwrap_or_default());
            pairs.take_while(|(one, other)| one.1 == other.1).count()
        };
        match starts.clone().find(|start| matching(*start) == block.len()) {
            Some(start) => from = start + block.len(),
            None => {
                // The line that breaks the best try.
                let best = starts.map(matching).max().unwrap_or_default();
                return Err(format!(
                    "this line was not printed there:\n  {}",
                    block[best].1
                ));
            }
        }
    }
    match lines.get(from) {
        Some((_, line)) if wanted == Wanted::Whole => {
            Err(format!("this line was printed and is not shown:\n  {line}"))
        }
        _ => Ok(()),
    }
}

/// The lanes of what is shown with their blocks, of which each lane has at least one.
fn lanes(shown: &str, wanted: Wanted) -> BTreeMap<&str, Vec<Block>> {
    let mut lanes: BTreeMap<&str, Vec<Block>> = BTreeMap::new();
    let mut gaps = 0;
    for (number, line) in shown.lines().enumerate() {
        if line == ELLIPSIS {
            gaps += 1;
            continue;
        }
        let blocks = lanes.entry(lane_of(line, wanted)).or_default();
        blocks.resize(gaps + 1, Block::new());
        blocks[gaps].push((number, normal(line)));
    }
    // Gaps at the end, and an output without lines.
    let main = lanes.entry("").or_default();
    main.resize(gaps + 1, Block::new());
    lanes
}

fn lane_of(line: &str, wanted: Wanted) -> &str {
    match wanted {
        Wanted::Part => function(line).unwrap_or_default(),
        Wanted::Whole => "",
    }
}

/// The environment of a function that a log line is from: `PaymentBroadcaster#1`.
fn function(line: &str) -> Option<&str> {
    let (source, _) = line.split_once(" | ")?;
    let (name, number) = source.split_once('#')?;
    let is_name = !name.is_empty() && name.chars().all(char::is_alphanumeric);
    (is_name && number.parse::<u32>().is_ok()).then_some(source)
}

fn diff(shown: &str, got: &str) -> String {
    let normal_all = |text: &str| {
        let lines = text.lines().map(|line| normal(line) + "\n");
        lines.collect::<String>()
    };
    let (shown, got) = (normal_all(shown), normal_all(got));
    let diff = TextDiff::from_lines(&shown, &got);
    let mut diff = diff.unified_diff();
    diff.context_radius(2)
        .header("shown", "printed")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(shown: &str, got: &str) -> Result<(), String> {
        compare(shown, got, Wanted::Whole)
    }

    fn part(shown: &str, got: &str) -> Result<(), String> {
        compare(shown, got, Wanted::Part)
    }

    #[test]
    fn a_whole_output_has_no_line_more_or_less() {
        assert_eq!(whole("a\n200  4.5 ms\n", "a\n200   12.0 ms\n"), Ok(()));
        assert_eq!(whole("", ""), Ok(()));
        let wrong = whole("a\nb\nc\n", "a\nx\nc\n").unwrap_err();
        assert!(
            wrong.starts_with("this line was not printed there:\n  b\n"),
            "{wrong}"
        );
        assert!(wrong.contains("-b\n+x\n"), "{wrong}");
        let missing = whole("a\nb\n", "a\n").unwrap_err();
        assert!(
            missing.starts_with("this line was not printed there:\n  b\n"),
            "{missing}"
        );
        for got in ["a\nb\n", "b\na\n", "a\n\n"] {
            assert!(whole("a\n", got).is_err(), "{got:?}");
        }
        let extra = whole("a\n", "a\nb\n").unwrap_err();
        assert!(
            extra.starts_with("this line was printed and is not shown:\n  b\n"),
            "{extra}"
        );
        assert!(whole("", "b\n").is_err());
    }

    #[test]
    fn an_ellipsis_stands_for_any_lines() {
        for got in ["a\nz\n", "a\nb\nc\nz\n"] {
            assert_eq!(whole("a\n…\nz\n", got), Ok(()), "{got:?}");
        }
        assert_eq!(whole("…\n", ""), Ok(()));
        assert_eq!(whole("…\nz\n", "z\ny\nz\n"), Ok(()));
        assert_eq!(whole("a\n…\n", "a\nz\n"), Ok(()));
        assert!(whole("…\nz\n", "z\ny\n").is_err());
        assert!(whole("a\n…\na\n", "a\n").is_err());
        assert!(whole("a\n…\nb\n…\nc\n", "a\nc\nb\n").is_err());
        assert!(whole("…\na\nb\n…\n", "a\nx\nb\n").is_err());
    }

    #[test]
    fn of_a_command_that_stays_a_part_is_enough() {
        assert_eq!(part("b\n", "a\nb\nc\n"), Ok(()));
        assert!(part("b\nd\n", "a\nb\nc\nd\n").is_err());
        assert!(part("b\n…\na\n", "a\nb\n").is_err());
    }

    #[test]
    fn log_lines_may_come_before_or_after_a_trail() {
        let shown =
            "F#1 | INFO one\n● POST / → 200\nF#1 | INFO two\n  rest  Api\nG#1 | INFO three\n";
        let got = "G#1 | INFO three\nF#1 | INFO one\nF#1 | INFO two\n● POST / → 200\n  rest  Api\n";
        assert_eq!(part(shown, got), Ok(()));
        assert!(whole(shown, got).is_err());
        // But not in another order of their own, nor with others between them.
        assert!(part("F#1 | a\nF#1 | b\n", "F#1 | b\nF#1 | a\n").is_err());
        assert!(part("F#1 | a\nF#1 | b\n", "F#1 | a\nF#1 | x\nF#1 | b\n").is_err());
        let wrong = part(shown, &got.replace("three", "tree")).unwrap_err();
        assert!(wrong.contains("G#1 | INFO three"), "{wrong}");
    }
}
