//! What the SDK really sends to DynamoDB for us, and what becomes of the answers.

use insta::assert_json_snapshot;

use crate::sign::NOW;
use crate::wire::Service;
use step_05_waf_cloudfront::table::{Connections, ConnectionsTable, Page};

const ID: &str = "L0SM9cOFvHcCIhw=";

fn table(service: &Service) -> ConnectionsTable {
    ConnectionsTable::new(&service.sdk_config(), "connections".to_owned())
}

fn error(code: &str) -> String {
    let name = format!("com.amazonaws.dynamodb.v20120810#{code}");
    format!("{{\"__type\":\"{name}\",\"message\":\"no reason\"}}")
}

/// facts/aws.md 5.1: a number is written as text. 2.7 and 5.5: the row is over
/// two hours and ten minutes after the connection was made, in seconds: in
/// milliseconds DynamoDB would never delete it.
#[tokio::test]
async fn fact_5_1_the_put_request_on_the_wire() {
    let service = Service::answering(200, &[], "{}");
    table(&service).add(ID, NOW).await.unwrap();
    assert_json_snapshot!(service.call(), @r#"
    {
      "body": {
        "Item": {
          "connectionId": {
            "S": "L0SM9cOFvHcCIhw="
          },
          "ttl": {
            "N": "1700007800"
          }
        },
        "TableName": "connections"
      },
      "method": "POST",
      "target": "DynamoDB_20120810.PutItem",
      "uri": "https://dynamodb.us-east-1.amazonaws.com/"
    }
    "#);
}

/// facts/aws.md 5.1: a key that is not there is deleted with success.
#[tokio::test]
async fn fact_5_1_the_delete_request_on_the_wire() {
    let service = Service::answering(200, &[], "{}");
    table(&service).remove(ID).await.unwrap();
    assert_json_snapshot!(service.call(), @r#"
    {
      "body": {
        "Key": {
          "connectionId": {
            "S": "L0SM9cOFvHcCIhw="
          }
        },
        "TableName": "connections"
      },
      "method": "POST",
      "target": "DynamoDB_20120810.DeleteItem",
      "uri": "https://dynamodb.us-east-1.amazonaws.com/"
    }
    "#);
}

/// facts/aws.md 2.4: a client that is still connecting is called gone too. So the
/// row of a connection stays for its first minute.
#[tokio::test]
async fn fact_2_4_the_delete_request_for_who_is_gone_on_the_wire() {
    let service = Service::answering(200, &[], "{}");
    table(&service).remove_gone(ID, NOW).await.unwrap();
    assert_json_snapshot!(service.call(), @r##"
    {
      "body": {
        "ConditionExpression": "#ttl < :young",
        "ExpressionAttributeNames": {
          "#ttl": "ttl"
        },
        "ExpressionAttributeValues": {
          ":young": {
            "N": "1700007740"
          }
        },
        "Key": {
          "connectionId": {
            "S": "L0SM9cOFvHcCIhw="
          }
        },
        "TableName": "connections"
      },
      "method": "POST",
      "target": "DynamoDB_20120810.DeleteItem",
      "uri": "https://dynamodb.us-east-1.amazonaws.com/"
    }
    "##);
}

/// facts/aws.md 5.1: the error's shape.
#[tokio::test]
async fn fact_5_1_a_condition_that_does_not_hold_is_no_error() {
    let service = Service::answering(400, &[], &error("ConditionalCheckFailedException"));
    table(&service).remove_gone(ID, NOW).await.unwrap();
    assert_eq!(service.calls(), 1);
}

/// facts/aws.md 5.5: what has expired still comes back unless it is filtered
/// out, and `ttl` is a reserved word.
#[tokio::test]
async fn fact_5_5_the_scan_request_on_the_wire() {
    let service = Service::answering(200, &[], "{\"Items\":[],\"Count\":0}");
    let page = table(&service).page(None, NOW).await.unwrap();
    assert_eq!(page, Page::default());
    assert_json_snapshot!(service.call(), @r##"
    {
      "body": {
        "ConsistentRead": true,
        "ExpressionAttributeNames": {
          "#ttl": "ttl"
        },
        "ExpressionAttributeValues": {
          ":now": {
            "N": "1700000000"
          }
        },
        "FilterExpression": "#ttl > :now",
        "ProjectionExpression": "connectionId",
        "TableName": "connections"
      },
      "method": "POST",
      "target": "DynamoDB_20120810.Scan",
      "uri": "https://dynamodb.us-east-1.amazonaws.com/"
    }
    "##);
}

/// facts/aws.md 5.3: the last key leads to the next page, even from an empty one.
#[tokio::test]
async fn fact_5_3_pages_follow_one_another() {
    let id = format!("{{\"connectionId\":{{\"S\":\"{ID}\"}}}}");
    let service = Service::answering(200, &[], &format!("{{\"LastEvaluatedKey\":{id}}}"));
    let page = table(&service).page(Some("before"), NOW).await.unwrap();
    assert_eq!(page.ids, [""; 0]);
    assert_eq!(page.next.as_deref(), Some(ID));
    let start = &service.call()["body"]["ExclusiveStartKey"];
    assert_json_snapshot!(start, @r#"
    {
      "connectionId": {
        "S": "before"
      }
    }
    "#);

    let service = Service::answering(200, &[], &format!("{{\"Items\":[{id},{id}]}}"));
    let page = table(&service).page(None, NOW).await.unwrap();
    assert_eq!(page.ids, [ID, ID]);
    assert_eq!(page.next, None);
}

/// facts/aws.md 5.1: errors of DynamoDB. Those that may pass are tried three
/// times in all.
#[tokio::test]
async fn fact_5_1_errors_of_dynamodb_are_told_in_full() {
    for (status, code, calls) in [
        (400, "ProvisionedThroughputExceededException", 3),
        (400, "ThrottlingException", 3),
        (500, "InternalServerError", 3),
        (400, "ResourceNotFoundException", 1),
    ] {
        let body = error(code);
        let service = || Service::answering(status, &[], &body);
        let (add, remove, gone, page) = (service(), service(), service(), service());
        for (failure, service) in [
            (table(&add).add(ID, NOW).await.unwrap_err(), &add),
            (table(&remove).remove(ID).await.unwrap_err(), &remove),
            (table(&gone).remove_gone(ID, NOW).await.unwrap_err(), &gone),
            (table(&page).page(None, NOW).await.unwrap_err(), &page),
        ] {
            assert!(failure.to_string().contains(code), "{failure}");
            assert_eq!(service.calls(), calls, "{code}");
        }
    }
}
