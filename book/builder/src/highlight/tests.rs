use super::*;
use proptest::prelude::*;

/// Each line with its colored pieces in brackets: `[keyword:fn] [function:a]()`.
fn told(language: &str, text: &str) -> String {
    let colored = lines(language, text);
    let lines = text.lines().zip(colored.iter()).map(|(line, pieces)| {
        let pieces = pieces.iter().map(|(range, class)| {
            let text = &line[range.clone()];
            match class {
                Some(class) => format!("[{}:{text}]", class.trim_start_matches("hl-")),
                None => text.to_owned(),
            }
        });
        pieces.collect::<String>() + "\n"
    });
    lines.collect()
}

#[test]
fn code_has_the_colors_of_its_language() {
    let texts = [
        (
            "rs",
            "#[derive(Debug)]\npub async fn verify(&self, body: &[u8]) -> Result<(), Error> {\n    // Not yet.\n    let limit: u64 = 1_000; // bytes\n    Err(Error::of(\"a \\n {limit}\", MAX, None))\n}\n",
        ),
        (
            "yaml",
            "# SAM\nResources:\n  Api:\n    Properties:\n      StageName: !Ref Stage\n      Timeout: 10\n      Url: !Sub \"https://${Api}\"\n",
        ),
        (
            "toml",
            "[dependencies]\nhmac = { workspace = true, version = \"1\" } # digests\n",
        ),
        ("json", "{\"id\": \"evt\", \"amount\": [1, null, true]}\n"),
        ("sh", "curl -H \"X: $SIG\" https://a.b # post\n"),
        ("text", "fn plain()\n"),
        ("no-such-language", "fn plain()\n"),
    ];
    let told = texts.map(|(language, text)| format!("=== {language}\n{}", told(language, text)));
    insta::assert_snapshot!(told.concat());
}

#[test]
fn what_goes_over_several_lines_keeps_its_color_and_indentation_has_none() {
    let rust = "let text = \"one\n    two\n\";\n/* a\n   b */ let x = 1;\n";
    let yaml = "Code: |\n  function a() {\n\n  }\nNext: 1\n";
    insta::assert_snapshot!(told("rs", rust) + &told("yaml", yaml));
}

#[test]
fn free_blocks_stand_in_one_line_each_wherever_they_are() {
    let page = "Text\n\n```sh account\nsam deploy\n\nsam list # <all>\n```\n\n- Item\n\n  ```json\n  {\"a\": 1}\n  ```\n\n> ```text\n> a\n> ```\n\n```rust\nfn a() {}\n```\nEnd\n";
    insta::assert_snapshot!(blocks(page));
}

proptest! {
    /// Nothing of a line is lost or twice there, in any language.
    #[test]
    fn pieces_make_up_their_line(
        language in prop::sample::select(vec!["rs", "yaml", "toml", "json", "sh", "http", "py", "js", "md", "text"]),
        text in "([ -~]{0,30}\n|[a-zA-Zäß\"'/*#:{}\\[\\]()=!&<> ]{0,20}\n){0,6}",
    ) {
        let colored = lines(language, &text);
        prop_assert_eq!(colored.len(), text.lines().count());
        for (line, pieces) in text.lines().zip(colored.iter()) {
            let mut next = 0;
            for (range, _) in pieces {
                prop_assert_eq!(range.start, next);
                prop_assert!(line.is_char_boundary(range.end));
                next = range.end;
            }
            prop_assert_eq!(next, line.len());
        }
    }
}
