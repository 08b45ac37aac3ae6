//! REQUEST authorizers (facts/aws.md 2.5).

use sandbox::lambda::Outcome;
use sandbox::template::model::{WebSocketApi, WebSocketAuthorizer};
use serde_json::{Value, json};

use crate::harness::{World, api, failure};

const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:w9x8y7z6v5/prod/$connect";
const TOKEN: &str = "route.request.querystring.token";

fn guarded(sources: &[&str]) -> WebSocketApi {
    let identity_sources = sources.iter().map(|source| (*source).to_owned());
    WebSocketApi {
        authorizer: Some(WebSocketAuthorizer {
            function: "authorizer".to_owned(),
            identity_sources: identity_sources.collect(),
        }),
        ..api()
    }
}

fn policy(effect: &str) -> Value {
    json!({
        "principalId": "user-1",
        "policyDocument": {"Version": "2012-10-17", "Statement": [
            {"Action": "execute-api:Invoke", "Effect": effect, "Resource": ARN},
        ]},
        "context": {"tenant": "t1", "admin": true, "n": 7},
    })
}

/// API Gateway Developer Guide, "Create an API Gateway REQUEST authorizer function":
/// what it says of the client is in every later event, as strings.
#[tokio::test]
async fn fact_2_5_the_context_is_in_every_event_of_the_connection() {
    let world = World::of(guarded(&[TOKEN])).await;
    world.script.returns("authorizer", &policy("Allow"));
    let mut client = world.ask("/prod?token=abc", &[]).await.unwrap();
    client.send("text").await;
    world.script.event("default", 1).await;
    client.close(None).await;
    let said = json!({"principalId": "user-1", "tenant": "t1", "admin": "true", "n": "7"});
    for function in ["connect", "default", "disconnect"] {
        let event = world.script.event(function, 1).await;
        assert_eq!(event["requestContext"]["authorizer"], said, "{function}");
    }
    let event = world.script.event("authorizer", 1).await;
    assert!(event["requestContext"].get("authorizer").is_none());
}

/// facts/aws.md 2.5: the `$connect` event, and more.
#[tokio::test]
async fn fact_2_5_the_event_of_the_authorizer() {
    let world = World::of(guarded(&[TOKEN])).await;
    world.script.returns("authorizer", &policy("Allow"));
    world.ask("/prod?token=abc", &[]).await.unwrap();
    let event = world.script.event("authorizer", 1).await;
    assert_eq!(event["type"], "REQUEST");
    assert_eq!(event["methodArn"], ARN);
    assert_eq!(event["stageVariables"], json!({}));
    assert_eq!(event["queryStringParameters"], json!({"token": "abc"}));
    assert_eq!(event["requestContext"]["routeKey"], "$connect");
    let headers = event["headers"].as_object().unwrap();
    for name in ["connection", "upgrade", "content-length"] {
        let found = headers.keys().any(|known| known.eq_ignore_ascii_case(name));
        assert!(found, "{name}");
    }
}

/// facts/aws.md 2.4, 2.5: an identity source that is missing or empty.
#[tokio::test]
async fn fact_2_5_every_identity_source_must_be_given() {
    let world = World::of(guarded(&[
        TOKEN,
        "route.request.header.X-Tenant",
        "context.identity.sourceIp",
    ]))
    .await;
    world.script.returns("authorizer", &policy("Allow"));
    let cases: [(&str, &[(&str, &str)]); 4] = [
        ("/prod", &[("X-Tenant", "t1")]),
        ("/prod?token=", &[("X-Tenant", "t1")]),
        ("/prod?token=abc", &[]),
        ("/prod?token=abc", &[("X-Tenant", "")]),
    ];
    for (path, headers) in cases {
        let answer = world.ask(path, headers).await.unwrap_err();
        assert_eq!(answer.status, 401, "{path} {headers:?}");
    }
    assert_eq!(world.script.count("authorizer"), 0, "it is not called");
    world
        .ask("/prod?token=abc", &[("x-tenant", "t1")])
        .await
        .unwrap();
}

/// facts/aws.md 2.4: what the authorizer decides, and how it can fail.
#[tokio::test]
async fn fact_2_4_outcomes_of_the_authorizer() {
    let world = World::of(guarded(&[])).await;
    let success = |payload: Value| Outcome::Success(payload.to_string().into());
    let mut nested = policy("Allow");
    nested["context"] = json!({"list": [1]});
    let mut large = policy("Allow");
    large["context"] = json!({"large": "x".repeat(8 * 1024)});
    let cases = [
        (success(policy("Deny")), 403),
        (failure("Unauthorized"), 401),
        (failure("unauthorized"), 500),
        (failure("boom"), 500),
        (success(json!({})), 500),
        (success(Value::Null), 500),
        (success(nested), 500),
        (success(large), 500),
        (Outcome::Throttled("X"), 500),
        (success(policy("Allow")), 101),
    ];
    for (outcome, status) in cases {
        world.script.outcome("authorizer", outcome.clone());
        assert_eq!(world.status("/prod").await, status, "{outcome:?}");
    }
    assert_eq!(world.script.count("connect"), 1);
}
