//! The head of an HTTP/1.x request: request line and headers, casing kept.

use std::mem::MaybeUninit;

use bytes::{Buf, BytesMut};

use crate::aws::same_header;
use crate::http1::body::BODY_LIMIT;
use crate::http1::is_local;
use crate::http1::reply::Reply;

/// Most bytes that request line and header values may have together
/// (API Gateway Developer Guide, "Quotas and important notes").
pub(crate) const LINE_AND_VALUES_LIMIT: usize = 10_240;
/// Most bytes of a whole head, names and line ends included. AWS does not
/// document one; this bounds what one connection can make us hold.
pub(crate) const HEAD_LIMIT: usize = 64 * 1024;
/// Most headers. Not documented by AWS either.
pub(crate) const HEADER_COUNT_LIMIT: usize = 200;

/// A header as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// A request head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) method: String,
    pub(crate) target: String,
    /// 0 or 1: the part after the dot of `HTTP/1.x`.
    pub(crate) minor: u8,
    pub(crate) headers: Vec<Header>,
}

/// Why the HTTP front answers a request itself. The status and the body of all
/// but [`Refusal::BodyTooLarge`] are not confirmed for AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 400: not HTTP, or HTTP that two readers could understand differently.
    Malformed(&'static str),
    /// 431.
    HeadTooLarge(&'static str),
    /// 413.
    BodyTooLarge,
    /// 408.
    TooSlow,
}

impl Refusal {
    /// What the HTTP front sends, before a request is an API's and has ids.
    pub(crate) fn reply(self) -> Reply {
        const JSON: &str = "application/json";
        match self {
            Self::Malformed(_) => Reply::new(400, JSON, br#"{"message":"Bad Request"}"#),
            Self::TooSlow => Reply::new(408, JSON, br#"{"message":"Request Timeout"}"#),
            Self::HeadTooLarge(_) => Reply::new(
                431,
                JSON,
                br#"{"message":"Request Header Fields Too Large"}"#,
            ),
            Self::BodyTooLarge => {
                let text = format!("HTTP content length exceeded {BODY_LIMIT} bytes.");
                Reply::new(413, "text/plain", text.as_bytes())
            }
        }
    }

    /// The reason for the trail.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Malformed(reason) | Self::HeadTooLarge(reason) => reason,
            Self::BodyTooLarge => "the request body has more than 10,485,760 bytes",
            Self::TooSlow => "the client did not send its request in time",
        }
    }
}

/// Finds heads in a growing buffer without looking at any byte again and again.
#[derive(Debug)]
pub(crate) struct HeadReader {
    scanned: usize,
    line_and_values_limit: usize,
}

impl HeadReader {
    /// A reader that takes at most so many bytes of request line and header
    /// values.
    pub(crate) fn new(line_and_values_limit: usize) -> Self {
        Self {
            scanned: 0,
            line_and_values_limit,
        }
    }

    /// Takes a head off the front of `buffer`; `None` while it is incomplete.
    ///
    /// Where the network cut the bytes makes no difference to the result.
    pub(crate) fn take(&mut self, buffer: &mut BytesMut) -> Result<Option<Head>, Refusal> {
        if self.scanned == 0 {
            // RFC 9112 2.2: empty lines before a request line are skipped.
            let blank = buffer
                .iter()
                .take_while(|byte| matches!(byte, b'\r' | b'\n'));
            buffer.advance(blank.count());
        }
        match buffer.first() {
            None => return Ok(None),
            // A TLS hello, say: no need to wait for a line end that never comes.
            Some(first) if !first.is_ascii_graphic() => {
                return Err(Refusal::Malformed(
                    "the request does not begin with a method",
                ));
            }
            Some(_) => {}
        }
        let Some(length) = self.end(buffer) else {
            return match buffer.len() > HEAD_LIMIT {
                true => Err(Refusal::HeadTooLarge(HEAD_TOO_LONG)),
                false => Ok(None),
            };
        };
        self.scanned = 0;
        if length > HEAD_LIMIT {
            return Err(Refusal::HeadTooLarge(HEAD_TOO_LONG));
        }
        let head = parse(&buffer[..length])?;
        head.within(self.line_and_values_limit)?;
        buffer.advance(length);
        Ok(Some(head))
    }

    /// Length of the head with the empty line that ends it.
    fn end(&mut self, buffer: &[u8]) -> Option<usize> {
        let mut from = self.scanned;
        while let Some(found) = buffer[from..].iter().position(|byte| *byte == b'\n') {
            let after = from + found + 1;
            match &buffer[after..] {
                [b'\n', ..] => return Some(after + 1),
                [b'\r', b'\n', ..] => return Some(after + 2),
                // The rest of the empty line may be on its way.
                [] | [b'\r'] => {
                    self.scanned = after - 1;
                    return None;
                }
                _ => from = after,
            }
        }
        self.scanned = buffer.len();
        None
    }
}

const HEAD_TOO_LONG: &str = "the request head is longer than 65,536 bytes";

fn parse(bytes: &[u8]) -> Result<Head, Refusal> {
    let mut headers = [const { MaybeUninit::uninit() }; HEADER_COUNT_LIMIT];
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(bytes, &mut headers) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Err(Refusal::Malformed("the head is cut short")),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Refusal::HeadTooLarge(
                "the request has more than 200 headers",
            ));
        }
        Err(error) => return Err(Refusal::Malformed(wrong(error))),
    }
    let (Some(method), Some(target), Some(minor)) = (request.method, request.path, request.version)
    else {
        return Err(Refusal::Malformed("the request line is incomplete"));
    };
    let headers = request.headers.iter().map(|header| Header {
        name: header.name.to_owned(),
        value: text(header.value),
    });
    Ok(Head {
        method: method.to_owned(),
        target: target.to_owned(),
        minor,
        headers: headers.collect(),
    })
}

