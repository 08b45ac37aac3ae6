//! Lambda: runs the function binaries and hands them their events.
//!
//! Each function has a pool of execution environments; each environment is one
//! process with a listener of its own on loopback, where it finds the Runtime
//! API and the AWS services. One environment works on one event at a time.

mod api;
mod asynchronous;
mod door;
mod environment;
mod errors;
mod files;
mod logs;
mod pool;
mod process;
mod variables;

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, Weak};

use bytes::Bytes;
use http::{Request, Response};

use crate::clock::Clock;
use crate::console::Console;
use crate::faults::Faults;
use crate::sqs::MessageAttribute;
use crate::template::model;
use crate::trail::TrailContext;

pub(crate) use api::invoked;
pub use files::BinaryError;
pub use process::Reaper;

/// Largest payload of a synchronous invocation in bytes, each way (Lambda
/// Developer Guide, "Lambda quotas": 6 MB; this figure is in Lambda's errors).
pub const SYNCHRONOUS_LIMIT: usize = 6_291_556;
/// Largest event of an asynchronous invocation in bytes (Lambda Developer Guide,
/// "Lambda quotas": 1 MB).
pub const ASYNCHRONOUS_LIMIT: usize = 1_048_576;

/// A future that borrows what it works on.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// An invocation that is under way.
pub type Invoking<'a> = Boxed<'a, Outcome>;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotQueued {
    /// There is no such function.
    #[error("there is no such function")]
    NotFound,
    /// The payload exceeds 1 MB.
    #[error("the event exceeds 1 MB")]
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

/// What Lambda asks of the other services.
pub trait Services: Send + Sync + 'static {
    /// Answers an AWS request that a function sent. `service` is the first
    /// segment of the path that its endpoint variable names, e.g. `sns`.
    fn call<'a>(
        &'a self,
        service: &'a str,
        request: Request<Bytes>,
        context: &'a TrailContext,
    ) -> Boxed<'a, Response<Bytes>>;

    /// Names of the services that [`Services::call`] knows, as they stand in
    /// `AWS_ENDPOINT_URL_<NAME>` and, in lower case, in the path.
    fn names(&self) -> &'static [&'static str];

    /// Brings the record of an asynchronous invocation to a destination or
    /// dead-letter queue.
    fn deliver<'a>(
        &'a self,
        arn: &'a str,
        body: String,
        attributes: BTreeMap<String, MessageAttribute>,
        context: &'a TrailContext,
    ) -> Boxed<'a, Result<(), String>>;
}

/// What the parts of Lambda share.
struct Shared {
    clock: Clock,
    console: Console,
    faults: Faults,
    files: files::Files,
    reaper: Option<Reaper>,
    /// Set once, when the other services exist. They hold on to Lambda, so
    /// Lambda must not hold on to them.
    services: OnceLock<Weak<dyn Services>>,
}

impl Shared {
    /// The other services, while the sandbox lives.
    fn services(&self) -> Option<Arc<dyn Services>> {
        self.services.get()?.upgrade()
    }
}

/// A function of the stack and the file that runs it.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The function as its template describes it. Values of its environment
    /// are already translated to loopback.
    pub function: model::Function,
    /// The executable.
    pub binary: PathBuf,
}

/// The Lambda service of one sandbox.
#[derive(Clone)]
pub struct Lambda {
    shared: Arc<Shared>,
    pools: Arc<RwLock<HashMap<String, Arc<pool::Pool>>>>,
}

impl Lambda {
    /// A Lambda service without functions.
    ///
    /// # Errors
    /// If the folder for copies of the binaries cannot be made.
    pub fn new(
        clock: Clock,
        console: Console,
        faults: Faults,
        reaper: Option<Reaper>,
    ) -> Result<Self, BinaryError> {
        let files = files::Files::new()?;
        if let Some(reaper) = &reaper {
            reaper.folder(files.folder());
        }
        let services = OnceLock::new();
        let shared = Shared {
            clock,
            console,
            faults,
            files,
            reaper,
            services,
        };
        Ok(Self {
            shared: Arc::new(shared),
            pools: Arc::default(),
        })
    }

    /// Connects the services that functions call. The first call counts.
    pub fn connect(&self, services: Weak<dyn Services>) {
        // A second set of services would belong to another sandbox.
        let _ = self.shared.services.set(services);
    }

