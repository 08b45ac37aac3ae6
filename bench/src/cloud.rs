//! The cloud as one function sees it, and no more of it than the measurements
//! need: a Runtime API that hands out events, and AWS services that answer at
//! once. One thread for each function, so that nobody waits for another's.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};

use crate::certificate::Certificate;
use crate::error::{Result, cannot, failed};
use crate::processor;

mod aws;
mod http;
mod runtime;

/// What a cloud is like.
#[derive(Clone, Default)]
pub struct Settings {
    /// How many WebSocket clients there are.
    pub connections: usize,
    /// How long an answer to a post to one of them takes.
    pub latency: Duration,
    /// Makes the address of the posts an https one.
    pub certificate: Option<Arc<Certificate>>,
    /// The processor core that the cloud runs on; any, if none is given.
    pub core: Option<usize>,
}

/// What a function made of an event.
#[derive(Debug)]
pub struct Invocation {
    /// From handing out the event to having the answer.
    pub took: Duration,
    /// The answer.
    pub answer: Bytes,
    /// Whether the answer is an error.
    pub failed: bool,
}

/// A cloud that runs.
pub struct Cloud {
    address: SocketAddr,
    posts: String,
    shared: Arc<Shared>,
    idle: Receiver<Idle>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The function asked for an event when there was none.
#[derive(Debug)]
pub struct Idle {
    /// When it did.
    pub at: Instant,
    /// What it has made of events since the last time.
    pub done: Vec<Invocation>,
}

/// What the requests of a function have to do with each other.
struct Shared {
    connections: AtomicUsize,
    latency: Duration,
    state: Mutex<State>,
    /// There are events again.
    handed: Notify,
    idle: Sender<Idle>,
}

#[derive(Default)]
struct State {
    events: VecDeque<Bytes>,
    /// When the event was handed out that the function works on.
    began: Option<Instant>,
    done: Vec<Invocation>,
    /// How many messages were published.
    published: usize,
    /// How often each client was sent something.
    posted: Vec<u8>,
    /// The first request that nothing here is an answer to.
    strange: Option<String>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cloud {
    /// Starts a cloud on free ports of this machine.
    ///
    /// # Errors
    /// If the system has no port or no thread for it.
    pub fn start(settings: Settings) -> Result<Self> {
        let (idle, idles) = mpsc::channel();
        let shared = Arc::new(Shared {
            connections: AtomicUsize::new(settings.connections),
            latency: settings.latency,
            state: Mutex::default(),
            handed: Notify::new(),
            idle,
        });
        let (end, ended) = oneshot::channel();
        let (plain, address) = listen()?;
        let (secure, posts) = match settings.certificate {
            None => (None, format!("http://{address}")),
            Some(certificate) => {
                let (listener, address) = listen()?;
                let posts = format!("https://localhost:{}", address.port());
                (Some((listener, certificate)), posts)
            }
        };
        let serving = shared.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(cannot("start the stub"))?;
        let serve = async move {
            let plain = TcpListener::from_std(plain);
            let secure = secure.map(|(listener, certificate)| {
                TcpListener::from_std(listener).map(|listener| (listener, certificate))
            });
            if let (Ok(plain), Ok(secure)) = (plain, secure.transpose()) {
                tokio::select! {
                    () = http::serve(plain, serving.clone()) => {}
                    () = http::serve_secure(secure, serving) => {}
                    _ = ended => {}
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("cloud".to_owned())
            .spawn(move || {
                processor::pin_this_thread(settings.core);
                runtime.block_on(serve);
            })
            .map_err(cannot("start a thread"))?;
        Ok(Self {
            address,
            posts,
            shared,
            idle: idles,
            end: Some(end),
            thread: Some(thread),
        })
    }

    /// The variables by which a function finds everything here.
    pub fn variables(&self) -> Vec<(String, String)> {
        let address = self.address;
        let mut variables = vec![("AWS_LAMBDA_RUNTIME_API".to_owned(), address.to_string())];
        let services = ["", "_SNS", "_SQS", "_DYNAMODB"];
        variables.extend(services.map(|service| {
            let path = service.trim_start_matches('_').to_ascii_lowercase();
            (
                format!("AWS_ENDPOINT_URL{service}"),
                format!("http://{address}/{path}"),
            )
        }));
        variables.push((
            "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI".to_owned(),
            format!("{}/prod", self.posts),
        ));
        variables
    }

    /// From now on there are so many WebSocket clients.
    pub fn set_connections(&self, count: usize) {
        self.shared.connections.store(count, Ordering::Relaxed);
    }

    /// Hands out these events, one after the other.
    pub fn hand(&self, events: Vec<Bytes>) {
        let mut state = self.shared.lock();
        state.posted = vec![0; self.shared.connections.load(Ordering::Relaxed)];
        state.published = 0;
        state.events = events.into();
        self.shared.handed.notify_one();
    }

    /// Waits until the function asks for an event and there is none. Nothing if
    /// it does not within `patience`.
    ///
    /// # Errors
    /// If it has asked for what there is not here, or has answered with an error.
    pub fn idle(&self, patience: Duration) -> Result<Option<Idle>> {
        let idle = self.idle.recv_timeout(patience).ok();
        if let Some(strange) = &self.shared.lock().strange {
            return Err(failed(format!(
                "it asked for what the stub lacks: {strange}"
            )));
        }
        let done = idle.iter().flat_map(|idle| &idle.done);
        match done.into_iter().find(|done| done.failed) {
            Some(bad) => Err(failed(format!(
                "it answered with an error: {}",
                String::from_utf8_lossy(&bad.answer)
            ))),
            None => Ok(idle),
        }
    }

    /// How many messages the last events had published.
    pub fn published(&self) -> usize {
        self.shared.lock().published
    }

    /// Whether the last event reached each client once.
    pub fn each_client_once(&self) -> bool {
        self.shared.lock().posted.iter().all(|times| *times == 1)
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // It can only have ended by itself before; then there is nothing to wait for.
            let _ = thread.join();
        }
    }
}

/// A listener on a free port.
fn listen() -> Result<(std::net::TcpListener, SocketAddr)> {
    let listener =
        std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(cannot("listen on 127.0.0.1"))?;
    listener
        .set_nonblocking(true)
        .map_err(cannot("listen on 127.0.0.1"))?;
    let address = listener
        .local_addr()
        .map_err(cannot("listen on 127.0.0.1"))?;
    Ok((listener, address))
}
