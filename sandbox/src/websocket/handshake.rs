//! The public listener: handshakes, and `@connections` for callers that are not
//! functions of the stack.

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::clients::Client;
use super::event::Handshake;
use super::gateway::{Gateway, Refused};
use super::response::PROTOCOL;
use super::routes::CONNECT;
use super::{Stage, connection, manage};
use crate::aws::{extended_id, trace_id};
use crate::clock::Clock;
use crate::http1::head::{Head, Header, Refusal};
use crate::http1::reply::Reply;
use crate::http1::target::Target;
use crate::http1::{self, Answer, Front, Request, Upgrade};
use crate::template::model::WebSocketApi;
use crate::trail::{OpenHop, Service};

/// Longest URL of a handshake in characters (API Gateway Developer Guide,
/// "Quotas"). The status of a longer one is not confirmed.
const URL_LIMIT: usize = 4096;

impl Front for Stage {
    fn clock(&self) -> &Clock {
        &self.0.services.clock
    }

    async fn answer(&self, request: &Request) -> Answer {
        let Some(target) = Target::new(&request.head.target) else {
            let reason = Refusal::Malformed("the request target is neither a path nor an http URL");
            return Answer::Reply(self.refuse(reason, Some(&request.head), request.peer));
        };
        match manage::split(target.full_path) {
            Some(_) => Answer::Reply(self.0.manage_from_outside(request, &target).await),
            None => self.0.handshake(request, &target).await,
        }
    }

    fn refuse(&self, refusal: Refusal, head: Option<&Head>, peer: IpAddr) -> Reply {
        let reply = refusal.reply();
        let context = self.0.services.recorder.begin(extended_id());
        let action = head.map_or("unreadable request", |head| head.method.as_str());
        let mut hop = context.hop(Service::WebSocket, &self.0.api().logical_id, action);
        let from = head.map_or(peer, |head| http1::viewer(head, peer));
        hop.detail("from", from.to_string());
        hop.detail("error", refusal.reason());
        hop.fail(reply.status.to_string());
        reply
    }
}

impl Gateway {
    async fn manage_from_outside(&self, request: &Request, target: &Target<'_>) -> Reply {
        let context = self.services.recorder.begin(extended_id());
        let call = http::Request::builder()
            .method(request.head.method.as_str())
            .uri(target.full_path)
            .body(request.body.clone());
        let Ok(call) = call else {
            return Refusal::Malformed("").reply();
        };
        let response = self.manage(call, &context).await;
        let headers = response.headers().iter().map(|(name, value)| Header {
            name: name.to_string(),
            value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
        });
        Reply {
            status: response.status().as_u16(),
            headers: headers.collect(),
            body: response.body().clone(),
        }
    }

    /// Answers a handshake.
    async fn handshake(self: &Arc<Self>, request: &Request, target: &Target<'_>) -> Answer {
        let api = self.api();
        let viewer = request.viewer();
        let head = &request.head;
        let sent_trace = head.values("X-Amzn-Trace-Id").next_back();
        let trace = match sent_trace.filter(|value| value.contains("Root=")) {
            Some(sent) => sent.to_owned(),
            None => trace_id(self.services.clock.now()),
        };
        let id = self.clients.number();
        let handshake = Handshake::new(head, target.query, &api, viewer, &trace);
        let context = self.services.recorder.begin(handshake.request_id.as_str());
        let mut hop = context.hop(Service::WebSocket, &api.logical_id, CONNECT);
        hop.detail("from", viewer.to_string());
        let mut client = Client::new(
            id,
            self.services.clock.moment(),
            viewer,
            handshake.header("User-Agent").map(str::to_owned),
        );
        let admitted = match check(request, target, &api) {
            Ok(()) => {
                let admitted = self.admit(&handshake, &mut client, &api, hop.context());
                Box::pin(admitted).await
            }
            Err(refused) => Err(refused),
        };
        match admitted {
            Ok(protocol) => {
                hop.detail("connection", id.to_string());
                hop.finish("101");
                let key = head.values("Sec-WebSocket-Key").next().unwrap_or_default();
                let answer = switching(key, protocol.as_deref());
                // From here on functions can send to it.
                let client = Arc::new(client);
                self.clients.add(&client);
                Answer::Upgrade(self.take_over(client, answer))
            }
            Err(refused) => Answer::Reply(refuse(hop, &refused, &handshake.request_id)),
        }
    }

