//! facts/aws.md 3.4: delivery and dead letters; the hops of the trail.

use http::StatusCode;
use sandbox::lambda::NotQueued;
use sandbox::template::model::{Endpoint, Stack};
use sandbox::trail::Service;
use serde_json::{Value, json};

use crate::support::*;

/// The ids of the messages in a queue, and the letter itself.
fn dead_letters(world: &World) -> Vec<Value> {
    let messages = world.queue("DeadLetters").into_iter();
    messages
        .map(|message| serde_json::from_str(&message.body).unwrap())
        .collect()
}

/// facts/aws.md 3.4: success means that Lambda queued the event; SNS neither
/// waits for the function nor uses the subscription's dead-letter queue.
#[tokio::test]
async fn fact_3_4_queued_is_delivered() {
    let mut stack = with_function();
    add_dead_letters(&mut stack);
    let world = World::new(&stack);
    world.publish(&[("Message", "m")]).await;
    assert_eq!(world.invocations().len(), 1);
    assert!(world.queue("DeadLetters").is_empty());
}

/// facts/aws.md 3.4: a function that is gone sends the message to the
/// subscription's dead-letter queue at once; the letter is the envelope with
/// `...URL`, and the publisher sees no error.
#[tokio::test]
async fn fact_3_4_client_side_errors_go_to_the_dead_letter_queue_at_once() {
    for refusal in [NotQueued::NotFound, NotQueued::TooLarge] {
        let mut stack = with_function();
        add_dead_letters(&mut stack);
        let world = World::new(&stack);
        world.lambda_refuses("Broadcaster", refusal);
        let id = world.publish(&[("Message", "lost?")]).await;
        let letters = dead_letters(&world);
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0]["MessageId"], id);
        assert_eq!(letters[0]["Message"], "lost?");
        assert!(letters[0]["SigningCertURL"].is_string());
        assert!(letters[0]["UnsubscribeURL"].is_string());
        let notes = world.first_hop("request").details["notes"].to_string();
        assert!(notes.contains("sent to the dead-letter queue"), "{notes}");
    }
}

/// facts/aws.md 3.4: the subscription of a function that the stack does not
/// have ends the same way.
#[tokio::test]
async fn fact_3_4_a_function_that_never_was() {
    let mut stack = with_function();
    stack.functions.clear();
    add_dead_letters(&mut stack);
    let world = World::new(&stack);
    world.lambda_refuses("broadcast", NotQueued::NotFound);
    world.publish(&[("Message", "m")]).await;
    assert_eq!(dead_letters(&world).len(), 1);
}

/// facts/aws.md 3.4: without `RedrivePolicy` the message is gone; the trail
/// says so.
#[tokio::test]
async fn fact_3_4_without_dead_letter_queue_the_message_is_dropped() {
    let world = World::new(&with_function());
    world.lambda_refuses("Broadcaster", NotQueued::NotFound);
    world.publish(&[("Message", "m")]).await;
    let hop = world.first_hop("request");
    assert_eq!(hop.outcome, "200");
    assert_eq!(
        hop.details["notes"],
        json!([
            "ToBroadcaster: the function does not exist; dropped, the subscription has no \
             RedrivePolicy"
        ])
    );
}

/// facts/aws.md 3.4: a queue that is gone is a client-side error, too; letters
/// of a raw subscription are raw (recorded from AWS).
#[tokio::test]
async fn fact_3_4_a_queue_that_is_gone() {
    for raw in [false, true] {
        let mut stack = with_queue(raw);
        stack.queues.clear();
        add_dead_letters(&mut stack);
        let world = World::new(&stack);
        world.publish(&[("Message", "hello")]).await;
        let letter = world.queue("DeadLetters").remove(0).body;
        assert_eq!(letter == "hello", raw, "{letter}");
    }
}

/// A dead-letter queue that is not there loses the message, and the trail says so.
#[tokio::test]
async fn a_dead_letter_queue_that_is_gone() {
    let mut stack = with_function();
    add_dead_letters(&mut stack);
    stack.queues.clear();
    let world = World::new(&stack);
    world.lambda_refuses("Broadcaster", NotQueued::NotFound);
    world.publish(&[("Message", "m")]).await;
    let trail = world.trail("request");
    let notes = trail.hops[0].details["notes"].to_string();
    assert!(notes.contains("dropped, there is no queue"), "{notes}");
    assert_eq!(trail.hops[1].service, Service::Sqs);
    assert!(!trail.hops[1].ok);
}

