//! The two further schemes, against values that others published, and against each other.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use hmac::Mac;
use serde_json::{Value, json};

use crate::secret::Secret;
use crate::signature::standard::{BadKey, Key};
use crate::signature::{Scheme, SignatureError, SignatureHeaders, Verifier};

const GITHUB_SECRET: &str = "It's a Secret to Everybody";
const STANDARD_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const NOW: i64 = 1_649_367_553;

fn verifier() -> Verifier {
    let secrets = |setting| Secret::parse_list(setting).unwrap();
    Verifier {
        stripe_secrets: secrets("whsec_of_stripe"),
        github_secrets: secrets(GITHUB_SECRET),
        standard_keys: Key::parse_list(STANDARD_SECRET).unwrap(),
        generic_secrets: secrets("of everybody else"),
        tolerance_seconds: 300,
    }
}

/// An event of API Gateway with these headers.
fn request(headers: &[(&str, &str)]) -> ApiGatewayProxyRequest {
    let mut event: Value = serde_json::from_str(include_str!(
        "../../../../final/tests/events/rest-direct.json"
    ))
    .unwrap();
    for (name, value) in headers {
        event["multiValueHeaders"][name] = json!([value]);
    }
    serde_json::from_value(event).unwrap()
}

fn judge(
    verifier: &Verifier,
    headers: &[(&str, &str)],
    body: &[u8],
    now: i64,
) -> Result<Scheme, SignatureError> {
    verifier.verify(&SignatureHeaders::of(&request(headers)), body, now)
}

fn reason(headers: &[(&str, &str)], body: &[u8], now: i64) -> &'static str {
    judge(&verifier(), headers, body, now).unwrap_err().kind()
}

fn hmac(secret: &str, body: &[u8]) -> String {
    let secrets = Secret::parse_list(secret).unwrap();
    let mut hmac = secrets[0].hmac();
    hmac.update(body);
    hex::encode(hmac.finalize().into_bytes())
}

/// docs.github.com publishes this secret, this payload and this signature.
const GITHUBS: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

#[test]
fn the_value_that_github_publishes_is_accepted() {
    let headers = [("X-Hub-Signature-256", GITHUBS)];
    let judged = judge(&verifier(), &headers, b"Hello, World!", NOW);
    assert_eq!(judged, Ok(Scheme::GitHub));
}

#[test]
fn what_is_no_signature_of_github_is_refused() {
    let bare = GITHUBS.strip_prefix("sha256=").unwrap();
    let sha1 = format!("sha1={}", &bare[..40]);
    let twice = format!("{GITHUBS},{GITHUBS}");
    for (header, expected) in [
        ("", "missing_header"),
        (bare, "malformed"),
        (&sha1, "malformed"),
        (&twice, "malformed"),
        (&GITHUBS[..70], "malformed"),
        (&GITHUBS.replace("757", "857"), "mismatch"),
    ] {
        let headers = [("X-Hub-Signature-256", header)];
        assert_eq!(
            reason(&headers, b"Hello, World!", NOW),
            expected,
            "{header}"
        );
    }
    let headers = [("X-Hub-Signature-256", GITHUBS)];
    assert_eq!(reason(&headers, b"Hello, World?", NOW), "mismatch");
}

#[test]
fn the_old_header_of_github_is_not_looked_at() {
    let headers = [(
        "X-Hub-Signature",
        "sha1=0123456789012345678901234567890123456789",
    )];
    assert_eq!(reason(&headers, b"Hello, World!", NOW), "missing_header");
}

const STANDARD_BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;
const STANDARDS: [(&str, &str); 3] = [
    ("webhook-id", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk"),
    ("webhook-timestamp", "1649367553"),
    (
        "webhook-signature",
        "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
    ),
];

/// The headers of the published value, with one of them replaced.
fn with<'a>(name: &str, value: &'a str) -> [(&'static str, &'a str); 3] {
    STANDARDS.map(|(known, usual)| (known, if known == name { value } else { usual }))
}

#[test]
fn the_published_value_of_standard_webhooks_is_accepted_within_the_tolerance() {
    for (now, expected) in [
        (NOW, Ok(Scheme::Standard)),
        (NOW + 300, Ok(Scheme::Standard)),
        (NOW - 300, Ok(Scheme::Standard)),
        (NOW + 301, Err(SignatureError::TooOld(301))),
        (NOW - 301, Err(SignatureError::TooFarAhead(301))),
    ] {
        let judged = judge(&verifier(), &STANDARDS, STANDARD_BODY, now);
        assert_eq!(judged, expected, "{now}");
    }
}

