//! facts/aws.md 3.2: message attributes.

use crate::support::*;

/// What SNS says to attributes that it does not take, as recorded from AWS.
#[tokio::test]
async fn fact_3_2_attributes_that_are_refused() {
    let world = World::new(&topic_only());
    let long = "a".repeat(257);
    let supported = "has an invalid message attribute type, the set of supported type prefixes is \
                     Binary, Number, and String.";
    let empty = "must contain non-empty message attribute value for message attribute type";
    let cases = [
        (
            "x",
            "String",
            "StringValue",
            "",
            format!("'x' {empty} 'String'."),
        ),
        (
            "x",
            "Binary",
            "BinaryValue",
            "",
            format!("'x' {empty} 'Binary'."),
        ),
        (
            "x",
            "String",
            "Other",
            "v",
            format!("'x' {empty} 'String'."),
        ),
        (
            "x",
            "String",
            "BinaryValue",
            "AgME",
            "'x' with type 'String' must use field 'String'.".into(),
        ),
        (
            "x",
            "Number",
            "BinaryValue",
            "AgME",
            "'x' with type 'Number' must use field 'String'.".into(),
        ),
        (
            "x",
            "Binary",
            "StringValue",
            "v",
            "'x' with type 'Binary' must use field 'Binary'.".into(),
        ),
        (
            "x",
            "Strings",
            "StringValue",
            "v",
            format!("'x' {supported}"),
        ),
        (
            "x",
            "String.",
            "StringValue",
            "v",
            format!("'x' {supported}"),
        ),
        (
            "x",
            "Number",
            "StringValue",
            "ten",
            "Could not cast message attribute 'x' value to number.".into(),
        ),
        (
            "x",
            "Binary",
            "BinaryValue",
            "?",
            "must contain base64".into(),
        ),
        (
            &long,
            "String",
            "StringValue",
            "v",
            "must be less than 256 bytes.".into(),
        ),
        (
            "a^b",
            "String",
            "StringValue",
            "v",
            "'#x5E' was found".into(),
        ),
        (
            ".ab",
            "String",
            "StringValue",
            "v",
            "starting with character '.' was found.".into(),
        ),
        (
            "ab.",
            "String",
            "StringValue",
            "v",
            "ending with character '.' was found.".into(),
        ),
        (
            "a..b",
            "String",
            "StringValue",
            "v",
            "successive '.' character.".into(),
        ),
    ];
    for (name, data_type, field, value, expected) in cases {
        let names = attribute_names(1, field);
        let mut parameters = vec![("TopicArn", TOPIC), ("Message", "m")];
        parameters.extend(attribute(&names, name, data_type, value));
        let (status, code, message) = world.refusal("Publish", &parameters).await;
        assert_eq!((status, code.as_str()), (400, "ParameterValueInvalid"));
        assert!(
            message.contains(&expected),
            "{message} for {name:?} {data_type}"
        );
    }
    let parameters = [
        ("TopicArn", TOPIC),
        ("Message", "m"),
        ("MessageAttributes.entry.1.Name", "x"),
        ("MessageAttributes.entry.1.Value.StringValue", "v"),
    ];
    let (status, code, message) = world.refusal("Publish", &parameters).await;
    assert_eq!((status, code.as_str()), (400, "ValidationError"));
    assert!(
        message.contains("messageAttributes.x.member.dataType"),
        "{message}"
    );
}

/// Custom types after a dot are taken; the second of two attributes with one
/// name counts.
#[tokio::test]
async fn fact_3_2_attributes_that_are_taken() {
    let world = World::new(&with_queue(true));
    let names: Vec<_> = (1..=4).map(|n| attribute_names(n, "StringValue")).collect();
    let mut parameters = vec![("Message", "m")];
    parameters.extend(attribute(&names[0], "a.b-c_1", "String.my.type", "v"));
    parameters.extend(attribute(&names[1], "n", "Number.int", "-1.5e3"));
    parameters.extend(attribute(&names[2], "twice", "String", "first"));
    parameters.extend(attribute(&names[3], "twice", "String", "second"));
    world.publish(&parameters).await;
    let attributes = serde_json::to_value(&world.queue("Archive")[0].attributes).unwrap();
    let expected = serde_json::json!({
        "a.b-c_1": {"DataType": "String.my.type", "StringValue": "v"},
        "n": {"DataType": "Number.int", "StringValue": "-1.5e3"},
        "twice": {"DataType": "String", "StringValue": "second"},
    });
    assert_eq!(attributes, expected);
}
