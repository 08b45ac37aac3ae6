//! The events of a WebSocket API's functions (API Gateway Developer Guide, "Set up
//! a WebSocket API integration request").
//!
//! What is absent has no key; messages have no headers at all.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::clients::Client;
use super::routes::CONNECT;
use crate::addresses::execute_api_host;
use crate::aws::{ACCOUNT, PARTITION, REGION, extended_id, same_header};
use crate::clock::Clock;
use crate::http1::VIEWER_HEADER;
use crate::http1::groups::{Groups, Multi, Single, query_pairs};
use crate::http1::head::{Head, Header};
use crate::template::model::WebSocketApi;

/// Headers of a handshake that only an authorizer sees.
const OF_CONNECTION: [&str; 2] = ["Connection", "Upgrade"];
/// Headers that API Gateway writes itself. All but the claims about earlier
/// proxies replace what the client sent.
const OVERWRITTEN: [&str; 5] = [
    "Host",
    "X-Amzn-Trace-Id",
    "X-Forwarded-For",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
];

/// A handshake as its functions see it.
pub(super) struct Handshake {
    pub(super) request_id: String,
    pub(super) headers: Vec<Header>,
    /// `Connection` and `Upgrade` as the client sent them.
    of_connection: Vec<Header>,
    pub(super) query: Vec<(String, String)>,
}

impl Handshake {
    pub(super) fn new(
        head: &Head,
        query: Option<&str>,
        api: &WebSocketApi,
        viewer: IpAddr,
        trace: &str,
    ) -> Self {
        let among = |names: &[&str], header: &&Header| {
            names.iter().any(|name| same_header(name, &header.name))
        };
        let header = |name: &str, value: &str| Header {
            name: name.to_owned(),
            value: value.to_owned(),
        };
        let mut headers = vec![header("Host", &execute_api_host(&api.id))];
        let kept = head.headers.iter().filter(|header| {
            !among(&OF_CONNECTION, header)
                && !among(&OVERWRITTEN, header)
                && !among(&["Content-Length", VIEWER_HEADER], header)
        });
        headers.extend(kept.cloned());
        let claimed = head
            .values("X-Forwarded-For")
            .filter(|value| !value.is_empty());
        let chain: Vec<String> = claimed
            .map(str::to_owned)
            .chain([viewer.to_string()])
            .collect();
        headers.push(header("X-Amzn-Trace-Id", trace));
        headers.push(header("X-Forwarded-For", &chain.join(", ")));
        headers.push(header("X-Forwarded-Port", "443"));
        headers.push(header("X-Forwarded-Proto", "https"));
        let of_connection = head
            .headers
            .iter()
            .filter(|header| among(&OF_CONNECTION, header));
        Self {
            request_id: extended_id(),
            headers,
            of_connection: of_connection.cloned().collect(),
            query: query_pairs(query),
        }
    }

    /// The last value of a header, if it came.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let named = self.headers.iter().rev();
        let mut named = named.filter(|header| same_header(&header.name, name));
        named.next().map(|header| header.value.as_str())
    }

    /// The event of `$connect`.
    pub(super) fn event(&self, context: RequestContext<'_>, api: &WebSocketApi) -> Vec<u8> {
        self.written(&self.headers, context, api, None)
    }

    /// The event of the authorizer.
    pub(super) fn authorizer_event(
        &self,
        context: RequestContext<'_>,
        api: &WebSocketApi,
    ) -> Vec<u8> {
        let mut headers = self.headers.clone();
        headers.extend(self.of_connection.iter().cloned());
        headers.push(Header {
            name: "content-length".to_owned(),
            value: "0".to_owned(),
        });
        self.written(&headers, context, api, Some(method_arn(api)))
    }

    fn written(
        &self,
        headers: &[Header],
        context: RequestContext<'_>,
        api: &WebSocketApi,
        method_arn: Option<String>,
    ) -> Vec<u8> {
        let headers = Groups::of_headers(headers);
        let query = Groups::of_query(&self.query);
        let for_authorizer = method_arn.is_some();
        json(&Event {
            kind: for_authorizer.then_some("REQUEST"),
            method_arn,
            headers: headers.single(),
            multi_value_headers: headers.multi(),
            query_string_parameters: query.single(),
            multi_value_query_string_parameters: query.multi(),
            stage_variables: Some(&api.stage_variables)
                .filter(|variables| for_authorizer || !variables.is_empty()),
            request_context: context,
            body: None,
            is_base64_encoded: (!for_authorizer).then_some(false),
        })
    }
}

