use serde_json::{Value, json};

use crate::event;
use step_05_waf_cloudfront::headers::value;

/// facts/aws.md 1.1: header names keep the casing that the client sent.
#[test]
fn fact_1_1_names_match_in_any_casing() {
    for name in ["Content-Language", "content-language", "cOnTeNt-LaNgUaGe"] {
        let mut event = event::direct();
        event::add_header(&mut event, name, &["de"]);
        let found = value(&event::request(event), "Content-Language");
        assert_eq!(found.as_deref(), Some("de"), "{name}");
    }
}

/// facts/aws.md 1.1: `headers` has the last value only, `multiValueHeaders` all.
#[test]
fn fact_1_1_a_repeated_header_is_joined_with_commas() {
    let mut event = event::direct();
    event::add_header(&mut event, "Forwarded", &["for=a", "for=b"]);
    assert_eq!(
        value(&event::request(event), "forwarded").as_deref(),
        Some("for=a,for=b")
    );
}

#[test]
fn one_name_in_two_casings_is_one_header() {
    let mut event = event::direct();
    event::add_header(&mut event, "Forwarded", &["for=a"]);
    event::add_header(&mut event, "forwarded", &["for=b"]);
    let found = value(&event::request(event), "forwarded").unwrap();
    assert_eq!(found.split(',').count(), 2, "{found}");
}

#[test]
fn an_event_without_the_multi_value_form_is_read_too() {
    let mut event = event::direct();
    event["multiValueHeaders"] = Value::Null;
    assert_eq!(
        value(&event::request(event), "content-type").as_deref(),
        Some("application/json")
    );
}

/// facts/aws.md 1.1: absent things are `null`, not missing keys.
#[test]
fn fact_1_1_no_headers_at_all_are_null() {
    let mut event = event::direct();
    event["headers"] = Value::Null;
    event["multiValueHeaders"] = Value::Null;
    assert_eq!(value(&event::request(event), "content-type"), None);
}

#[test]
fn a_value_that_is_not_ascii_does_no_harm() {
    let mut event = event::direct();
    event["multiValueHeaders"]["X-Name"] = json!(["Zoë"]);
    assert_eq!(
        value(&event::request(event), "x-name").as_deref(),
        Some("Zoë")
    );
}
