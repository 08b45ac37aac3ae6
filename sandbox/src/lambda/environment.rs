//! An execution environment: one process, and the event it works on.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use process_wrap::tokio::ChildWrapper;
use tokio::net::TcpListener;
use tokio::sync::{Notify, OwnedSemaphorePermit, oneshot, watch};
use tokio::task::JoinSet;

use super::pool::Version;
use super::{Shared, door, logs, process, variables};
use crate::clock::{Clock, Moment};
use crate::trail::TrailContext;

/// How long the output of a process that has ended is still read.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long an environment without an event is kept, on the sandbox's clock. AWS
/// does not document how long it keeps one.
const KEPT: Duration = Duration::from_secs(10 * 60);

/// An event on its way to a function, with all that the Runtime API says of it.
pub struct Work {
    pub request_id: String,
    pub payload: Bytes,
    pub deadline_ms: u64,
    pub trace_id: String,
    pub reply: oneshot::Sender<Reply>,
}

/// What the function made of an event.
pub enum Reply {
    Response(Bytes),
    Error(Bytes),
    ResponseTooLarge,
}

/// How an environment came to its end.
#[derive(Clone, Debug)]
pub enum Ending {
    /// The process is gone; in Lambda's words.
    Exited(String),
    /// The function reported that it cannot start.
    InitError(Bytes),
}

#[derive(Clone, Debug)]
enum Phase {
    Starting,
    /// It waits for an event.
    Ready,
    /// It has one, and is not done until it asks for the next.
    Working,
    Ended(Ending),
}

/// Name of a log stream: the date, the version and a random part.
fn log_stream(now: SystemTime) -> String {
    let date = jiff::Timestamp::try_from(now).unwrap_or_default();
    let date = date.strftime("%Y/%m/%d");
    format!("{date}/[$LATEST]{}", uuid::Uuid::new_v4().simple())
}

/// One process of a function.
pub struct Environment {
    pub version: Arc<Version>,
    phase: watch::Sender<Phase>,
    /// Since when it has had no event; `None` while it has one.
    resting: watch::Sender<Option<Moment>>,
    state: Mutex<State>,
    mailbox: Notify,
    end: Notify,
    doomed: AtomicBool,
}

struct State {
    /// The last place on a trail that this environment works for.
    context: TrailContext,
    queued: Option<Work>,
    current: Option<(String, oneshot::Sender<Reply>)>,
    init_error: Option<Bytes>,
    /// The process ended before it fetched its event.
    untouched: bool,
}

