//! A viewer's request as the edge sees it.

use std::net::IpAddr;

use bytes::Bytes;

use crate::aws::same_header;
use crate::cloudfront::errors::EdgeError;
use crate::http1::head::Header;
use crate::http1::{Request, is_local};
use crate::template::model::Distribution;

/// Most bytes of request line and headers, and of the URL alone (CloudFront
/// Developer Guide, "Quotas").
const HEAD_BYTES: usize = 20_480;
const URL_BYTES: usize = 8_192;

/// A viewer's request at the edge, without the sandbox's own headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Visit {
    pub(super) method: String,
    /// Path of the URL; starts with a slash.
    pub(super) path: String,
    pub(super) query: Option<String>,
    /// The part after the dot of the viewer's `HTTP/1.x`.
    pub(super) minor: u8,
    pub(super) headers: Vec<Header>,
    pub(super) viewer: IpAddr,
    pub(super) body: Bytes,
}

impl Visit {
    /// The request as CloudFront sees it: the listener's name stands for the
    /// distribution's.
    pub(super) fn new(request: &Request, distribution: &Distribution) -> Result<Self, EdgeError> {
        let head = &request.head;
        if head.target.len() > URL_BYTES {
            return Err(EdgeError::UrlTooLong);
        }
        let mut bytes = head.method.len() + head.target.len() + " HTTP/1.1 \r\n".len();
        let mut headers = Vec::with_capacity(head.headers.len());
        for header in head.headers.iter().filter(|header| !is_local(&header.name)) {
            bytes += header.name.len() + header.value.len() + ": \r\n".len();
            let mut header = header.clone();
            let known = |name: &String| name.eq_ignore_ascii_case(&header.value);
            if same_header(&header.name, "host") && !distribution.aliases.iter().any(known) {
                header.value.clone_from(&distribution.domain_name);
            }
            headers.push(header);
        }
        if bytes > HEAD_BYTES {
            return Err(EdgeError::HeadTooLarge);
        }
        let (path, query) = target(&head.target).ok_or(EdgeError::BadRequest(
            "the request target is neither a path nor a URL",
        ))?;
        Ok(Self {
            method: head.method.clone(),
            path: path.to_owned(),
            query: query.map(str::to_owned),
            minor: head.minor,
            headers,
            viewer: request.viewer(),
            body: request.body.clone(),
        })
    }

    /// The values of a header, in the order they came.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self
            .headers
            .iter()
            .filter(move |header| same_header(&header.name, name));
        named.map(|header| header.value.as_str())
    }

    /// The parts `name=value` of the cookies.
    pub(super) fn cookies(&self) -> impl Iterator<Item = &str> {
        let values = self.values("cookie").flat_map(|value| value.split(';'));
        values.map(str::trim).filter(|cookie| !cookie.is_empty())
    }

    /// The parts `name=value` of the query string.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &str> {
        let query = self.query.as_deref().unwrap_or_default();
        query.split('&').filter(|parameter| !parameter.is_empty())
    }
}

/// Path and query string of a target of origin form (`/path?query`) or absolute
/// form.
pub(super) fn target(target: &str) -> Option<(&str, Option<&str>)> {
    let rest = match target.split_once("://") {
        Some((scheme, rest)) if !scheme.contains(['/', '?']) => {
            rest.find('/').map_or("/", |slash| &rest[slash..])
        }
        _ => target,
    };
    let (path, query) = match rest.split_once('?') {
        None => (rest, None),
        Some((path, query)) => (path, Some(query)),
    };
    path.starts_with('/').then_some((path, query))
}