    /// Serves the connection in a task of its own, which outlives the listener
    /// as long as it takes to say good-bye.
    fn take_over(self: &Arc<Self>, client: Arc<Client>, answer: Bytes) -> Upgrade {
        let gateway = self.clone();
        Box::new(|stream, read| {
            // A copy: the buffer that the head was read into has room for more.
            let read = read.to_vec();
            tokio::spawn(connection::run(gateway, client, stream, read, answer));
            Box::pin(std::future::ready(()))
        })
    }
}

/// What is wrong with a handshake before anyone is asked about it. The statuses
/// of what is no handshake at all are not confirmed.
fn check(request: &Request, target: &Target<'_>, api: &WebSocketApi) -> Result<(), Refused> {
    let head = &request.head;
    if target.in_stage(&api.stage) != Some("/") {
        let reason = format!(
            "the path {} is not the stage /{}",
            target.full_path, api.stage
        );
        return Err(Refused::new(403, "Forbidden", reason));
    }
    if head.target.len() > URL_LIMIT {
        let reason = format!("the URL has more than {URL_LIMIT} characters");
        return Err(Refused::new(414, "Request-URI Too Long", reason));
    }
    let has = |name: &str, token: &str| {
        let tokens = head.values(name).flat_map(|value| value.split(','));
        let mut tokens = tokens.map(str::trim);
        tokens.any(|known| known.eq_ignore_ascii_case(token))
    };
    if head.method != "GET" || !has("Connection", "upgrade") || !has("Upgrade", "websocket") {
        let reason = "it is not a WebSocket handshake; connect with a WebSocket client";
        return Err(Refused::new(403, "Forbidden", reason));
    }
    // RFC 6455 4.1.
    if head.minor == 0 {
        let reason = "a WebSocket handshake needs HTTP/1.1";
        return Err(Refused::new(400, "Bad Request", reason));
    }
    if !has("Sec-WebSocket-Version", "13") {
        let reason = "Sec-WebSocket-Version is not 13";
        return Err(Refused::new(400, "Bad Request", reason));
    }
    let mut keys = head.values("Sec-WebSocket-Key");
    let key = keys.next().and_then(|key| STANDARD.decode(key).ok());
    if key.is_none_or(|key| key.len() != 16) || keys.next().is_some() {
        let reason = "Sec-WebSocket-Key is not 16 bytes of base64";
        return Err(Refused::new(400, "Bad Request", reason));
    }
    Ok(())
}

fn refuse(mut hop: OpenHop, refused: &Refused, request_id: &str) -> Reply {
    let body = refused
        .message
        .map(|message| serde_json::json!({ "message": message }));
    let body = body.map_or_else(String::new, |body| body.to_string());
    let mut reply = Reply::new(refused.status, "application/json", body.as_bytes());
    reply.header("x-amzn-RequestId", request_id);
    hop.detail("error", refused.reason.as_str());
    hop.output(&reply.body);
    hop.fail(refused.status.to_string());
    reply
}

/// The answer to a handshake that is let in.
fn switching(key: &str, protocol: Option<&str>) -> Bytes {
    let accept = derive_accept_key(key.as_bytes());
    let protocol = protocol.map_or_else(String::new, |protocol| {
        format!("{PROTOCOL}: {protocol}\r\n")
    });
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{protocol}\r\n"
    )
    .into()
}
