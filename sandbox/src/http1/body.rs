//! Request bodies in the chunked transfer coding.

use bytes::{Buf, Bytes, BytesMut};

use crate::http1::head::Refusal;

/// Most bytes of a request body, 10 MB; cannot be raised (API Gateway Developer
/// Guide, "Quotas and important notes").
pub(crate) const BODY_LIMIT: usize = 10_485_760;
/// Most bytes of a chunk-size line, extensions included.
const SIZE_LINE_LIMIT: usize = 1024;
/// Most bytes of all trailers, which nobody reads.
const TRAILERS_LIMIT: usize = 10_240;

/// Decodes a chunked body from a growing buffer.
#[derive(Debug)]
pub(crate) struct ChunkedBody {
    state: State,
    decoded: BytesMut,
    limit: usize,
    trailers: usize,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Size,
    Data(usize),
    DataEnd,
    Trailers,
}

impl ChunkedBody {
    /// A body of at most `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            state: State::Size,
            decoded: BytesMut::new(),
            limit,
            trailers: 0,
        }
    }

    /// Takes what it can off the front of `buffer`; the body once it is whole.
    pub(crate) fn take(&mut self, buffer: &mut BytesMut) -> Result<Option<Bytes>, Refusal> {
        loop {
            match self.state {
                State::Size => {
                    let Some(line) = line_end(buffer, SIZE_LINE_LIMIT)? else {
                        return Ok(None);
                    };
                    self.state = match chunk_size(&buffer[..line])? {
                        0 => State::Trailers,
                        size => State::Data(self.fits(size)?),
                    };
                    buffer.advance(line);
                }
                State::Data(left) => {
                    let now = left.min(buffer.len());
                    self.decoded.extend_from_slice(&buffer[..now]);
                    buffer.advance(now);
                    if now < left {
                        self.state = State::Data(left - now);
                        return Ok(None);
                    }
                    self.state = State::DataEnd;
                }
                State::DataEnd => {
                    match buffer.first_chunk() {
                        Some(b"\r\n") => {}
                        None if matches!(&buffer[..], [] | [b'\r']) => return Ok(None),
                        _ => return Err(Refusal::Malformed("a chunk is longer than it says")),
                    }
                    buffer.advance(2);
                    self.state = State::Size;
                }
                State::Trailers => {
                    let Some(line) = line_end(buffer, TRAILERS_LIMIT - self.trailers)? else {
                        return Ok(None);
                    };
                    let last = line == 2;
                    self.trailers += line;
                    buffer.advance(line);
                    if last {
                        return Ok(Some(std::mem::take(&mut self.decoded).freeze()));
                    }
                }
            }
        }
    }

    fn fits(&self, size: u64) -> Result<usize, Refusal> {
        usize::try_from(size)
            .ok()
            .filter(|size| *size <= self.limit - self.decoded.len())
            .ok_or(Refusal::BodyTooLarge)
    }
}

/// Length of the first line with its CRLF.
fn line_end(buffer: &[u8], limit: usize) -> Result<Option<usize>, Refusal> {
    let seen = &buffer[..buffer.len().min(limit)];
    match seen.iter().position(|byte| *byte == b'\n') {
        Some(end) if end > 0 && buffer[end - 1] == b'\r' => Ok(Some(end + 1)),
        Some(_) => Err(Refusal::Malformed(
            "a line of the chunked body does not end with CRLF",
        )),
        None if buffer.len() >= limit => {
            Err(Refusal::Malformed("a line of the chunked body is too long"))
        }
        None => Ok(None),
    }
}