fn wrong(error: httparse::Error) -> &'static str {
    match error {
        httparse::Error::HeaderName => "a header name has a character that names may not have",
        httparse::Error::HeaderValue => "a header value has a character that values may not have",
        httparse::Error::NewLine => "a line does not end as lines must",
        httparse::Error::Version => "the protocol version is not HTTP/1.0 or HTTP/1.1",
        httparse::Error::Token | httparse::Error::Status | httparse::Error::TooManyHeaders => {
            "the request line is not of the form METHOD TARGET VERSION"
        }
    }
}

/// A header value as text. Bytes beyond ASCII are UTF-8 nearly always; where
/// they are not, HTTP's older ISO 8859-1 loses nothing (AWS: not confirmed).
fn text(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().map(|byte| char::from(*byte)).collect(),
    }
}

impl Head {
    /// Refuses a head whose request line and header values have more than
    /// `limit` bytes together.
    pub(crate) fn within(&self, limit: usize) -> Result<(), Refusal> {
        let line = self.method.len() + self.target.len() + " HTTP/1.1 ".len();
        let counted = self.headers.iter().filter(|header| !is_local(&header.name));
        let values: usize = counted.map(|header| header.value.len()).sum();
        match line + values > limit {
            false => Ok(()),
            true => Err(Refusal::HeadTooLarge(
                "request line and header values have too many bytes together",
            )),
        }
    }

