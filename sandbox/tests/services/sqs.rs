//! Queues by the JSON protocol. What SQS answers: Amazon SQS API Reference.

use std::time::Duration;

use sandbox::clock::Clock;
use sandbox::console;
use sandbox::faults::Faults;
use sandbox::sqs::Queues;
use sandbox::trail::{Recorder, Trail};
use serde_json::{Value, json};

use crate::support::{Answer, request, stack};

struct World {
    queues: Queues,
    faults: Faults,
    clock: Clock,
    recorder: Recorder,
    url: String,
}

impl World {
    fn new(properties: &str) -> Self {
        let clock = Clock::new();
        let queues = Queues::new(clock.clone());
        let stack = stack(&format!(
            "  Failures:\n    Type: AWS::SQS::Queue\n    Properties: {{{properties}}}\n"
        ));
        queues.load(&stack);
        Self {
            queues,
            faults: Faults::default(),
            recorder: Recorder::new(clock.clone(), console::silent()),
            clock,
            url: stack.queues[0].url.clone(),
        }
    }

    async fn call(&self, operation: &str, mut input: Value) -> Answer {
        if let Value::Object(members) = &mut input {
            members
                .entry("QueueUrl")
                .or_insert_with(|| self.url.as_str().into());
        }
        let request = request(&format!("AmazonSQS.{operation}"), &input);
        let context = self.recorder.begin("request");
        self.queues
            .handle(request, &context, &self.faults)
            .await
            .into()
    }

