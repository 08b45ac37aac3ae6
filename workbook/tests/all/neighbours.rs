//! A step changes its one idea and nothing else.

use std::fmt::Write;

use workbook::step::{Change, Step};

use crate::project;

/// What happens to each file from step to step, after taking out nothing but
/// the step's own names. A file that is listed as changed without need is a
/// defect; a step that changes many hides its idea.
#[test]
fn unchanged_files_are_identical_between_neighbours() {
    let steps = project().steps().unwrap();
    let read = steps
        .iter()
        .map(|step| Step::read(&step.dir).unwrap().neutral());
    let read: Vec<Step> = read.collect();
    let mut list = String::new();
    for (names, neighbours) in steps.windows(2).zip(read.windows(2)) {
        writeln!(list, "{} -> {}", names[0].name, names[1].name).unwrap();
        for (path, change) in neighbours[0].changes_to(&neighbours[1]) {
            let letter = match change {
                Change::Same => "same",
                Change::Changed => "changed",
                Change::Added => "added",
                Change::Removed => "removed",
            };
            writeln!(list, "  {letter:7} {path}").unwrap();
        }
    }
    insta::assert_snapshot!(list);
}
