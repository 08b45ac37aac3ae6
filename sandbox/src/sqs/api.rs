//! The SQS API in the AWS JSON 1.0 protocol.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use serde_json::{Map, Value, json};

use super::error::SqsError;
use super::request::{Outgoing, entries, find, is, number, outgoing, pick, receipt, texts};
use super::store::{Entry, Store};
use super::{Queues, attributes, note_sent};
use crate::aws_json;
use crate::clock::Moment;
use crate::faults::{FaultKind, Faults};
use crate::trail::{OpenHop, Service, TrailContext};

/// The service's name in `X-Amz-Target`.
pub(crate) const TARGET: &str = "AmazonSQS";
/// Most bytes of a batch, whatever its queue takes in one message.
const BATCH_BYTES: usize = 1_048_576;

type Answer = Result<Value, SqsError>;

impl Queues {
    /// Answers a request of the JSON protocol. `context` is the place on the
    /// trail of whoever sent it; `faults` are the failures that may happen to
    /// that caller's messages.
    pub async fn handle(
        &self,
        request: Request<Bytes>,
        context: &TrailContext,
        faults: &Faults,
    ) -> Response<Bytes> {
        let operation = match aws_json::target(&request) {
            Some((TARGET, operation)) => operation.to_owned(),
            _ => String::new(),
        };
        let body = request.into_body();
        let input: Value = serde_json::from_slice(&body).unwrap_or_default();
        let url = aws_json::text(&input, "QueueUrl");
        let name = url.or_else(|| aws_json::text(&input, "QueueName"));
        let name = self.logical_id(name.unwrap_or_default());
        let mut hop = context.hop(Service::Sqs, &name, &*operation);
        match aws_json::text(&input, "MessageBody") {
            Some(message) => hop.input(&Bytes::copy_from_slice(message.as_bytes())),
            None => hop.input(&body),
        }
        let answer = match operation.as_str() {
            "SendMessage" => self.send_message(&input, &mut hop, faults),
            "SendMessageBatch" => self.send_batch(&input, &mut hop, faults),
            "ReceiveMessage" => self.receive(&input, &mut hop).await,
            "DeleteMessage" => self.delete(&input),
            "ChangeMessageVisibility" => self.change_visibility(&input),
            "PurgeQueue" => self.purge(&input),
            "GetQueueAttributes" => self.attributes(&input),
            "GetQueueUrl" => self.url(&input),
            "ListQueues" => Ok(self.list(&input)),
            other => Err(SqsError::unknown_operation(other)),
        };
        respond(hop, answer)
    }

    fn send_message(&self, input: &Value, hop: &mut OpenHop, faults: &Faults) -> Answer {
        let mut by_arn = self.lock();
        let store = find(&mut by_arn, input)?;
        let outgoing = outgoing(input, store)?;
        let sent = self.put(store, outgoing, hop, faults);
        drop(by_arn);
        self.arrived.notify_waiters();
        sent
    }

    fn send_batch(&self, input: &Value, hop: &mut OpenHop, faults: &Faults) -> Answer {
        let mut by_arn = self.lock();
        let store = find(&mut by_arn, input)?;
        let entries = entries(input)?;
        hop.detail("entries", entries.len());
        let checked: Vec<_> = entries
            .into_iter()
            .map(|(id, entry)| (id, outgoing(entry, store)))
            .collect();
        let sizes = checked
            .iter()
            .filter_map(|(_, outgoing)| outgoing.as_ref().ok());
        let bytes = sizes.map(Outgoing::size).sum();
        if bytes > BATCH_BYTES {
            return Err(SqsError::batch_too_long(BATCH_BYTES, bytes));
        }
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for (id, outgoing) in checked {
            let mut hop = hop
                .context()
                .hop(Service::Sqs, &store.queue.logical_id, "SendMessage");
            hop.detail("entry", id);
            if let Ok(outgoing) = &outgoing {
                hop.input(&Bytes::copy_from_slice(outgoing.body.as_bytes()));
            }
            let sent = outgoing.and_then(|outgoing| self.put(store, outgoing, &mut hop, faults));
            match &sent {
                Ok(output) => {
                    let mut output = output.clone();
                    output["Id"] = id.into();
                    successful.push(output);
                }
                Err(error) => failed.push(json!({
                    "Id": id,
                    "Code": error.code,
                    "Message": error.message,
                    "SenderFault": error.blame() == "Sender",
                })),
            }
            end(hop, &sent);
        }
        drop(by_arn);
        self.arrived.notify_waiters();
        // An empty list is left out.
        let mut output = Map::new();
        for (name, list) in [("Successful", successful), ("Failed", failed)] {
            if !list.is_empty() {
                output.insert(name.to_owned(), list.into());
            }
        }
        Ok(output.into())
    }