    /// The values of a header, in the order they came.
    pub(crate) fn values<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a str> {
        let named = self
            .headers
            .iter()
            .filter(move |header| same_header(&header.name, name));
        named.map(|header| header.value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(bytes: &[u8]) -> Result<Option<Head>, Refusal> {
        HeadReader::new(LINE_AND_VALUES_LIMIT).take(&mut BytesMut::from(bytes))
    }

    /// Feeds `bytes` in pieces of the given lengths, the rest at the end.
    fn in_pieces(bytes: &[u8], lengths: &[usize]) -> Result<Option<Head>, Refusal> {
        let mut reader = HeadReader::new(LINE_AND_VALUES_LIMIT);
        let mut buffer = BytesMut::new();
        let mut rest = bytes;
        for length in lengths.iter().copied().chain([usize::MAX]) {
            let (piece, left) = rest.split_at(length.min(rest.len()));
            buffer.extend_from_slice(piece);
            rest = left;
            match reader.take(&mut buffer)? {
                None => {}
                Some(head) => return Ok(Some(head)),
            }
        }
        Ok(None)
    }

    #[test]
    fn casing_and_order_of_headers_are_kept() {
        let head =
            whole(b"\r\nGET /a?b HTTP/1.0\r\ntEsT-HEADeR: 1\r\nB:\r\na: \xc3\xa4\xff\r\n\r\nrest")
                .unwrap()
                .unwrap();
        assert_eq!(
            (head.method.as_str(), head.target.as_str(), head.minor),
            ("GET", "/a?b", 0)
        );
        let headers: Vec<_> = head
            .headers
            .iter()
            .map(|header| (header.name.as_str(), header.value.as_str()))
            .collect();
        assert_eq!(headers, [("tEsT-HEADeR", "1"), ("B", ""), ("a", "Ã¤ÿ")]);
    }

    #[test]
    fn bytes_after_the_head_stay() {
        let mut buffer = BytesMut::from(&b"GET / HTTP/1.1\n\nGET /2"[..]);
        HeadReader::new(LINE_AND_VALUES_LIMIT)
            .take(&mut buffer)
            .unwrap()
            .unwrap();
        assert_eq!(&buffer[..], b"GET /2");
    }

    #[test]
    fn what_is_not_http_is_refused_before_its_end() {
        assert!(matches!(
            whole(b"\x16\x03\x01\x02\x00"),
            Err(Refusal::Malformed(_))
        ));
        for text in [
            "GET  / HTTP/1.1",
            "GET / HTTP/2.0",
            "GET /",
            "GET / HTTP/1.1\r\nA b: c",
            "GET / HTTP/1.1\r\nA: b\r\n c",
        ] {
            let outcome = whole(format!("{text}\r\n\r\n").as_bytes());
            assert!(
                matches!(outcome, Err(Refusal::Malformed(_))),
                "{text}: {outcome:?}"
            );
        }
    }

    /// facts/aws.md 1.7: request line and header values have at most 10,240 bytes.
    #[test]
    fn fact_1_7_request_line_and_header_values_are_limited() {
        let with = |length: usize| {
            let text = format!(
                "GET /prod HTTP/1.1\r\nx: {}\r\nx-sandbox-viewer: ::1\r\n\r\n",
                "v".repeat(length)
            );
            whole(text.as_bytes())
        };
        let line = "GET /prod HTTP/1.1".len();
        assert!(with(LINE_AND_VALUES_LIMIT - line).is_ok());
        assert!(matches!(
            with(LINE_AND_VALUES_LIMIT - line + 1),
            Err(Refusal::HeadTooLarge(_))
        ));
    }

    #[test]
    fn endless_heads_are_refused() {
        let names = format!("GET / HTTP/1.1\r\n{}", "n".repeat(HEAD_LIMIT));
        assert!(matches!(
            whole(names.as_bytes()),
            Err(Refusal::HeadTooLarge(_))
        ));
        let many = format!(
            "GET / HTTP/1.1\r\n{}\r\n",
            "a: b\r\n".repeat(HEADER_COUNT_LIMIT + 1)
        );
        assert!(matches!(
            whole(many.as_bytes()),
            Err(Refusal::HeadTooLarge(_))
        ));
    }

    /// Bytes that come near to a request, so that the parser gets far.
    fn nearly_a_head() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(b"GET /a HTTP/1.1\r\n".to_vec()),
            Just(b"Host: a\r\n".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"\n".to_vec()),
            Just(b"\r".to_vec()),
            Just(b"Content-Length: 3".to_vec()),
            proptest::collection::vec(any::<u8>(), 0..20),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_bytes_split_anywhere_give_the_same_result(
            bytes in nearly_a_head(),
            lengths in proptest::collection::vec(0usize..9, 0..40),
        ) {
            let outcome = whole(&bytes);
            if let Ok(Some(head)) = &outcome {
                let _ = head.framing();
            }
            prop_assert_eq!(in_pieces(&bytes, &lengths), outcome);
        }

        #[test]
        fn every_head_that_is_written_is_read_back(
            target in "/[a-z0-9/?=&%.-]{0,40}",
            headers in proptest::collection::vec(("[A-Za-z][A-Za-z0-9-]{0,12}", "[!-~]([ -~]{0,20}[!-~])?"), 0..12),
        ) {
            let lines = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
            let text = format!("POST {target} HTTP/1.1\r\n{}\r\n", lines.collect::<String>());
            let head = whole(text.as_bytes()).unwrap().unwrap();
            let read = head.headers.into_iter().map(|header| (header.name, header.value));
            prop_assert_eq!(read.collect::<Vec<_>>(), headers);
            prop_assert_eq!(head.target, target);
        }
    }
}