/// Raw delivery takes at most 10 attributes along; more is a client-side error.
#[tokio::test]
async fn raw_delivery_of_eleven_attributes_is_a_dead_letter() {
    let mut stack = with_queue(true);
    add_dead_letters(&mut stack);
    let world = World::new(&stack);
    for (count, queue) in [(10, "Archive"), (11, "DeadLetters")] {
        let names: Vec<_> = (1..=count)
            .map(|n| attribute_names(n, "StringValue"))
            .collect();
        let labels: Vec<String> = (1..=count).map(|n| format!("a{n}")).collect();
        let mut parameters = vec![("Message", "m")];
        for (names, label) in names.iter().zip(&labels) {
            parameters.extend(attribute(names, label, "String", "v"));
        }
        world.publish(&parameters).await;
        assert_eq!(world.queue(queue).len(), 1, "{count} attributes");
    }
    assert_eq!(world.queue("Archive").len(), 1);
}

/// facts/aws.md 3.4: a dead-letter queue is an SQS queue of the same account
/// and region; anything else is refused with the resource's name.
#[test]
fn fact_3_4_dead_letter_queues_elsewhere_are_refused() {
    for arn in [
        "queue",
        "arn:aws:sns:us-east-1:123456789012:topic",
        "arn:aws:sqs:eu-west-1:123456789012:queue",
        "arn:aws:sqs:us-east-1:999999999999:queue",
    ] {
        let mut stack = with_function();
        stack.subscriptions[0].dead_letter = Some(arn.into());
        let error = World::try_new(&stack).err().unwrap();
        assert_eq!(error.resource, "ToBroadcaster");
        assert!(error.reason.contains("RedrivePolicy") && error.reason.contains(arn));
    }
}

/// facts/aws.md 3.1 and 3.4: at least once; both deliveries carry the same
/// `MessageId`, here by the fault `sns-duplicate`.
#[tokio::test]
async fn fact_3_4_a_redelivery_keeps_its_message_id() {
    let world = World::new(&with_function());
    world.faults.add("sns-duplicate*1".parse().unwrap());
    let id = world.publish(&[("Message", "m")]).await;
    let events = world.invocations();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0], events[1]);
    assert!(events[0].1.contains(&id));
    world.publish(&[("Message", "m")]).await;
    assert_eq!(world.invocations().len(), 3, "once more, and only once");
}

/// Every subscriber gets the message, under one id.
#[tokio::test]
async fn all_subscribers_get_one_message_id() {
    let mut stack = with_function();
    let queue = with_queue(false);
    stack.queues = queue.queues;
    stack.subscriptions.extend(queue.subscriptions);
    let world = World::new(&stack);
    let id = world.publish(&[("Message", "m")]).await;
    assert_eq!(world.event()["Records"][0]["Sns"]["MessageId"], id);
    let envelope: Value = serde_json::from_str(&world.queue("Archive")[0].body).unwrap();
    assert_eq!(envelope["MessageId"], id);
}

/// A subscription may name a version or an alias of a function.
#[tokio::test]
async fn aliases_of_functions() {
    let mut stack = with_function();
    stack.subscriptions[0].endpoint = Endpoint::Lambda(lambda_arn("broadcast:live"));
    let world = World::new(&stack);
    world.publish(&[("Message", "m")]).await;
    assert_eq!(world.invocations()[0].0, "Broadcaster");

    stack.subscriptions[0].endpoint = Endpoint::Lambda(lambda_arn("broadcaster"));
    world.sns.load(&stack).unwrap();
    world.publish(&[("Message", "m")]).await;
    assert_eq!(world.invocations()[1].0, "broadcaster", "not a prefix");
}

#[tokio::test]
async fn a_topic_without_subscribers_is_fine() {
    let world = World::new(&topic_only());
    world.publish(&[("Message", "m")]).await;
    let hop = world.first_hop("request");
    assert_eq!(hop.details["subscribers"], 0);
}

