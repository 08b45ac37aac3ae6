//! facts/aws.md 6.5: rate-based rules, on the sandbox's clock.

use std::time::Duration;

use sandbox::waf::Request;
use serde_json::{Value, json};

use crate::support::*;

fn wall(properties: &Value) -> Wall {
    let mut statement = json!({"Limit": 10, "EvaluationWindowSec": 60, "AggregateKeyType": "IP"});
    for (key, value) in properties.as_object().unwrap() {
        statement[key] = value.clone();
    }
    let statement = json!({"RateBasedStatement": statement});
    Wall::new(&json!({"Rules": [rule("rate", 0, "Block", &statement)]}))
}

/// How many of so many requests are let through.
fn passed(wall: &Wall, from: &str, path: &str, times: usize) -> usize {
    (0..times).filter(|_| !wall.ask(from, path).0).count()
}

const ONE: &str = "203.0.113.1";
const TWO: &str = "203.0.113.2";

#[test]
fn fact_6_5_requests_over_the_limit_match() {
    let wall = wall(&json!({}));
    assert_eq!(passed(&wall, ONE, "/", 15), 10);
    // Each address is counted on its own.
    assert_eq!(passed(&wall, TWO, "/", 10), 10);
}

#[test]
fn fact_6_5_the_window_moves_with_the_clock() {
    let wall = wall(&json!({}));
    assert_eq!(passed(&wall, ONE, "/", 10), 10);
    wall.clock.advance(Duration::from_secs(49));
    assert_eq!(passed(&wall, ONE, "/", 1), 0);
    wall.clock.advance(Duration::from_secs(11));
    // The ten left the window, the one more that was counted did not.
    assert_eq!(passed(&wall, ONE, "/", 15), 9);
}

#[test]
fn fact_6_5_the_default_window_is_five_minutes() {
    let wall = wall(&json!({"EvaluationWindowSec": {"Ref": "AWS::NoValue"}}));
    assert_eq!(passed(&wall, ONE, "/", 11), 10);
    wall.clock.advance(Duration::from_secs(289));
    assert_eq!(passed(&wall, ONE, "/", 1), 0);
    wall.clock.advance(Duration::from_secs(600));
    assert_eq!(passed(&wall, ONE, "/", 1), 1);
}

/// facts/aws.md 6.5: behind CloudFront viewers pool together; so do all with
/// `CONSTANT`. Only what is in scope counts.
#[test]
fn fact_6_5_constant_counts_all_in_scope() {
    let wall = wall(&json!({"AggregateKeyType": "CONSTANT", "ScopeDownStatement": path("/prod")}));
    assert_eq!(passed(&wall, ONE, "/", 20), 20);
    assert_eq!(passed(&wall, ONE, "/prod", 6), 6);
    assert_eq!(passed(&wall, TWO, "/prod", 6), 4);
    assert_eq!(passed(&wall, TWO, "/", 1), 1);
}

/// facts/aws.md 6.2: the first address of the header; without the header the rule
/// is not applied, and the fallback is for what is no address.
#[test]
fn fact_6_2_rates_by_forwarded_address() {
    for (fallback, junk_passes) in [("MATCH", 0), ("NO_MATCH", 15)] {
        let wall = wall(
            &json!({"AggregateKeyType": "FORWARDED_IP", "ForwardedIPConfig":
            {"HeaderName": "X-Forwarded-For", "FallbackBehavior": fallback}}),
        );
        let passes = |headers: &[(&str, &str)]| {
            let passed = |_: &usize| {
                !is_blocked(&wall.judge(&Request {
                    headers,
                    ..request()
                }))
            };
            (0..15).filter(passed).count()
        };
        assert_eq!(passes(&[("x-forwarded-for", "203.0.113.1, 192.0.2.1")]), 10);
        assert_eq!(passes(&[("x-forwarded-for", "203.0.113.2, 192.0.2.1")]), 10);
        assert_eq!(passes(&[("x-forwarded-for", "junk")]), junk_passes);
        assert_eq!(passes(&[]), 15);
    }
}

/// A rule counts ten thousand addresses at a time; those whose window has passed
/// make room.
#[test]
fn addresses_that_are_gone_make_room() {
    let wall = wall(&json!({}));
    for number in 0..10_000u32 {
        let from = std::net::Ipv4Addr::from((10 << 24) + number).to_string();
        assert!(!wall.ask(&from, "/").0);
    }
    assert_eq!(passed(&wall, ONE, "/", 15), 15);
    wall.clock.advance(Duration::from_secs(60));
    assert_eq!(passed(&wall, ONE, "/", 15), 10);
}
