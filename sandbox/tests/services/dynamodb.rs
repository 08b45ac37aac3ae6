//! Tables: items, pages, time to live.

use std::time::{Duration, SystemTime};

use sandbox::dynamodb::{DELETED_AFTER, SWEPT_EVERY};
use serde_json::{Value, json};

use crate::support::{CONNECTIONS, World, request, stack};

fn row(number: usize) -> Value {
    json!({"connectionId": {"S": format!("c{number:04}=")}, "ttl": {"N": "4000000000"}})
}

fn key(id: &str) -> Value {
    json!({"connectionId": {"S": id}})
}

/// Every page of a scan: count, items scanned.
async fn pages(world: &World, mut input: Value) -> Vec<(u64, u64)> {
    let mut pages = Vec::new();
    loop {
        let page = world.ok("Scan", input.clone()).await;
        let number = |name: &str| page[name].as_u64().unwrap();
        pages.push((number("Count"), number("ScannedCount")));
        match page.get("LastEvaluatedKey") {
            None => return pages,
            Some(last) => input["ExclusiveStartKey"] = last.clone(),
        }
    }
}

#[tokio::test]
async fn items_are_put_read_and_deleted() {
    let world = World::new(CONNECTIONS);
    assert_eq!(
        world.ok("PutItem", json!({"Item": row(1)})).await,
        json!({})
    );
    let got = world.ok("GetItem", json!({"Key": key("c0001=")})).await;
    assert_eq!(got["Item"]["ttl"], json!({"N": "4000000000"}));
    assert_eq!(world.dynamodb.items("ConnectionsTable"), [row(1)]);
    let update = json!({
        "Key": key("c0001="),
        "UpdateExpression": "SET #ttl = :ttl",
        "ExpressionAttributeNames": {"#ttl": "ttl"},
        "ExpressionAttributeValues": {":ttl": {"N": "1"}},
        "ReturnValues": "UPDATED_NEW",
    });
    let updated = world.ok("UpdateItem", update).await;
    assert_eq!(updated["Attributes"], json!({"ttl": {"N": "1"}}));
    let delete = json!({"Key": key("c0001="), "ReturnValues": "ALL_OLD"});
    let old = world.ok("DeleteItem", delete).await;
    assert_eq!(old["Attributes"]["connectionId"], json!({"S": "c0001="}));
    assert!(world.dynamodb.items("ConnectionsTable").is_empty());
}

/// Section 5.1: deleting an absent key succeeds with `{}`.
#[tokio::test]
async fn fact_5_1_deleting_an_absent_key_succeeds() {
    let world = World::new(CONNECTIONS);
    assert_eq!(
        world.ok("DeleteItem", json!({"Key": key("nobody")})).await,
        json!({})
    );
}

/// Section 5.1: the error of a failed condition, and the headers of an answer.
#[tokio::test]
async fn fact_5_1_a_failed_condition_is_a_400_with_its_type() {
    let world = World::new(CONNECTIONS);
    let put = json!({"Item": row(1), "ConditionExpression": "attribute_not_exists(connectionId)"});
    world.ok("PutItem", put.clone()).await;
    let answer = world.call("PutItem", put.clone()).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.text,
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed"}"#
    );
    assert_eq!(answer.headers["content-type"], "application/x-amz-json-1.0");
    assert!(!answer.headers["x-amzn-requestid"].is_empty());
    let checksum = answer.headers["x-amz-crc32"].to_str().unwrap();
    assert_eq!(checksum, crc32(answer.text.as_bytes()).to_string());
    let hop = world.hop("request");
    assert_eq!(
        (hop.name.as_str(), hop.outcome.as_str(), hop.ok),
        ("ConnectionsTable", "ConditionalCheckFailedException", false)
    );
    let mut asked = put;
    asked["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD".into();
    let (_, body) = world.refused("PutItem", asked).await;
    assert_eq!(body["Item"]["connectionId"], json!({"S": "c0001="}));
}

/// CRC-32 of IEEE 802.3, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
    !bytes
        .iter()
        .fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