    /// Puts a message into its queue.
    fn put(
        &self,
        store: &mut Store,
        outgoing: Outgoing,
        hop: &mut OpenHop,
        faults: &Faults,
    ) -> Answer {
        if faults.take(FaultKind::QueueRefuse, &store.queue.logical_id) {
            hop.detail("fault", "queue-refuse");
            return Err(SqsError::internal());
        }
        let mut output = Map::new();
        let digest = format!("{:x}", md5::compute(&outgoing.body));
        output.insert("MD5OfMessageBody".to_owned(), digest.into());
        if !outgoing.attributes.is_empty() {
            let digest = attributes::md5(&outgoing.attributes);
            output.insert("MD5OfMessageAttributes".to_owned(), digest.into());
        }
        let delay = outgoing.delay.unwrap_or(store.queue.delay);
        let message = self.message(outgoing.body, outgoing.attributes);
        let id = message.id.clone();
        let dropped = store.push(message, self.clock.moment().after(delay));
        note_sent(hop, &id, dropped);
        output.insert("MessageId".to_owned(), id.into());
        Ok(output.into())
    }

    async fn receive(&self, input: &Value, hop: &mut OpenHop) -> Answer {
        let most = number(input, "MaxNumberOfMessages", 1..=10)?.unwrap_or(1);
        let hidden = number(input, "VisibilityTimeout", 0..=43_200)?.map(Duration::from_secs);
        let wait = number(input, "WaitTimeSeconds", 0..=20)?.unwrap_or(0);
        let deadline = self.clock.moment().after(Duration::from_secs(wait));
        loop {
            let mut arrived = std::pin::pin!(self.arrived.notified());
            arrived.as_mut().enable();
            let taken = {
                let mut by_arn = self.lock();
                let store = find(&mut by_arn, input)?;
                let now = self.clock.moment();
                let until = now.after(hidden.unwrap_or(store.queue.visibility_timeout));
                store.receive(usize::try_from(most).unwrap_or(1), now, until)
            };
            if !taken.is_empty() || self.clock.before(deadline, arrived).await.is_none() {
                hop.detail("messages", taken.len());
                let messages: Vec<Value> =
                    taken.iter().map(|e| self.message_json(e, input)).collect();
                return Ok(match messages.is_empty() {
                    true => json!({}),
                    false => json!({"Messages": messages}),
                });
            }
        }
    }

    /// A message as `ReceiveMessage` gives it.
    fn message_json(&self, entry: &Entry, input: &Value) -> Value {
        let message = &entry.message;
        let mut output = json!({
            "MessageId": message.id,
            "ReceiptHandle": entry.receipt,
            "MD5OfBody": format!("{:x}", md5::compute(&message.body)),
            "Body": message.body,
        });
        let millis = |time: SystemTime| {
            let since = time.duration_since(SystemTime::UNIX_EPOCH);
            since.map_or(0, |since| since.as_millis()).to_string()
        };
        let first = entry
            .first_received
            .map_or(message.sent, |moment: Moment| self.clock.date(moment));
        let mut names = texts(input, "MessageSystemAttributeNames");
        names.extend(texts(input, "AttributeNames"));
        let all = [
            ("SenderId", "AIDASANDBOX".to_owned()),
            ("SentTimestamp", millis(message.sent)),
            ("ApproximateReceiveCount", entry.received.to_string()),
            ("ApproximateFirstReceiveTimestamp", millis(first)),
        ];
        let system = pick(&names, all);
        if !system.is_empty() {
            output["Attributes"] = system.into();
        }
        let wanted =
            attributes::wanted(&message.attributes, &texts(input, "MessageAttributeNames"));
        if !wanted.is_empty() {
            output["MD5OfMessageAttributes"] = attributes::md5(&wanted).into();
            output["MessageAttributes"] = json!(wanted);
        }
        output
    }

