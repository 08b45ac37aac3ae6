//! Trails without what differs from one run to the next, for snapshots.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

use crate::trail::{Hop, Service, Trail};
use crate::websocket::ConnectionId;

/// What is replaced inside texts, in this order.
static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let patterns = [
        (r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", "[trace id]"),
        (
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "[uuid]",
        ),
        (r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z", "[time]"),
        (
            r"\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} \+0000",
            "[time]",
        ),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
        (r"t=\d+,v1=[0-9a-f]{64}", "t=[seconds],v1=[signature]"),
        (
            r"(^|[^A-Za-z0-9+/_-])[A-Za-z0-9_-]{54}==",
            "${1}[request id]",
        ),
    ];
    // They are constants: one that does not compile would fail every test here.
    patterns
        .into_iter()
        .filter_map(|(regex, with)| Some((Regex::new(regex).ok()?, with)))
        .collect()
});

/// Fields whose values differ whatever they are.
const FIELDS: [(&str, &str); 9] = [
    ("trail", "[uuid]"),
    ("started", "[epoch]"),
    ("microseconds", "[duration]"),
    ("requestTimeEpoch", "[epoch]"),
    ("connectedAt", "[epoch]"),
    ("Sec-WebSocket-Key", "[key]"),
    ("extendedRequestId", "[id]"),
    ("deploymentId", "[id]"),
    ("Signature", "[signature]"),
];

/// What may be the id of a connection or of a WebSocket request, its end also as
/// URLs have it.
static ID: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new("[A-Za-z0-9_-]{15,}(?:=|%3D)+").ok());

impl Trail {
    /// The trail as JSON, with ids, times and ports replaced by their kind, also
    /// inside texts. Connections are numbered in the order in which they were
    /// made, and what was done for many of them side by side is sorted by them, so
    /// that one course of events gives one text.
    #[must_use]
    pub fn redacted(&self) -> Value {
        let connections = Connections::of(&self.hops);
        let trail = Self {
            hops: connections.sorted(&self.hops),
            ..self.clone()
        };
        let mut value = serde_json::to_value(&trail).unwrap_or_default();
        redact(&mut value, &connections);
        value
    }
}

/// The connections that a trail is about, and their numbers in it.
struct Connections(HashMap<String, usize>);

/// Where a hop goes among those beside it that did the same for other clients.
type Rank = (u8, usize);

impl Connections {
    fn of(hops: &[Hop]) -> Self {
        let mut ids: Vec<_> = hops
            .iter()
            .filter_map(connection)
            .map(|id| (ConnectionId::parse(id).map(ConnectionId::number), id))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let numbered = ids.into_iter().zip(1..);
        Self(
            numbered
                .map(|((_, id), number)| (id.to_owned(), number))
                .collect(),
        )
    }

    /// Hops with the calls of `@connections` sorted by client, and behind them the
    /// deletions of clients that were gone: these run side by side, so the order
    /// in which they began says nothing.
    fn sorted(&self, hops: &[Hop]) -> Vec<Hop> {
        let mut firsts: HashMap<Option<usize>, usize> = HashMap::new();
        let places = hops.iter().enumerate().map(|(place, hop)| {
            let rank = self.rank(hop);
            let at = match rank {
                Some(_) => *firsts.entry(hop.parent).or_insert(place),
                None => place,
            };
            (at, rank, place)
        });
        let mut places: Vec<_> = places.collect();
        places.sort_unstable();
        let order: HashMap<usize, usize> = places
            .iter()
            .enumerate()
            .map(|(new, (_, _, old))| (hops[*old].id, new))
            .collect();
        let renumbered = places.into_iter().map(|(_, _, old)| {
            let mut hop = hops[old].clone();
            hop.id = order.get(&hop.id).copied().unwrap_or(hop.id);
            hop.parent = hop.parent.map(|id| order.get(&id).copied().unwrap_or(id));
            hop
        });
        renumbered.collect()
    }

    fn rank(&self, hop: &Hop) -> Option<Rank> {
        if hop.action.ends_with("@connections") {
            return Some((0, self.0.get(connection(hop)?).copied()?));
        }
        if hop.service == Service::DynamoDb && hop.action == "DeleteItem" {
            let key = hop.input.as_ref()?.text();
            let regex = ID.as_ref()?;
            let mut found = regex.find_iter(&key);
            let number = found.find_map(|id| self.0.get(id.as_str()).copied());
            return Some((1, number?));
        }
        None
    }

    /// The text with connections numbered, and ids of requests hidden.
    fn named(&self, text: &str) -> Option<String> {
        let regex = ID.as_ref().filter(|regex| regex.is_match(text))?;
        let named = regex.replace_all(text, |found: &Captures<'_>| {
            let id = found[0].replace("%3D", "=");
            match self.0.get(&id) {
                Some(number) => format!("[connection {number}]"),
                None if ConnectionId::parse(&id).is_some() => "[id]".to_owned(),
                None => found[0].to_owned(),
            }
        });
        Some(named.into_owned())
    }
}

