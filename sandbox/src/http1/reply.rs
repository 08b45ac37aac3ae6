//! What goes back to the client, and how it is written.

use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

use crate::aws::same_header;
use crate::http1::head::Header;

/// An answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<Header>,
    pub(crate) body: Bytes,
}

/// What a reply's form depends on besides itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wire {
    /// Whether the request was `HEAD`: then the body is left out.
    pub(crate) head_only: bool,
    /// Whether the connection is used again.
    pub(crate) keep_alive: bool,
    /// The time for `Date`.
    pub(crate) now: Timestamp,
}

impl Reply {
    pub(crate) fn new(status: u16, content_type: &str, body: &[u8]) -> Self {
        let mut reply = Self {
            body: Bytes::copy_from_slice(body),
            ..Self::empty(status)
        };
        reply.header("Content-Type", content_type);
        reply
    }

    /// A reply without a body and without headers of its own.
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::with_capacity(4),
            body: Bytes::new(),
        }
    }

    pub(crate) fn header(&mut self, name: &str, value: &str) {
        self.headers.push(Header {
            name: name.to_owned(),
            value: value.to_owned(),
        });
    }

    /// The whole reply as it goes onto the connection: the head, and the body
    /// if one is to be sent.
    pub(crate) fn write(&self, wire: Wire) -> (Vec<u8>, Bytes) {
        let bodiless = matches!(self.status, 204 | 304);
        let mut head = Vec::with_capacity(512);
        let reason = StatusCode::from_u16(self.status).ok();
        let reason = reason
            .and_then(|status| status.canonical_reason())
            .unwrap_or_default();
        put(
            &mut head,
            &["HTTP/1.1 ", &self.status.to_string(), " ", reason, "\r\n"],
        );
        if let Ok(date) = DateTimePrinter::new().timestamp_to_rfc9110_string(&wire.now) {
            put(&mut head, &["Date: ", &date, "\r\n"]);
        }
        let (first, others): (Vec<&Header>, Vec<&Header>) = self
            .headers
            .iter()
            .partition(|header| same_header(&header.name, "content-type"));
        let line = |head: &mut Vec<u8>, header: &Header| {
            put(head, &[&header.name, ": ", &header.value, "\r\n"]);
        };
        first.into_iter().for_each(|header| line(&mut head, header));
        // RFC 9110 8.6: neither may say a length for a body that is not there.
        if !bodiless {
            put(
                &mut head,
                &["Content-Length: ", &self.body.len().to_string(), "\r\n"],
            );
        }
        let connection = if wire.keep_alive {
            "keep-alive"
        } else {
            "close"
        };
        put(&mut head, &["Connection: ", connection, "\r\n"]);
        others
            .into_iter()
            .for_each(|header| line(&mut head, header));
        head.extend_from_slice(b"\r\n");
        let body = if bodiless || wire.head_only {
            Bytes::new()
        } else {
            self.body.clone()
        };
        (head, body)
    }
}

fn put(head: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        head.extend_from_slice(part.as_bytes());
    }
}