/// Section 5.1: errors are 400 with the type after `#`.
#[tokio::test]
async fn fact_5_1_errors_are_told_by_their_type() {
    let world = World::new(CONNECTIONS);
    let reserved = json!({"Key": key("a"), "UpdateExpression": "SET ttl = :t",
        "ExpressionAttributeValues": {":t": {"N": "1"}}});
    let cases = [
        (
            "PutItem",
            json!({"Item": {"other": {"S": "x"}}}),
            "ValidationException",
        ),
        (
            "PutItem",
            json!({"TableName": "absent", "Item": row(1)}),
            "ResourceNotFoundException",
        ),
        ("UpdateItem", reserved, "ValidationException"),
        ("PutItem", json!({"Item": "text"}), "SerializationException"),
        ("CreateTable", json!({}), "UnknownOperationException"),
    ];
    for (operation, input, wanted) in cases {
        let (status, body) = world.refused(operation, input).await;
        let error_type = body["__type"].as_str().unwrap();
        assert_eq!(
            (status, error_type.rsplit('#').next().unwrap()),
            (400, wanted),
            "{body}"
        );
        assert_eq!(world.hop("request").outcome, wanted);
    }
    let broken = http::Request::post("/").header("x-amz-target", "DynamoDB_20120810.Scan");
    let broken = broken.body(bytes::Bytes::from_static(b"{")).unwrap();
    let answer = world
        .dynamodb
        .handle(broken, &world.context("broken"))
        .await;
    assert_eq!(answer.status(), 400);
}

/// Section 5.3: a page is the data read before the filter; one may be empty and
/// still have a `LastEvaluatedKey`.
#[tokio::test]
async fn fact_5_3_a_page_is_what_is_read_before_the_filter() {
    let world = World::new(CONNECTIONS);
    world
        .dynamodb
        .put_items("ConnectionsTable", (0..10).map(row))
        .unwrap();
    assert_eq!(pages(&world, json!({})).await, [(10, 10)]);
    // A row is 12 + 6 + 3 + 2 bytes.
    world.dynamodb.set_page_bytes(4 * 23);
    assert_eq!(pages(&world, json!({})).await, [(4, 4), (4, 4), (2, 2)]);
    let nothing = json!({
        "FilterExpression": "#ttl < :now",
        "ExpressionAttributeNames": {"#ttl": "ttl"},
        "ExpressionAttributeValues": {":now": {"N": "1"}},
    });
    assert_eq!(pages(&world, nothing).await, [(0, 4), (0, 4), (0, 2)]);
    // Exactly full: AWS cannot know that nothing follows only with a Limit.
    world.dynamodb.set_page_bytes(5 * 23);
    assert_eq!(pages(&world, json!({})).await, [(5, 5), (5, 5)]);
}

/// Section 5.3: `Limit` counts items evaluated, and the last page may have a
/// key that leads to an empty one.
#[tokio::test]
async fn fact_5_3_a_limit_counts_items_evaluated() {
    let world = World::new(CONNECTIONS);
    world
        .dynamodb
        .put_items("ConnectionsTable", (0..4).map(row))
        .unwrap();
    let limited = json!({"Limit": 2});
    assert_eq!(
        pages(&world, limited.clone()).await,
        [(2, 2), (2, 2), (0, 0)]
    );
    world.dynamodb.set_page_bytes(23);
    assert_eq!(pages(&world, limited).await, [(1, 1); 4]);
}

/// Section 5.3: segments page on their own and together are the table.
#[tokio::test]
async fn fact_5_3_segments_make_up_the_table() {
    let world = World::new(CONNECTIONS);
    world.dynamodb.set_page_bytes(100);
    world
        .dynamodb
        .put_items("ConnectionsTable", (0..40).map(row))
        .unwrap();
    let mut found = 0;
    for segment in 0..3 {
        let input = json!({"Segment": segment, "TotalSegments": 3});
        let segment: u64 = pages(&world, input).await.iter().map(|page| page.0).sum();
        assert!(segment > 0);
        found += segment;
    }
    assert_eq!(found, 40);
}

