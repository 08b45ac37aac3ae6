//! DynamoDB tables: the engine is `dynoxide`, in memory; this is what makes it
//! the tables of a stack on the sandbox's clock.

mod operations;
mod pages;
mod tables;
mod time_to_live;

use std::sync::Arc;

use bytes::Bytes;
use dynoxide::DynoxideError;
use http::{HeaderValue, Request, Response};
use serde_json::{Map, Value};

use crate::aws_json;
use crate::clock::Clock;
use crate::faults::{FaultKind, Faults};
use crate::template::model::Stack;
use crate::trail::{OpenHop, Service, TrailContext};
use operations::Kind;
use tables::Tables;

pub use pages::PAGE_BYTES;
pub(crate) use tables::check;
pub use tables::{LoadError, SeedError};
pub use time_to_live::{DELETED_AFTER, SWEPT_EVERY};

/// The service's name in `X-Amz-Target`.
pub(crate) const TARGET: &str = "DynamoDB_20120810";

/// The DynamoDB service of the sandbox. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct DynamoDb {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    faults: Faults,
    tables: Tables,
    /// The engine does one thing at a time and blocks its thread meanwhile.
    /// Whoever waits for it waits here, without a thread.
    turn: tokio::sync::Mutex<()>,
}

impl DynamoDb {
    /// A service without tables.
    #[must_use]
    pub fn new(clock: Clock, faults: Faults) -> Self {
        let tables = Tables::new(clock.moment());
        Self {
            shared: Arc::new(Shared {
                clock,
                faults,
                tables,
                turn: tokio::sync::Mutex::default(),
            }),
        }
    }

    /// Takes over the tables of a stack. A table that was there before keeps its
    /// items unless its key changed; one that is gone loses them, as on AWS.
    ///
    /// # Errors
    /// [`LoadError`] if the engine refuses a table. The template's loader has
    /// asked it before, so that is a failure of the engine itself.
    pub fn load(&self, stack: &Stack) -> Result<(), LoadError> {
        self.shared.tables.load(stack)
    }

    /// Reads pages of so many bytes from now on, in place of 1 MB: a test sees
    /// several pages of a few rows.
    pub fn set_page_bytes(&self, bytes: usize) {
        self.shared.tables.set_page_bytes(bytes);
    }

    /// The items of the table with this logical id as DynamoDB writes them,
    /// sorted by their text; nothing if there is no such table.
    #[must_use]
    pub fn items(&self, logical_id: &str) -> Vec<Value> {
        self.shared.sweep();
        self.shared.tables.items(logical_id)
    }

    /// Puts items into the table with this logical id, all at once and without a
    /// trail. They are written as DynamoDB writes them: `{"id": {"S": "x"}}`.
    ///
    /// # Errors
    /// [`SeedError`] if there is no such table or an item is not right; then no
    /// item was put.
    pub fn put_items(
        &self,
        logical_id: &str,
        items: impl IntoIterator<Item = Value>,
    ) -> Result<(), SeedError> {
        self.shared.tables.seed(logical_id, items)
    }

    /// Answers a request of the JSON protocol. `context` is the place on the
    /// trail of whoever sent it.
    pub async fn handle(&self, request: Request<Bytes>, context: &TrailContext) -> Response<Bytes> {
        let operation = match aws_json::target(&request) {
            Some((TARGET, operation)) => operation.to_owned(),
            _ => String::new(),
        };
        let body = request.into_body();
        let input: Option<Map<String, Value>> = serde_json::from_slice(&body).ok();
        let names = input.as_ref().map(operations::table_names);
        let logical_ids = self.shared.tables.logical_ids(&names.unwrap_or_default());
        let mut hop = context.hop(Service::DynamoDb, &logical_ids.join(", "), &*operation);
        hop.input(&body);
        let answer = match (Kind::of(&operation), input) {
            (None, _) => Err(Refusal::unknown(&operation)),
            (Some(_), None) => Err(DynoxideError::SerializationException(String::new()).into()),
            (Some(kind), Some(input)) => match self.fault(kind, &logical_ids) {
                Some(refusal) => Err(refusal),
                None => self.carry_out(operation, kind, input).await,
            },
        };
        finish(hop, answer)
    }

