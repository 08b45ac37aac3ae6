use super::*;
use proptest::prelude::*;

const RUST: &str = r#"//! What it is for,
//! in two lines.

use std::fmt;
use std::io;

pub mod other;

/// Who is trusted.
// An aside that belongs to it.
#[derive(Debug)]
pub struct Verifier<'a> {
    /// By whom.
    pub secrets: &'a [u8],
    tolerance: u64,
}

// A comment that belongs to nobody.

impl<'a> Verifier<'a> {
    /// Checks.
    pub fn verify(&self) -> bool {
        let fine = true;
        fine
    }

    fn parse() {}
}

impl fmt::Display for Verifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("}")
    }
}

pub trait Clock {
    fn now(&self) -> i64;
}

enum Refusal {
    #[doc = "first"]
    Stale,
    Wrong(u8),
}

const LIMIT: usize = 3; static NAME: &str = "a"; type Id = String;

macro_rules! twice {
    ($x:expr) => {
        $x
    };
}

#[cfg(test)]
mod tests {
    //! Of the module.
    use super::*;

    #[test]
    fn it_works() {}

    mod deeper {
        fn verify() {}
    }
}
"#;

const YAML: &str = r#"Parameters:
  # Who signs.
  Secret:
    Type: String
    AllowedPattern: ^(|a: b)$

Globals: {Function: {Timeout: 3}}

Resources:
  Api:
    Type: AWS::Serverless::Api
    # Not the default.
    Properties:
      StageName: !Ref Stage

  # The code of a function.
  Viewer:
    Properties:
      Code: |
        function handler(event) {
          var a = { Type: 1 };

        # not a comment
        Key: value
        }
      Name: !Sub >-
        ${A}
        Inner: text
      "Quoted": 1
  Acl:
    Rules:
    - Name: AllowListed
      Action:
        Allow: {}
    # Everybody else.
    - Name: BlockOthers
      Action:
        Block: {}
    - Fn::If:
        - A
        - Name: Nested
          Value: 1
Outputs:
  Url:
    Value: x
"#;

const TOML: &str = r#"# At the top.
title = "a"

[package]
name = "b"
authors = [
    "one",
    "two",
]

# How it is called.
[[bin]]
name = "first"
path = "a.rs"

[[bin]]
name = "second"

[dependencies]
# For the digests.
hmac.workspace = true
serde = { workspace = true, features = ["derive"] }

[profile.release]
lto = "thin"
"#;

fn shown(path: &str, text: &str, names: &[&str]) -> Result<String, String> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let choice = Choice {
        show: &names,
        ..Choice::default()
    };
    let selected = select(path, text, choice)?;
    let lines: Vec<&str> = text.lines().collect();
    let ranges = selected
        .ranges
        .iter()
        .map(|range| lines[range.clone()].join("\n"));
    let within = selected
        .within
        .iter()
        .map(|within| within.clone().unwrap_or_default());
    let parts: Vec<String> = within
        .zip(ranges)
        .map(|(within, lines)| format!("[{within}]\n{lines}"))
        .collect();
    Ok(parts.join("\n…\n"))
}

fn each(path: &str, text: &str, names: &[&str]) -> String {
    let parts = names.iter().map(|name| {
        let shown = shown(path, text, &[name]).unwrap_or_else(|error| format!("error: {error}"));
        format!("=== {name} {shown}\n")
    });
    parts.collect()
}

#[test]
fn rust_is_shown_by_the_names_of_items() {
    insta::assert_snapshot!(each(
        "src/x.rs",
        RUST,
        &[
            "mod docs",
            "use",
            "other",
            "Verifier",
            "Verifier::secrets",
            "impl Verifier",
            "Verifier::verify",
            "impl fmt::Display for Verifier",
            "impl Display for Verifier",
            "Verifier::fmt",
            "Clock",
            "Clock::now",
            "Refusal::Stale",
            "LIMIT",
            "Id",
            "twice",
            "tests::it_works",
            "tests::deeper::verify",
            "tests::mod docs",
        ],
    ));
}

#[test]
fn a_template_is_shown_by_paths_of_keys() {
    insta::assert_snapshot!(each(
        "template.yaml",
        YAML,
        &[
            "Parameters.Secret",
            "Parameters.Secret.AllowedPattern",
            "Globals",
            "Resources.Api.Properties",
            "Resources.Viewer",
            "Resources.Viewer.Properties.Code",
            "Resources.Viewer.Properties.Name",
            "Resources.Viewer.Properties.Quoted",
            "Resources.Acl.Rules",
            "Resources.Acl.Rules.AllowListed",
            "Resources.Acl.Rules.BlockOthers.Action",
            "Outputs",
        ],
    ));
}

