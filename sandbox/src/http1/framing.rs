//! What a head says about the bytes around it: how long the body is, and
//! whether the connection goes on.

use crate::http1::head::{Head, Refusal};

/// How the length of a body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    None,
    Length(u64),
    Chunked,
}

impl Head {
    /// How long the body is; refuses heads that another reader of the same
    /// bytes could frame differently (request smuggling, RFC 9112 section 6).
    pub(crate) fn framing(&self) -> Result<Framing, Refusal> {
        if self.minor == 1 && self.values("host").count() != 1 {
            return Err(Refusal::Malformed(
                "the request must have exactly one Host header",
            ));
        }
        let mut lengths = self.values("content-length");
        let mut encodings = self.values("transfer-encoding");
        match (lengths.next(), encodings.next()) {
            (Some(_), Some(_)) => Err(Refusal::Malformed(
                "the request has both Content-Length and Transfer-Encoding",
            )),
            (None, None) => Ok(Framing::None),
            (Some(length), None) => {
                if lengths.next().is_some() {
                    return Err(Refusal::Malformed(
                        "the request has more than one Content-Length",
                    ));
                }
                content_length(length)
            }
            (None, Some(encoding)) => {
                let only = encodings.next().is_none() && encoding.eq_ignore_ascii_case("chunked");
                if only && self.minor == 1 {
                    Ok(Framing::Chunked)
                } else {
                    Err(Refusal::Malformed(
                        "the only Transfer-Encoding is chunked, on HTTP/1.1",
                    ))
                }
            }
        }
    }

    /// Whether the client wants to use the connection again.
    pub(crate) fn keeps_alive(&self) -> bool {
        let says = |wanted: &str| {
            self.values("connection")
                .flat_map(|value| value.split(','))
                .any(|option| option.trim().eq_ignore_ascii_case(wanted))
        };
        match self.minor {
            0 => says("keep-alive") && !says("close"),
            _ => !says("close"),
        }
    }

    /// Whether the client sends the body only when told to go on.
    pub(crate) fn waits_for_continue(&self) -> bool {
        self.minor == 1
            && self
                .values("expect")
                .any(|value| value.eq_ignore_ascii_case("100-continue"))
    }
}

fn content_length(value: &str) -> Result<Framing, Refusal> {
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::Malformed("Content-Length is not a number"));
    }
    // All digits: what does not fit is too large, not malformed.
    let length = value.parse().unwrap_or(u64::MAX);
    Ok(if length == 0 {
        Framing::None
    } else {
        Framing::Length(length)
    })
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::http1::head::{HeadReader, LINE_AND_VALUES_LIMIT};

    fn framing(headers: &str) -> Result<Framing, Refusal> {
        let text = format!("POST / HTTP/1.1\r\nHost: h\r\n{headers}\r\n");
        let mut buffer = BytesMut::from(text.as_bytes());
        HeadReader::new(LINE_AND_VALUES_LIMIT)
            .take(&mut buffer)?
            .unwrap()
            .framing()
    }

    #[test]
    fn a_body_has_one_length_or_none() {
        assert_eq!(framing(""), Ok(Framing::None));
        assert_eq!(framing("content-length: 0\r\n"), Ok(Framing::None));
        assert_eq!(framing("content-length: 12\r\n"), Ok(Framing::Length(12)));
        assert_eq!(
            framing("transfer-encoding: Chunked\r\n"),
            Ok(Framing::Chunked)
        );
        let beyond = framing("content-length: 99999999999999999999999\r\n");
        assert_eq!(beyond, Ok(Framing::Length(u64::MAX)));
        for smuggled in [
            "content-length: 1\r\ncontent-length: 1\r\n",
            "content-length: 1\r\ncontent-length: 2\r\n",
            "content-length: 1, 1\r\n",
            "content-length: +1\r\n",
            "content-length: 0x1\r\n",
            "content-length:\r\n",
            "content-length: 1\r\ntransfer-encoding: chunked\r\n",
            "transfer-encoding: gzip, chunked\r\n",
            "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
            "host: other\r\n",
        ] {
            assert!(
                matches!(framing(smuggled), Err(Refusal::Malformed(_))),
                "{smuggled}"
            );
        }
    }
}
