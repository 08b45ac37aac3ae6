//! A WebSocket API with its stage: who is let in, and what becomes of messages.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use super::authorizer::{self, Decision, Source};
use super::clients::{Client, Clients, Closing};
use super::connection::Ended;
use super::event::{self, Handshake, RequestContext};
use super::response;
use super::routes::{self, CONNECT, DISCONNECT};
use super::{Services, routes::route};
use crate::aws::extended_id;
use crate::bucket::Bucket;
use crate::faults::FaultKind;
use crate::lambda::Outcome;
use crate::template::model::WebSocketApi;
use crate::trail::{Service, TrailContext};

/// Longest integration timeout of an API (API Gateway Developer Guide, "Quotas").
const INTEGRATION_LIMIT: Duration = Duration::from_secs(29);

/// A WebSocket API with its stage, as it is now.
pub(super) struct Gateway {
    api: watch::Receiver<Arc<WebSocketApi>>,
    pub(super) clients: Clients,
    pub(super) services: Services,
    connects: Mutex<Option<Bucket>>,
}

/// Why a client is not let in: the status it gets, API Gateway's words with it,
/// and the reason for the trail.
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) message: Option<&'static str>,
    pub(super) reason: String,
}

impl Refused {
    pub(super) fn new(status: u16, message: &'static str, reason: impl Into<String>) -> Self {
        Self {
            status,
            message: Some(message),
            reason: reason.into(),
        }
    }
}

/// API Gateway's words for what went wrong behind it.
const INTERNAL: &str = "Internal server error";
const TIMED_OUT: &str = "Endpoint request timed out";
const FORBIDDEN: &str = "Forbidden";
const UNAUTHORIZED: &str = "Unauthorized";

/// Why an invocation has no answer.
struct Failure {
    /// What the client is told.
    message: &'static str,
    reason: String,
    /// `errorMessage` if the function failed.
    error: Option<String>,
}

impl Gateway {
    pub(super) fn new(api: watch::Receiver<Arc<WebSocketApi>>, services: Services) -> Self {
        Self {
            api,
            clients: Clients::default(),
            services,
            connects: Mutex::default(),
        }
    }

    /// The API in force.
    pub(super) fn api(&self) -> Arc<WebSocketApi> {
        self.api.borrow().clone()
    }

    /// Closes all connections whenever another API, or another stage of it, takes
    /// the place of this one. AWS deletes the old one then.
    pub(super) async fn follow(&self) {
        let mut updates = self.api.clone();
        let identity = |api: &WebSocketApi| (api.id.clone(), api.stage.clone());
        let mut known = identity(&updates.borrow_and_update());
        while updates.changed().await.is_ok() {
            let now = identity(&updates.borrow_and_update());
            if now != known {
                self.clients.close(Closing {
                    code: 1012,
                    reason: "the API was replaced",
                    tells_function: false,
                });
            }
            known = now;
        }
        // Nobody can update it any more.
        std::future::pending::<()>().await;
    }

    /// Judges a handshake, in API Gateway's order: the rate, the authorizer, the
    /// function of `$connect`. Returns the sub-protocol if they let the client in.
    pub(super) async fn admit(
        &self,
        handshake: &Handshake,
        client: &mut Client,
        api: &WebSocketApi,
        context: &TrailContext,
    ) -> Result<Option<String>, Refused> {
        if !self.takes_one_more(api) {
            let reason = "more connections than the stage's throttling lets in";
            return Err(Refused::new(429, "Too Many Requests", reason));
        }
        self.authorize(handshake, client, api, context).await?;
        let Some(route) = route(api, CONNECT) else {
            return Ok(None);
        };
        let request = self.context("CONNECT", CONNECT, &handshake.request_id, client, api);
        let event = handshake.event(request, api);
        let answer = self.invoke(&route.function, route.timeout, event, context);
        let payload = answer.await.map_err(|failure| {
            // Whether a timeout differs from other failures is not confirmed.
            Refused::new(502, INTERNAL, failure.reason)
        })?;
        let connect = response::connect(&payload).map_err(|wrong| {
            Refused::new(502, INTERNAL, format!("the function's response {wrong}"))
        })?;
        match connect.status {
            200..=299 => Ok(connect.protocol),
            status => Err(Refused {
                status,
                message: None,
                reason: format!("{} answered {status}", route.function),
            }),
        }
    }

