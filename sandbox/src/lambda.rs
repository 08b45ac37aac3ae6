//! Lambda: runs the function binaries and hands them their events.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;

use crate::trail::TrailContext;

/// A future that borrows what it works on.
pub type Invoking<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// How a synchronous invocation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The function answered: its response payload.
    Success(Bytes),
    /// The function failed, crashed or timed out: the error as JSON
    /// (`errorType`, `errorMessage`).
    FunctionError(Bytes),
    /// No concurrency was left; the text is Lambda's `Reason`.
    Throttled(&'static str),
    /// The request payload exceeds 6 MB.
    RequestTooLarge,
    /// There is no such function.
    NotFound,
}

/// Why an asynchronous invocation was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotQueued {
    /// There is no such function.
    NotFound,
    /// The payload exceeds 1 MB.
    TooLarge,
}

/// What the other services ask of Lambda; their tests put a fake in its place.
pub trait Functions: Send + Sync + 'static {
    /// Invokes the function with this logical id and waits for its answer
    /// (`RequestResponse`). The hop is recorded under `context`.
    fn invoke<'a>(
        &'a self,
        function: &'a str,
        payload: Bytes,
        context: &'a TrailContext,
    ) -> Invoking<'a>;

    /// Queues an event for the function with this logical id (`Event`).
    ///
    /// # Errors
    /// [`NotQueued`] if Lambda would refuse it at once.
    fn invoke_async(
        &self,
        function: &str,
        payload: Bytes,
        context: &TrailContext,
    ) -> Result<(), NotQueued>;
}