fn chunk_size(line: &[u8]) -> Result<u64, Refusal> {
    const WRONG: Refusal = Refusal::Malformed("a chunk size is not a hexadecimal number");
    // httparse reads a line without any digit as the last chunk.
    if !line.first().is_some_and(u8::is_ascii_hexdigit) {
        return Err(WRONG);
    }
    match httparse::parse_chunk_size(line) {
        Ok(httparse::Status::Complete((length, size))) if length == line.len() => Ok(size),
        _ => Err(WRONG),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 64;

    fn decode(bytes: &[u8], lengths: &[usize]) -> (Result<Option<Bytes>, Refusal>, usize) {
        let mut body = ChunkedBody::new(LIMIT);
        let mut buffer = BytesMut::new();
        let mut rest = bytes;
        let mut outcome = Ok(None);
        for length in lengths.iter().copied().chain([usize::MAX]) {
            let (piece, left) = rest.split_at(length.min(rest.len()));
            buffer.extend_from_slice(piece);
            rest = left;
            outcome = body.take(&mut buffer);
            if outcome != Ok(None) {
                break;
            }
        }
        (outcome, buffer.len() + rest.len())
    }

    fn whole(bytes: &[u8]) -> Result<Option<Bytes>, Refusal> {
        decode(bytes, &[]).0
    }

    #[test]
    fn chunks_extensions_and_trailers_are_read() {
        let (body, left) = decode(
            b"4;name=v\r\nRust\r\n0a\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nGET",
            &[],
        );
        assert_eq!(body, Ok(Some(Bytes::from_static(b"Rust0123456789"))));
        assert_eq!(left, 3, "what follows the body stays");
        assert_eq!(whole(b"0\r\n\r\n"), Ok(Some(Bytes::new())));
        assert_eq!(whole(b"4\r\nRus"), Ok(None));
    }

    #[test]
    fn chunks_that_can_be_read_in_two_ways_are_refused() {
        for bytes in [
            &b"\r\n\r\n"[..],
            b";x\r\n\r\n",
            b"-1\r\n",
            b"0x4\r\nRust\r\n",
            b"4 4\r\n",
            b"4\nRust\n",
            b"4\r\nRustX\r\n",
            b"10000000000000000\r\n",
            b"0\r\nTrailer: x\n\n",
        ] {
            let outcome = whole(bytes);
            assert!(
                matches!(outcome, Err(Refusal::Malformed(_))),
                "{bytes:?}: {outcome:?}"
            );
        }
        let endless = [&b"4;"[..], &[b'x'; SIZE_LINE_LIMIT]].concat();
        assert!(matches!(whole(&endless), Err(Refusal::Malformed(_))));
        let endless = [&b"0\r\n"[..], &b"a: b\r\n".repeat(TRAILERS_LIMIT / 6 + 1)].concat();
        assert!(matches!(whole(&endless), Err(Refusal::Malformed(_))));
    }

    #[test]
    fn a_body_over_the_limit_is_refused_by_its_announcement() {
        assert_eq!(whole(b"41\r\n"), Err(Refusal::BodyTooLarge));
        assert_eq!(
            whole(b"20\r\n01234567890123456789012345678901\r\n21\r\n"),
            Err(Refusal::BodyTooLarge)
        );
        assert_eq!(whole(b"ffffffffffffffff\r\n"), Err(Refusal::BodyTooLarge));
    }

    proptest! {
        #[test]
        fn any_bytes_split_anywhere_give_the_same_result(
            pieces in proptest::collection::vec(prop_oneof![
                Just(b"4\r\nRust\r\n".to_vec()),
                Just(b"0\r\n".to_vec()),
                Just(b"\r\n".to_vec()),
                Just(b"1f;e\r\n".to_vec()),
                Just(b"Trailer: a\r\n".to_vec()),
                proptest::collection::vec(any::<u8>(), 0..8),
            ], 0..12),
            lengths in proptest::collection::vec(0usize..7, 0..40),
        ) {
            let bytes = pieces.concat();
            prop_assert_eq!(decode(&bytes, &lengths), decode(&bytes, &[]));
        }

        #[test]
        fn what_is_encoded_is_decoded(
            chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..8), 0..8),
            lengths in proptest::collection::vec(0usize..7, 0..40),
        ) {
            let mut bytes = Vec::new();
            for chunk in &chunks {
                bytes.extend_from_slice(format!("{:X}\r\n", chunk.len()).as_bytes());
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
            prop_assert_eq!(decode(&bytes, &lengths), (Ok(Some(Bytes::from(chunks.concat()))), 0));
        }
    }
}
