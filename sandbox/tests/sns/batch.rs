//! facts/aws.md 3.2: `PublishBatch`.

use http::StatusCode;

use crate::support::*;

async fn batch_refusal(world: &World, entries: &[(&str, &str)]) -> (u16, String, String) {
    let parameters = batch(entries);
    world.refusal("PublishBatch", &borrowed(&parameters)).await
}

/// facts/aws.md 3.2: the answer of `PublishBatch`; `Failed` is there though empty.
#[tokio::test]
async fn fact_3_2_batch_answer() {
    let world = World::new(&with_function());
    let parameters = batch(&[("a", "one"), ("b-2_x", "two")]);
    let answer = world.call("PublishBatch", &borrowed(&parameters)).await;
    assert_eq!(answer.status, StatusCode::OK);
    insta::assert_snapshot!(answer.redacted());
    let messages: Vec<_> = world
        .invocations()
        .into_iter()
        .map(|(_, event)| {
            let event: serde_json::Value = serde_json::from_str(&event).unwrap();
            event["Records"][0]["Sns"]["Message"].clone()
        })
        .collect();
    assert_eq!(messages, ["one", "two"]);
}

/// facts/aws.md 3.2: a batch is HTTP 200 even if every entry failed; failed
/// members have `Id`, `Code`, `Message`, `SenderFault`.
#[tokio::test]
async fn fact_3_2_a_batch_of_failures_is_200() {
    let world = World::new(&with_function());
    world.faults.add("sns-refuse*2".parse().unwrap());
    let parameters = batch(&[("a", "one"), ("b", "two")]);
    let answer = world.call("PublishBatch", &borrowed(&parameters)).await;
    assert_eq!(answer.status, StatusCode::OK);
    insta::assert_snapshot!(answer.redacted());
    assert!(world.invocations().is_empty());
}

/// facts/aws.md 3.2: `TooManyEntriesInBatchRequest` beyond 10 entries.
#[tokio::test]
async fn fact_3_2_too_many_entries() {
    let world = World::new(&topic_only());
    let ids: Vec<String> = (0..11).map(|number| number.to_string()).collect();
    let mut entries: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "m")).collect();
    let message = "The batch request contains more entries than permissible.";
    assert_eq!(
        batch_refusal(&world, &entries).await,
        told(400, "TooManyEntriesInBatchRequest", message)
    );
    entries.pop();
    let parameters = batch(&entries);
    let answer = world.call("PublishBatch", &borrowed(&parameters)).await;
    assert_eq!(answer.body.matches("<MessageId>").count(), 10);
}

/// facts/aws.md 3.2: `BatchEntryIdsNotDistinct`.
#[tokio::test]
async fn fact_3_2_ids_not_distinct() {
    let world = World::new(&topic_only());
    assert_eq!(
        batch_refusal(&world, &[("a", "one"), ("a", "two")]).await,
        told(
            400,
            "BatchEntryIdsNotDistinct",
            "Two or more batch entries in the request have the same Id."
        )
    );
}

/// facts/aws.md 3.2: `InvalidBatchEntryId`, both sentences; 80 characters fit.
#[tokio::test]
async fn fact_3_2_invalid_ids() {
    let world = World::new(&topic_only());
    let (longest, too_long) = ("i".repeat(80), "i".repeat(81));
    let start = "The Id of a batch entry in the batch request";
    for id in ["evt.1", "evt 1/ä", ""] {
        let message = format!("{start} contains an impermissible character: {id}");
        assert_eq!(
            batch_refusal(&world, &[(id, "m")]).await,
            told(400, "InvalidBatchEntryId", &message)
        );
    }
    assert_eq!(
        batch_refusal(&world, &[(&too_long, "m")]).await,
        told(
            400,
            "InvalidBatchEntryId",
            &format!("{start} is too long: {too_long}")
        )
    );
    let parameters = batch(&[(&longest, "m")]);
    let answer = world.call("PublishBatch", &borrowed(&parameters)).await;
    assert_eq!(answer.status, StatusCode::OK);
}

/// facts/aws.md 3.2: `EmptyBatchRequest` (status; the wording is not confirmed).
#[tokio::test]
async fn fact_3_2_empty_batch() {
    let world = World::new(&topic_only());
    let (status, code, _) = batch_refusal(&world, &[]).await;
    assert_eq!((status, code.as_str()), (400, "EmptyBatchRequest"));
}

/// facts/aws.md 3.2: `BatchRequestTooLong`: 262,144 bytes for the whole batch.
#[tokio::test]
async fn fact_3_2_batch_too_long() {
    let world = World::new(&topic_only());
    let half = "m".repeat(262_144 / 2);
    let over = format!("{half}m");
    let message = "The length of all the messages put together is more than the limit.";
    assert_eq!(
        batch_refusal(&world, &[("a", &half), ("b", &over)]).await,
        told(400, "BatchRequestTooLong", message)
    );
    let parameters = batch(&[("a", &half), ("b", &half)]);
    let answer = world.call("PublishBatch", &borrowed(&parameters)).await;
    assert_eq!(answer.status, StatusCode::OK);
}

/// One bad entry fails the whole batch (recorded from AWS); the member is named
/// with its position.
#[tokio::test]
async fn fact_3_2_one_bad_entry_fails_the_batch() {
    let world = World::new(&with_function());
    let mut parameters = batch(&[("a", "fine"), ("b", "bad")]);
    let attribute = format!("{ENTRY}.2.MessageAttributes.entry.1");
    parameters.push((format!("{attribute}.Name"), "x".into()));
    parameters.push((format!("{attribute}.Value.StringValue"), "v".into()));
    let (status, code, message) = world.refusal("PublishBatch", &borrowed(&parameters)).await;
    assert_eq!((status, code.as_str()), (400, "ValidationError"));
    let member = "publishBatchRequestEntries.2.member.messageAttributes.x.member.dataType";
    assert!(message.contains(member), "{message}");
    parameters.pop();
    parameters.pop();
    parameters.push((format!("{ENTRY}.2.MessageStructure"), "json".into()));
    let (_, code, _) = world.refusal("PublishBatch", &borrowed(&parameters)).await;
    assert_eq!(code, "InvalidParameter");
    assert!(world.invocations().is_empty());
}

/// Attributes of batch entries are read like those of single messages.
#[tokio::test]
async fn fact_3_2_attributes_of_batch_entries() {
    let world = World::new(&with_queue(true));
    let mut parameters = batch(&[("a", "m")]);
    let attribute = format!("{ENTRY}.1.MessageAttributes.entry.1");
    parameters.push((format!("{attribute}.Name"), "event_type".into()));
    parameters.push((format!("{attribute}.Value.DataType"), "String".into()));
    parameters.push((format!("{attribute}.Value.StringValue"), "paid".into()));
    world.call("PublishBatch", &borrowed(&parameters)).await;
    let message = world.queue("Archive").remove(0);
    let attributes = serde_json::to_value(message.attributes).unwrap();
    assert_eq!(attributes["event_type"]["StringValue"], "paid");
}
