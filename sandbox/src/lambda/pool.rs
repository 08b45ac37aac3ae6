//! The environments of one function: who is free, who starts, who is too many.

mod reuse;

use std::io::ErrorKind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit, oneshot, watch};
use uuid::Uuid;

use super::environment::{Ending, Environment, Reply, Work};
use super::files::Copy;
use super::{Outcome, SYNCHRONOUS_LIMIT, Shared, errors};
use crate::aws;
use crate::clock::Moment;
use crate::console::Event;
use crate::faults::FaultKind;
use crate::template::model::Function;
use crate::trail::{OpenHop, Service, TrailContext};

/// Most processes of one function: those that start, work, wait for an event or
/// are about to be gone. AWS allows a thousand in an account; a laptop does not,
/// so here an invocation waits for a free one. Reserved concurrency is kept
/// exactly.
const MOST_ENVIRONMENTS: usize = 64;

/// How long a function may take to start (Lambda Developer Guide,
/// "Understanding the Lambda execution environment lifecycle").
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// A function and the copy of its binary that runs now.
pub struct Version {
    pub function: Function,
    pub binary: Copy,
}

/// One invocation; its attempts share it.
pub struct Call {
    pub request_id: String,
    pub payload: Bytes,
    /// Number of the attempt, from 1, of an asynchronous invocation.
    pub attempt: Option<u32>,
}

impl Call {
    pub fn new(payload: Bytes) -> Self {
        Self {
            request_id: Uuid::new_v4().to_string(),
            payload,
            attempt: None,
        }
    }
}

/// The environments of one function.
pub struct Pool {
    shared: Arc<Shared>,
    state: Mutex<State>,
    /// Who may work: invocations wait here in the order in which they came.
    permits: Semaphore,
    /// One for each process that may live.
    places: Arc<Semaphore>,
    busy: watch::Sender<usize>,
    started: watch::Sender<u64>,
}

struct State {
    version: Arc<Version>,
    idle: Vec<Arc<Environment>>,
    /// All that have not ended. Their own tasks keep them; here they must not
    /// outlive their processes.
    all: Vec<Weak<Environment>>,
    closed: bool,
}

/// An environment at work. Dropped without [`Busy::release`] (the invocation was
/// given up half-way), it ends: nobody knows what its function is doing.
struct Busy<'a> {
    pool: &'a Pool,
    environment: Option<Arc<Environment>>,
    _permit: SemaphorePermit<'a>,
}

/// A place among the busy ones, counted while it lives.
struct Counted<'a>(&'a Pool);

impl Pool {
    pub(super) fn new(shared: Arc<Shared>, version: Version) -> Self {
        let version = Arc::new(version);
        Self {
            shared,
            state: Mutex::new(State {
                version,
                idle: Vec::new(),
                all: Vec::new(),
                closed: false,
            }),
            permits: Semaphore::new(MOST_ENVIRONMENTS),
            places: Arc::new(Semaphore::new(MOST_ENVIRONMENTS)),
            busy: watch::Sender::new(0),
            started: watch::Sender::new(0),
        }
    }

    /// The version that new invocations run.
    pub fn version(&self) -> Arc<Version> {
        self.lock().version.clone()
    }

    /// Runs `version` from now on.
    pub fn replace(&self, version: Version) {
        let mut state = self.lock();
        state.version = Arc::new(version);
        for environment in state.idle.drain(..) {
            environment.end();
        }
    }