#[tokio::test]
async fn a_query_has_pages_too() {
    let world = World::new(
        "  Events:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions:
        - {AttributeName: who, AttributeType: S}
        - {AttributeName: number, AttributeType: N}
        - {AttributeName: kind, AttributeType: S}
      KeySchema: [{AttributeName: who, KeyType: HASH}, {AttributeName: number, KeyType: RANGE}]
      BillingMode: PAY_PER_REQUEST
      GlobalSecondaryIndexes:
        - IndexName: ByKind
          KeySchema: [{AttributeName: kind, KeyType: HASH}]
          Projection: {ProjectionType: ALL}
",
    );
    let items = (0..6)
        .map(|n| json!({"who": {"S": "a"}, "number": {"N": n.to_string()}, "kind": {"S": "paid"}}));
    world.dynamodb.put_items("Events", items).unwrap();
    world.dynamodb.set_page_bytes(45);
    let query = json!({
        "KeyConditionExpression": "#who = :who",
        "FilterExpression": "#kind = :kind",
        "ExpressionAttributeNames": {"#who": "who", "#kind": "kind"},
        "ExpressionAttributeValues": {":who": {"S": "a"}, ":kind": {"S": "paid"}},
    });
    let first = world.ok("Query", query.clone()).await;
    assert_eq!(first["Count"], 2);
    assert_eq!(first["LastEvaluatedKey"]["number"], json!({"N": "1"}));
    let hop = world.hop("request");
    assert_eq!(
        (&hop.details["count"], &hop.details["page"]),
        (&json!(2), &json!("more"))
    );
    world.dynamodb.set_page_bytes(sandbox::dynamodb::PAGE_BYTES);
    let by_kind = json!({
        "IndexName": "ByKind",
        "KeyConditionExpression": "kind = :kind",
        "ExpressionAttributeValues": {":kind": {"S": "paid"}},
    });
    assert_eq!(world.ok("Query", by_kind).await["Count"], 6);
}

#[tokio::test]
async fn batches_and_transactions_name_their_tables() {
    let world = World::new(CONNECTIONS);
    let table = world.table.clone();
    let mut requests = serde_json::Map::new();
    requests.insert(table.clone(), json!([{"PutRequest": {"Item": row(1)}}]));
    let written = world.ok(
        "BatchWriteItem",
        json!({"TableName": null, "RequestItems": requests}),
    );
    assert_eq!(written.await["UnprocessedItems"], json!({}));
    assert_eq!(world.hop("request").name, "ConnectionsTable");
    let check = json!({"TableName": table, "Key": key("c0001="),
        "ConditionExpression": "attribute_not_exists(connectionId)"});
    let transaction = json!({"TableName": null, "TransactItems": [{"ConditionCheck": check}]});
    let (status, body) = world.refused("TransactWriteItems", transaction).await;
    assert_eq!(status, 400, "{body}");
    assert_eq!(
        body["CancellationReasons"][0]["Code"],
        "ConditionalCheckFailed"
    );
    assert_eq!(world.hop("request").name, "ConnectionsTable");
}

/// Section 5.5: expired rows still come back; they go later, and only those
/// whose attribute is a number of seconds not too long past.
#[tokio::test]
async fn fact_5_5_expired_items_come_back_until_they_are_deleted() {
    let world = World::new(CONNECTIONS);
    let now = world
        .clock
        .now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let expiring = |id: &str, ttl: Value| json!({"connectionId": {"S": id}, "ttl": ttl});
    let six_years = 6 * 365 * 24 * 3600;
    let items = [
        expiring("expired", json!({"N": (now - 1).to_string()})),
        expiring("in milliseconds", json!({"N": (now * 1000).to_string()})),
        expiring("as text", json!({"S": (now - 1).to_string()})),
        expiring("long past", json!({"N": (now - six_years).to_string()})),
        json!({"connectionId": {"S": "without"}}),
    ];
    world.dynamodb.put_items("ConnectionsTable", items).unwrap();
    world.clock.advance(SWEPT_EVERY * 2);
    assert_eq!(world.ok("Scan", json!({})).await["Count"], 5);
    let got = world.ok("GetItem", json!({"Key": key("expired")})).await;
    assert_eq!(got["Item"]["connectionId"], json!({"S": "expired"}));
    world.clock.advance(DELETED_AFTER + Duration::from_secs(1));
    assert_eq!(
        world.ok("GetItem", json!({"Key": key("expired")})).await,
        json!({})
    );
    assert_eq!(world.ok("Scan", json!({})).await["Count"], 4);
}

