//! Writes the answers of the Query protocol: small XML documents.

use std::fmt::{self, Write as _};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use uuid::Uuid;

use super::error::{Blame, SnsError};

const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

/// Text between two tags: displays with what XML reserves or forbids there
/// replaced. (Quotes are reserved inside tags only.)
pub(super) struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                // A parser would turn a bare carriage return into a line feed.
                '\r' => f.write_str("&#xD;")?,
                // XML 1.0 has no way to write these, not even escaped.
                '\0'..='\u{8}'
                | '\u{b}'
                | '\u{c}'
                | '\u{e}'..='\u{1f}'
                | '\u{fffe}'
                | '\u{ffff}' => {
                    f.write_char('\u{fffd}')?;
                }
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

/// The answer to an action that succeeded; `result` is what stands inside
/// `<ActionResult>`.
pub(super) fn success(action: &str, result: &str) -> Response<Bytes> {
    let request_id = Uuid::new_v4().to_string();
    let body = format!(
        "<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{action}Response>"
    );
    answer(StatusCode::OK, &request_id, body)
}

/// The answer to a request that failed.
pub(super) fn failure(error: &SnsError) -> Response<Bytes> {
    let request_id = Uuid::new_v4().to_string();
    let blame = match error.blame() {
        Blame::Sender => "Sender",
        Blame::Receiver => "Receiver",
    };
    let body = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{blame}</Type><Code>{}</Code>\
         <Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
        error.code,
        Escaped(&error.message),
    );
    answer(error.status, &request_id, body)
}

/// `<name>text</name>`, escaped.
pub(super) fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", Escaped(text))
}

fn answer(status: StatusCode, request_id: &str, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}
