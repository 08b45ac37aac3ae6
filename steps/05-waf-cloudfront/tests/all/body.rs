use serde_json::{Value, json};

use crate::event;
use step_05_waf_cloudfront::body::{decode, parse};

#[test]
fn a_body_is_the_bytes_of_its_text() {
    let request = event::request(event::with_body("{\"name\":\"Zoë\"}"));
    assert_eq!(decode(&request).unwrap(), "{\"name\":\"Zoë\"}".as_bytes());
}

/// facts/aws.md 1.4: with `isBase64Encoded` the body is to be decoded first.
#[test]
fn fact_1_4_base64_is_decoded_byte_for_byte() {
    let bytes = [b'{', 0, 0xff, 0xfe, b'\r', b'\n', b'}'];
    let request = event::request(event::with_bytes(&bytes));
    assert_eq!(decode(&request).unwrap(), bytes);
}

/// facts/aws.md 1.4: without `isBase64Encoded` it is text, whatever it looks like.
#[test]
fn fact_1_4_text_that_looks_like_base64_is_left_alone() {
    let request = event::request(event::with_body("e30="));
    assert_eq!(decode(&request).unwrap(), b"e30=");
}

#[test]
fn invalid_base64_is_refused() {
    for body in ["{}", "e30", "e30=\n", "e3-_", "e30==", "e31="] {
        let mut event = event::with_body(body);
        event["isBase64Encoded"] = json!(true);
        let refusal = decode(&event::request(event)).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "the body is not valid base64",
            "{body:?}"
        );
    }
}

/// facts/aws.md 1.1: `body` is null when the request has none.
#[test]
fn fact_1_1_no_body_is_null() {
    let mut event = event::direct();
    event["body"] = Value::Null;
    assert_eq!(decode(&event::request(event)).unwrap(), b"");
}

#[test]
fn the_text_of_an_object_is_kept_as_it_came() {
    let text = "{ \"b\": 1,\r\n  \"a\": \"\\u00e9\" }";
    let event = parse(text.as_bytes()).unwrap();
    assert_eq!(event.text, text);
    assert_eq!(event.fields["a"], "é");
}

#[test]
fn only_an_object_is_an_event() {
    let refused: [&[u8]; 12] = [
        b"[]",
        b"null",
        b"7",
        b"\"text\"",
        b"{",
        b"{} {}",
        b" ",
        b"a=1&b=2",
        b"{'id':1}",
        b"\xef\xbb\xbf{}",
        b"{\"id\":\"\xff\"}",
        b"{\"id\":\"\\ud800\"}",
    ];
    for body in refused {
        let refusal = parse(body).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "the body is not a JSON object",
            "{body:?}"
        );
    }
}

/// A body of brackets alone must not use up the stack.
#[test]
fn nesting_without_end_is_refused() {
    let deep = format!("{{\"a\":{}", "[".repeat(1_000_000));
    assert!(parse(deep.as_bytes()).is_err());
}