    async fn ok(&self, operation: &str, input: Value) -> Value {
        let answer = self.call(operation, input).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// Status, type, and code of the Query protocol of a refusal.
    async fn refused(&self, operation: &str, input: Value) -> (u16, String, String) {
        let answer = self.call(operation, input).await;
        let query_error = answer.headers["x-amzn-query-error"].to_str().unwrap();
        let error_type = answer.json()["__type"].as_str().unwrap().to_owned();
        (answer.status.as_u16(), error_type, query_error.to_owned())
    }

    fn trail(&self) -> Trail {
        self.recorder.find("request").unwrap()
    }

    async fn count(&self, name: &str) -> String {
        let input = json!({"AttributeNames": [name]});
        let output = self.ok("GetQueueAttributes", input).await;
        output["Attributes"][name].as_str().unwrap().to_owned()
    }
}

/// The digests are those that `md5sum` gives for the same bytes.
#[tokio::test]
async fn a_message_is_sent_received_and_deleted() {
    let world = World::new("");
    let send = json!({
        "MessageBody": "hello",
        "MessageAttributes": {
            "event_type": {"DataType": "String", "StringValue": "payment.succeeded"},
            "raw": {"DataType": "Binary", "BinaryValue": "AAE="},
        },
    });
    let sent = world.ok("SendMessage", send).await;
    assert_eq!(sent["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
    let hop = world.trail().hops[0].clone();
    assert_eq!(
        (hop.name.as_str(), hop.action.as_str(), hop.outcome.as_str()),
        ("Failures", "SendMessage", "200")
    );
    assert_eq!(hop.input.unwrap().text(), "hello");
    assert_eq!(world.trail().hops.len(), 1);

    let receive = json!({
        "MessageAttributeNames": ["event_*", "event_type"],
        "MessageSystemAttributeNames": ["ApproximateReceiveCount"],
    });
    let received = world.ok("ReceiveMessage", receive).await;
    let message = &received["Messages"][0];
    assert_eq!(message["MessageId"], sent["MessageId"]);
    assert_eq!(
        (&message["Body"], &message["MD5OfBody"]),
        (&json!("hello"), &sent["MD5OfMessageBody"])
    );
    assert_eq!(
        message["MessageAttributes"],
        json!({"event_type": {"DataType": "String", "StringValue": "payment.succeeded"}})
    );
    assert_eq!(
        message["Attributes"],
        json!({"ApproximateReceiveCount": "1"})
    );

    let delete = json!({"ReceiptHandle": message["ReceiptHandle"]});
    assert_eq!(world.ok("DeleteMessage", delete.clone()).await, json!({}));
    assert_eq!(
        world.ok("DeleteMessage", delete).await,
        json!({}),
        "again is fine"
    );
    assert!(world.queues.messages("Failures").is_empty());
}

#[tokio::test]
async fn digests_of_attributes_cover_name_type_and_value() {
    let world = World::new("");
    let send = json!({
        "MessageBody": "x",
        "MessageAttributes": {"a": {"DataType": "String", "StringValue": "b"}},
    });
    let sent = world.ok("SendMessage", send).await;
    let bytes = b"\0\0\0\x01a\0\0\0\x06String\x01\0\0\0\x01b";
    let digest = format!("{:x}", md5::compute(bytes));
    assert_eq!(sent["MD5OfMessageAttributes"], digest);
}

#[tokio::test]
async fn a_received_message_is_hidden_until_its_timeout_is_over() {
    let world = World::new("VisibilityTimeout: 60, DelaySeconds: 10");
    world.ok("SendMessage", json!({"MessageBody": "x"})).await;
    assert_eq!(world.count("ApproximateNumberOfMessagesDelayed").await, "1");
    assert_eq!(world.ok("ReceiveMessage", json!({})).await, json!({}));
    world.clock.advance(Duration::from_secs(10));
    let first = world.ok("ReceiveMessage", json!({})).await;
    assert_eq!(world.ok("ReceiveMessage", json!({})).await, json!({}));
    assert_eq!(
        world.count("ApproximateNumberOfMessagesNotVisible").await,
        "1"
    );
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(world.count("ApproximateNumberOfMessages").await, "1");
    let again = json!({"AttributeNames": ["All"], "VisibilityTimeout": 0});
    let again = world.ok("ReceiveMessage", again).await;
    assert_eq!(
        again["Messages"][0]["Attributes"]["ApproximateReceiveCount"],
        "2"
    );
    // Whoever had it before no longer has it.
    let old = json!({"ReceiptHandle": first["Messages"][0]["ReceiptHandle"]});
    world.ok("DeleteMessage", old).await;
    let last = world.ok("ReceiveMessage", json!({})).await;
    let handle = &last["Messages"][0]["ReceiptHandle"];
    let visible = json!({"ReceiptHandle": handle, "VisibilityTimeout": 0});
    world.ok("ChangeMessageVisibility", visible).await;
    assert_eq!(world.count("ApproximateNumberOfMessages").await, "1");
    world.ok("PurgeQueue", json!({})).await;
    assert_eq!(world.count("ApproximateNumberOfMessages").await, "0");
}

#[tokio::test]
async fn a_receiver_may_wait_for_a_message() {
    let world = World::new("");
    let (received, ()) = tokio::join!(
        world.ok("ReceiveMessage", json!({"WaitTimeSeconds": 20})),
        async { drop(world.ok("SendMessage", json!({"MessageBody": "x"})).await) },
    );
    assert_eq!(received["Messages"][0]["Body"], "x");
    let (nothing, ()) = tokio::join!(
        world.ok("ReceiveMessage", json!({"WaitTimeSeconds": 20})),
        async { world.clock.advance(Duration::from_secs(20)) },
    );
    assert_eq!(nothing, json!({}));
}

#[tokio::test]
async fn a_batch_tells_what_became_of_each_entry() {
    let world = World::new("MaximumMessageSize: 1024");
    let entries = json!({"Entries": [
        {"Id": "a", "MessageBody": "one"},
        {"Id": "b", "MessageBody": "x".repeat(1025)},
    ]});
    let output = world.ok("SendMessageBatch", entries).await;
    assert_eq!(output["Successful"][0]["Id"], "a");
    assert_eq!(output["Failed"][0]["Id"], "b");
    assert_eq!(output["Failed"][0]["SenderFault"], true);
    let hops: Vec<_> = world
        .trail()
        .hops
        .iter()
        .map(|hop| (hop.action.clone(), hop.ok))
        .collect();
    let hop = |action: &str, ok| (action.to_owned(), ok);
    assert_eq!(
        hops,
        [
            hop("SendMessageBatch", true),
            hop("SendMessage", true),
            hop("SendMessage", false)
        ]
    );
    let received = world
        .ok("ReceiveMessage", json!({"MaxNumberOfMessages": 10}))
        .await;
    assert_eq!(received["Messages"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_message_may_have_a_mebibyte() {
    let world = World::new("");
    let body = |size: usize| json!({"MessageBody": "x".repeat(size)});
    world.ok("SendMessage", body(1_048_576)).await;
    let answer = world.call("SendMessage", body(1_048_577)).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json()["message"],
        "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes."
    );
}

#[tokio::test]
async fn refusals_have_a_type_and_the_code_of_the_query_protocol() {
    let world = World::new("");
    let coral = |name: &str| format!("com.amazon.coral.service#{name}");
    let sqs = |name: &str| format!("com.amazonaws.sqs#{name}");
    let batch = |ids: &[&str]| {
        let entries = ids.iter().map(|id| json!({"Id": id, "MessageBody": "x"}));
        json!({"Entries": entries.collect::<Vec<_>>()})
    };
    let nowhere =
        json!({"QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/nowhere", "MessageBody": "x"});
    let cases = [
        (
            "SendMessage",
            nowhere,
            sqs("QueueDoesNotExist"),
            "AWS.SimpleQueueService.NonExistentQueue;Sender",
        ),
        (
            "GetQueueUrl",
            json!({"QueueName": "nowhere"}),
            sqs("QueueDoesNotExist"),
            "AWS.SimpleQueueService.NonExistentQueue;Sender",
        ),
        (
            "SendMessage",
            json!({}),
            coral("MissingRequiredParameterException"),
            "MissingParameter;Sender",
        ),
        (
            "ReceiveMessage",
            json!({"MaxNumberOfMessages": 11}),
            coral("InvalidParameterValueException"),
            "InvalidParameterValue;Sender",
        ),
        (
            "DeleteMessage",
            json!({"ReceiptHandle": "mine"}),
            sqs("ReceiptHandleIsInvalid"),
            "ReceiptHandleIsInvalid;Sender",
        ),
        (
            "SendMessageBatch",
            batch(&[]),
            sqs("EmptyBatchRequest"),
            "AWS.SimpleQueueService.EmptyBatchRequest;Sender",
        ),
        (
            "SendMessageBatch",
            batch(&["a", "a"]),
            sqs("BatchEntryIdsNotDistinct"),
            "AWS.SimpleQueueService.BatchEntryIdsNotDistinct;Sender",
        ),
        (
            "SendMessageBatch",
            batch(&["a"; 11]),
            sqs("TooManyEntriesInBatchRequest"),
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest;Sender",
        ),
        (
            "CreateQueue",
            json!({}),
            coral("UnknownOperationException"),
            "InvalidAction;Sender",
        ),
    ];
    for (operation, input, error_type, query_error) in cases {
        let refused = world.refused(operation, input).await;
        assert_eq!(refused, (400, error_type, query_error.to_owned()));
        let code = query_error.strip_suffix(";Sender").unwrap();
        assert_eq!(world.trail().hops[0].outcome, code);
    }
    world.faults.add("queue-refuse=Failures*1".parse().unwrap());
    let refused = world
        .refused("SendMessage", json!({"MessageBody": "x"}))
        .await;
    assert_eq!(
        (refused.0, refused.2.as_str()),
        (500, "InternalFailure;Receiver")
    );
    world.ok("SendMessage", json!({"MessageBody": "x"})).await;
}

#[tokio::test]
async fn queues_are_found_by_name() {
    let world = World::new("QueueName: failures");
    let url = "https://sqs.us-east-1.amazonaws.com/123456789012/failures";
    let found = world
        .ok("GetQueueUrl", json!({"QueueName": "failures"}))
        .await;
    assert_eq!(found, json!({"QueueUrl": url}));
    let listed = world
        .ok("ListQueues", json!({"QueueNamePrefix": "fail"}))
        .await;
    assert_eq!(listed, json!({"QueueUrls": [url]}));
    let local =
        json!({"QueueUrl": "http://127.0.0.1:4003/123456789012/failures", "MessageBody": "x"});
    world.ok("SendMessage", local).await;
}