/// The hop of a publish, and delivery under it.
#[tokio::test]
async fn trail_of_a_publish() {
    let mut stack = with_function();
    let queue = with_queue(false);
    stack.queues = queue.queues;
    stack.subscriptions.extend(queue.subscriptions);
    let world = World::new(&stack);
    let names = attribute_names(1, "StringValue");
    let mut parameters = vec![("Message", r#"{"id":"evt_1"}"#)];
    parameters.extend(attribute(&names, "event_type", "String", "paid"));
    world.publish(&parameters).await;
    insta::assert_json_snapshot!(serde_json::to_value(world.trail("request")).unwrap(), {
        ".trail" => "[trail]",
        ".started" => "[started]",
        ".hops[].microseconds" => "[microseconds]",
        ".hops[].details.message_id" => "[message id]",
        ".hops[].in.MessageId" => "[message id]",
        ".hops[].in.Timestamp" => "[timestamp]",
    });
}

/// A batch is a hop, each of its messages one below.
#[tokio::test]
async fn trail_of_a_batch() {
    let world = World::new(&with_function());
    let parameters = [
        ("TopicArn", TOPIC),
        ("PublishBatchRequestEntries.member.1.Id", "a"),
        ("PublishBatchRequestEntries.member.1.Message", "one"),
        ("PublishBatchRequestEntries.member.2.Id", "b"),
        ("PublishBatchRequestEntries.member.2.Message", "two"),
    ];
    world.call("PublishBatch", &parameters).await;
    let trail = world.trail("request");
    let hops: Vec<_> = trail
        .hops
        .iter()
        .map(|hop| (hop.parent, hop.name.as_str(), hop.action.as_str()))
        .collect();
    let topic = "PaymentEventsTopic";
    assert_eq!(
        hops,
        [
            (None, topic, "PublishBatch"),
            (Some(0), topic, "Publish"),
            (Some(1), "Broadcaster", "InvokeAsync"),
            (Some(0), topic, "Publish"),
            (Some(3), "Broadcaster", "InvokeAsync"),
        ]
    );
    assert_eq!(trail.hops[1].details["entry"], "a");
}

/// A refused publish is a hop with the code as outcome, under the ARN's name.
#[tokio::test]
async fn trail_of_a_refusal() {
    let world = World::new(&topic_only());
    let arn = "arn:aws:sns:us-east-1:123456789012:none";
    let parameters = [("TopicArn", arn), ("Message", "m")];
    world.call_on("unknown", "Publish", &parameters).await;
    let hop = world.first_hop("unknown");
    assert_eq!(
        (hop.name.as_str(), hop.outcome.as_str()),
        ("none", "NotFound")
    );
    assert!(!hop.ok);
    world.call_on("action", "Explode", &[]).await;
    let hop = world.first_hop("action");
    assert_eq!(
        (hop.name.as_str(), hop.action.as_str(), hop.outcome.as_str()),
        ("sns", "Explode", "InvalidAction")
    );
    let long = "x".repeat(262_145);
    let parameters = [("TopicArn", TOPIC), ("Message", long.as_str())];
    world.call_on("long", "Publish", &parameters).await;
    let hop = world.first_hop("long");
    assert_eq!(hop.input.unwrap().length(), long.len());
}

/// A long attribute does not make the trail long.
#[tokio::test]
async fn attributes_are_cut_on_the_trail() {
    let world = World::new(&topic_only());
    let names = attribute_names(1, "StringValue");
    let long = "é".repeat(1000);
    let mut parameters = vec![("Message", "m")];
    parameters.extend(attribute(&names, "long", "String", &long));
    world.publish(&parameters).await;
    let told = world.first_hop("request").details["attributes"]["long"].clone();
    assert_eq!(told, format!("{}…", "é".repeat(256)));
}

/// A saved template takes effect at once; a wrong one changes nothing.
#[tokio::test]
async fn loading_again() {
    let world = World::new(&with_function());
    let mut fifo = topic_only();
    fifo.topics[0].name.push_str(".fifo");
    let error = world.sns.load(&fifo).unwrap_err();
    assert!(
        error.to_string().starts_with("PaymentEventsTopic: "),
        "{error}"
    );
    assert!(error.reason.contains("FIFO"));
    let mut orphan = with_function();
    orphan.topics.clear();
    let error = world.sns.load(&orphan).unwrap_err();
    assert!(error.reason.contains(TOPIC), "{error}");
    world.publish(&[("Message", "m")]).await;
    assert_eq!(world.invocations().len(), 1, "the old stack still works");

    world.sns.load(&Stack::default()).unwrap();
    let parameters = [("TopicArn", TOPIC), ("Message", "m")];
    let answer = world.call("Publish", &parameters).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}
