//! facts/aws.md 3.3: filter policies.

use sandbox::sns::Attribute;
use sandbox::sns::filter::FilterPolicy;
use sandbox::template::model::{Endpoint, FilterScope, Subscription};
use serde_json::{Value, json};

use crate::support::*;

const ATTRIBUTES: FilterScope = FilterScope::MessageAttributes;
const BODY: FilterScope = FilterScope::MessageBody;

fn vectors(kind: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("vectors/filter_policies.json")).unwrap();
    all[kind].as_array().unwrap().clone()
}

fn scope(vector: &Value) -> FilterScope {
    match vector.get("scope").map(|scope| scope.as_str().unwrap()) {
        None | Some("MessageAttributes") => ATTRIBUTES,
        Some("MessageBody") => BODY,
        Some(other) => panic!("unknown scope {other}"),
    }
}

/// Whether the policy lets a message of a vector through.
fn passes(policy: &FilterPolicy, scope: FilterScope, message: &Value) -> bool {
    if scope == BODY {
        return policy.matches(&[], &message.to_string());
    }
    let attributes = message.as_object().unwrap().iter().map(|(name, value)| {
        let (data_type, value) = (value[0].as_str().unwrap(), value[1].as_str().unwrap());
        Attribute::new(name, data_type, value).unwrap()
    });
    policy.matches(&attributes.collect::<Vec<_>>(), "the body does not matter")
}

/// facts/aws.md 3.3, and every operator of the SNS Developer Guide.
#[test]
fn fact_3_3_matching() {
    for vector in vectors("matching") {
        let name = vector["name"].as_str().unwrap();
        let scope = scope(&vector);
        let policy = FilterPolicy::new(&vector["policy"], scope).unwrap();
        for (list, expected) in [("passes", true), ("stops", false)] {
            for message in vector[list].as_array().unwrap() {
                let passed = passes(&policy, scope, message);
                assert_eq!(passed, expected, "{name}: {message}");
            }
        }
        for text in vector["stops_text"].as_array().into_iter().flatten() {
            assert!(
                !policy.matches(&[], text.as_str().unwrap()),
                "{name}: {text}"
            );
        }
    }
}

/// facts/aws.md 3.3: what is refused, in AWS's own words.
#[test]
fn fact_3_3_refused_policies() {
    for vector in vectors("refused") {
        let error = FilterPolicy::new(&vector["policy"], scope(&vector)).unwrap_err();
        let expected = format!("Invalid parameter: {}", vector["reason"].as_str().unwrap());
        assert_eq!(error.to_string(), expected);
    }
}

fn values(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("v{number}")).collect()
}

fn assert_too_complex(policy: &Value, scope: FilterScope, expected: bool) {
    let error = FilterPolicy::new(policy, scope).err();
    let told = error.map(|error| error.to_string());
    let words = "Invalid parameter: FilterPolicy: Filter policy is too complex";
    assert_eq!(told.as_deref(), expected.then_some(words), "{policy}");
}

/// facts/aws.md 3.3: 150 combinations at most: values multiply over keys.
#[test]
fn fact_3_3_combinations() {
    assert_too_complex(&json!({"k": values(151)}), ATTRIBUTES, true);
    assert_too_complex(&json!({"k": values(150)}), ATTRIBUTES, false);
    let two = json!({"a": values(100), "b": values(51)});
    assert_too_complex(&two, ATTRIBUTES, true);
    assert_too_complex(
        &json!({"a": values(10), "b": values(15)}),
        ATTRIBUTES,
        false,
    );
    // 3 deep x 4, 2 deep x 3: 72; with 3 more values 216.
    let nested = json!({"a": {"b": {"c": values(4)}}, "d": {"e": values(3)}});
    assert_too_complex(&nested, BODY, false);
    let nested = json!({"a": {"b": {"c": values(4)}}, "d": {"e": values(3)}, "f": values(3)});
    assert_too_complex(&nested, BODY, true);
}

/// facts/aws.md 3.3: `$or` adds up: 152, 160 and 150 combinations, as recorded
/// from AWS.
#[test]
fn fact_3_3_combinations_with_or() {
    let flat = |kinds: usize, wallets: usize| {
        json!({
            "kind": values(kinds),
            "$or": [
                {"country": values(6)},
                {"currency": values(4), "$or": [{"card": values(4)}, {"wallet": values(wallets)}]}
            ]
        })
    };
    assert_too_complex(&flat(4, 4), ATTRIBUTES, true);
    assert_too_complex(&flat(3, 7), ATTRIBUTES, false);
    let nested = json!({
        "$or": [{"provider": values(3)}, {"source": values(2)}],
        "payment": {"state": values(2), "$or": [{"method": values(1)}, {"channel": values(3)}]}
    });
    assert_too_complex(&nested, BODY, true);
}