#[test]
fn id_time_and_body_are_all_signed() {
    for (headers, expected) in [
        (with("webhook-id", "msg_another"), "mismatch"),
        (with("webhook-id", ""), "malformed"),
        (with("webhook-id", "msg.1"), "malformed"),
        (with("webhook-timestamp", "1649367554"), "mismatch"),
        (with("webhook-timestamp", "+1649367553"), "malformed"),
        (with("webhook-timestamp", ""), "malformed"),
        (with("webhook-signature", ""), "no_v1"),
        (with("webhook-signature", "v1,AAAA"), "no_v1"),
        (
            with(
                "webhook-signature",
                "v1a,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
            ),
            "no_v1",
        ),
    ] {
        assert_eq!(
            reason(&headers, STANDARD_BODY, NOW),
            expected,
            "{headers:?}"
        );
    }
    assert_eq!(reason(&STANDARDS, b"{}", NOW), "mismatch");
}

#[test]
fn one_of_several_signatures_is_enough() {
    let (_, good) = STANDARDS[2];
    let zeros = format!("v1,{}=", "A".repeat(43));
    let list = format!("{zeros} v1a,xyz {good}");
    let judged = judge(
        &verifier(),
        &with("webhook-signature", &list),
        STANDARD_BODY,
        NOW,
    );
    assert_eq!(judged, Ok(Scheme::Standard));
    let none_fits = with("webhook-signature", &zeros);
    assert_eq!(reason(&none_fits, STANDARD_BODY, NOW), "mismatch");
}

/// Under one key the text `a.1.{}` is id `a`, time 1, body `{}`, and also …
#[test]
fn a_full_stop_in_the_id_would_make_two_requests_of_one_signature() {
    let signed = |id: &str, time: &str, body: &str| format!("{id}.{time}.{body}");
    let now = "1649367553";
    assert_eq!(
        signed(&format!("msg.{now}"), "7", "{}"),
        signed("msg", now, "7.{}")
    );
    let dotted = format!("msg.{now}");
    let headers = with("webhook-id", &dotted);
    assert_eq!(reason(&headers, STANDARD_BODY, NOW), "malformed");
}

#[test]
fn a_key_of_standard_webhooks_is_decoded_and_never_short() {
    let trailing = format!("{STANDARD_SECRET},");
    for setting in [
        " ",
        "whsec_",
        "whsec_%%%%",
        "whsec_c2hvcnQ=",
        "C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        &trailing,
    ] {
        assert_eq!(Key::parse_list(setting), Err(BadKey), "{setting:?}");
    }
    for unset in ["", "none", "None\n"] {
        assert_eq!(Key::parse_list(unset), Ok(Vec::new()), "{unset:?}");
    }
    let two = format!(" {STANDARD_SECRET} , {STANDARD_SECRET}\n");
    let keys = Key::parse_list(&two).unwrap();
    assert_eq!(format!("{keys:?}"), "[Key(hidden), Key(hidden)]");
}

#[test]
fn every_scheme_without_a_secret_refuses() {
    let closed = Verifier {
        stripe_secrets: Vec::new(),
        github_secrets: Vec::new(),
        standard_keys: Vec::new(),
        generic_secrets: Vec::new(),
        tolerance_seconds: 300,
    };
    let header = [
        ("Stripe-Signature", "t=1,v1=00"),
        ("X-Hub-Signature-256", GITHUBS),
        ("webhook-signature", "v1,AAAA"),
        ("X-Signature", "00"),
    ];
    for header in header {
        let judged = judge(&closed, &[header], b"{}", NOW);
        assert_eq!(judged.unwrap_err().kind(), "not_configured", "{header:?}");
    }
}

#[test]
fn a_refusal_of_one_scheme_is_not_asked_of_the_next() {
    let good = hmac("of everybody else", b"{}");
    for first in [
        ("Stripe-Signature", "t=1,v1=00"),
        ("X-Hub-Signature-256", GITHUBS),
        ("webhook-signature", "v1,AAAA"),
    ] {
        let alone = judge(&verifier(), &[("X-Signature", &good)], b"{}", NOW);
        assert_eq!(alone, Ok(Scheme::Generic));
        let both = judge(&verifier(), &[first, ("X-Signature", &good)], b"{}", NOW);
        assert!(both.is_err(), "{first:?}");
    }
}

#[test]
fn no_signature_passes_under_another_header() {
    let body = b"Hello, World!";
    let bare = GITHUBS.strip_prefix("sha256=").unwrap();
    assert_eq!(reason(&[("X-Signature", bare)], body, NOW), "mismatch");
    let plain = format!("sha256={}", hmac("of everybody else", body));
    let headers = [("X-Hub-Signature-256", plain.as_str())];
    assert_eq!(reason(&headers, body, NOW), "mismatch");
}
