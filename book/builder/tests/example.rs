//! A small repository with two steps and `final`: what its pages show, count and remember.

#![expect(
    clippy::unwrap_used,
    reason = "a test says \"this must hold\" with unwrap"
)]

use std::path::Path;

use book_builder::coverage::coverage;
use book_builder::expand::Expanded;
use book_builder::problem::Problem;
use book_builder::source::Source;
use book_builder::{build, reviewed};
use tempfile::TempDir;

/// What `steps/02-sign` and `final` have in common, but for the crate's name.
const SIGNED: &str = "//! Echo.

use CRATE::x;

mod sign;

/// Answers.
pub fn handle(text: &str, secret: &str) -> String {
    sign::check(text, secret);
    let echo = text.to_owned();
    echo
}
";

const FILES: [(&str, &str); 12] = [
    ("Cargo.toml", "[workspace]\n"),
    ("workbook/Cargo.toml", ""),
    (
        "steps/01-echo/Cargo.toml",
        "[package]\nname = \"step-01-echo\"\n\n[dependencies]\nserde = \"1\"\n",
    ),
    (
        "steps/01-echo/src/lib.rs",
        "//! Echo.

use step_01_echo::x;

/// Answers.
pub fn handle(text: &str) -> String {
    let echo = text.to_owned();
    echo
}

fn old() {}
",
    ),
    ("steps/01-echo/tests/all.rs", "fn one() {}\n"),
    (
        "steps/02-sign/Cargo.toml",
        "[package]\nname = \"step-02-sign\"\n\n[dependencies]\nhmac = \"1\"\nserde = \"1\"\n",
    ),
    (
        "steps/02-sign/src/sign.rs",
        "pub fn check(_: &str, _: &str) {}\n",
    ),
    ("steps/02-sign/tests/all.rs", "fn one() {}\n\nfn two() {}\n"),
    (
        "final/Cargo.toml",
        "[package]\nname = \"payments\"\n\n[dependencies]\nhmac = \"1\"\nserde = \"1\"\n",
    ),
    ("final/src/sign.rs", "pub fn check(_: &str, _: &str) {}\n"),
    ("final/tests/all.rs", "fn one() {}\n\nfn two() {}\n"),
    (
        "book/src/SUMMARY.md",
        "# Summary\n\n- [One](01-echo/index.md)\n- [Two](02-sign/index.md)\n  - [More](02-sign/more.md)\n",
    ),
];

