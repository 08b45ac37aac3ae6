//! facts/aws.md 3.2: the Query protocol.

use bytes::Bytes;
use http::{Request, StatusCode};
use sandbox::sns::{Attribute, Publication};

use crate::support::*;

/// Refusals of `Publish` to the topic, with the code `InvalidParameter`.
async fn assert_invalid(parameters: &[(&str, &str)], message: &str) {
    let world = World::new(&with_function());
    let mut all = vec![("TopicArn", TOPIC)];
    all.extend(parameters);
    let refusal = world.refusal("Publish", &all).await;
    let message = format!("Invalid parameter: {message}");
    assert_eq!(refusal, told(400, "InvalidParameter", &message));
    assert!(world.invocations().is_empty(), "refused is not delivered");
}

/// facts/aws.md 3.2: the answer of `Publish`, XML as `text/xml` with the
/// request's id in header and body.
#[tokio::test]
async fn fact_3_2_publish_answer() {
    let world = World::new(&with_function());
    let answer = world
        .call("Publish", &[("TopicArn", TOPIC), ("Message", "hello")])
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["content-type"], "text/xml");
    assert_eq!(answer.element("MessageId").len(), 36);
    insta::assert_snapshot!(answer.redacted());
}

/// facts/aws.md 3.2: the form of an error.
#[tokio::test]
async fn fact_3_2_error_answer() {
    let world = World::new(&topic_only());
    let arn = format!("{TOPIC}-other");
    let answer = world
        .call("Publish", &[("TopicArn", &arn), ("Message", "m")])
        .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.headers["content-type"], "text/xml");
    insta::assert_snapshot!(answer.redacted());
}

/// facts/aws.md 3.2: `InternalError` 500, made by the fault `sns-refuse`.
#[tokio::test]
async fn fact_3_2_internal_error() {
    let world = World::new(&with_function());
    world
        .faults
        .add("sns-refuse=PaymentEventsTopic*1".parse().unwrap());
    let parameters = [("TopicArn", TOPIC), ("Message", "m")];
    let answer = world.call("Publish", &parameters).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    insta::assert_snapshot!(answer.redacted());
    assert!(world.invocations().is_empty());
    world.publish(&[("Message", "m")]).await;
}

/// facts/aws.md 3.2: `NotFound` 404 `Topic does not exist`, and what AWS says
/// to ARNs that are none, of another region, of another account.
#[tokio::test]
async fn fact_3_2_topics_that_are_not_there() {
    let world = World::new(&topic_only());
    let invalid = |what: &str| {
        told(
            400,
            "InvalidParameter",
            &format!("Invalid parameter: {what}"),
        )
    };
    let cases = [
        (
            "arn:aws:sns:us-east-1:123456789012:none",
            told(404, "NotFound", "Topic does not exist"),
        ),
        (
            "",
            invalid("TopicArn Reason: An ARN must have at least 6 elements, not 1"),
        ),
        (
            "a:b",
            invalid("TopicArn Reason: An ARN must have at least 6 elements, not 2"),
        ),
        (
            "arn:aws:sns:us-east-1:123456789012",
            invalid("TopicArn Reason: An ARN must have at least 6 elements, not 5"),
        ),
        (
            "arn:aws:sns:eu-west-1:123456789012:payments",
            invalid("TopicArn"),
        ),
        (
            "arn:aws:sns:us-east-1:123456789012:payments.fifo",
            invalid("TopicArn Reason: the sandbox has no FIFO topics"),
        ),
    ];
    for (arn, expected) in cases {
        let publish = [("TopicArn", arn), ("Message", "m")];
        assert_eq!(world.refusal("Publish", &publish).await, expected);
        let mut parameters = batch(&[("a", "m")]);
        parameters[0].1 = arn.to_owned();
        let refusal = world.refusal("PublishBatch", &borrowed(&parameters)).await;
        assert_eq!(refusal, expected);
    }
    let parameters = [("Message", "m")];
    assert_eq!(
        world.refusal("Publish", &parameters).await,
        invalid("TopicArn or TargetArn Reason: no value for required parameter")
    );
}