#[test]
fn a_manifest_is_shown_by_tables_and_keys() {
    insta::assert_snapshot!(each(
        "Cargo.toml",
        TOML,
        &[
            "title",
            "package",
            "package.authors",
            "bin",
            "bin.second",
            "dependencies",
            "dependencies.hmac",
            "dependencies.serde",
            "profile.release",
        ],
    ));
}

#[test]
fn several_names_stand_in_the_order_of_the_file_with_gaps_where_something_is_left_out() {
    insta::assert_snapshot!(
        shown(
            "src/x.rs",
            RUST,
            &["Verifier::parse", "use", "Verifier::verify", "Id"]
        )
        .unwrap()
    );
}

#[test]
fn what_is_not_there_is_told_with_what_is() {
    let told = [
        shown("src/x.rs", RUST, &["verifi"]),
        shown("src/x.rs", RUST, &["Verifier::verifi"]),
        shown("template.yaml", YAML, &["Resources.Viewer.Property"]),
        shown("template.yaml", YAML, &["Resources.Acl.Rules.Nobody"]),
        shown("Cargo.toml", TOML, &["dependencies.sha2"]),
        shown(
            "x.rs",
            "fn a() {}\nmod b { fn a() {} }\n#[cfg(x)]\nfn a() {}\n",
            &["a"],
        ),
        shown("x.rs", "fn a( {}\n", &["a"]),
        shown("x.toml", "a = = 1\n", &["a"]),
        shown("events/x.json", "{}\n", &["a"]),
    ];
    let told: Vec<String> = told.map(|told| told.unwrap_err()).into();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn from_and_to_cut_what_is_shown() {
    let cut = |show: &[&str], from, to| {
        let names: Vec<String> = show.iter().map(|name| (*name).to_owned()).collect();
        let choice = Choice {
            show: &names,
            from,
            to,
        };
        select("src/x.rs", RUST, choice)
            .map(|selected| format!("{:?} in {:?}", selected.ranges, selected.within))
    };
    let cut_twice = [
        cut(&["Verifier::verify"], Some("let fine"), None),
        cut(&[], Some("let fine"), Some("let fine")),
    ];
    assert_eq!(
        cut_twice,
        [22..25, 22..23].map(|range| Ok(format!("[{range:?}] in [Some(\"fn Verifier::verify\")]")))
    );
    assert_eq!(
        cut(&[], Some("fine"), None).unwrap_err(),
        "from = \"fine\" must stand in one line, but it does in 23, 24"
    );
    assert_eq!(
        cut(&["Clock"], None, Some("let fine")).unwrap_err(),
        "no line has to = \"let fine\""
    );
    assert_eq!(
        cut(&[], Some("pub trait"), Some("let fine")).unwrap_err(),
        "`to` (line 23) is above `from` (line 36)"
    );
}

/// The real templates have everything that CloudFormation and SAM write.
#[test]
fn every_key_of_every_template_is_found_where_a_parser_finds_it() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join("final/template.yaml")).unwrap();
    let parts = yaml::parts(&text);
    let lines: Vec<&str> = text.lines().collect();
    for section in ["Parameters", "Conditions", "Resources", "Outputs"] {
        let parent = parts.iter().find(|part| part.title == section).unwrap();
        let mut next = parent.lines.start + 1;
        // The parts of a section follow each other without a hole, and fill it.
        for child in parts.iter().filter(|part| {
            part.title
                .strip_prefix(section)
                .is_some_and(|rest| rest.matches('.').count() == 1)
        }) {
            assert!(
                blank(&lines, next..child.lines.start),
                "before {}",
                child.title
            );
            next = child.lines.end;
        }
        assert_eq!(next, parent.lines.end, "{section}");
    }
}

proptest! {
    /// Functions with anything in them, shown one by one, are shown as they were written.
    #[test]
    fn a_function_is_shown_with_all_its_lines(
        bodies in prop::collection::vec(
            prop::collection::vec("[a-z]{1,8}_x\\(\\);|// [a-z {}\"]{0,9}|let [a-z]{3}x = \"[{}a-z]{0,5}\";|", 0..5),
            1..5,
        ),
        documented in any::<bool>(),
    ) {
        let functions: Vec<String> = bodies.iter().enumerate().map(|(index, body)| {
            let body: String = body.iter().map(|line| format!("    {line}\n")).collect();
            let doc = if documented { "/// Says.\n#[inline]\n" } else { "" };
            format!("{doc}fn f{index}() {{\n{body}}}")
        }).collect();
        let text = functions.join("\n\n");
        for (index, function) in functions.iter().enumerate() {
            let shown = shown("x.rs", &text, &[&format!("f{index}")]).unwrap();
            prop_assert_eq!(shown, format!("[]\n{}", function.trim_end()));
        }
    }
}
