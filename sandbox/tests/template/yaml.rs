//! YAML itself: anchors, tags, bounds.

use super::{load, value};

#[test]
fn anchors_stand_for_their_values() {
    let stack = load(
        "Resources:\n  One:\n    Type: AWS::SNS::Topic\n    Properties: &properties {DisplayName: same}\n  \
         Two:\n    Type: AWS::SNS::Topic\n    Properties: *properties\n",
    )
    .unwrap();
    assert_eq!(stack.topics[0].display_name, stack.topics[1].display_name);
}

#[test]
fn block_scalars_and_folded_text() {
    assert_eq!(value("", "|\n      a\n      b").unwrap(), "a\nb\n");
    assert_eq!(value("", ">-\n      a\n      b").unwrap(), "a b");
}

#[test]
fn a_billion_laughs_are_refused() {
    let mut text = String::from("Metadata:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let before = level - 1;
        let aliases = vec![format!("*a{before}"); 10].join(", ");
        text.push_str(&format!("  a{level}: &a{level} [{aliases}]\n"));
    }
    let error = load(&text).unwrap_err();
    assert!(error.message.contains("more than 200000 values"), "{error}");
}

#[test]
fn deep_nesting_is_refused_however_it_is_made() {
    let flow = format!("Metadata: {}{}", "[".repeat(200), "]".repeat(200));
    let block: String = (0..200)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    let mut aliases = String::from("Metadata:\n  a0: &a0 [x]\n");
    for level in 1..100 {
        aliases.push_str(&format!("  a{level}: &a{level} [*a{}]\n", level - 1));
    }
    for text in [flow, block, aliases] {
        let error = load(&text).unwrap_err();
        assert!(
            error.message.contains("nested more than 64 deep"),
            "{error}"
        );
    }
}

#[test]
fn files_that_are_no_text_or_too_large_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    let load = || {
        sandbox::template::load(&path, &Default::default())
            .unwrap_err()
            .message
    };
    assert!(load().starts_with("the template cannot be read"));
    std::fs::write(&path, b"Description: \xff").unwrap();
    assert_eq!(load(), "the template is not UTF-8 text (byte 13)");
    std::fs::write(&path, vec![b'#'; 1024 * 1024 + 1]).unwrap();
    assert!(load().starts_with("the template has 1048577 bytes"));
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_are_fine() {
    let text = "\u{feff}Resources:\r\n  T:\r\n    Type: AWS::SNS::Topic\r\n";
    assert_eq!(load(text).unwrap().topics.len(), 1);
}
