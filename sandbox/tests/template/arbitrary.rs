//! Whatever is in the file, the loader answers.

use proptest::prelude::*;

use super::{load, load_with, value};

const COMPLETE: &str = include_str!("complete.yaml");

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(text in "\\PC*") {
        let _ = load(&text);
    }

    #[test]
    fn any_bunch_of_yaml_signs_is_answered(text in "[ \\n\\ta:\\-!&*{}\\[\\],'\"|>#%?<.0-9]{0,80}") {
        let _ = load(&text);
        let _ = load(&format!("Resources:\n  A:\n    Type: {text}\n"));
    }

    /// A template that is cut, doubled or spoilt somewhere.
    #[test]
    fn a_spoilt_template_is_answered(
        spoils in prop::collection::vec((any::<prop::sample::Index>(), 0usize..30, "[\\PC\\n\\t]{0,6}"), 1..4)
    ) {
        let mut text: Vec<char> = COMPLETE.chars().collect();
        for (start, length, new) in spoils {
            let start = start.index(text.len());
            let end = (start + length).min(text.len());
            text.splice(start..end, new.chars());
        }
        let text: String = text.into_iter().collect();
        let _ = load_with(&text, &[("StripeEndpointSecret", "x")]);
    }

    /// Lines moved to another place keep the words valid and the structure not.
    #[test]
    fn moved_lines_are_answered(from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), indent in 0usize..9) {
        let mut lines: Vec<String> = COMPLETE.lines().map(str::to_owned).collect();
        let line = lines.remove(from.index(lines.len()));
        let moved = format!("{}{}", " ".repeat(indent), line.trim_start());
        lines.insert(to.index(lines.len()), moved);
        let _ = load_with(&lines.join("\n"), &[("StripeEndpointSecret", "x")]);
    }

    /// Text without `${` is itself, and `${!name}` loses its mark and no more.
    #[test]
    fn sub_keeps_what_it_does_not_replace(before in "[a-z }{!]{0,12}", name in "[a-zA-Z0-9 ]{0,8}", after in "[a-z }{!]{0,12}") {
        let quote = |text: String| serde_json::Value::from(text).to_string();
        let plain = format!("x{before}x");
        prop_assert_eq!(value("", &format!("!Sub {}", quote(plain.clone()))).unwrap(), plain);
        let kept = value("", &format!("!Sub {}", quote(format!("x{before}x${{!{name}}}{after}"))));
        prop_assert_eq!(kept.unwrap(), format!("x{before}x${{{name}}}{after}"));
    }

    /// Join and Split are each other's opposite.
    #[test]
    fn split_undoes_join(items in prop::collection::vec("[a-z]{0,5}", 1..6), at in any::<prop::sample::Index>()) {
        let index = at.index(items.len());
        let list = serde_json::to_string(&items).unwrap();
        let found = value("", &format!("!Select [{index}, !Split [\"/\", !Join [\"/\", {list}]]]")).unwrap();
        prop_assert_eq!(&found, &items[index]);
    }

    /// Blocks that Fn::Cidr cuts lie in the block and follow each other.
    #[test]
    fn cidr_blocks_follow_each_other(a in any::<u8>(), bits in 1u32..=16, at in any::<prop::sample::Index>()) {
        let index = u32::try_from(at.index(1 << (16 - bits).min(8))).unwrap();
        let block = value("", &format!("!Select [{index}, !Cidr [10.{a}.0.0/16, {}, {bits}]]", index + 1)).unwrap();
        let start = (10u32 << 24) | (u32::from(a) << 16) | (index << bits);
        prop_assert_eq!(block, format!("{}/{}", std::net::Ipv4Addr::from(start), 32 - bits));
    }
}
