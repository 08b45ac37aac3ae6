//! The AWS services that the functions call, as facts/aws.md 2.6, 3.2 and 5.3
//! have their answers.

use std::fmt::Write;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body_util::Full;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::Shared;
use super::http::text;

/// Rows on a page of the table. A page is 1 MB of rows as they are stored, and
/// one of ours has 37 bytes: 12 and 16 of `connectionId`, 3 and 6 of `ttl`.
const ROWS_ON_A_PAGE: usize = 1024 * 1024 / 37;

const PUBLISHED: &str = r#"<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult><ResponseMetadata><RequestId>d74b8436-ae13-5ab4-a9ff-ce54dfea72a0</RequestId></ResponseMetadata></PublishResponse>"#;

/// Answers a request; with nothing if it is none of those that are known here.
pub async fn answer(head: &Parts, body: &[u8], shared: &Shared) -> Option<Response<Full<Bytes>>> {
    if head.method != Method::POST {
        return None;
    }
    let path = head.uri.path();
    if let Some(id) = path.strip_prefix("/prod/") {
        return post(id, shared).await;
    }
    match path.trim_end_matches('/') {
        "/sns" => {
            shared.lock().published += 1;
            Some(text(StatusCode::OK, "text/xml", PUBLISHED))
        }
        "/dynamodb" => {
            let target = head.headers.get("x-amz-target")?.to_str().ok()?;
            match target.strip_prefix("DynamoDB_20120810.")? {
                "Scan" | "Query" => {
                    let page = page(body, shared.connections.load(Ordering::Relaxed))?;
                    Some(text(StatusCode::OK, "application/x-amz-json-1.0", page))
                }
                _ => None,
            }
        }
        // SQS too: a broadcast that leaves something for later is no measurement.
        _ => None,
    }
}

/// A message to a client.
async fn post(path: &str, shared: &Shared) -> Option<Response<Full<Bytes>>> {
    let path = percent_decode_str(path).decode_utf8().ok()?;
    let number = number(path.strip_prefix("@connections/")?)?;
    if !shared.latency.is_zero() {
        tokio::time::sleep(shared.latency).await;
    }
    let mut state = shared.lock();
    let times = state.posted.get_mut(number)?;
    *times = times.saturating_add(1);
    Some(text(StatusCode::OK, "application/json", Bytes::new()))
}

/// What of a `Scan` matters here.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Scan {
    exclusive_start_key: Option<Key>,
    limit: Option<usize>,
    segment: Option<usize>,
    total_segments: Option<usize>,
}

#[derive(Deserialize)]
struct Key {
    #[serde(rename = "connectionId")]
    id: Text,
}

#[derive(Deserialize)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

/// A page of the table, with no attribute but the key.
fn page(request: &[u8], connections: usize) -> Option<String> {
    let scan: Scan = serde_json::from_slice(request).ok()?;
    let segments = scan.total_segments.unwrap_or(1).max(1);
    let segment = scan.segment.unwrap_or(0);
    let first = connections * segment / segments;
    let end = connections * (segment + 1) / segments;
    let start = match scan.exclusive_start_key {
        Some(key) => number(&key.id.text)? + 1,
        None => first,
    };
    let rows = ROWS_ON_A_PAGE.min(scan.limit.unwrap_or(usize::MAX));
    let stop = end.min(start.saturating_add(rows));

    let mut page = String::with_capacity((stop - start) * 45 + 200);
    page.push_str(r#"{"Items":["#);
    for number in start..stop {
        let comma = if number == start { "" } else { "," };
        // Writing into a string cannot fail.
        let _ = write!(page, "{comma}{}", key(number));
    }
    let count = stop - start;
    let _ = write!(page, r#"],"Count":{count},"ScannedCount":{count}"#);
    if stop < end {
        let _ = write!(page, r#","LastEvaluatedKey":{}"#, key(stop - 1));
    }
    page.push('}');
    Some(page)
}

fn key(number: usize) -> String {
    format!(r#"{{"connectionId":{{"S":"{}"}}}}"#, id(number))
}

/// The id of a client: as long as API Gateway's, and with their `=` at the end.
fn id(number: usize) -> String {
    format!("L0SM{number:011}=")
}

fn number(id: &str) -> Option<usize> {
    let digits = id.strip_prefix("L0SM")?.strip_suffix('=')?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn scan(request: &str, connections: usize) -> Value {
        serde_json::from_str(&page(request.as_bytes(), connections).unwrap()).unwrap()
    }

    #[test]
    fn the_pages_of_a_table_have_every_row_once() {
        let mut rows = Vec::new();
        let mut request = "{}".to_owned();
        loop {
            let page = scan(&request, 60_000);
            let items = page["Items"].as_array().unwrap();
            rows.extend(items.iter().map(|row| row["connectionId"]["S"].clone()));
            let Some(key) = page.get("LastEvaluatedKey") else {
                break;
            };
            request = format!(r#"{{"ExclusiveStartKey":{key}}}"#);
        }
        let expected: Vec<Value> = (0..60_000).map(|number| id(number).into()).collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn segments_share_the_table() {
        let count = |segment: usize| {
            let request = format!(r#"{{"Segment":{segment},"TotalSegments":3}}"#);
            scan(&request, 10)["Count"].as_u64().unwrap()
        };
        assert_eq!([count(0), count(1), count(2)], [3, 3, 4]);
        assert_eq!(scan(r#"{"Limit":4}"#, 10)["Count"], 4);
    }

    #[test]
    fn an_id_is_as_long_as_those_of_api_gateway() {
        assert_eq!(id(99_999).len(), "L0SM9cOFvHcCIhw=".len());
        assert_eq!(number(&id(99_999)), Some(99_999));
        assert_eq!(number("L0SM9cOFvHcCIhw="), None);
    }
}