/// ARN of the `$connect` route, which an authorizer's policy is about.
pub(super) fn method_arn(api: &WebSocketApi) -> String {
    let (id, stage) = (&api.id, &api.stage);
    format!("arn:{PARTITION}:execute-api:{REGION}:{ACCOUNT}:{id}/{stage}/{CONNECT}")
}

/// The event of a message.
pub(super) fn message(context: RequestContext<'_>, api: &WebSocketApi, body: &str) -> Vec<u8> {
    json(&Event {
        stage_variables: Some(&api.stage_variables).filter(|variables| !variables.is_empty()),
        request_context: context,
        body: Some(body),
        is_base64_encoded: Some(false),
        ..Event::default()
    })
}

/// The event of `$disconnect`.
pub(super) fn disconnect(context: RequestContext<'_>, api: &WebSocketApi) -> Vec<u8> {
    let headers = [
        ("Host", context.domain_name.as_str()),
        ("x-api-key", ""),
        ("X-Forwarded-For", ""),
        ("x-restapi", ""),
    ];
    let headers = headers.map(|(name, value)| Header {
        name: name.to_owned(),
        value: value.to_owned(),
    });
    let headers = Groups::of_headers(&headers);
    json(&Event {
        headers: headers.single(),
        multi_value_headers: headers.multi(),
        stage_variables: Some(&api.stage_variables).filter(|variables| !variables.is_empty()),
        request_context: context,
        is_base64_encoded: Some(false),
        ..Event::default()
    })
}

fn json(event: &Event<'_>) -> Vec<u8> {
    // Text and numbers alone: nothing in an event can fail to be written.
    serde_json::to_vec(event).unwrap_or_default()
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Single<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<Multi<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_string_parameters: Option<Single<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_query_string_parameters: Option<Multi<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage_variables: Option<&'a BTreeMap<String, String>>,
    request_context: RequestContext<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_base64_encoded: Option<bool>,
}

/// `requestContext` of an event.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestContext<'a> {
    pub(super) route_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authorizer: Option<&'a Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) disconnect_status_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message_id: Option<String>,
    event_type: &'static str,
    extended_request_id: &'a str,
    request_time: String,
    message_direction: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) disconnect_reason: Option<&'a str>,
    stage: &'a str,
    connected_at: u64,
    request_time_epoch: u64,
    identity: Option<Identity<'a>>,
    request_id: &'a str,
    domain_name: String,
    connection_id: String,
    api_id: &'a str,
}

/// `identity`, also in answers of `@connections`.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    source_ip: IpAddr,
}

impl<'a> RequestContext<'a> {
    /// What all events of a client have in common.
    pub(super) fn new(
        event_type: &'static str,
        route_key: &'a str,
        request_id: &'a str,
        client: &'a Client,
        api: &'a WebSocketApi,
        clock: &Clock,
    ) -> Self {
        let now = clock.moment();
        // The sandbox's clock stays in the years that exist.
        let time = Timestamp::try_from(clock.date(now)).unwrap_or_default();
        Self {
            route_key,
            authorizer: client.authorizer.as_ref(),
            disconnect_status_code: None,
            message_id: None,
            event_type,
            extended_request_id: request_id,
            request_time: time.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            message_direction: "IN",
            disconnect_reason: None,
            stage: &api.stage,
            connected_at: clock.epoch_millis(client.connected),
            request_time_epoch: clock.epoch_millis(now),
            identity: Some(Identity {
                user_agent: client.user_agent.as_deref(),
                source_ip: client.viewer,
            }),
            request_id,
            domain_name: execute_api_host(&api.id),
            connection_id: client.id.to_string(),
            api_id: &api.id,
        }
    }
}
