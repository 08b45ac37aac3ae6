//! The book itself: everything that it shows is there, every changed line of every step is told, and
//! the text was read since what it is about has changed.

use std::path::{Path, PathBuf};

use book_builder::problem::{Problem, Problems};
use book_builder::{build, coverage, reviewed};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Fails with all problems, one a line, as the builder prints them.
#[track_caller]
fn none_of(problems: Vec<Problem>) {
    if let Err(problems) = Problems::none_of(problems) {
        panic!("\n{problems}");
    }
}

#[test]
fn everything_that_a_page_shows_is_there() {
    none_of(build::expanded(&root()).unwrap().1.problems);
}

#[test]
fn every_line_that_a_step_changes_is_shown_or_declared_mechanical() {
    let (source, expanded) = build::expanded(&root()).unwrap();
    none_of(coverage::coverage(&source, &expanded.shown, "").1);
}

#[test]
fn every_text_was_read_since_what_it_shows_has_changed() {
    let shown = build::expanded(&root()).unwrap().1.shown;
    none_of(reviewed::problems(&root(), &shown).unwrap());
}
