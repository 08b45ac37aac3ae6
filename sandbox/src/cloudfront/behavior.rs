//! What a behavior says about a request before the origin is asked, and about
//! its answer.

use crate::aws::same_header;
use crate::cloudfront::errors::EdgeError;
use crate::cloudfront::visit::{Visit, target};
use crate::http1::head::Header;
use crate::http1::reply::Reply;
use crate::http1::{Request, VIEWER_PROTOCOL_HEADER};
use crate::template::model::{Behavior, ResponseHeaders, ViewerProtocol};

/// How many distributions a request may have been through before.
const HOPS: usize = 2;

/// Refuses what no origin gets to see.
pub(super) fn admit(visit: &Visit, behavior: &Behavior) -> Result<(), EdgeError> {
    if !behavior.methods.contains(&visit.method.as_str()) {
        return Err(EdgeError::Method);
    }
    if visit.method == "GET" && !visit.body.is_empty() {
        return Err(EdgeError::Body);
    }
    let before = visit
        .values("via")
        .map(|via| via.matches("(CloudFront)").count());
    match before.sum::<usize>() < HOPS {
        true => Ok(()),
        false => Err(EdgeError::Loop),
    }
}

/// What a request that came to port 80 gets, unless it is served like any other.
pub(super) fn port_80(request: &Request, behavior: &Behavior) -> Result<Option<Reply>, EdgeError> {
    let mut protocol = request.head.values(VIEWER_PROTOCOL_HEADER);
    let plain = protocol
        .next_back()
        .is_some_and(|protocol| protocol.eq_ignore_ascii_case("http"));
    match behavior.viewer_protocol {
        ViewerProtocol::HttpsOnly if plain => Err(EdgeError::HttpsOnly),
        ViewerProtocol::RedirectToHttps if plain => {
            // The name by which the viewer knows us: locally the listener's.
            let host = request.head.values("host").next().unwrap_or_default();
            let (path, query) = target(&request.head.target).unwrap_or(("/", None));
            let query = query.map(|query| format!("?{query}")).unwrap_or_default();
            let mut reply = Reply::new(301, "text/html", b"<html><body>Moved</body></html>\n");
            reply.header("Server", "CloudFront");
            reply.header("Location", &format!("https://{host}{path}{query}"));
            Ok(Some(reply))
        }
        _ => Ok(None),
    }
}

/// Carries out a response headers policy.
pub(super) fn apply(policy: &ResponseHeaders, reply: &mut Reply) {
    let listed = |header: &Header| {
        policy
            .remove
            .iter()
            .any(|name| same_header(name, &header.name))
    };
    reply.headers.retain(|header| !listed(header));
    for added in &policy.add {
        let same = |header: &Header| same_header(&header.name, &added.name);
        if added.replaces {
            reply.headers.retain(|header| !same(header));
        } else if reply.headers.iter().any(same) {
            continue;
        }
        reply.header(&added.name, &added.value);
    }
}
