use super::*;

fn messages(path: &str, text: &str) -> Vec<String> {
    let page = Page {
        path: path.to_owned(),
        title: String::new(),
        chapter: None,
        text: text.to_owned(),
    };
    let problems = lint(&page).into_iter();
    problems
        .map(|problem| format!("{}: {}", problem.line, problem.message))
        .collect()
}

/// The only problem of a text.
fn only(text: &str) -> String {
    let mut messages = messages("welcome.md", text);
    assert_eq!(messages.len(), 1, "{text}: {messages:?}");
    messages.remove(0)
}

fn good(text: &str) {
    assert_eq!(messages("02-signature-checks/run.md", text), [""; 0]);
}

#[test]
fn a_page_as_it_should_be_has_no_problem() {
    good(
        "# Run it\n\n## Break it {#break-it minutes=10}\n\nWe send `just` a body, and `a != b` holds.\n\n\
         ```listing\nfile = \"src/lib.rs\" # simply!\n```\n\n\
         ```sh reader\ncargo workbook send --tamper\ncargo test\n```\n\n\
         <details class=\"hint\">\n<summary>Hint</summary>\n\nLook there.\n\n</details>\n\n\
         <!-- Do it simply! -->\n",
    );
}

#[test]
fn padding_is_told_with_its_line() {
    for word in [
        "simply",
        "Just",
        "easy",
        "obviously",
        "of course",
        "of\ncourse",
        "basically",
        "very",
        "actually",
        "please",
    ] {
        let message = only(&format!("# A\n\nFirst *line*,\nthen {word} more\n"));
        assert!(
            message.starts_with("4: ") && message.contains("says nothing"),
            "{message}"
        );
    }
    assert!(only("It waits. Note that it may wait for long.").contains("ote that"));
    good("Adjust the queasy, everywhere, and leave a note that says why.");
    assert!(only("| a |\n|---|\n| very |\n").starts_with("3: "));
    assert!(only("<summary>A very long one</summary>").contains("very"));
}

#[test]
fn signs_that_shout_are_told() {
    assert!(only("It works!").contains("full stop"));
    assert!(only("It works 🎉").contains("emoji"));
    good("![Two hops](hops.svg)");
}

#[test]
fn spelling_is_american() {
    for word in [
        "colour",
        "Behaviour",
        "neighbouring",
        "cancelled",
        "labelling",
        "optimise",
        "recognised",
        "authorisation",
        "serialises",
        "licence",
        "centre",
        "analyse",
        "grey",
        "artefact",
    ] {
        assert!(only(word).contains("British"), "{word}");
    }
    good("color, canceled, optimize, a promise, an exercise, our hour, your four, precise, raised");
}

#[test]
fn only_the_blocks_that_the_guide_names_are_there() {
    assert!(only("```rust\nfn a() {}\n```").contains("only by listing"));
    assert!(only("```yaml\na: 1\n```").contains("only by listing"));
    assert!(only("```json\n{}\n```").contains("only by listing"));
    assert!(only("```console\n$ ls\n```").contains("only by listing"));
    assert!(only("```sh\nls\n```").contains("may not begin with ```sh"));
    assert!(only("```sh later\nls\n```").contains("```sh later"));
    assert!(only("```\nls\n```").contains("WRITING.md"));
    assert!(only("Text\n\n    indented\n").starts_with("3: code by indentation"));
    for fence in [
        "text",
        "sh account",
        "sh optional",
        "sh reader",
        "trail",
        "changes",
    ] {
        good(&format!("```{fence}\nls\n```"));
    }
}

#[test]
fn a_prompt_is_not_copied() {
    for line in [
        "$ cargo test",
        "> cargo test",
        "PS> cargo test",
        "PS C:\\> cargo test",
    ] {
        assert!(
            only(&format!("```sh reader\n{line}\n```")).contains("prompt"),
            "{line}"
        );
    }
    assert!(only("```text\n$ cargo test\n```").contains("prompt"));
    good("```sh reader\necho $HOME > file\n```");
}

#[test]
fn an_event_is_json_without_what_is_left_out() {
    for event in [
        "{ \"id\": \"evt_…\", \"data\": { … }, \"list\": [1, …], … }",
        "{\n  \"id\": …,\n  …\n}",
        "{ …, \"a\": \"\\\"…,}\", …, \"b\": 1 }",
        "[…]",
    ] {
        good(&format!("```json event\n{event}\n```"));
    }
    assert!(only("```json event\n{ \"id\": }\n```").contains("no JSON"));
    assert!(only("```json event\n{ \"a\": 1 \"b\": 2 }\n```").contains("no JSON"));
}

#[test]
fn the_commands_own_parser_reads_its_lines() {
    let message = only("```sh reader\ncargo workbook send --temper\n```");
    assert!(message.contains("--temper"), "{message}");
    assert!(only("Type `cargo workbook sent`.").contains("sent"));
    good(
        "Type `cargo workbook diff 02 .` or `cargo workbook up <STEP>` or `cargo workbook --help`.",
    );
    good("```sh optional\ncargo workbook up --param A=$(stripe listen)\n```");
    good("```sh reader\ncargo workbook listen --count 1 | jq .type\n```");
}

#[test]
fn headings_of_chapters_have_addresses_of_their_own() {
    let of = |path| messages(path, "# A\n\n## Break it\n\n### Why\n").join("");
    for path in [
        "02-signature-checks/run.md",
        "final/index.md",
        "make-it-yours/index.md",
    ] {
        assert!(of(path).starts_with("3: a ## heading"), "{path}");
    }
    assert_eq!(of("glossary.md"), "");
}

#[test]
fn folded_parts_have_a_known_class_and_begin_with_their_summary() {
    let fold = |text: &str| only(&text.replace('|', "\n"));
    assert!(fold("<details>|<summary>A</summary>||B||</details>").contains("one of teacher"));
    assert!(fold("<details class=\"hint\">||B||</details>").contains("is its <summary>"));
    assert!(fold("<details class=\"hint\">|<summary>A</summary>|B||</details>").contains("after"));
    assert!(fold("<details class=\"hint\">|<summary>A</summary>||B|</details>").contains("before"));
    assert!(fold("<details class=\"hint\">|<summary>A</summary>||B").contains("not closed"));
    assert!(fold("B||</details>").contains("has no <details>"));
    good("```text\n<details>\n```");
}