    fn delete(&self, input: &Value) -> Answer {
        let receipt = receipt(input)?;
        find(&mut self.lock(), input)?.delete(receipt);
        Ok(json!({}))
    }

    fn change_visibility(&self, input: &Value) -> Answer {
        let receipt = receipt(input)?;
        let seconds = number(input, "VisibilityTimeout", 0..=43_200)?;
        let seconds = seconds.ok_or_else(|| SqsError::missing("VisibilityTimeout"))?;
        let visible = self.clock.moment().after(Duration::from_secs(seconds));
        let hidden = find(&mut self.lock(), input)?.hide(receipt, visible);
        self.arrived.notify_waiters();
        match hidden {
            true => Ok(json!({})),
            false => Err(SqsError::receipt_handle()),
        }
    }

    fn purge(&self, input: &Value) -> Answer {
        find(&mut self.lock(), input)?.purge();
        Ok(json!({}))
    }

    fn attributes(&self, input: &Value) -> Answer {
        let mut by_arn = self.lock();
        let store = find(&mut by_arn, input)?;
        let counts = store.counts(self.clock.moment());
        let queue = &store.queue;
        let all = [
            ("QueueArn", queue.arn.clone()),
            ("ApproximateNumberOfMessages", counts.visible.to_string()),
            (
                "ApproximateNumberOfMessagesNotVisible",
                counts.in_flight.to_string(),
            ),
            (
                "ApproximateNumberOfMessagesDelayed",
                counts.delayed.to_string(),
            ),
            (
                "VisibilityTimeout",
                queue.visibility_timeout.as_secs().to_string(),
            ),
            ("DelaySeconds", queue.delay.as_secs().to_string()),
            ("MaximumMessageSize", queue.maximum_message_size.to_string()),
        ];
        let wanted = pick(&texts(input, "AttributeNames"), all);
        Ok(match wanted.is_empty() {
            true => json!({}),
            false => json!({"Attributes": wanted}),
        })
    }

    fn url(&self, input: &Value) -> Answer {
        let name = aws_json::text(input, "QueueName");
        let name = name.ok_or_else(|| SqsError::missing("QueueName"))?;
        let by_arn = self.lock();
        let store = by_arn.values().find(|store| is(store, name));
        let store = store.ok_or_else(SqsError::no_such_queue)?;
        Ok(json!({"QueueUrl": store.queue.url}))
    }

    fn list(&self, input: &Value) -> Value {
        let prefix = aws_json::text(input, "QueueNamePrefix").unwrap_or_default();
        let by_arn = self.lock();
        let queues = by_arn.values().map(|store| &store.queue);
        let named = queues.filter(|queue| queue.name.starts_with(prefix));
        let mut urls: Vec<&str> = named.map(|queue| queue.url.as_str()).collect();
        urls.sort_unstable();
        match urls.is_empty() {
            true => json!({}),
            false => json!({"QueueUrls": urls}),
        }
    }

    /// Logical id of the queue that a URL or name stands for, or its last part.
    fn logical_id(&self, address: &str) -> String {
        let name = address.rsplit('/').next().unwrap_or_default();
        let by_arn = self.lock();
        let store = by_arn.values().find(|store| is(store, name));
        store
            .map_or(name, |store| &store.queue.logical_id)
            .to_owned()
    }
}

fn end(hop: OpenHop, answer: &Answer) {
    match answer {
        Ok(_) => hop.finish("200"),
        Err(error) => hop.fail(error.code),
    }
}

fn respond(hop: OpenHop, answer: Answer) -> Response<Bytes> {
    end(hop, &answer);
    match answer {
        Ok(output) => aws_json::respond(200, aws_json::JSON_1_0, output.to_string()),
        Err(error) => {
            let body = aws_json::error(error.error_type, &error.message);
            let mut response = aws_json::respond(error.status, aws_json::JSON_1_0, body);
            let query_error = format!("{};{}", error.code, error.blame());
            if let Ok(value) = HeaderValue::from_str(&query_error) {
                response.headers_mut().insert("x-amzn-query-error", value);
            }
            response
        }
    }
}
