//! Bodies that are not text: facts/aws.md 1.4.

use serde_json::{Value, json};

use crate::harness::{Answer, Stage, api};

async fn body_with(binary: &[&str], headers: &str, body: &[u8]) -> (Value, Value) {
    let mut api = api();
    api.binary_media_types = binary.iter().map(|kind| (*kind).to_owned()).collect();
    let stage = Stage::of(api).await;
    let event = stage.event("POST /prod/webhook", headers, body).await;
    (event["isBase64Encoded"].clone(), event["body"].clone())
}

/// facts/aws.md 1.4: a body is base64 only if its type is a binary media type,
/// of which `*/*` matches all.
#[tokio::test]
async fn fact_1_4_binary_media_types_make_base64() {
    let json = "Content-Type: application/json; charset=utf-8\r\n";
    let encoded = (Value::Bool(true), json!("e30="));
    let plain = (Value::Bool(false), json!("{}"));
    assert_eq!(body_with(&["*/*"], "", b"{}").await, encoded);
    assert_eq!(body_with(&["application/json"], json, b"{}").await, encoded);
    assert_eq!(body_with(&["application/*"], json, b"{}").await, encoded);
    assert_eq!(body_with(&["image/png"], json, b"{}").await, plain);
    assert_eq!(body_with(&[], json, b"{}").await, plain);
}

/// facts/aws.md 1.4: otherwise the body is taken as UTF-8, which damages bytes
/// that are not.
#[tokio::test]
async fn fact_1_4_text_that_is_not_utf_8_is_damaged() {
    let (encoded, body) = body_with(&[], "Content-Type: image/png\r\n", b"\x89PNG\xc3\xa4").await;
    assert_eq!((encoded, body), (Value::Bool(false), json!("\u{fffd}PNGä")));
}

async fn binary(types: &[&str], accept: &str, encoded: bool, body: &str) -> Answer {
    let mut api = api();
    api.binary_media_types = types.iter().map(|kind| (*kind).to_owned()).collect();
    let stage = Stage::of(api).await;
    stage.returns(&json!({"body": body, "isBase64Encoded": encoded}));
    let accept = if accept.is_empty() {
        String::new()
    } else {
        format!("Accept: {accept}\r\n")
    };
    stage.send("GET /prod/webhook", &accept, b"").await
}

/// facts/aws.md 1.4: a base64 response is decoded only if the first media type of
/// Accept is a binary media type; otherwise the client gets the base64 text.
#[tokio::test]
async fn fact_1_4_response_is_decoded_by_the_first_accepted_type() {
    for (types, accept, encoded, expected) in [
        (
            &["image/png"][..],
            "image/png,image/*,*/*;q=0.8",
            true,
            "data",
        ),
        (&["image/png"], "IMAGE/PNG;q=1", true, "data"),
        (&["image/*"], "image/webp", true, "data"),
        (&["*/*"], "text/html", true, "data"),
        (&["image/png"], "image/webp,image/png", true, "ZGF0YQ=="),
        (&["image/png"], "image/*", true, "ZGF0YQ=="),
        (&["image/png"], "*/*", true, "ZGF0YQ=="),
        (&["*/png"], "image/png", true, "ZGF0YQ=="),
        (&["image/png"], "", true, "ZGF0YQ=="),
        (&[], "image/png", true, "ZGF0YQ=="),
        (&["image/png"], "image/png", false, "ZGF0YQ=="),
    ] {
        let answer = binary(types, accept, encoded, "ZGF0YQ==").await;
        assert_eq!(
            (answer.status, answer.text()),
            (200, expected),
            "{types:?} {accept} {encoded}"
        );
    }
}

/// Recorded from AWS: a body that is to be decoded and is not base64 is a 500.
#[tokio::test]
async fn a_body_that_is_not_base64_is_500() {
    let answer = binary(&["image/png"], "image/png", true, "èé+à)(").await;
    assert_eq!(
        (answer.status, answer.text()),
        (500, r#"{"message": "Internal server error"}"#)
    );
}
