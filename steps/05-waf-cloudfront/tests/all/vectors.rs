//! Runs the signature cases of tests/vectors: data, made without our code.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::{event, sign};
use step_05_waf_cloudfront::signature::SignatureHeaders;

#[derive(Deserialize)]
struct Case {
    row: Option<u8>,
    name: String,
    stripe_signature: Vec<String>,
    x_signature: Vec<String>,
    body: Body,
    stripe_secrets: String,
    signing_secrets: String,
    now: i64,
    tolerance: u64,
    verdict: Verdict,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    Text { text: String },
    Base64 { base64: String },
    Repeat { repeat: String, times: usize },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Accept,
    Reject,
}

impl Body {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Body::Text { text } => text.clone().into_bytes(),
            Body::Base64 { base64 } => STANDARD.decode(base64).unwrap(),
            Body::Repeat { repeat, times } => repeat.repeat(*times).into_bytes(),
        }
    }
}

impl Case {
    /// What our code says about it: nothing if it accepts, else the reason.
    fn judge(&self) -> Option<&'static str> {
        let tolerance = self.tolerance.to_string();
        let Ok(config) = sign::config(&[
            ("STRIPE_ENDPOINT_SECRET", Some(&self.stripe_secrets)),
            ("SIGNING_SECRET", Some(&self.signing_secrets)),
            ("STRIPE_TOLERANCE_SECONDS", Some(&tolerance)),
        ]) else {
            return Some("refused_at_start");
        };

        let mut event = event::direct();
        for (name, values) in [
            ("Stripe-Signature", &self.stripe_signature),
            ("X-Signature", &self.x_signature),
        ] {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            event::add_header(&mut event, name, &values);
        }
        let headers = SignatureHeaders::of(&event::request(event));
        let verified = config
            .verifier
            .verify(&headers, &self.body.bytes(), self.now);
        verified.err().map(|error| error.kind())
    }
}

fn run(cases: &[Case]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter(|case| case.judge() != case.reason.as_deref())
        .map(|case| {
            let (row, name, judged) = (case.row, &case.name, case.judge());
            format!(
                "row {row:?}, {name}: expected {:?}, got {judged:?}",
                case.reason
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    for case in cases {
        let accepted = case.reason.is_none();
        assert_eq!(case.verdict == Verdict::Accept, accepted, "{}", case.name);
    }
}

/// facts/stripe.md 1, 3, 5: the check value, the tolerance and every edge case.
#[test]
fn stripe_cases() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../vectors/stripe.json")).unwrap();
    run(&cases);

    let rows: BTreeSet<u8> = cases.iter().filter_map(|case| case.row).collect();
    assert_eq!(rows, (0..=34).collect(), "a row of the table is left out");
}

/// facts/stripe.md 8: `X-Signature`, and what happens with both headers.
#[test]
fn generic_cases() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../vectors/generic.json")).unwrap();
    run(&cases);
}