    fn takes_one_more(&self, api: &WebSocketApi) -> bool {
        let Some(throttle) = api.connect_throttle else {
            return true;
        };
        let now = self.services.clock.moment();
        let mut connects = self.connects.lock().unwrap_or_else(PoisonError::into_inner);
        connects
            .get_or_insert_with(|| Bucket::full(throttle.burst, now))
            .take(throttle.rate, throttle.burst, now)
    }

    async fn authorize(
        &self,
        handshake: &Handshake,
        client: &mut Client,
        api: &WebSocketApi,
        context: &TrailContext,
    ) -> Result<(), Refused> {
        let Some(settings) = &api.authorizer else {
            return Ok(());
        };
        let request = self.context("CONNECT", CONNECT, &handshake.request_id, client, api);
        for source in &settings.identity_sources {
            let given = Source::parse(source)
                .is_some_and(|source| source.is_given(handshake, &request, api));
            if !given {
                let reason = format!("the identity source {source} is missing or empty");
                return Err(Refused::new(401, UNAUTHORIZED, reason));
            }
        }
        let event = handshake.authorizer_event(request, api);
        let answer = self.invoke(&settings.function, INTEGRATION_LIMIT, event, context);
        let payload = answer
            .await
            .map_err(|failure| match failure.error.as_deref() {
                Some(UNAUTHORIZED) => Refused::new(401, UNAUTHORIZED, failure.reason),
                _ => Refused::new(500, INTERNAL, failure.reason),
            })?;
        match authorizer::decide(&payload, &event::method_arn(api)) {
            Ok(Decision::Allow(said)) => {
                client.authorizer = Some(said);
                Ok(())
            }
            Ok(Decision::Deny) => {
                let reason = format!("the policy of {} does not allow it", settings.function);
                Err(Refused::new(403, FORBIDDEN, reason))
            }
            Err(wrong) => {
                let reason = format!("the authorizer's response {wrong}");
                Err(Refused::new(500, INTERNAL, reason))
            }
        }
    }

    /// Takes a message through its route.
    pub(super) async fn message(&self, client: &Client, message: &str) {
        let api = self.api();
        let request_id = extended_id();
        let found = routes::select(&api, message.as_bytes());
        let context = self.services.recorder.begin(request_id.as_str());
        let action = found.map_or("no route", |route| route.key.as_str());
        let mut hop = context.hop(Service::WebSocket, &api.logical_id, action);
        hop.detail("connection", client.id.to_string());
        hop.input(&Bytes::copy_from_slice(message.as_bytes()));
        let answer = match found {
            None => Err(Failure {
                message: FORBIDDEN,
                reason: "no route takes this message, and there is no $default".to_owned(),
                error: None,
            }),
            Some(route) => {
                let mut request = self.context("MESSAGE", &route.key, &request_id, client, &api);
                request.message_id = Some(extended_id());
                let event = event::message(request, &api, message);
                let answer = self.invoke(&route.function, route.timeout, event, hop.context());
                match answer.await {
                    Ok(payload) if route.responds => {
                        response::body(&payload).map_err(|wrong| Failure {
                            message: INTERNAL,
                            reason: format!("the function's response {wrong}"),
                            error: None,
                        })
                    }
                    other => other.map(|_| None),
                }
            }
        };
        // A client that is gone or does not read misses it, as on AWS.
        match answer {
            Ok(body) => {
                if let Some(body) = body {
                    let body = Bytes::from(body);
                    hop.output(&body);
                    let _ = client.send(body);
                }
                hop.finish("ok");
            }
            Err(failure) => {
                let frame = Bytes::from(format!(
                    r#"{{"message": "{}", "connectionId":"{}", "requestId":"{request_id}"}}"#,
                    failure.message, client.id
                ));
                hop.detail("error", failure.reason);
                hop.output(&frame);
                let _ = client.send(frame);
                hop.fail(failure.message);
            }
        }
    }

