//! A request as its stage sees it, before it is routed.

use std::net::IpAddr;
use std::time::SystemTime;

use bytes::Bytes;

use crate::aws::{same_header, trace_id};
use crate::http1::head::{Head, Header};
use crate::http1::target::Target;
use crate::rest::errors::GatewayError;
use crate::rest::identity::RequestIds;
use crate::trail::TrailContext;
use crate::waf::{self, Decision};

/// A request as the stage sees it, before anything has judged it.
pub(crate) struct StageRequest<'a> {
    /// The method as it was sent, and the one to route by.
    pub(crate) sent_method: &'a str,
    pub(crate) method: String,
    pub(crate) target: Target<'a>,
    pub(crate) headers: Vec<Header>,
    pub(crate) body: &'a Bytes,
    pub(crate) viewer: IpAddr,
    pub(crate) ids: &'a RequestIds,
    pub(crate) minor: u8,
    /// The host that was asked for, where that cannot mean this API.
    pub(crate) foreign_host: Option<String>,
}

impl StageRequest<'_> {
    /// Lets a web ACL judge the request, whose headers already end in the peer's
    /// address.
    pub(crate) fn filter(
        &mut self,
        acl: &waf::Acl,
        context: &TrailContext,
    ) -> Result<(), GatewayError> {
        let headers: Vec<(&str, &str)> = self
            .headers
            .iter()
            .map(|header| (header.name.as_str(), header.value.as_str()))
            .collect();
        let verdict = acl.judge(
            &waf::Request {
                method: self.sent_method,
                path: self.target.sent_path,
                query: self.target.query,
                headers: &headers,
                body: self.body,
                source_ip: self.viewer,
            },
            context,
        );
        if let Decision::Block(response) = verdict.decision {
            let reason = format!(
                "the web ACL {} blocks it by {}",
                acl.logical_id(),
                verdict.rule
            );
            return Err(GatewayError::filtered(response, reason));
        }
        // A header that the client sent under such a name is replaced.
        for (name, value) in verdict.inserted {
            self.headers
                .retain(|header| !same_header(&header.name, &name));
            self.headers.push(Header { name, value });
        }
        Ok(())
    }
}

/// The host of the request if it is a name of AWS, but not this API's: API Gateway
/// finds the API by it. Any other name stands for the local listener.
pub(crate) fn foreign_host(head: &Head, domain: &str) -> Option<String> {
    let host = head.values("host").next()?;
    let name = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
    let of_aws = [".amazonaws.com", ".cloudfront.net"]
        .iter()
        .any(|end| name.ends_with(end));
    (of_aws && name != domain).then_some(name)
}

/// The method to route by, which a header may replace.
pub(crate) fn method(head: &Head) -> String {
    let replaced = head.values("X-HTTP-Method-Override").next_back();
    let method = replaced.map(str::trim).filter(|method| !method.is_empty());
    method.unwrap_or(&head.method).to_ascii_uppercase()
}

/// The client's trace id if it sent one, else a fresh one.
pub(crate) fn trace(head: &Head, now: SystemTime) -> String {
    let sent = head.values("X-Amzn-Trace-Id").next_back();
    let sent = sent.filter(|value| value.contains("Root="));
    sent.map_or_else(|| trace_id(now), ToOwned::to_owned)
}
