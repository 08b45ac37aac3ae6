//! What holds for any input.

use proptest::prelude::*;
use sandbox::sns::Attribute;
use sandbox::sns::filter::FilterPolicy;
use sandbox::template::model::FilterScope;
use serde_json::{Value, json};

use crate::support::*;

fn any_json() -> impl Strategy<Value = Value> {
    let names = prop_oneof![
        Just("$or".to_owned()),
        Just("numeric".to_owned()),
        Just("anything-but".to_owned()),
        Just("prefix".to_owned()),
        Just("cidr".to_owned()),
        Just("exists".to_owned()),
        "[a-z.]{0,3}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop_oneof![Just("<"), Just(">="), Just("10.0.0.0/8"), Just("x")].prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(names.clone(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn policy(policy: &Value, scope: FilterScope) -> FilterPolicy {
    FilterPolicy::new(policy, scope).unwrap()
}

fn attribute(data_type: &str, value: &str) -> [Attribute; 1] {
    [Attribute::new("k", data_type, value).unwrap()]
}

proptest! {
    #[test]
    fn any_policy_is_read_or_refused_and_matched(given in any_json(), body in any_json()) {
        for scope in [FilterScope::MessageAttributes, FilterScope::MessageBody] {
            if let Ok(policy) = FilterPolicy::new(&given, scope) {
                let _ = policy.matches(&[], &body.to_string());
            }
        }
    }

    #[test]
    fn a_text_matches_itself_alone(wanted in ".+", given in ".+") {
        let exact = policy(&json!({"k": [wanted]}), FilterScope::MessageAttributes);
        prop_assert!(exact.matches(&attribute("String", &wanted), ""));
        prop_assert_eq!(exact.matches(&attribute("String", &given), ""), wanted == given);
    }

    #[test]
    fn anything_but_is_the_opposite_of_exact(wanted in "[ab]{1,3}", given in "[ab]{1,3}") {
        let exact = policy(&json!({"k": [wanted]}), FilterScope::MessageAttributes);
        let other = json!({"k": [{"anything-but": wanted}]});
        let other = policy(&other, FilterScope::MessageAttributes);
        let given = attribute("String", &given);
        prop_assert_ne!(exact.matches(&given, ""), other.matches(&given, ""));
    }

    #[test]
    fn ranges_are_as_in_mathematics(bottom in -1e9..1e9_f64, span in 1e-3..1e9_f64, given in -2e9..2e9_f64) {
        let top = bottom + span;
        let range = json!({"k": [{"numeric": [">=", bottom, "<", top]}]});
        let expected = given >= bottom && given < top;
        let body = json!({"k": given}).to_string();
        prop_assert_eq!(policy(&range, FilterScope::MessageBody).matches(&[], &body), expected);
        let number = attribute("Number", &given.to_string());
        let range = policy(&range, FilterScope::MessageAttributes);
        prop_assert_eq!(range.matches(&number, ""), expected);
    }

    #[test]
    fn a_cidr_is_its_leading_bits(network: u32, address: u32, bits in 0_u32..32) {
        let network = std::net::Ipv4Addr::from(network);
        let cidr = json!({"k": [{"cidr": format!("{network}/{bits}")}]});
        let cidr = policy(&cidr, FilterScope::MessageAttributes);
        let text = std::net::Ipv4Addr::from(address).to_string();
        let expected = (u32::from(network) ^ address).leading_zeros() >= bits;
        prop_assert_eq!(cidr.matches(&attribute("String", &text), ""), expected);
    }

    #[test]
    fn every_message_arrives_as_it_was_published(message in ".{1,200}", value in ".{1,50}") {
        let world = World::new(&with_function());
        let names = attribute_names(1, "StringValue");
        let mut parameters = vec![("Message", message.as_str())];
        parameters.extend(crate::support::attribute(&names, "k", "String", &value));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(world.publish(&parameters));
        let sns = world.event()["Records"][0]["Sns"].clone();
        prop_assert_eq!(&sns["Message"], &message);
        prop_assert_eq!(&sns["MessageAttributes"]["k"]["Value"], &value);
    }

    #[test]
    fn any_form_gets_an_answer(form in "(Action=(Publish|PublishBatch)&)?[ -~]{0,200}") {
        let world = World::new(&with_function());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answer = runtime.block_on(world.send("any", form));
        prop_assert!(answer.status.is_client_error());
        prop_assert!(!answer.element("Code").is_empty());
    }
}
