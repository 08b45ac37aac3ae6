//! The parts of a request that statements look at.

use std::borrow::Cow;

use super::{Request, transform};
use crate::aws::same_header;
use crate::template::model::{Component, Field, OversizeHandling};

/// The values of a header as one; `None` if the request does not have it.
pub(super) fn header<'a>(request: &Request<'a>, name: &str) -> Option<Cow<'a, str>> {
    let named = |(known, _): &&(&'a str, &'a str)| same_header(known, name);
    let mut values = request
        .headers
        .iter()
        .filter(named)
        .map(|(_, value)| *value);
    let first = values.next()?;
    // RFC 9110 5.3: several lines of one name mean one list.
    Some(values.fold(Cow::Borrowed(first), |all, value| {
        Cow::Owned(format!("{all}, {value}"))
    }))
}

/// Whether `test` holds for a part of the request, transformed. A part that the
/// request does not have never matches (AWS WAF Developer Guide, "Request
/// components"); of a part with several values one is enough.
pub(super) fn any(
    request: &Request<'_>,
    component: &Component,
    body_limit: usize,
    test: impl Fn(&[u8]) -> bool,
) -> bool {
    let test = |value: &[u8]| test(&transform::apply(&component.transformations, value));
    match &component.field {
        Field::UriPath => test(request.path.as_bytes()),
        Field::Method => test(request.method.as_bytes()),
        Field::QueryString => request.query.is_some_and(|query| test(query.as_bytes())),
        Field::SingleHeader(name) => {
            header(request, name).is_some_and(|value| test(value.as_bytes()))
        }
        Field::SingleQueryArgument(name) => arguments(request)
            .any(|(known, value)| known.eq_ignore_ascii_case(name) && test(value.as_bytes())),
        Field::AllQueryArguments => arguments(request).any(|(_, value)| test(value.as_bytes())),
        Field::Body(oversize) => {
            let start = &request.body[..request.body.len().min(body_limit)];
            let cut = start.len() < request.body.len();
            match oversize {
                OversizeHandling::Match if cut => true,
                OversizeHandling::NoMatch if cut => false,
                _ => !start.is_empty() && test(start),
            }
        }
    }
}

/// The arguments of the query string as they were sent.
fn arguments<'a>(request: &Request<'a>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let query = request.query.unwrap_or_default();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}
