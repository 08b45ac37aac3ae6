//! DynamoDB tables.

use bytes::Bytes;
use http::{Request, Response, StatusCode};

use crate::clock::Clock;
use crate::faults::Faults;
use crate::template::model::Stack;
use crate::trail::TrailContext;

/// The DynamoDB service of the sandbox. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct DynamoDb {
    _clock: Clock,
    _faults: Faults,
}

impl DynamoDb {
    /// A service without tables.
    #[must_use]
    pub fn new(clock: Clock, faults: Faults) -> Self {
        Self {
            _clock: clock,
            _faults: faults,
        }
    }

    /// Takes over the tables of a stack. A table that was there before keeps its
    /// items; one that is gone loses them, as on AWS.
    pub fn load(&self, _stack: &Stack) {}

    /// Answers a request of the JSON protocol.
    pub async fn handle(
        &self,
        _request: Request<Bytes>,
        _context: &TrailContext,
    ) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
        response
    }
}