/// facts/aws.md 3.2: `AuthorizationError` 403, here for another account's topic.
#[tokio::test]
async fn fact_3_2_authorization_error() {
    let world = World::new(&topic_only());
    let arn = "arn:aws:sns:us-east-1:999999999999:payments";
    let parameters = [("TopicArn", arn), ("Message", "m")];
    let (status, code, message) = world.refusal("Publish", &parameters).await;
    assert_eq!((status, code.as_str()), (403, "AuthorizationError"));
    assert!(message.contains("SNS:Publish") && message.contains(arn));
}

/// facts/aws.md 3.2: `Invalid parameter: Empty message`.
#[tokio::test]
async fn fact_3_2_empty_message() {
    assert_invalid(&[("Message", "")], "Empty message").await;
    let world = World::new(&topic_only());
    let (status, code, message) = world.refusal("Publish", &[("TopicArn", TOPIC)]).await;
    assert_eq!((status, code.as_str()), (400, "ValidationError"));
    assert!(message.contains("Value null at 'message'"), "{message}");
}

/// facts/aws.md 3.2: `Invalid parameter: Message too long` beyond 262,144
/// bytes of message, names, types and values of attributes.
#[tokio::test]
async fn fact_3_2_message_too_long() {
    const LIMIT: usize = 262_144;
    let names = attribute_names(1, "StringValue");
    // 2 + 6 + 3 bytes of attribute.
    let attribute = attribute(&names, "ab", "String", "xyz");
    for (length, fits) in [(LIMIT - 11, true), (LIMIT - 10, false)] {
        let message = "m".repeat(length);
        let mut parameters = vec![("Message", message.as_str())];
        parameters.extend(attribute);
        if fits {
            World::new(&topic_only()).publish(&parameters).await;
        } else {
            assert_invalid(&parameters, "Message too long").await;
        }
    }
    // Bytes, not characters.
    let message = "é".repeat(LIMIT / 2 + 1);
    assert_invalid(&[("Message", &message)], "Message too long").await;
    // Decoded bytes of a binary value: 3 for these 4 characters.
    let names = attribute_names(1, "BinaryValue");
    let mut parameters = crate::support::attribute(&names, "ab", "Binary", "AgME").to_vec();
    let message = "m".repeat(LIMIT - 11);
    parameters.push(("Message", &message));
    World::new(&topic_only()).publish(&parameters).await;
}

/// facts/aws.md 3.2: `Invalid parameter: Subject`; a subject has fewer than 100
/// characters and is ASCII.
#[tokio::test]
async fn fact_3_2_subject() {
    let (longest, too_long) = ("s".repeat(99), "s".repeat(100));
    for subject in [
        "",
        " leading",
        "line\nbreak",
        "tab\there",
        "ümlaut",
        &too_long,
    ] {
        assert_invalid(&[("Message", "m"), ("Subject", subject)], "Subject").await;
    }
    let world = World::new(&topic_only());
    for subject in ["A b c!", "[1] two", &longest] {
        world
            .publish(&[("Message", "m"), ("Subject", subject)])
            .await;
    }
}