    fn fault(&self, kind: Kind, logical_ids: &[String]) -> Option<Refusal> {
        let (fault, name) = match kind {
            Kind::Read => (FaultKind::TableThrottleRead, "table-throttle-read"),
            Kind::Write => (FaultKind::TableThrottleWrite, "table-throttle-write"),
            Kind::Describe => return None,
        };
        let faults = &self.shared.faults;
        let due = logical_ids.iter().any(|id| faults.take(fault, id));
        due.then(|| {
            let message = "The level of configured provisioned throughput for the table was \
                           exceeded. Consider increasing your provisioning level with the \
                           UpdateTable API.";
            let error = DynoxideError::ProvisionedThroughputExceededException(message.to_owned());
            Refusal {
                fault: Some(name),
                ..error.into()
            }
        })
    }

    async fn carry_out(
        &self,
        operation: String,
        kind: Kind,
        input: Map<String, Value>,
    ) -> Result<Value, Refusal> {
        let turn = self.shared.turn.lock().await;
        let shared = self.shared.clone();
        let due = shared.tables.sweep_is_due(shared.clock.moment());
        if !due && !kind.is_long(&operation) {
            return Ok(shared.tables.carry_out(&operation, input)?);
        }
        let work = tokio::task::spawn_blocking(move || {
            shared.sweep();
            shared.tables.carry_out(&operation, input)
        });
        let done = work.await;
        drop(turn);
        match done {
            Ok(answer) => Ok(answer?),
            Err(error) => Err(DynoxideError::InternalServerError(error.to_string()).into()),
        }
    }
}

impl Shared {
    /// Deletes what has been expired for long enough, if that is due.
    fn sweep(&self) {
        self.tables.sweep(self.clock.moment(), self.clock.now());
    }
}

/// Why a request is refused, as it goes onto the wire.
struct Refusal {
    status: u16,
    error_type: String,
    body: String,
    fault: Option<&'static str>,
}

impl From<DynoxideError> for Refusal {
    fn from(error: DynoxideError) -> Self {
        Self {
            status: error.status_code(),
            error_type: error.error_type().to_owned(),
            body: error.to_json(),
            fault: None,
        }
    }
}

impl Refusal {
    fn unknown(operation: &str) -> Self {
        let error_type = "com.amazon.coral.service#UnknownOperationException";
        let message = match operation {
            "" => "the request names no operation of DynamoDB in X-Amz-Target".to_owned(),
            _ => format!("the sandbox's DynamoDB has no operation {operation}"),
        };
        Self {
            status: 400,
            error_type: error_type.to_owned(),
            body: aws_json::error(error_type, &message),
            fault: None,
        }
    }
}

/// Ends the hop of a request and writes its answer.
fn finish(mut hop: OpenHop, answer: Result<Value, Refusal>) -> Response<Bytes> {
    let (status, body) = match answer {
        Ok(output) => {
            let number = |name| output.get(name).and_then(Value::as_u64);
            if let (Some(count), Some(scanned)) = (number("Count"), number("ScannedCount")) {
                hop.detail("count", count);
                hop.detail("scanned", scanned);
                let last = output.get("LastEvaluatedKey").is_none();
                hop.detail("page", if last { "last" } else { "more" });
            }
            hop.finish("200");
            (200, output.to_string())
        }
        Err(refusal) => {
            if let Some(fault) = refusal.fault {
                hop.detail("fault", fault);
            }
            let code = refusal.error_type.rsplit('#').next();
            hop.fail(code.unwrap_or_default());
            (refusal.status, refusal.body)
        }
    };
    let checksum = crc32fast::hash(body.as_bytes());
    let mut response = aws_json::respond(status, aws_json::JSON_1_0, body);
    let headers = response.headers_mut();
    headers.insert("x-amz-crc32", HeaderValue::from(checksum));
    response
}
