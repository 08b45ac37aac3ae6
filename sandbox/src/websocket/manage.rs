//! `@connections`: how functions reach clients (API Gateway Developer Guide, "Use
//! @connections commands in your backend service").

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::clients::{Client, Closing, NotSent};
use super::gateway::Gateway;
use super::id::ConnectionId;
use crate::aws::{extended_id, rfc3339_millis};
use crate::clock::Clock;
use crate::faults::FaultKind;
use crate::trail::{OpenHop, Service, TrailContext};

/// The segment of a path that tells these calls from handshakes.
pub(super) const SEGMENT: &str = "@connections";
/// Largest message to a client in bytes.
const PAYLOAD_LIMIT: usize = 131_072;
/// How long the fault of a slow answer takes.
const SLOW: Duration = Duration::from_secs(30);

/// Header that names an error's type.
const ERROR_TYPE: &str = "x-amzn-ErrorType";

/// What a call that went wrong gets. The wording of the messages is not
/// confirmed for AWS.
struct Wrong {
    status: StatusCode,
    error_type: Option<&'static str>,
    message: Option<String>,
}

impl Wrong {
    fn new(status: StatusCode, error_type: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            error_type: Some(error_type),
            message: Some(message.into()),
        }
    }

    /// The client is gone: no body, and the type in the header alone.
    fn gone(error_type: Option<&'static str>) -> Self {
        Self {
            status: StatusCode::GONE,
            error_type,
            message: None,
        }
    }

    fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "ForbiddenException", "Forbidden")
    }

    fn limit_exceeded() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "LimitExceededException",
            "Limit exceeded",
        )
    }

    fn response(self) -> Response<Bytes> {
        let body = match &self.message {
            None => Bytes::new(),
            Some(message) => serde_json::json!({ "message": message }).to_string().into(),
        };
        let mut response = answer(self.status, body);
        if let Some(error_type) = self.error_type {
            let error_type = HeaderValue::from_static(error_type);
            response.headers_mut().insert(ERROR_TYPE, error_type);
        }
        response
    }
}

fn answer(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    if !response.body().is_empty() {
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
    }
    response
}

/// The answer to `GET`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    connected_at: String,
    identity: Identity<'a>,
    last_active_at: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    source_ip: IpAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
}

fn status(client: &Client, clock: &Clock) -> Bytes {
    let status = Status {
        connected_at: rfc3339_millis(clock.date(client.connected)),
        identity: Identity {
            source_ip: client.viewer,
            user_agent: client.user_agent.as_deref(),
        },
        last_active_at: rfc3339_millis(clock.date(client.last_active())),
    };
    // Text alone: it can always be written.
    serde_json::to_vec(&status).unwrap_or_default().into()
}

/// What the client gets: UTF-8, whatever was posted.
fn text(payload: &Bytes) -> Bytes {
    match std::str::from_utf8(payload) {
        Ok(_) => payload.clone(),
        Err(_) => Bytes::from(String::from_utf8_lossy(payload).into_owned()),
    }
}

impl Gateway {
    /// Answers a call of the management API.
    pub(super) async fn manage(
        &self,
        request: Request<Bytes>,
        context: &TrailContext,
    ) -> Response<Bytes> {
        let api = self.api();
        let method = request.method();
        let mut hop = context.hop(
            Service::WebSocket,
            &api.logical_id,
            format!("{method} {SEGMENT}"),
        );
        let path = request.uri().path();
        let (stage, id) = split(path).unwrap_or_default();
        let id = percent_decode_str(id).decode_utf8_lossy();
        hop.detail("connection", id.as_ref());
        if !request.body().is_empty() {
            hop.input(request.body());
        }
        let answered = if stage == api.stage {
            self.carry_out(&api.logical_id, method, &id, request.body(), &mut hop)
                .await
        } else {
            Err(Wrong::forbidden())
        };
        let mut response = answered.unwrap_or_else(Wrong::response);
        if let Ok(id) = HeaderValue::from_str(&extended_id()) {
            response.headers_mut().insert("x-amz-apigw-id", id);
        }
        if !response.body().is_empty() {
            hop.output(response.body());
        }
        let status = response.status();
        hop.end(status.as_str(), status.is_success());
        response
    }

    async fn carry_out(
        &self,
        api: &str,
        method: &Method,
        id: &str,
        payload: &Bytes,
        hop: &mut OpenHop,
    ) -> Result<Response<Bytes>, Wrong> {
        if !matches!(*method, Method::POST | Method::GET | Method::DELETE) {
            return Err(Wrong::forbidden());
        }
        self.fail_on_demand(api, hop).await?;
        let Some(id) = ConnectionId::parse(id) else {
            return Err(Wrong::new(
                StatusCode::BAD_REQUEST,
                "BadRequestException",
                format!("Invalid connectionId: {id}"),
            ));
        };
        if payload.len() > PAYLOAD_LIMIT {
            return Err(Wrong::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "PayloadTooLargeException",
                "Message too long",
            ));
        }
        let gone = || Wrong::gone(Some("GoneException"));
        let client = self.clients.find(id).ok_or_else(gone)?;
        match *method {
            Method::POST => match client.send(text(payload)) {
                Ok(()) => Ok(answer(StatusCode::OK, Bytes::new())),
                Err(NotSent::Gone) => Err(gone()),
                Err(NotSent::Full) => Err(Wrong::limit_exceeded()),
            },
            Method::GET => Ok(answer(
                StatusCode::OK,
                status(&client, &self.services.clock),
            )),
            _ => {
                client.close(Closing {
                    code: 1000,
                    reason: "Connection Closed Normally",
                    tells_function: true,
                });
                Ok(answer(StatusCode::NO_CONTENT, Bytes::new()))
            }
        }
    }

    async fn fail_on_demand(&self, api: &str, hop: &mut OpenHop) -> Result<(), Wrong> {
        let mut due = |kind: FaultKind| {
            let due = self.services.faults.take(kind, api);
            if due {
                hop.detail("fault", kind.name());
            }
            due
        };
        if due(FaultKind::ConnectionSlow) {
            self.services.clock.sleep(SLOW).await;
        }
        if due(FaultKind::ConnectionGone) {
            return Err(Wrong::gone(Some("GoneException")));
        }
        if due(FaultKind::ConnectionGoneUntyped) {
            return Err(Wrong::gone(None));
        }
        if due(FaultKind::ConnectionThrottle) {
            return Err(Wrong::limit_exceeded());
        }
        if due(FaultKind::ConnectionError) {
            return Err(Wrong::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalServerErrorException",
                "Internal server error",
            ));
        }
        Ok(())
    }
}

/// Stage and connection id of a path `/<stage>/@connections/<connection id>`.
pub(super) fn split(path: &str) -> Option<(&str, &str)> {
    let (stage, rest) = path.strip_prefix('/')?.split_once('/')?;
    let id = rest.strip_prefix(SEGMENT)?.strip_prefix('/')?;
    Some((stage, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_calls_are_told_apart() {
        assert_eq!(split("/prod/@connections/a%3D"), Some(("prod", "a%3D")));
        assert_eq!(split("/prod/@connections/"), Some(("prod", "")));
        for other in [
            "/prod",
            "/prod/@connections",
            "/@connections/a",
            "/prod/x/@connections/a",
            "",
        ] {
            assert_eq!(split(other), None, "{other}");
        }
    }
}