/// facts/aws.md 3.2: `MessageStructure=json` picks the protocol's own text, or
/// the default; messages of the refusals as recorded from AWS.
#[tokio::test]
async fn fact_3_2_message_structure() {
    let structured = r#"{"default":"all","lambda":"for functions","sqs":7}"#;
    let parameters = [("MessageStructure", "json"), ("Message", structured)];
    let world = World::new(&with_function());
    world.publish(&parameters).await;
    assert_eq!(
        world.event()["Records"][0]["Sns"]["Message"],
        "for functions"
    );
    let world = World::new(&with_queue(true));
    world.publish(&parameters).await;
    assert_eq!(world.queue("Archive")[0].body, "all", "7 is no text");

    let no_default = "Message Structure - No default entry in JSON message body";
    let not_json = "Message Structure - JSON message body failed to parse";
    for (message, reason) in [
        ("{}", no_default),
        (r#"{"lambda":"x"}"#, no_default),
        (r#"{"default":{"a":1}}"#, no_default),
        ("{not json", not_json),
    ] {
        let parameters = [("MessageStructure", "json"), ("Message", message)];
        assert_invalid(&parameters, reason).await;
    }
    let parameters = [("MessageStructure", "xml"), ("Message", "m")];
    assert_invalid(&parameters, "MessageStructure").await;
}

/// `TargetArn` stands for `TopicArn`; phones and endpoints there are not, nor
/// deduplication outside FIFO topics.
#[tokio::test]
async fn other_targets() {
    let world = World::new(&with_function());
    let parameters = [("TargetArn", TOPIC), ("Message", "m")];
    let answer = world.call("Publish", &parameters).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(world.invocations().len(), 1);
    for (name, value, expected) in [
        ("PhoneNumber", "+15551234567", "PhoneNumber"),
        (
            "TargetArn",
            "arn:aws:sns:us-east-1:123456789012:endpoint/GCM/app/1",
            "No endpoint found for the target arn specified",
        ),
    ] {
        let parameters = [(name, value), ("Message", "m")];
        let (status, code, message) = world.refusal("Publish", &parameters).await;
        assert_eq!((status, code.as_str()), (400, "InvalidParameter"));
        assert!(message.contains(expected), "{message}");
    }
    let reason = "MessageDeduplicationId Reason: The request includes MessageDeduplicationId \
                  parameter that is not valid for this topic type";
    let parameters = [("Message", "m"), ("MessageDeduplicationId", "d")];
    assert_invalid(&parameters, reason).await;
}

#[tokio::test]
async fn actions_that_sns_does_not_know() {
    let world = World::new(&topic_only());
    assert_eq!(
        world.refusal("Explode", &[]).await,
        told(
            400,
            "InvalidAction",
            "Could not find operation Explode for version 2010-03-31"
        )
    );
    let (status, code, _) = world.refusal("", &[]).await;
    assert_eq!((status, code.as_str()), (400, "MissingAction"));
    let answer = world.send("garbage", "\u{0}%%%&&==".into()).await;
    assert_eq!(answer.element("Code"), "MissingAction");
}

#[tokio::test]
async fn what_the_message_says_cannot_break_the_answer() {
    let world = World::new(&topic_only());
    let answer = world.call("<b>&\"'\u{1}\r", &[]).await;
    let message = answer.element("Message");
    let escaped = "operation &lt;b&gt;&amp;\"'\u{fffd}&#xD; for";
    assert!(message.contains(escaped), "{message}");
}

#[tokio::test]
async fn actions_that_only_look() {
    let mut stack = with_function();
    stack.topics[0].display_name = Some("Payments & more".into());
    let world = World::new(&stack);
    for action in [
        "GetTopicAttributes",
        "ListTopics",
        "ListSubscriptionsByTopic",
    ] {
        let answer = world.call(action, &[("TopicArn", TOPIC)]).await;
        assert_eq!(answer.status, StatusCode::OK);
        insta::assert_snapshot!(action, answer.redacted());
    }
    let arn = format!("{TOPIC}-other");
    let (status, ..) = world
        .refusal("ListSubscriptionsByTopic", &[("TopicArn", &arn)])
        .await;
    assert_eq!(status, 404);
}

/// The Query protocol also takes its form in the query string of a GET.
#[tokio::test]
async fn a_get_is_answered_too() {
    let world = World::new(&with_function());
    let uri = format!("/?Action=Publish&TopicArn={TOPIC}&Message=hi+there");
    let request = Request::get(uri).body(Bytes::new()).unwrap();
    let context = world.recorder.begin("get");
    let answer = world.sns.handle(request, &context).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(world.event()["Records"][0]["Sns"]["Message"], "hi there");
}

/// Other services publish without a request.
#[tokio::test]
async fn publishing_in_process() {
    let world = World::new(&with_function());
    let context = world.recorder.begin("inside");
    let publication = Publication {
        message: "{}".into(),
        attributes: vec![Attribute::new("kind", "String", "failure").unwrap()],
        ..Publication::default()
    };
    let id = world
        .sns
        .publish(TOPIC, publication.clone(), &context)
        .unwrap();
    assert_eq!(world.event()["Records"][0]["Sns"]["MessageId"], id);
    let error = world
        .sns
        .publish(
            "arn:aws:sns:us-east-1:123456789012:x",
            publication,
            &context,
        )
        .unwrap_err();
    assert_eq!(error.to_string(), "NotFound: Topic does not exist");
}
