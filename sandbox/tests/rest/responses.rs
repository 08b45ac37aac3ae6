//! What a function may return: facts/aws.md 1.5.

use bytes::Bytes;
use sandbox::lambda::Outcome;
use serde_json::{Value, json};

use crate::harness::{Answer, Stage, ok};

/// Asserts a 502 and that the trail says why in these words.
async fn assert_malformed(payload: Value, reason: &str) {
    let stage = Stage::start().await;
    let answer = stage.answer_to(payload).await;
    assert_eq!(
        (answer.status, answer.text()),
        (502, r#"{"message": "Internal server error"}"#)
    );
    let trail = stage.trail(&answer).await;
    let told = trail.hops[0].details["error"].as_str().unwrap();
    assert_eq!(told, format!("the function's response {reason}"));
}

async fn answer_to(payload: Value) -> Answer {
    Stage::start().await.answer_to(payload).await
}

/// facts/aws.md 1.5: any key beside the five allowed is a 502, even beside valid
/// ones.
#[tokio::test]
async fn fact_1_5_extra_key_is_502() {
    let allowed =
        "only statusCode, headers, multiValueHeaders, body and isBase64Encoded are allowed";
    assert_malformed(
        json!({"statusCode": 200, "foo": 1}),
        &format!("has the key \"foo\"; {allowed}"),
    )
    .await;
    let error = json!({"errorMessage": "m"});
    assert_malformed(error, &format!("has the key \"errorMessage\"; {allowed}")).await;
    let cookies = json!({"statusCode": 200, "cookies": []});
    assert_malformed(cookies, &format!("has the key \"cookies\"; {allowed}")).await;
}

/// facts/aws.md 1.5: a string, list or number, and what is not JSON, is a 502.
#[tokio::test]
async fn fact_1_5_what_is_not_an_object_is_502() {
    let must = "it must be a JSON object with statusCode, headers and body";
    assert_malformed(json!("text"), &format!("is a string; {must}")).await;
    assert_malformed(json!([1]), &format!("is a list; {must}")).await;
    assert_malformed(json!(7), &format!("is a number; {must}")).await;
    assert_malformed(Value::Null, &format!("is null; {must}")).await;
    let stage = Stage::start().await;
    stage.outcome(Outcome::Success(Bytes::from_static(b"garbage \xff")));
    let answer = stage.send("GET /prod/webhook", "", b"").await;
    assert_eq!(answer.status, 502);
    let trail = stage.trail(&answer).await;
    let told = trail.hops[0].details["error"].as_str().unwrap();
    assert!(
        told.starts_with("the function's response is not JSON: "),
        "{told}"
    );
}

/// facts/aws.md 1.5: `statusCode` is a number or a numeric string.
#[tokio::test]
async fn fact_1_5_status_code() {
    assert_eq!(answer_to(json!({"statusCode": 201})).await.status, 201);
    assert_eq!(answer_to(json!({"statusCode": "201"})).await.status, 201);
    assert_malformed(
        json!({"statusCode": "ok"}),
        r#"has "ok" as "statusCode"; it must be a number such as 200"#,
    )
    .await;
    assert_malformed(
        json!({"statusCode": [200]}),
        r#"has [200] as "statusCode"; it must be a number such as 200"#,
    )
    .await;
}

/// facts/aws.md 1.5: without `statusCode` the client gets 200; `headers` may be
/// null.
#[tokio::test]
async fn fact_1_5_missing_status_code_is_200_and_headers_may_be_null() {
    let answer = answer_to(json!({"headers": {"x-a": "1"}})).await;
    assert_eq!((answer.status, answer.header("x-a")), (200, Some("1")));
    assert_eq!(
        answer_to(json!({"headers": null, "body": "x"}))
            .await
            .text(),
        "x"
    );
    assert_eq!(answer_to(json!({})).await.status, 200);
}

/// facts/aws.md 1.5: a header value is a string or a bool.
#[tokio::test]
async fn fact_1_5_header_values() {
    let answer = answer_to(json!({"headers": {"X-Text": "t", "x-bool": true}})).await;
    assert_eq!(
        answer.exact("X-Text"),
        Some("t"),
        "the casing is the function's"
    );
    assert_eq!(answer.exact("x-bool"), Some("true"));
}

/// facts/aws.md 1.5: a `multiValueHeaders` value that is not a list is a 502.
#[tokio::test]
async fn fact_1_5_multi_value_that_is_no_list_is_502() {
    assert_malformed(
        json!({"multiValueHeaders": {"x-a": "1"}}),
        r#"has a string as value of "x-a" in "multiValueHeaders"; it must be a list of strings"#,
    )
    .await;
}

/// facts/aws.md 1.5: a body that is not a string is a 502.
#[tokio::test]
async fn fact_1_5_body_that_is_no_string_is_502() {
    let must = "it must be a string (JSON as text)";
    assert_malformed(
        json!({"body": {"a": 1}}),
        &format!("has an object as \"body\"; {must}"),
    )
    .await;
    assert_malformed(
        json!({"body": 1}),
        &format!("has a number as \"body\"; {must}"),
    )
    .await;
}

/// facts/aws.md 1.5: the same name in both maps: merged, multi values first,
/// their casing wins.
#[tokio::test]
async fn fact_1_5_both_header_maps_are_merged() {
    let answer = answer_to(json!({
        "headers": {"tEst-multi": "solo", "other": "o", "x-same": "a"},
        "multiValueHeaders": {"tesT-Multi": ["one", "two"], "X-Same": ["a", "b"]},
    }))
    .await;
    let sent: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("test-multi"))
        .cloned()
        .collect();
    let expected = [
        ("tesT-Multi", "one"),
        ("tesT-Multi", "two"),
        ("tesT-Multi", "solo"),
    ];
    assert_eq!(
        sent,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    assert_eq!(answer.header("other"), Some("o"));
    assert_eq!(
        answer.all("x-same"),
        ["a", "b"],
        "the same pair in both maps comes once"
    );
}

/// facts/aws.md 1.5: without a Content-Type `application/json` is added.
#[tokio::test]
async fn fact_1_5_content_type_is_added() {
    assert_eq!(
        answer_to(ok()).await.all("content-type"),
        ["application/json"]
    );
    let own = answer_to(json!({"headers": {"content-type": "text/plain"}})).await;
    assert_eq!(own.all("content-type"), ["text/plain"]);
    assert_eq!(own.exact("content-type"), Some("text/plain"));
}

/// facts/aws.md 1.5: some names come back as `x-amzn-Remapped-<Name>`, and
/// `Transfer-Encoding` is dropped.
#[tokio::test]
async fn fact_1_5_remapped_and_dropped_headers() {
    let stage = Stage::start().await;
    for name in [
        "Connection",
        "Content-Length",
        "Date",
        "Server",
        "WWW-Authenticate",
        "Authorization",
        "Host",
        "User-Agent",
    ] {
        let answer = stage.answer_to(json!({"headers": {name: "mine"}})).await;
        assert_eq!(
            answer.exact(&format!("x-amzn-Remapped-{name}")),
            Some("mine"),
            "{name}"
        );
        assert!(!answer.all(name).contains(&"mine"), "{name}");
    }
    let answer = stage
        .answer_to(json!({"headers": {"transfer-encoding": "chunked"}, "body": "abc"}))
        .await;
    assert_eq!(
        (answer.header("transfer-encoding"), answer.text()),
        (None, "abc")
    );
}

/// facts/aws.md 1.5: what API Gateway adds to every response.
#[tokio::test]
async fn fact_1_5_added_headers() {
    let answer =
        answer_to(json!({"statusCode": 401, "body": "no", "headers": {"X-Mine": "1"}})).await;
    insta::assert_snapshot!(answer.redacted(), @r"
    HTTP/1.1 401 Unauthorized
    Date: [redacted]
    Content-Type: application/json
    Content-Length: 2
    Connection: keep-alive
    X-Mine: 1
    x-amzn-RequestId: [redacted]
    x-amz-apigw-id: [redacted]
    X-Amzn-Trace-Id: [redacted]

    no
    ");
    assert!(
        answer
            .header("X-Amzn-Trace-Id")
            .unwrap()
            .starts_with("Root=1-")
    );
    let date = answer.header("Date").unwrap();
    assert!(
        jiff::fmt::rfc2822::parse(date).is_ok() && date.ends_with(" GMT"),
        "{date}"
    );
}

/// A function must not be able to write raw lines into the response.
#[tokio::test]
async fn header_injection_is_malformed() {
    assert_malformed(
        json!({"headers": {"x-a": "1\r\nset-cookie: x"}}),
        r#"has a value of "x-a" in "headers" with a character that HTTP does not allow, such as a line end"#,
    )
    .await;
    assert_malformed(
        json!({"multiValueHeaders": {"x a": ["1"]}}),
        r#"has the header name "x a", which HTTP does not allow"#,
    )
    .await;
}

/// 204 and 304 have no body, or the client would read it as the next answer.
#[tokio::test]
async fn a_status_without_body_sends_none() {
    for status in [204, 304] {
        let answer = answer_to(json!({"statusCode": status, "body": "x"})).await;
        assert_eq!(
            (
                answer.status,
                answer.header("content-length"),
                answer.text()
            ),
            (status, None, "")
        );
    }
}
