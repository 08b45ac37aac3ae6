//! The least that a function can be: asks for events and answers each with the
//! same text. What this takes is the protocol's own, whatever the language.

use std::io::{self, BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::TcpStream;

const ANSWER: &str = r#"{"statusCode":200,"body":"{\"received\":true}"}"#;

fn main() -> io::Result<()> {
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").map_err(Error::other)?;
    let stream = TcpStream::connect(&api)?;
    stream.set_nodelay(true)?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let mut requests = stream;
    let poll = format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: {api}\r\n\r\n");
    loop {
        requests.write_all(poll.as_bytes())?;
        let id = read(&mut answers)?;
        let answer = format!(
            "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nHost: {api}\r\n\
             Content-Length: {}\r\n\r\n{ANSWER}",
            ANSWER.len()
        );
        requests.write_all(answer.as_bytes())?;
        read(&mut answers)?;
    }
}

/// Reads an answer to its end. Returns the request id, if it has one.
fn read(answers: &mut impl BufRead) -> io::Result<String> {
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if answers.read_line(&mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ") {
            if name.eq_ignore_ascii_case("lambda-runtime-aws-request-id") {
                id = value.to_owned();
            } else if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().map_err(Error::other)?;
            }
        }
    }
    io::copy(&mut answers.take(length), &mut io::sink())?;
    Ok(id)
}
