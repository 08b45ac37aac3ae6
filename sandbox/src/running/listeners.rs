//! The listeners that clients connect to: one for each API and distribution.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::{Sandbox, services};
use crate::addresses::{Addresses, execute_api_host};
use crate::cloudfront::{self, Edge};
use crate::template::model::{Distribution, RestApi, Stack, WebSocketApi};
use crate::{rest, websocket};

/// Something of a stack that clients connect to.
#[derive(Clone)]
pub(super) enum Public {
    Rest(Arc<RestApi>),
    WebSocket(Arc<WebSocketApi>),
    Distribution(Arc<Distribution>),
    /// The services that functions call, for the person at the keyboard.
    Services,
}

/// Kinds of them; a listener goes on only for its own kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    Rest,
    WebSocket,
    Distribution,
    Services,
}

/// Which listener: its kind and the logical id of its resource.
pub(super) type Key = (Kind, String);

impl Public {
    /// All of a stack, in the order of their ports: a port is to stay the same
    /// from step to step, so what comes in a later step comes later here.
    pub(super) fn of(stack: &Stack) -> Vec<Self> {
        let rest = stack.rest_apis.iter().cloned();
        let websocket = stack.websocket_apis.iter().cloned();
        let distributions = stack.distributions.iter().cloned();
        let has_services =
            !stack.topics.is_empty() || !stack.queues.is_empty() || !stack.tables.is_empty();
        rest.map(|api| Self::Rest(Arc::new(api)))
            .chain(websocket.map(|api| Self::WebSocket(Arc::new(api))))
            .chain(distributions.map(|one| Self::Distribution(Arc::new(one))))
            .chain(has_services.then_some(Self::Services))
            .collect()
    }

    pub(super) fn key(&self) -> Key {
        match self {
            Self::Rest(api) => (Kind::Rest, api.logical_id.clone()),
            Self::WebSocket(api) => (Kind::WebSocket, api.logical_id.clone()),
            Self::Distribution(one) => (Kind::Distribution, one.logical_id.clone()),
            Self::Services => services_key(),
        }
    }

    /// Says that `address` stands for this one's name on AWS.
    pub(super) fn register(&self, addresses: &mut Addresses, address: SocketAddr) {
        match self {
            Self::Rest(api) => addresses.add(execute_api_host(&api.id), address),
            Self::WebSocket(api) => addresses.add_websocket_api(&api.id, address),
            Self::Distribution(one) => addresses.add_distribution(one.domain_name.clone(), address),
            // It stands for several hosts, and each caller says which one.
            Self::Services => {}
        }
    }
}

/// The key of the listener of the services.
pub(super) fn services_key() -> Key {
    (Kind::Services, services::NAME.to_owned())
}

/// A listener at work.
pub(super) struct Listening {
    pub(super) address: SocketAddr,
    served: Served,
    task: AbortHandle,
}

/// Where the listener gets a newer version of what it serves.
enum Served {
    Rest(watch::Sender<Arc<RestApi>>, rest::Stage),
    WebSocket(watch::Sender<Arc<WebSocketApi>>, websocket::Stage),
    Distribution(watch::Sender<Arc<Distribution>>),
    /// They take a new version by themselves.
    Services,
}

impl Listening {
    /// Serves `public` from now on.
    pub(super) fn update(&self, public: Public) {
        match (&self.served, public) {
            (Served::Rest(sender, _), Public::Rest(api)) => drop(sender.send_replace(api)),
            (Served::WebSocket(sender, _), Public::WebSocket(api)) => {
                drop(sender.send_replace(api));
            }
            (Served::Distribution(sender), Public::Distribution(one)) => {
                drop(sender.send_replace(one));
            }
            // Listeners are found by kind, so there is no other pair.
            _ => {}
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The stages at work, by the id of their API.
#[derive(Clone, Default)]
pub(super) struct Stages {
    pub(super) rest: Arc<RwLock<HashMap<String, rest::Stage>>>,
    pub(super) websocket: Arc<RwLock<HashMap<String, websocket::Stage>>>,
}

impl Stages {
    /// The stage of the WebSocket API with this id.
    pub(super) fn websocket(&self, id: &str) -> Option<websocket::Stage> {
        let stages = self
            .websocket
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        stages.get(id).cloned()
    }

    /// The origins of distributions: REST APIs by their host name.
    fn origins(&self) -> cloudfront::Origins {
        let rest = self.rest.clone();
        Arc::new(move |host| {
            let rest = rest.read().unwrap_or_else(PoisonError::into_inner);
            let mut found = rest.iter().filter(|(id, _)| execute_api_host(id) == host);
            found.next().map(|(_, stage)| stage.clone())
        })
    }

    /// The stages of these listeners are at work from now on, and no others.
    pub(super) fn renew<'a>(&self, listening: impl Iterator<Item = &'a Listening>) {
        let mut rest = self.rest.write().unwrap_or_else(PoisonError::into_inner);
        let mut websocket = self
            .websocket
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        rest.clear();
        websocket.clear();
        for one in listening {
            match &one.served {
                Served::Rest(api, stage) => {
                    rest.insert(api.borrow().id.clone(), stage.clone());
                }
                Served::WebSocket(api, stage) => {
                    websocket.insert(api.borrow().id.clone(), stage.clone());
                }
                Served::Distribution(_) | Served::Services => {}
            }
        }
    }

    /// The stages of all WebSocket APIs.
    pub(super) fn websockets(&self) -> Vec<websocket::Stage> {
        let stages = self
            .websocket
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        stages.values().cloned().collect()
    }
}

impl Sandbox {
    /// Serves `public` on a listener.
    pub(super) fn serve(
        &self,
        public: Public,
        address: SocketAddr,
        listener: TcpListener,
    ) -> Listening {
        let functions = Arc::new(self.lambda.clone());
        let (recorder, clock) = (self.recorder.clone(), self.options.clock.clone());
        let faults = self.faults.clone();
        let (served, task) = match public {
            Public::Rest(api) => {
                let (sender, receiver) = watch::channel(api);
                let services = rest::Services {
                    functions,
                    recorder,
                    clock,
                    waf: self.waf.clone(),
                };
                let stage = rest::Stage::new(receiver, services);
                (
                    Served::Rest(sender, stage.clone()),
                    tokio::spawn(stage.serve(listener)).abort_handle(),
                )
            }
            Public::WebSocket(api) => {
                let (sender, receiver) = watch::channel(api);
                let services = websocket::Services {
                    functions,
                    recorder,
                    clock,
                    faults,
                };
                let stage = websocket::Stage::new(receiver, services);
                (
                    Served::WebSocket(sender, stage.clone()),
                    tokio::spawn(stage.serve(listener)).abort_handle(),
                )
            }
            Public::Distribution(one) => {
                let (sender, receiver) = watch::channel(one);
                let services = cloudfront::Services {
                    origins: self.stages.origins(),
                    recorder,
                    clock,
                    faults,
                    waf: self.waf.clone(),
                };
                let edge = Edge::new(receiver, services);
                (
                    Served::Distribution(sender),
                    tokio::spawn(edge.serve(listener)).abort_handle(),
                )
            }
            Public::Services => {
                let serving = services::serve(listener, self.backends.clone(), recorder);
                (Served::Services, tokio::spawn(serving).abort_handle())
            }
        };
        Listening {
            address,
            served,
            task,
        }
    }
}