    /// Tells the function of `$disconnect`, best effort and once.
    pub(super) async fn disconnect(&self, client: &Client, ended: &Ended) {
        let api = self.api();
        let request_id = extended_id();
        let context = self.services.recorder.begin(request_id.as_str());
        let mut hop = context.hop(Service::WebSocket, &api.logical_id, DISCONNECT);
        hop.detail("connection", client.id.to_string());
        hop.detail("code", ended.code);
        if !ended.reason.is_empty() {
            hop.detail("reason", ended.reason.as_str());
        }
        let faults = &self.services.faults;
        if faults.take(FaultKind::DisconnectLost, &api.logical_id) {
            hop.detail("error", "fault: $disconnect never comes");
            return hop.fail("lost");
        }
        let Some(route) = route(&api, DISCONNECT) else {
            return hop.finish("no route");
        };
        let mut request = self.context("DISCONNECT", DISCONNECT, &request_id, client, &api);
        request.disconnect_status_code = Some(ended.code);
        request.disconnect_reason = Some(&ended.reason);
        let event = event::disconnect(request, &api);
        match self
            .invoke(&route.function, route.timeout, event, hop.context())
            .await
        {
            Ok(_) => hop.finish("ok"),
            Err(failure) => {
                hop.detail("error", failure.reason);
                hop.fail(failure.message);
            }
        }
    }

    fn context<'a>(
        &self,
        event_type: &'static str,
        route_key: &'a str,
        request_id: &'a str,
        client: &'a Client,
        api: &'a WebSocketApi,
    ) -> RequestContext<'a> {
        let clock = &self.services.clock;
        RequestContext::new(event_type, route_key, request_id, client, api, clock)
    }

    /// Invokes a function and waits for its payload, at most as long as the
    /// integration may take.
    async fn invoke(
        &self,
        function: &str,
        timeout: Duration,
        event: Vec<u8>,
        context: &TrailContext,
    ) -> Result<Bytes, Failure> {
        let limit = timeout.min(INTEGRATION_LIMIT);
        let deadline = self.services.clock.moment().after(limit);
        let mut invocation = Box::pin({
            let (functions, context) = (self.services.functions.clone(), context.clone());
            let function = function.to_owned();
            async move { functions.invoke(&function, event.into(), &context).await }
        });
        let answered = self.services.clock.before(deadline, invocation.as_mut());
        let Some(outcome) = answered.await else {
            // The timeout does not stop a function that has begun.
            tokio::spawn(invocation);
            let reason = format!(
                "{function} did not answer within the integration timeout of {} ms; it goes on running",
                limit.as_millis()
            );
            return Err(Failure {
                message: TIMED_OUT,
                reason,
                error: None,
            });
        };
        let (reason, error) = match outcome {
            Outcome::Success(payload) => return Ok(payload),
            Outcome::FunctionError(error) => {
                let error: serde_json::Value = serde_json::from_slice(&error).unwrap_or_default();
                let text = |name: &str| error.get(name)?.as_str().map(str::to_owned);
                let (kind, message) = (text("errorType"), text("errorMessage"));
                let kind = kind.as_deref().unwrap_or("error");
                let told = message.as_deref().unwrap_or_default();
                (format!("{function} failed: {kind}: {told}"), message)
            }
            Outcome::Throttled(reason) => (format!("Lambda throttled {function}: {reason}"), None),
            Outcome::RequestTooLarge => (
                format!("the event for {function} exceeds what Lambda takes"),
                None,
            ),
            Outcome::NotFound => (format!("there is no function {function}"), None),
        };
        Err(Failure {
            message: INTERNAL,
            reason,
            error,
        })
    }
}