/// The connection that a hop is about.
fn connection(hop: &Hop) -> Option<&str> {
    let id = hop.details.get("connection").and_then(Value::as_str);
    id.filter(|_| hop.service == Service::WebSocket)
}

fn redact(value: &mut Value, connections: &Connections) {
    match value {
        Value::String(text) => {
            for (pattern, with) in PATTERNS.iter() {
                if pattern.is_match(text) {
                    *text = pattern.replace_all(text, *with).into_owned();
                }
            }
            if let Some(named) = connections.named(text) {
                *text = named;
            }
        }
        Value::Array(items) => {
            for item in items {
                redact(item, connections);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                match FIELDS.iter().find(|(field, _)| field == name) {
                    Some((_, with)) if !value.is_null() => {
                        *value = Value::String((*with).to_owned());
                    }
                    _ => redact(value, connections),
                }
                // A table has its items in the order of their hashes.
                if let ("Items", Value::Array(items)) = (name.as_str(), value) {
                    items.sort_by_cached_key(ToString::to_string);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::Clock;
    use crate::console::silent;
    use crate::trail::Recorder;

    #[test]
    fn what_differs_is_replaced_and_the_rest_stays() {
        let mut value = json!({
            "trail": "8f0c5b1e-6f2d-4f7e-9d53-0c1a2b3c4d5e",
            "microseconds": 12,
            "in": {"time": "2026-04-09T12:34:56.234Z", "url": "http://127.0.0.1:4000/prod", "n": 1},
            "out": ["Root=1-66f1a2b3-0123456789abcdef01234567;Sampled=0", "09/Apr/2026:12:34:56 +0000"],
            "id": format!("{}==", "kZ2VYxPq0-".repeat(6).split_at(54).0),
        });
        redact(&mut value, &Connections::of(&[]));
        let expected = json!({
            "trail": "[uuid]",
            "microseconds": "[duration]",
            "in": {"time": "[time]", "url": "http://127.0.0.1:[port]/prod", "n": 1},
            "out": ["[trace id];Sampled=0", "[time]"],
            "id": "[request id]",
        });
        assert_eq!(value, expected);
        assert_eq!(PATTERNS.len(), 7, "every pattern compiles");
    }

    /// The trail of one event that a function sends to clients, side by side, in
    /// the order in which the sends happened to begin.
    fn fan_out(order: &[usize]) -> Value {
        let clients = [1, 2, 3].map(|number| ConnectionId::new(number).to_string());
        let gone = &clients[1];
        let recorder = Recorder::new(Clock::new(), silent());
        let context = recorder.begin("t1");
        let function = context.hop(Service::Lambda, "Broadcaster", "Invoke");
        let mut scan = function.context().hop(Service::DynamoDb, "Table", "Scan");
        let mut items: Vec<_> = clients.iter().map(|id| json!({"id": {"S": id}})).collect();
        items.rotate_left(order[0]);
        scan.output(&json!({"Items": items}).to_string().into());
        scan.finish("200");
        for index in order {
            let id = &clients[*index];
            let calls = function.context();
            let mut post = calls.hop(Service::WebSocket, "Api", "POST @connections");
            post.detail("connection", id.as_str());
            post.end(if id == gone { "410" } else { "200" }, id != gone);
            if id == gone {
                let mut delete = calls.hop(Service::DynamoDb, "Table", "DeleteItem");
                delete.input(&json!({"Key": {"id": {"S": id}}}).to_string().into());
                delete.finish("200");
            }
        }
        let mut last = function.context().hop(Service::Sqs, "Queue", "SendMessage");
        last.input(&format!("{}/@connections/{}", "w9x8y7z6v5", gone.replace('=', "%3D")).into());
        last.finish("200");
        function.finish("ok");
        recorder.find("t1").unwrap().redacted()
    }

    #[test]
    fn what_ran_side_by_side_has_one_order() {
        let expected = fan_out(&[0, 1, 2]);
        insta::assert_yaml_snapshot!(expected);
        for order in [[2, 1, 0], [1, 2, 0], [1, 0, 2]] {
            assert_eq!(fan_out(&order), expected, "{order:?}");
        }
    }

    #[test]
    fn ids_of_requests_are_hidden_and_other_texts_stay() {
        let mut value = json!([
            r#"{"message": "Forbidden", "connectionId":"L0SM9cOFvHcCIhw=", "requestId":"XfGNAGqWtjMFs2g="}"#,
            "dGhlIHNhbXBsZSBub25jZQ==",
            "a-rather-long-word_of-letters",
        ]);
        redact(&mut value, &Connections::of(&[]));
        let expected = json!([
            r#"{"message": "Forbidden", "connectionId":"[id]", "requestId":"[id]"}"#,
            "dGhlIHNhbXBsZSBub25jZQ==",
            "a-rather-long-word_of-letters",
        ]);
        assert_eq!(value, expected);
    }
}