/// The example with these texts on its pages.
fn example(one: &str, two: &str, more: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (path, text) in FILES {
        write(root, path, text);
    }
    for (step, name) in [("steps/02-sign", "step_02_sign"), ("final", "payments")] {
        let text = SIGNED.replace("CRATE", name);
        write(root, &format!("{step}/src/lib.rs"), &text);
    }
    write(
        root,
        "book/book.toml",
        "[output.html]\ngit-repository-url = \"https://example.org/it/\"\n",
    );
    write(root, "book/src/01-echo/index.md", one);
    write(root, "book/src/02-sign/index.md", two);
    write(root, "book/src/02-sign/more.md", more);
    folder
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn replace(root: &Path, path: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(root.join(path)).unwrap();
    write(root, path, &text.replace(from, to));
}

fn listing(file: &str, more: &str) -> String {
    let id = file.rsplit(['/', '.']).nth(1).unwrap();
    format!(
        "```listing\nfile = {file:?}\nid = {id:?}\ncaption = \"What *{id}* does\"\n{more}\n```\n\n"
    )
}

fn expanded(folder: &TempDir) -> (Source, Expanded) {
    build::expanded(folder.path()).unwrap()
}

fn told(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    lines.join("\n")
}

/// Pages, with each line of code in a line of its own, so that a snapshot can be read.
fn pages(folder: &TempDir, indexes: &[usize]) -> String {
    let (_, expanded) = expanded(folder);
    assert_eq!(told(&expanded.problems), "");
    let pages = indexes
        .iter()
        .map(|index| expanded.texts[*index].trim_end());
    pages
        .collect::<Vec<_>>()
        .join("\n\n")
        .replace("&#10;", "⏎\n")
}

#[test]
fn a_listing_marks_what_changed_since_the_step_before() {
    let two = listing("src/lib.rs", "show = \"handle\"") + &listing("src/sign.rs", "");
    let folder = example("", &two, "");
    insta::assert_snapshot!(pages(&folder, &[1]));
    insta::assert_debug_snapshot!(expanded(&folder).1.shown);
}

#[test]
fn a_listing_may_have_no_marks_be_wrong_or_be_of_another_place() {
    let cut = "diff = false\nshow = \"handle\"\nfrom = \"sign::\"\nwrong = true";
    let more = listing("src/lib.rs", "")
        + &listing("/steps/01-echo/tests/all.rs", "")
        + &listing(
            "Cargo.toml",
            "step = \"01-echo\"\nshow = [\"package.name\", \"dependencies.serde\"]",
        );
    let folder = example("", &listing("src/lib.rs", cut), &more);
    insta::assert_snapshot!(pages(&folder, &[1, 2]));
}

#[test]
fn what_cannot_be_shown_is_told_with_page_line_and_listing() {
    let two = listing("src/lid.rs", "") + &listing("src/lib.rs", "show = \"handel\"");
    let more = listing("Cargo.toml", "step = \"03\"") + &listing("src/sign.rs", "to = \"none\"");
    let folder = example(&listing("src/sign.rs", "show = 1"), &two, &more);
    let mut problems = expanded(&folder).1.problems;
    problems.sort();
    insta::assert_snapshot!(told(&problems));
}

#[test]
fn the_changes_of_a_step_say_where_they_are_shown() {
    let more = listing("src/lib.rs", "") + &listing("src/sign.rs", "");
    let folder = example("", "```changes\n```\n", &more);
    write(
        folder.path(),
        "book/mechanical/02-sign.toml",
        "[[mechanical]]\nfiles = \"tests/**\"\nreason = \"the *tests*\"\n",
    );
    insta::assert_snapshot!(pages(&folder, &[1]));
}

/// Counts and problems of the example.
fn covered(folder: &TempDir) -> String {
    let (source, expanded) = expanded(folder);
    assert_eq!(told(&expanded.problems), "");
    let (chapters, problems) = coverage(&source, &expanded.shown, "");
    let chapters: Vec<String> = chapters.iter().map(ToString::to_string).collect();
    format!("{}\n{}", chapters.join("\n"), told(&problems))
}

#[test]
fn every_changed_line_is_shown_or_mechanical_or_named() {
    let one = listing("src/lib.rs", "show = \"handle\"");
    let two = listing("src/lib.rs", "show = [\"use\", \"sign\", \"handle\"]")
        + &listing("src/sign.rs", "");
    let folder = example(&one, &two, "");
    insta::assert_snapshot!(covered(&folder));
    let declare = |step: &str, text: &str| {
        write(folder.path(), &format!("book/mechanical/{step}.toml"), text);
    };
    declare(
        "01-echo",
        "[[mechanical]]\nfiles = \"*.toml\"\nreason = \"a\"\n\n\
         [[mechanical]]\nfiles = \"**/*.rs\"\nreason = \"b\"\n",
    );
    declare(
        "02-sign",
        "[[mechanical]]\nfiles = \"Cargo.toml\"\nshow = \"dependencies.hmac\"\nreason = \"a\"\n\n\
         [[mechanical]]\nfiles = \"src/lib.rs\"\nshow = \"old\"\nreason = \"gone\"\n\n\
         [[mechanical]]\nfiles = \"tests/*\"\nreason = \"b\"\n",
    );
    insta::assert_snapshot!(covered(&folder));
    // Entries that declare what is shown or nothing, and one that cannot be read.
    declare(
        "02-sign",
        "[[mechanical]]\nfiles = \"src/lib.rs\"\nshow = \"handle\"\nreason = \"a\"\n\n\
         [[mechanical]]\nfiles = \"src/nothing/**\"\nreason = \"b\"\n",
    );
    declare("final", "[[mechanical]]\nfile = \"x\"\n");
    declare("03-gone", "");
    insta::assert_snapshot!(covered(&folder));
}

/// What must be read again.
fn stale(folder: &TempDir) -> String {
    let shown = expanded(folder).1.shown;
    told(&reviewed::problems(folder.path(), &shown).unwrap())
}

#[test]
fn a_changed_line_names_the_listings_whose_text_must_be_read_again() {
    let two = listing("src/lib.rs", "show = \"handle\"");
    let folder = example("", &two, &listing("src/sign.rs", ""));
    let root = folder.path();
    insta::assert_snapshot!(stale(&folder), @"
    book/src/02-sign/index.md:1: Listing 2-1 (steps/02-sign/src/lib.rs, handle) is new; read the text around it, then run cargo run -p book-builder -- accept
    book/src/02-sign/more.md:1: Listing 2-2 (steps/02-sign/src/sign.rs) is new; read the text around it, then run cargo run -p book-builder -- accept
    ");
    reviewed::accept(root, &expanded(&folder).1.shown).unwrap();
    assert_eq!(stale(&folder), "");

    // Another number and another line of the page change nothing.
    let first = listing("Cargo.toml", "");
    write(root, "book/src/02-sign/index.md", &format!("{first}{two}"));
    insta::assert_snapshot!(stale(&folder), @"book/src/02-sign/index.md:1: Listing 2-1 (steps/02-sign/Cargo.toml) is new; read the text around it, then run cargo run -p book-builder -- accept");
    write(root, "book/src/02-sign/index.md", &two);

    // A line of the step, and one of the step before, which is a removed line of the listing.
    let old = "book/src/02-sign/index.md:1: Listing 2-1 (steps/02-sign/src/lib.rs, handle) is not what \
               it was when the text was last read; read the text around it, then run cargo run -p \
               book-builder -- accept";
    let [own, before] = ["steps/02-sign/src/lib.rs", "steps/01-echo/src/lib.rs"];
    replace(root, own, "check(text, secret)", "check(text, \"\")");
    assert_eq!(stale(&folder), old);
    replace(root, own, "check(text, \"\")", "check(text, secret)");
    assert_eq!(stale(&folder), "");
    replace(root, before, "handle(text: &str)", "handle(text: &[u8])");
    assert_eq!(stale(&folder), old);

    write(root, "book/src/02-sign/index.md", "Nothing.\n");
    insta::assert_snapshot!(stale(&folder), @"book/reviewed.txt:1: 02-sign/index.md#lib is gone; read the text around it, then run cargo run -p book-builder -- accept");
}
