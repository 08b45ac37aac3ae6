//! The request that the origin gets (CloudFront Developer Guide, "Request and
//! response behavior for custom origins").

use std::net::{IpAddr, Ipv4Addr};

use crate::aws::same_header;
use crate::cloudfront::visit::Visit;
use crate::http1::Request;
use crate::http1::head::{Head, Header};
use crate::template::model::{Forwarding, Origin, Selection};

/// The edge's own address, which the origin sees as its TCP peer.
const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(130, 176, 100, 154));

/// Headers that end at the edge, or that it writes itself.
const REMOVED: &[&str] = &[
    "Connection",
    "Content-Length",
    "Expect",
    "Host",
    "Keep-Alive",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Via",
    "X-Amz-Cf-Id",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Real-IP",
];
/// Beginnings of such names.
const REMOVED_STARTS: &[&str] = &["proxy-", "x-edge-"];

impl Visit {
    /// The request to `origin`, under this request id and name of the edge.
    pub(super) fn to_origin(
        &self,
        origin: &Origin,
        forwarding: &Forwarding,
        request_id: &str,
        via_host: &str,
    ) -> Request {
        let mut headers = self.forwarded(forwarding);
        let mut add = |name: &str, value: String| {
            headers.push(Header {
                name: name.to_owned(),
                value,
            });
        };
        let forwards = |name: &str| forwarding.headers.has(name, same_header);
        if !forwards("user-agent") || self.values("user-agent").next().is_none() {
            add("User-Agent", "Amazon CloudFront".to_owned());
        }
        let host = match self.values("host").next() {
            Some(host) if forwards("host") => host,
            _ => origin.domain_name.as_str(),
        };
        add("Host", host.to_owned());
        let via = format!("1.{} {via_host} (CloudFront)", self.minor);
        add("Via", joined(self.values("via"), &via));
        add("X-Amz-Cf-Id", request_id.to_owned());
        let chain = joined(self.values("x-forwarded-for"), &self.viewer.to_string());
        // These override the viewer's, in whatever casing those came.
        headers.retain(|header| {
            let mut ours = origin.headers.iter();
            !ours.any(|one| same_header(&one.name, &header.name))
        });
        headers.extend(origin.headers.iter().map(|header| Header {
            name: header.name.clone(),
            value: header.value.clone(),
        }));
        let ends = [
            ("X-Forwarded-For", chain),
            ("Connection", "keep-alive".to_owned()),
            ("Content-Length", self.body.len().to_string()),
        ];
        headers.extend(ends.into_iter().map(|(name, value)| Header {
            name: name.to_owned(),
            value,
        }));
        let query = forwarded_parts(self.parameters(), &forwarding.query_strings, "&");
        let query = match (&self.query, &forwarding.query_strings) {
            // Nothing is left out: then it stays as it was written.
            (Some(query), Selection::All) => Some(query.clone()),
            _ => query,
        };
        let question = if query.is_some() { "?" } else { "" };
        let query = query.unwrap_or_default();
        Request {
            head: Head {
                method: self.method.clone(),
                target: format!("{}{}{question}{query}", origin.path, self.path),
                minor: 1,
                headers,
            },
            body: self.body.clone(),
            peer: ADDRESS,
        }
    }

    /// The viewer's headers that the policy lets through.
    fn forwarded(&self, forwarding: &Forwarding) -> Vec<Header> {
        let passes = |header: &&Header| {
            let name = header.name.as_str();
            let lower = name.to_ascii_lowercase();
            !REMOVED.iter().any(|one| same_header(one, name))
                && !REMOVED_STARTS.iter().any(|start| lower.starts_with(start))
                && lower != "cookie"
                && forwarding.headers.has(name, same_header)
        };
        let mut headers: Vec<Header> = self.headers.iter().filter(passes).cloned().collect();
        if let Some(value) = forwarded_parts(self.cookies(), &forwarding.cookies, "; ") {
            headers.push(Header {
                name: "Cookie".to_owned(),
                value,
            });
        }
        headers
    }
}

/// The values that came and ours at the end, as one.
fn joined<'a>(values: impl Iterator<Item = &'a str>, ours: &str) -> String {
    let mut all: Vec<&str> = values.filter(|value| !value.is_empty()).collect();
    all.push(ours);
    all.join(", ")
}

/// The parts `name=value` that are selected, or nothing if none is.
fn forwarded_parts<'a>(
    parts: impl Iterator<Item = &'a str>,
    selection: &Selection,
    between: &str,
) -> Option<String> {
    let name = |part: &str| part.split('=').next().unwrap_or_default().to_owned();
    let chosen: Vec<&str> = parts
        .filter(|part| selection.has(&name(part), |left, right| left == right))
        .collect();
    (!chosen.is_empty()).then(|| chosen.join(between))
}