    /// Puts these functions in place of the ones before. Environments that are
    /// at work finish their event; idle ones end now.
    ///
    /// # Errors
    /// If a binary is missing or cannot be copied; then nothing changes.
    pub async fn deploy(&self, deployments: Vec<Deployment>) -> Result<(), BinaryError> {
        let mut versions = Vec::new();
        for deployment in deployments {
            let logical_id = deployment.function.logical_id.clone();
            let binary = self
                .shared
                .files
                .copy(&logical_id, &deployment.binary)
                .await?;
            let function = deployment.function;
            versions.push(pool::Version { function, binary });
        }
        let mut old = self.pools.write().unwrap_or_else(PoisonError::into_inner);
        let mut pools = HashMap::new();
        for version in versions {
            let logical_id = version.function.logical_id.clone();
            let pool = match old.remove(&logical_id) {
                Some(pool) => {
                    pool.replace(version);
                    pool
                }
                None => Arc::new(pool::Pool::new(self.shared.clone(), version)),
            };
            pools.insert(logical_id, pool);
        }
        for gone in std::mem::replace(&mut *old, pools).into_values() {
            gone.close();
        }
        Ok(())
    }

    /// Number of environments of the function with this logical id that are at
    /// work on an event or starting for one.
    #[must_use]
    pub fn busy(&self, function: &str) -> usize {
        self.pool(function).map_or(0, |pool| pool.busy())
    }

    /// Number of processes of the function with this logical id: those that start,
    /// work or wait for an event, and those that are not gone yet.
    #[must_use]
    pub fn environments(&self, function: &str) -> usize {
        self.pool(function).map_or(0, |pool| pool.environments())
    }

    /// Waits until exactly `count` environments of the function are busy: for
    /// tests that must act while a function works.
    pub async fn wait_until_busy(&self, function: &str, count: usize) {
        if let Some(pool) = self.pool(function) {
            pool.wait_until_busy(count).await;
        }
    }

    /// Ends every process and waits until it is gone.
    pub async fn shutdown(&self) {
        for pool in self.close() {
            pool.ended().await;
        }
    }

    /// Ends every process, without waiting for it.
    pub(crate) fn close(&self) -> Vec<Arc<pool::Pool>> {
        let mut pools = self.pools.write().unwrap_or_else(PoisonError::into_inner);
        let pools: Vec<_> = pools.drain().map(|(_, pool)| pool).collect();
        for pool in &pools {
            pool.close();
        }
        pools
    }

    /// Waits until the function has started `count` environments or more since
    /// it was deployed: for tests that must act while one starts.
    pub async fn wait_until_started(&self, function: &str, count: u64) {
        if let Some(pool) = self.pool(function) {
            pool.wait_until_started(count).await;
        }
    }

    /// Logical id of the function with this ARN, with or without a version.
    #[must_use]
    pub fn by_arn(&self, arn: &str) -> Option<String> {
        let arn = arn.strip_suffix(":$LATEST").unwrap_or(arn);
        let pools = self.pools();
        let mut found = pools
            .iter()
            .filter(|(_, pool)| pool.version().function.arn == arn);
        found.next().map(|(logical_id, _)| logical_id.clone())
    }

    fn pool(&self, function: &str) -> Option<Arc<pool::Pool>> {
        self.pools().get(function).cloned()
    }

    fn pools(&self) -> RwLockReadGuard<'_, HashMap<String, Arc<pool::Pool>>> {
        self.pools.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Functions for Lambda {
    fn invoke<'a>(
        &'a self,
        function: &'a str,
        payload: Bytes,
        context: &'a TrailContext,
    ) -> Invoking<'a> {
        Box::pin(async move {
            let Some(pool) = self.pool(function) else {
                return Outcome::NotFound;
            };
            pool.invoke(&pool::Call::new(payload), context).await
        })
    }

    fn invoke_async(
        &self,
        function: &str,
        payload: Bytes,
        context: &TrailContext,
    ) -> Result<(), NotQueued> {
        let pool = self.pool(function).ok_or(NotQueued::NotFound)?;
        if payload.len() > ASYNCHRONOUS_LIMIT {
            return Err(NotQueued::TooLarge);
        }
        asynchronous::queue(self.shared.clone(), pool, payload, context.clone());
        Ok(())
    }
}