impl Environment {
    /// Starts a process for `version`. It lives until [`Environment::end`], until
    /// it exits by itself or until it has rested for too long, and gives its
    /// `place` back then.
    pub async fn start(
        shared: &Arc<Shared>,
        version: Arc<Version>,
        place: OwnedSemaphorePermit,
        number: u64,
        context: TrailContext,
    ) -> io::Result<Arc<Self>> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let services = shared.services();
        let variables = variables::variables(
            &version.function,
            listener.local_addr()?,
            &shared.files,
            services.as_ref().map_or(&[], |services| services.names()),
            &log_stream(shared.clock.now()),
        );
        let child =
            process::start(version.binary.path(), shared.files.folder(), &variables).await?;
        let state = State {
            context,
            queued: None,
            current: None,
            init_error: None,
            untouched: false,
        };
        let environment = Arc::new(Self {
            version,
            phase: watch::Sender::new(Phase::Starting),
            resting: watch::Sender::new(None),
            state: Mutex::new(state),
            mailbox: Notify::new(),
            end: Notify::new(),
            doomed: AtomicBool::new(false),
        });
        let services = services.map(|services| Arc::downgrade(&services));
        let door = tokio::spawn(door::serve(listener, environment.clone(), services));
        let watched = environment.clone();
        let shared = shared.clone();
        tokio::spawn(async move {
            watched.watch(&shared, child, place, number).await;
            door.abort();
        });
        Ok(environment)
    }

    /// Follows the process until it is gone.
    async fn watch(
        &self,
        shared: &Shared,
        mut child: Box<dyn ChildWrapper>,
        place: OwnedSemaphorePermit,
        number: u64,
    ) {
        let function = &self.version.function.logical_id;
        let console = &shared.console;
        let mut output = JoinSet::new();
        if let Some(stdout) = child.stdout().take() {
            output.spawn(logs::follow(
                stdout,
                console.clone(),
                function.clone(),
                number,
            ));
        }
        if let Some(stderr) = child.stderr().take() {
            output.spawn(logs::follow(
                stderr,
                console.clone(),
                function.clone(),
                number,
            ));
        }
        let pid = child.id();
        if let (Some(reaper), Some(pid)) = (&shared.reaper, pid) {
            reaper.started(pid);
        }
        let exited = tokio::select! {
            status = child.wait() => Some(status),
            () = self.end.notified() => None,
            () = self.rested(&shared.clock) => None,
        };
        // No further event for it, even while its last words are read.
        self.doomed.store(true, Ordering::Release);
        // The whole group or job: what the process started must not stay
        // behind. It fails when nothing is left to kill, which is as wanted.
        let _ = child.start_kill();
        let status = match exited {
            Some(status) => status,
            None => child.wait().await,
        };
        if let (Some(reaper), Some(pid)) = (&shared.reaper, pid) {
            reaper.ended(pid);
        }
        drop(place);
        // What it said last is often the reason. Its output ends with it, unless
        // a child that left the group keeps it open.
        let _ = tokio::time::timeout(LAST_WORDS, output.join_all()).await;
        let mut state = self.lock();
        // Dropping the senders tells whoever waits for an answer.
        state.untouched |= state.queued.take().is_some();
        state.current = None;
        let ending = match state.init_error.take() {
            Some(error) => Ending::InitError(error),
            None => Ending::Exited(process::describe(status)),
        };
        self.phase.send_replace(Phase::Ended(ending));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the function asks for an event now.
    pub fn asks(&self) -> bool {
        matches!(*self.phase.borrow(), Phase::Ready)
    }

    /// Waits until the function asks for an event: its first one, or the next.
    pub async fn ready(&self) -> Result<(), Ending> {
        let mut phase = self.phase.subscribe();
        let settled = phase
            .wait_for(|phase| matches!(phase, Phase::Ready | Phase::Ended(_)))
            .await;
        match settled.as_deref() {
            Ok(Phase::Ended(ending)) => Err(ending.clone()),
            // The sender lives in `self`.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// How the environment ended, if it has.
    pub fn ending(&self) -> Option<Ending> {
        match &*self.phase.borrow() {
            Phase::Ended(ending) => Some(ending.clone()),
            Phase::Starting | Phase::Ready | Phase::Working => None,
        }
    }

    /// Waits for the end, and says how it came.
    pub async fn ended(&self) -> Ending {
        let mut phase = self.phase.subscribe();
        loop {
            if let Phase::Ended(ending) = &*phase.borrow_and_update() {
                return ending.clone();
            }
            if phase.changed().await.is_err() {
                return Ending::Exited(String::new());
            }
        }
    }

    /// Ends the process and all it started.
    pub fn end(&self) {
        self.doomed.store(true, Ordering::Release);
        self.end.notify_one();
    }

    /// Notes that it has had no event since `since`.
    pub fn rest(&self, since: Moment) {
        self.resting.send_replace(Some(since));
    }

    /// Waits until it has rested for so long that it takes no event any more.
    async fn rested(&self, clock: &Clock) {
        let mut resting = self.resting.subscribe();
        loop {
            let since = *resting.borrow_and_update();
            let Some(since) = since else {
                // The sender lives in `self`.
                let _ = resting.changed().await;
                continue;
            };
            let woken = clock.before(since.after(KEPT), resting.changed()).await;
            // With the state, so that no event comes in between.
            let _state = self.lock();
            if woken.is_none() && *self.resting.borrow() == Some(since) {
                self.doomed.store(true, Ordering::Release);
                return;
            }
        }
    }

    /// Whether it has ended without having fetched the event that was left for
    /// it.
    pub fn untouched(&self) -> bool {
        self.lock().untouched
    }

    /// Whether it can take another event.
    pub fn usable(&self) -> bool {
        !self.doomed.load(Ordering::Acquire) && self.ending().is_none()
    }

    /// Leaves an event for the function to fetch.
    pub fn hand(&self, work: Work, context: TrailContext) {
        let mut state = self.lock();
        if self.usable() {
            self.resting.send_replace(None);
            state.context = context;
            state.queued = Some(work);
            self.mailbox.notify_one();
        } else {
            state.untouched = true;
        }
        // Otherwise `work` is dropped, and its reply channel says so.
    }

    /// The next event for the function (Runtime API, `next`).
    pub async fn next(&self) -> Work {
        self.enter(Phase::Ready);
        loop {
            if let Some(work) = self.lock().queued.take() {
                self.enter(Phase::Working);
                return work;
            }
            self.mailbox.notified().await;
        }
    }

    /// Goes to another phase, unless it has ended.
    fn enter(&self, next: Phase) {
        self.phase.send_if_modified(|phase| {
            let alive = !matches!(phase, Phase::Ended(_));
            if alive {
                *phase = next;
            }
            alive
        });
    }

    /// Notes which event the function works on.
    pub fn working_on(&self, request_id: &str, reply: oneshot::Sender<Reply>) {
        self.lock().current = Some((request_id.to_owned(), reply));
    }

    /// Takes the place for the answer to `request_id`, if that is the event the
    /// function works on.
    pub fn answer(&self, request_id: &str) -> Option<oneshot::Sender<Reply>> {
        let mut state = self.lock();
        let matches = state
            .current
            .as_ref()
            .is_some_and(|(current, _)| current == request_id);
        if matches {
            state.current.take().map(|(_, reply)| reply)
        } else {
            None
        }
    }

    /// Notes why the function cannot start (Runtime API, `init/error`).
    pub fn init_error(&self, error: Bytes) {
        self.lock().init_error = Some(error);
        // Not every runtime exits by itself then.
        self.end();
    }

    /// The place on the trail of what the function does now.
    pub fn context(&self) -> TrailContext {
        self.lock().context.clone()
    }
}