/// Alternatives that would take for ever to write out are counted, not made.
#[test]
fn fact_3_3_a_tower_of_alternatives_is_refused_quickly() {
    let mut policy = json!({"a": ["x"]});
    for _ in 0..64 {
        policy = json!({"$or": [policy.clone(), policy]});
        if policy.to_string().len() > 100_000 {
            break;
        }
    }
    assert_too_complex(&policy, ATTRIBUTES, true);
}

/// facts/aws.md 3.3: 256 KB at most.
#[test]
fn fact_3_3_size() {
    let long = "x".repeat(256 * 1024);
    let error = FilterPolicy::new(&json!({"k": [long]}), ATTRIBUTES).unwrap_err();
    assert!(error.to_string().contains("256 KB"), "{error}");
}

/// facts/aws.md 3.3: 200 policies per topic at most.
#[test]
fn fact_3_3_policies_per_topic() {
    let mut stack = topic_only();
    let mut one: Subscription = subscription("Filtered", Endpoint::Lambda(lambda_arn("broadcast")));
    one.filter_policy = Some(json!({"k": ["v"]}));
    stack.subscriptions = vec![one.clone(); 200];
    assert!(World::try_new(&stack).is_ok());
    stack.subscriptions.push(one);
    let error = World::try_new(&stack).err().unwrap();
    assert!(error.reason.contains("200"), "{error}");
}

/// facts/aws.md 3.3: a message that is filtered out is dropped silently, no
/// dead letter; the trail tells.
#[tokio::test]
async fn fact_3_3_filtered_out_is_no_dead_letter() {
    let mut stack = with_function();
    stack.subscriptions[0].filter_policy = Some(json!({"event_type": ["paid"]}));
    add_dead_letters(&mut stack);
    let world = World::new(&stack);
    world.publish(&[("Message", "m")]).await;
    assert!(world.invocations().is_empty());
    assert!(world.queue("DeadLetters").is_empty());
    let details = world.first_hop("request").details;
    assert_eq!(
        (&details["subscribers"], &details["filtered"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(details["notes"], json!(["ToBroadcaster: filtered out"]));

    let names = attribute_names(1, "StringValue");
    let mut parameters = vec![("Message", "m")];
    parameters.extend(attribute(&names, "event_type", "String", "paid"));
    world.publish(&parameters).await;
    assert_eq!(world.invocations().len(), 1);
}

/// facts/aws.md 3.3: the scope `MessageBody`, from publish to delivery.
#[tokio::test]
async fn fact_3_3_scope_message_body() {
    let mut stack = with_function();
    stack.subscriptions[0].filter_policy = Some(json!({"data": {"paid": [true]}}));
    stack.subscriptions[0].filter_scope = BODY;
    let world = World::new(&stack);
    for message in [
        r#"{"data":{"paid":false}}"#,
        r#"{"data":{"paid":true}}"#,
        "paid",
    ] {
        world.publish(&[("Message", message)]).await;
    }
    assert_eq!(
        world.event()["Records"][0]["Sns"]["Message"],
        r#"{"data":{"paid":true}}"#
    );
}

/// A wrong policy in a template is an error that names the subscription.
#[test]
fn fact_3_3_a_wrong_policy_does_not_load() {
    let mut stack = with_function();
    stack.subscriptions[0].filter_policy = Some(json!({"object": {"key": ["x"]}}));
    let error = World::try_new(&stack).err().unwrap();
    assert_eq!(
        error.to_string(),
        "ToBroadcaster: Invalid parameter: Filter policy scope MessageAttributes does not support \
         nested filter policy"
    );
}

/// A body with many elements is judged without trying all combinations.
#[test]
fn large_arrays_are_judged() {
    let policy = json!({
        "a": {"x": [1], "y": [1]}, "b": {"x": [1], "y": [1]}, "c": {"x": [1], "y": [2]}
    });
    let policy = FilterPolicy::new(&policy, BODY).unwrap();
    let elements = vec![json!({"x": 1, "y": 1}); 300];
    let body = json!({"a": elements, "b": elements, "c": elements}).to_string();
    assert!(!policy.matches(&[], &body));
}
