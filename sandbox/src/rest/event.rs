//! The event that a function receives (API Gateway Developer Guide, "Set up
//! Lambda proxy integrations in API Gateway", input format).
//!
//! What is absent is `null`, never a missing key.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;

use crate::aws::{ACCOUNT, same_header};
use crate::http1::VIEWER_HEADER;
use crate::http1::groups::{Groups, Multi, Single, query_pairs};
use crate::http1::head::{Head, Header};
use crate::rest::identity::RequestIds;
use crate::rest::response::is_binary;
use crate::rest::router::Match;
use crate::template::model::RestApi;

/// Headers that end at API Gateway's regional endpoint.
const REMOVED: [&str; 12] = [
    "Connection",
    "Content-Length",
    "Content-MD5",
    "Expect",
    "Max-Forwards",
    "Proxy-Authenticate",
    "Server",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "WWW-Authenticate",
];
/// Headers that API Gateway writes itself, over what the client sent.
const OVERWRITTEN: [&str; 5] = [
    "Host",
    "X-Amzn-Trace-Id",
    "X-Forwarded-For",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
];

/// The headers as the API sees them: the client's without those that end here,
/// and those that API Gateway adds, under its own casing.
pub(crate) fn incoming(head: &Head, domain: &str, viewer: IpAddr, trace: &str) -> Vec<Header> {
    let among =
        |names: &[&str], header: &Header| names.iter().any(|name| same_header(name, &header.name));
    let mut headers = Vec::with_capacity(head.headers.len() + OVERWRITTEN.len());
    let kept = head.headers.iter().filter(|header| {
        !among(&REMOVED, header)
            && !among(&OVERWRITTEN, header)
            && !same_header(&header.name, VIEWER_HEADER)
    });
    headers.extend(kept.cloned());
    // Appended to whatever the client claims, as one value.
    let mut chain = String::new();
    for claimed in head
        .values("X-Forwarded-For")
        .filter(|value| !value.is_empty())
    {
        chain.push_str(claimed);
        chain.push_str(", ");
    }
    chain.push_str(&viewer.to_string());
    let added = [
        domain.to_owned(),
        trace.to_owned(),
        chain,
        "443".to_owned(),
        "https".to_owned(),
    ];
    headers.extend(
        OVERWRITTEN
            .into_iter()
            .zip(added)
            .map(|(name, value)| Header {
                name: name.to_owned(),
                value,
            }),
    );
    headers
}

/// What an event is made of.
pub(crate) struct Source<'a> {
    pub(crate) api: &'a RestApi,
    pub(crate) deployment_id: &'a str,
    pub(crate) domain: &'a str,
    pub(crate) ids: &'a RequestIds,
    pub(crate) found: &'a Match<'a>,
    /// Upper case, after `X-HTTP-Method-Override`.
    pub(crate) method: &'a str,
    /// Path without the stage.
    pub(crate) path: &'a str,
    /// Path with the stage.
    pub(crate) full_path: &'a str,
    /// The query string without `?`.
    pub(crate) query: Option<&'a str>,
    pub(crate) minor: u8,
    pub(crate) headers: &'a [Header],
    pub(crate) body: &'a Bytes,
    pub(crate) viewer: IpAddr,
    pub(crate) now: Timestamp,
}

impl Source<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        let mut named = self
            .headers
            .iter()
            .filter(|header| same_header(&header.name, name));
        named.next_back().map(|header| header.value.as_str())
    }

    /// The event as JSON.
    pub(crate) fn event(&self) -> Result<Vec<u8>, serde_json::Error> {
        let headers = Groups::of_headers(self.headers);
        let query = query_pairs(self.query);
        let query = Groups::of_query(&query);
        let parameters = Groups::new(self.found.parameters.iter().copied(), |left, right| {
            left == right
        });
        let (body, is_base64_encoded) = self.body();
        let event = Event {
            resource: &self.found.resource.path,
            path: self.path,
            http_method: self.method,
            headers: headers.single(),
            multi_value_headers: headers.multi(),
            query_string_parameters: query.single(),
            multi_value_query_string_parameters: query.multi(),
            path_parameters: parameters.single(),
            stage_variables: Some(&self.api.stage_variables)
                .filter(|variables| !variables.is_empty()),
            request_context: self.context(),
            body,
            is_base64_encoded,
        };
        let mut json = Vec::with_capacity(2048 + self.body.len() + self.body.len() / 2);
        serde_json::to_writer(&mut json, &event)?;
        Ok(json)
    }

    /// The body as the event holds it, and whether that is base64.
    fn body(&self) -> (Option<Cow<'_, str>>, bool) {
        if self.body.is_empty() {
            return (None, false);
        }
        // Without a Content-Type API Gateway assumes JSON.
        let content_type = self.header("content-type").unwrap_or("application/json");
        if is_binary(&self.api.binary_media_types, Some(content_type)) {
            (Some(STANDARD.encode(self.body).into()), true)
        } else {
            (Some(String::from_utf8_lossy(self.body)), false)
        }
    }

    fn context(&self) -> RequestContext<'_> {
        RequestContext {
            account_id: ACCOUNT,
            api_id: &self.api.id,
            deployment_id: self.deployment_id,
            domain_name: self.domain,
            domain_prefix: &self.api.id,
            extended_request_id: &self.ids.extended,
            http_method: self.method,
            identity: Identity {
                access_key: (),
                account_id: (),
                caller: (),
                cognito_authentication_provider: (),
                cognito_authentication_type: (),
                cognito_identity_id: (),
                cognito_identity_pool_id: (),
                principal_org_id: (),
                source_ip: self.viewer,
                user: (),
                user_agent: self.header("user-agent"),
                user_arn: (),
            },
            path: self.full_path,
            protocol: if self.minor == 0 {
                "HTTP/1.0"
            } else {
                "HTTP/1.1"
            },
            request_id: &self.ids.request,
            request_time: self.now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            request_time_epoch: self.now.as_millisecond(),
            resource_id: &self.found.resource.id,
            resource_path: &self.found.resource.path,
            stage: &self.api.stage,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    resource: &'a str,
    path: &'a str,
    http_method: &'a str,
    headers: Option<Single<'a>>,
    multi_value_headers: Option<Multi<'a>>,
    query_string_parameters: Option<Single<'a>>,
    multi_value_query_string_parameters: Option<Multi<'a>>,
    path_parameters: Option<Single<'a>>,
    stage_variables: Option<&'a BTreeMap<String, String>>,
    request_context: RequestContext<'a>,
    body: Option<Cow<'a, str>>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    account_id: &'a str,
    api_id: &'a str,
    deployment_id: &'a str,
    domain_name: &'a str,
    domain_prefix: &'a str,
    extended_request_id: &'a str,
    http_method: &'a str,
    identity: Identity<'a>,
    path: &'a str,
    protocol: &'a str,
    request_id: &'a str,
    request_time: String,
    request_time_epoch: i64,
    resource_id: &'a str,
    resource_path: &'a str,
    stage: &'a str,
}

/// Always these twelve keys; without an authorizer all but two are null.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    access_key: (),
    account_id: (),
    caller: (),
    cognito_authentication_provider: (),
    cognito_authentication_type: (),
    cognito_identity_id: (),
    cognito_identity_pool_id: (),
    principal_org_id: (),
    source_ip: IpAddr,
    user: (),
    user_agent: Option<&'a str>,
    user_arn: (),
}
