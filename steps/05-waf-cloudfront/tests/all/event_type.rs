use proptest::prelude::*;
use serde_json::{Map, Value, json};

use step_05_waf_cloudfront::event_type::event_type;
use step_05_waf_cloudfront::signature::Scheme;

fn fields(event_type: &Value) -> Map<String, Value> {
    Map::from_iter([("type".to_owned(), event_type.clone())])
}

#[test]
fn the_type_is_looked_for_in_order() {
    let body = fields(&json!("in.body"));
    let empty = Map::new();
    for (scheme, header, fields, expected) in [
        (Scheme::Stripe, None, &body, "in.body"),
        (Scheme::Stripe, Some("in.header"), &body, "in.body"),
        (Scheme::Stripe, Some("in.header"), &empty, "unknown"),
        (Scheme::Generic, None, &body, "in.body"),
        (Scheme::Generic, Some("in.header"), &body, "in.header"),
        (Scheme::Generic, Some("in.header"), &empty, "in.header"),
        (Scheme::Generic, Some("not plain"), &body, "unknown"),
        (Scheme::Generic, None, &empty, "unknown"),
    ] {
        let found = event_type(scheme, header, fields);
        assert_eq!(found, expected, "{scheme}, {header:?}, {fields:?}");
    }
}

#[test]
fn what_sns_would_refuse_becomes_unknown() {
    let long = "a".repeat(257);
    for odd in [
        "",
        " ",
        "a b",
        "a,b",
        "a/b",
        "a\nb",
        "zahlung.erhöht",
        "٣",
        long.as_str(),
    ] {
        let fields = fields(&json!(odd));
        assert_eq!(
            event_type(Scheme::Stripe, None, &fields),
            "unknown",
            "{odd:?}"
        );
        assert_eq!(
            event_type(Scheme::Generic, Some(odd), &fields),
            "unknown",
            "{odd:?}"
        );
    }
    for no_text in [json!(7), json!(null), json!(["a"]), json!({})] {
        let fields = fields(&no_text);
        assert_eq!(
            event_type(Scheme::Stripe, None, &fields),
            "unknown",
            "{no_text}"
        );
    }
}

proptest! {
    #[test]
    fn plain_words_pass(name in "[A-Za-z0-9._-]{1,256}") {
        let fields = fields(&json!(name));
        prop_assert_eq!(event_type(Scheme::Stripe, None, &fields), name);
    }

    #[test]
    fn nothing_else_does(name in any::<String>()) {
        let fields = Map::new();
        let found = event_type(Scheme::Generic, Some(&name), &fields);
        prop_assert!(found.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter)));
        prop_assert!((1..=256).contains(&found.len()));
    }
}