    /// Ends all environments; no new ones start.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.idle.clear();
        for environment in state.all.iter().filter_map(Weak::upgrade) {
            environment.end();
        }
    }

    /// Waits until all environments have ended.
    pub async fn ended(&self) {
        let all = std::mem::take(&mut self.lock().all);
        for environment in all
            .into_iter()
            .filter_map(|environment| environment.upgrade())
        {
            environment.ended().await;
        }
    }

    pub fn busy(&self) -> usize {
        *self.busy.borrow()
    }

    /// Number of processes that live or start.
    pub fn environments(&self) -> usize {
        MOST_ENVIRONMENTS - self.places.available_permits()
    }

    pub async fn wait_until_busy(&self, count: usize) {
        // Fails only when the pool is gone, and `self` is it.
        let _ = self.busy.subscribe().wait_for(|busy| *busy == count).await;
    }

    pub async fn wait_until_started(&self, count: u64) {
        let _ = self
            .started
            .subscribe()
            .wait_for(|started| *started >= count)
            .await;
    }

    /// Invokes the function and records the hop.
    pub async fn invoke(&self, call: &Call, context: &TrailContext) -> Outcome {
        let version = self.version();
        let mut hop = context.hop(Service::Lambda, &version.function.logical_id, "Invoke");
        hop.input(&call.payload);
        if let Some(attempt) = call.attempt {
            hop.detail("attempt", attempt);
        }
        let outcome = self.run(&version.function, call, &mut hop).await;
        match &outcome {
            Outcome::Success(response) => {
                hop.output(response);
                hop.finish("success");
            }
            Outcome::FunctionError(error) => {
                hop.output(error);
                hop.fail("function error");
            }
            Outcome::Throttled(reason) => {
                hop.detail("reason", *reason);
                hop.fail("throttled");
            }
            Outcome::RequestTooLarge => hop.fail("request too large"),
            Outcome::NotFound => hop.fail("not found"),
        }
        outcome
    }

    async fn run(&self, function: &Function, call: &Call, hop: &mut OpenHop) -> Outcome {
        if call.payload.len() > SYNCHRONOUS_LIMIT {
            return Outcome::RequestTooLarge;
        }
        if self
            .shared
            .faults
            .take(FaultKind::FunctionThrottle, &function.logical_id)
        {
            return Outcome::Throttled("ConcurrentInvocationLimitExceeded");
        }
        let Some(_counted) = self.count(function.reserved_concurrency) else {
            return Outcome::Throttled("ReservedFunctionConcurrentInvocationLimitExceeded");
        };
        // Closed only with the pool itself; nothing is invoked then.
        let Ok(permit) = self.permits.acquire().await else {
            return Outcome::NotFound;
        };
        let mut busy = Busy {
            pool: self,
            environment: None,
            _permit: permit,
        };
        loop {
            let place = self.reuse(&mut busy).await;
            // Only now: a saved file may have brought another one meanwhile.
            let version = match &busy.environment {
                Some(environment) => environment.version.clone(),
                None => self.version(),
            };
            let warm = place.is_none();
            hop.detail("start", if warm { "warm" } else { "cold" });
            let deadline = match place {
                None => self.deadline(&version.function),
                Some(place) => {
                    let context = hop.context();
                    let started = self.start(&mut busy, &version, place, call, context).await;
                    match started {
                        Ok(deadline) => deadline,
                        Err(error) => return Outcome::FunctionError(error),
                    }
                }
            };
            let outcome = self.work(&mut busy, call, deadline, hop.context()).await;
            let unseen = busy
                .environment
                .as_ref()
                .is_some_and(|environment| environment.untouched());
            if warm && unseen {
                // It ended before it fetched the event, so another may have it.
                busy.environment = None;
                continue;
            }
            busy.release();
            return outcome;
        }
    }

    /// Starts an environment and waits until it is ready. Returns the moment by
    /// which the function must have answered.
    async fn start(
        &self,
        busy: &mut Busy<'_>,
        version: &Arc<Version>,
        place: OwnedSemaphorePermit,
        call: &Call,
        context: &TrailContext,
    ) -> Result<Moment, Bytes> {
        let clock = &self.shared.clock;
        let first = self.launch(version, place, call, context).await?;
        busy.environment = Some(first.clone());
        let init_deadline = clock.moment().after(INIT_TIMEOUT);
        if let Some(ready) = clock.before(init_deadline, first.ready()).await {
            ready.map_err(|ending| ended(&call.request_id, ending))?;
            return Ok(self.deadline(&version.function));
        }
        // Too slow: Lambda starts it once more, now as part of the invocation,
        // so that the function's own timeout covers start and work.
        first.end();
        let place = self.place().await;
        let second = self.launch(version, place, call, context).await?;
        busy.environment = Some(second.clone());
        let deadline = self.deadline(&version.function);
        match clock.before(deadline, second.ready()).await {
            Some(Ok(())) => Ok(deadline),
            Some(Err(ending)) => Err(ended(&call.request_id, ending)),
            None => Err(self.timed_out(&version.function, call)),
        }
    }

    async fn launch(
        &self,
        version: &Arc<Version>,
        place: OwnedSemaphorePermit,
        call: &Call,
        context: &TrailContext,
    ) -> Result<Arc<Environment>, Bytes> {
        let mut number = 0;
        self.started.send_modify(|started| {
            *started += 1;
            number = *started;
        });
        let started = Environment::start(
            &self.shared,
            version.clone(),
            place,
            number,
            context.clone(),
        )
        .await;
        let environment = started.map_err(|error| {
            let next = match error.kind() {
                // 8 is the number for a file that is no program, on Unix.
                _ if error.raw_os_error() == Some(8) => "build it again, for this machine",
                ErrorKind::NotFound | ErrorKind::PermissionDenied => {
                    "build it again, and see that it may be executed"
                }
                _ => "the system is short of something: close other programs, or raise its limits",
            };
            (self.shared.console)(Event::Notice(format!(
                "function {} cannot be started: {}: {error}\n  {next}",
                version.function.logical_id, version.function.binary,
            )));
            errors::not_startable(&call.request_id, &error)
        })?;
        let mut state = self.lock();
        state
            .all
            .retain(|environment| environment.strong_count() > 0);
        state.all.push(Arc::downgrade(&environment));
        if state.closed {
            environment.end();
        }
        Ok(environment)
    }

    /// Hands the event over and waits for the answer.
    async fn work(
        &self,
        busy: &mut Busy<'_>,
        call: &Call,
        deadline: Moment,
        context: &TrailContext,
    ) -> Outcome {
        let Some(environment) = busy.environment.clone() else {
            return Outcome::NotFound;
        };
        let function = &environment.version.function;
        let faults = &self.shared.faults;
        let (reply, answer) = oneshot::channel();
        if faults.take(FaultKind::FunctionCrash, &function.logical_id) {
            // It never sees the event, so what it does before it ends is always the same.
            environment.end();
            return Outcome::FunctionError(ended(&call.request_id, environment.ended().await));
        }
        let mut unsent = None;
        let work = Work {
            request_id: call.request_id.clone(),
            payload: call.payload.clone(),
            deadline_ms: self.shared.clock.epoch_millis(deadline),
            trace_id: format!("{};Sampled=0", aws::trace_id(self.shared.clock.now())),
            reply,
        };
        if faults.take(FaultKind::FunctionTimeout, &function.logical_id) {
            unsent = Some(work);
        } else {
            environment.hand(work, context.clone());
        }
        let answer = self.shared.clock.before(deadline, answer).await;
        drop(unsent);
        match answer {
            Some(Ok(Reply::Response(body))) => Outcome::Success(body),
            Some(Ok(Reply::Error(body))) => Outcome::FunctionError(body),
            Some(Ok(Reply::ResponseTooLarge)) => {
                Outcome::FunctionError(errors::response_too_large())
            }
            Some(Err(_)) => {
                // Usually it has ended; a runtime that asks for the next event
                // without having answered this one must end too.
                environment.end();
                Outcome::FunctionError(ended(&call.request_id, environment.ended().await))
            }
            None => {
                environment.end();
                Outcome::FunctionError(self.timed_out(function, call))
            }
        }
    }

    fn timed_out(&self, function: &Function, call: &Call) -> Bytes {
        let now = aws::rfc3339_millis(self.shared.clock.now());
        errors::timed_out(&call.request_id, &now, function.timeout)
    }

    fn deadline(&self, function: &Function) -> Moment {
        self.shared.clock.moment().after(function.timeout)
    }

    fn count(&self, reserved: Option<u32>) -> Option<Counted<'_>> {
        let limit = reserved.map_or(usize::MAX, |limit| limit as usize);
        let counted = self.busy.send_if_modified(|busy| {
            let free = *busy < limit;
            *busy += usize::from(free);
            free
        });
        // Not `then_some`: a place that was not taken must not be given back.
        counted.then(|| Counted(self))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether a further event may go to an environment.
    fn keeps(&self, environment: &Environment) -> bool {
        !self.closed && environment.usable() && Arc::ptr_eq(&environment.version, &self.version)
    }
}

impl Busy<'_> {
    /// Makes the environment free for the next event, unless it has ended or
    /// runs an old version.
    fn release(&mut self) {
        let Some(environment) = self.environment.take() else {
            return;
        };
        let mut state = self.pool.lock();
        if state.keeps(&environment) {
            environment.rest(self.pool.shared.clock.moment());
            state.idle.push(environment);
        } else {
            environment.end();
        }
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        if let Some(environment) = &self.environment {
            environment.end();
        }
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.busy.send_modify(|busy| *busy -= 1);
    }
}

fn ended(request_id: &str, ending: Ending) -> Bytes {
    match ending {
        Ending::InitError(error) => error,
        Ending::Exited(how) => errors::exited(request_id, &how),
    }
}