#[tokio::test]
async fn a_table_is_throttled_on_demand() {
    let world = World::new(CONNECTIONS);
    world
        .faults
        .add("table-throttle-read=ConnectionsTable*1".parse().unwrap());
    world
        .faults
        .add("table-throttle-write=ConnectionsTable*1".parse().unwrap());
    world
        .faults
        .add("table-throttle-write=OtherTable".parse().unwrap());
    for (operation, input, fault) in [
        ("Scan", json!({}), "table-throttle-read"),
        ("PutItem", json!({"Item": row(1)}), "table-throttle-write"),
    ] {
        let (status, body) = world.refused(operation, input.clone()).await;
        assert_eq!(status, 400);
        assert_eq!(
            body["__type"],
            "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"
        );
        assert_eq!(world.hop("request").details["fault"], fault);
        world.ok(operation, input).await;
    }
}

#[tokio::test]
async fn a_reload_keeps_the_items_unless_the_key_changes() {
    let world = World::new(CONNECTIONS);
    let items = || world.dynamodb.items("ConnectionsTable").len();
    world
        .dynamodb
        .put_items("ConnectionsTable", (0..3).map(row))
        .unwrap();
    world.dynamodb.load(&stack(CONNECTIONS)).unwrap();
    assert_eq!(items(), 3);
    let without_ttl = CONNECTIONS.replace("Enabled: true}\n", "Enabled: false}\n");
    world.dynamodb.load(&stack(&without_ttl)).unwrap();
    assert_eq!(items(), 3);
    let described = world.ok("DescribeTimeToLive", json!({})).await;
    assert_eq!(
        described["TimeToLiveDescription"]["TimeToLiveStatus"],
        "DISABLED"
    );
    let other_key = CONNECTIONS.replace("connectionId", "id");
    world.dynamodb.load(&stack(&other_key)).unwrap();
    assert_eq!(items(), 0);
    world
        .dynamodb
        .load(&stack("  Topic: {Type: AWS::SNS::Topic}\n"))
        .unwrap();
    let (_, body) = world.refused("Scan", json!({})).await;
    assert!(
        body["__type"]
            .as_str()
            .unwrap()
            .ends_with("ResourceNotFoundException")
    );
}

#[tokio::test]
async fn ten_thousand_rows_are_seeded_at_once_and_wrong_ones_are_refused() {
    let world = World::new(CONNECTIONS);
    world
        .dynamodb
        .put_items("ConnectionsTable", (0..10_000).map(row))
        .unwrap();
    assert_eq!(
        world.ok("Scan", json!({"Select": "COUNT"})).await["Count"],
        10_000
    );
    let wrong = world
        .dynamodb
        .put_items("ConnectionsTable", [json!({"id": {"S": "x"}})]);
    assert!(wrong.unwrap_err().to_string().contains("does not take"));
    let nowhere = world.dynamodb.put_items("Nowhere", [row(1)]);
    assert_eq!(
        nowhere.unwrap_err().to_string(),
        "there is no table Nowhere"
    );
}

#[tokio::test]
async fn a_simple_table_has_one_key() {
    let world = World::new("  Notes: {Type: AWS::Serverless::SimpleTable}\n");
    world
        .ok("PutItem", json!({"Item": {"id": {"S": "x"}}}))
        .await;
    let described = world.ok("DescribeTable", json!({})).await;
    assert_eq!(described["Table"]["TableStatus"], "ACTIVE");
    let scan = request("DynamoDB_20120810.Scan", &json!({"TableName": world.table}));
    let answer = world.dynamodb.handle(scan, &world.context("scan")).await;
    assert_eq!(answer.status(), 200);
}
