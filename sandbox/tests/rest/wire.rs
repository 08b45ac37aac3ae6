//! HTTP as clients really speak it, and as they should not.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Answer, HOST, Stage, api, request};

/// Reads one answer from a connection that stays open.
async fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    loop {
        let complete = bytes
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .is_some_and(|end| {
                let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("Content-Length: "));
                bytes.len() >= end + 4 + length.map_or(0, |length| length.parse::<usize>().unwrap())
            });
        if complete {
            return Answer::parse(&bytes);
        }
        let read = stream.read_buf(&mut bytes).await.unwrap();
        assert_ne!(
            read,
            0,
            "closed after {:?}",
            String::from_utf8_lossy(&bytes)
        );
    }
}

/// Asserts that the server has closed its side.
async fn assert_closed(stream: &mut TcpStream) {
    assert_eq!(stream.read(&mut [0; 1]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let stage = Stage::start().await;
    let mut stream = stage.connect().await;
    for number in 0..3 {
        stream
            .write_all(&request(&format!("GET /prod/any/{number}"), "", b""))
            .await
            .unwrap();
        let answer = read_answer(&mut stream).await;
        assert_eq!(answer.header("connection"), Some("keep-alive"));
        assert_eq!(stage.script.last().1["path"], format!("/any/{number}"));
    }
    stream
        .write_all(&request(
            "GET /prod/webhook",
            "Connection: foo, Close\r\n",
            b"",
        ))
        .await
        .unwrap();
    assert_eq!(
        read_answer(&mut stream).await.header("connection"),
        Some("close")
    );
    assert_closed(&mut stream).await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let stage = Stage::start().await;
    let mut all = request("POST /prod/any/1", "", b"first body");
    all.extend(request("GET /nostage", "", b""));
    all.extend_from_slice(b"POST /prod/any/2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n\r\n");
    all.extend(request("GET /prod/any/3", "", b""));
    let bytes = stage.raw(&all).await;
    let mut rest = &bytes[..];
    let mut statuses = Vec::new();
    while !rest.is_empty() {
        let (answer, after) = Answer::first(rest);
        statuses.push(answer.status);
        rest = after;
    }
    assert_eq!(statuses, [200, 403, 200, 200]);
    assert_eq!(stage.script.invocations(), 3);
}

/// `Stage::raw` closes its sending side at once: the answer must still come,
/// even if it takes the function a while.
#[tokio::test]
async fn a_half_closed_client_gets_its_answer() {
    let stage = Stage::held(api()).await;
    let (answer, ()) = tokio::join!(stage.send("POST /prod/webhook", "", b"{}"), async {
        stage.script.wait_until_invoked(1).await;
        stage.script.release();
    });
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_request_byte_by_byte_is_one_request() {
    let stage = Stage::start().await;
    let mut stream = stage.connect().await;
    stream.set_nodelay(true).unwrap();
    for byte in request("POST /prod/webhook", "tEsT: x\r\n", b"body") {
        stream.write_all(&[byte]).await.unwrap();
    }
    assert_eq!(read_answer(&mut stream).await.status, 200);
    assert_eq!(stage.script.last().1["body"], "body");
    assert_eq!(stage.script.last().1["headers"]["tEsT"], "x");
}

#[tokio::test]
async fn expect_100_continue_is_answered() {
    let stage = Stage::start().await;
    let mut stream = stage.connect().await;
    let head = format!(
        "POST /prod/webhook HTTP/1.1\r\n{HOST}Content-Length: 4\r\nExpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"body").await.unwrap();
    assert_eq!(read_answer(&mut stream).await.status, 200);
    assert_eq!(stage.script.last().1["body"], "body");
}

#[tokio::test]
async fn expect_100_continue_with_too_large_a_body_is_refused_before_the_body() {
    let stage = Stage::start().await;
    let mut stream = stage.connect().await;
    let head = format!(
        "POST /prod/webhook HTTP/1.1\r\n{HOST}Content-Length: 11534336\r\nExpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(read_answer(&mut stream).await.status, 413);
    assert_closed(&mut stream).await;
}

#[tokio::test]
async fn chunked_bodies_are_joined() {
    let stage = Stage::start().await;
    let head = format!(
        "POST /prod/webhook HTTP/1.1\r\n{HOST}transfer-encoding: chunked\r\nTrailer: x\r\n\r\n"
    );
    let answer = stage
        .raw(format!("{head}5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nx: y\r\n\r\n").as_bytes())
        .await;
    assert_eq!(Answer::parse(&answer).status, 200);
    let event = stage.script.last().1;
    assert_eq!(event["body"], "hello world");
    assert_eq!(event["headers"].get("x"), None, "trailers are no headers");
}

/// Each of these could hide a second request from one of two readers.
#[tokio::test]
async fn smuggling_is_refused_and_the_connection_closed() {
    let stage = Stage::start().await;
    let hidden = "GET /prod/any/hidden HTTP/1.1\r\nHost: h\r\n\r\n";
    for (headers, body) in [
        (
            "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
            "0\r\n\r\n",
        ),
        (
            "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
            "0\r\n\r\n",
        ),
        ("Content-Length: 0\r\nContent-Length: 44\r\n", ""),
        ("Content-Length: 4\r\ncontent-length: 4\r\n", "body"),
        ("Content-Length: +4\r\n", "body"),
        ("Content-Length: 4 4\r\n", "body"),
        ("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
        ("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
        ("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\n", "zz\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\n", "1\r\nxx\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\n", "\r\n\r\n"),
        ("Host: second\r\n", ""),
        ("X: a\r\n Content-Length: 4\r\n", "body"),
        ("X: a\rContent-Length: 4\r\n", "body"),
        ("X: a\0b\r\n", ""),
    ] {
        let text = format!("POST /prod/webhook HTTP/1.1\r\n{HOST}{headers}\r\n{body}{hidden}");
        let answer = Answer::parse(&stage.raw(text.as_bytes()).await);
        assert_eq!(
            (answer.status, answer.header("connection")),
            (400, Some("close")),
            "{headers}{body}"
        );
    }
    assert_eq!(stage.script.invocations(), 0);
}

#[tokio::test]
async fn what_is_not_http_is_refused_and_others_are_served() {
    let stage = Stage::start().await;
    let tls_hello = [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        &[7; 32],
    ]
    .concat();
    for bytes in [
        &tls_hello[..],
        b"GET\r\n\r\n",
        b"GET /prod/webhook HTTP/2.0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /prod/webhook HTTP/1.1\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: h\r\n\r\n",
        b"CONNECT localhost:443 HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /prod/webhook HTTP/1.1\r\nHost: h\r\nX",
        b"POST /prod/webhook HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nbod",
    ] {
        let answer = Answer::parse(&stage.raw(bytes).await);
        assert_eq!(answer.status, 400, "{}", String::from_utf8_lossy(bytes));
        assert_eq!(answer.text(), r#"{"message":"Bad Request"}"#);
    }
    assert!(
        stage.raw(b"").await.is_empty(),
        "a connection without a request needs no answer"
    );
    assert_eq!(stage.send("GET /prod/webhook", "", b"").await.status, 200);
}

#[tokio::test]
async fn header_bombs_are_refused() {
    let stage = Stage::start().await;
    let long = format!("x: {}\r\n", "v".repeat(1 << 20));
    let many = "a: b\r\n".repeat(5_000);
    let line = "a".repeat(10_300);
    for text in [
        format!("GET /prod/webhook HTTP/1.1\r\n{HOST}{long}\r\n"),
        format!("GET /prod/webhook HTTP/1.1\r\n{HOST}{many}\r\n"),
        format!("GET /prod/{line} HTTP/1.1\r\n{HOST}\r\n"),
        "G".repeat(1 << 20),
    ] {
        let answer = Answer::parse(&stage.raw(text.as_bytes()).await);
        assert_eq!(
            (answer.status, answer.header("connection")),
            (431, Some("close")),
            "{:.60}",
            text
        );
    }
}

#[tokio::test]
async fn http_1_0_closes_unless_asked() {
    let stage = Stage::start().await;
    let mut stream = stage.connect().await;
    stream
        .write_all(b"GET /prod/webhook HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(
        read_answer(&mut stream).await.header("connection"),
        Some("keep-alive")
    );
    assert_eq!(
        stage.script.last().1["requestContext"]["protocol"],
        "HTTP/1.0"
    );
    stream
        .write_all(b"GET /prod/webhook HTTP/1.0\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(
        read_answer(&mut stream).await.header("connection"),
        Some("close")
    );
    assert_closed(&mut stream).await;
}

#[tokio::test]
async fn a_target_may_be_a_whole_url() {
    let stage = Stage::start().await;
    let event = stage
        .event("GET http://localhost:1234/prod/webhook?a=b", "", b"")
        .await;
    assert_eq!(
        (&event["path"], &event["queryStringParameters"]),
        (&json!("/webhook"), &json!({"a": "b"}))
    );
}

/// Slow loris: a head or a body that does not come to its end in time.
#[tokio::test]
async fn slow_requests_are_given_up() {
    let stage = Stage::start().await;
    for start in [
        "GET /prod/webhook HTTP/1.1\r\nX: ",
        "POST /prod/webhook HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nb",
    ] {
        let mut stream = stage.connect().await;
        stream.write_all(start.as_bytes()).await.unwrap();
        // The server sees the bytes at a moment that cannot be observed from
        // here, so the clock is moved until it has seen them.
        let mut answer = Vec::new();
        let read = async { stream.read_to_end(&mut answer).await.unwrap() };
        let ticks = async {
            loop {
                stage.clock.advance(Duration::from_secs(60));
                tokio::task::yield_now().await;
            }
        };
        tokio::select! { _ = read => {} never = ticks => match never {} }
        assert_eq!(Answer::parse(&answer).status, 408);
    }
}

/// Moving the clock does not cut connections that a client keeps for later.
#[tokio::test]
async fn an_idle_connection_survives_a_moved_clock() {
    let stage = Stage::start().await;
    let mut stream = stage.connect().await;
    stream
        .write_all(&request("GET /prod/webhook", "", b""))
        .await
        .unwrap();
    read_answer(&mut stream).await;
    stage.clock.advance(Duration::from_secs(6 * 3600));
    assert_eq!(stage.send("GET /prod/webhook", "", b"").await.status, 200);
    stream
        .write_all(&request("GET /prod/webhook", "", b""))
        .await
        .unwrap();
    assert_eq!(read_answer(&mut stream).await.status, 200);
}

#[tokio::test]
async fn a_thousand_idle_connections_do_no_harm() {
    // Two descriptors each, as both ends are in this process.
    let descriptors = rlimit::increase_nofile_limit(4096).unwrap_or(512);
    let count = usize::try_from((descriptors / 2).saturating_sub(64))
        .unwrap()
        .min(1_000);
    let stage = Stage::start().await;
    let mut idle = Vec::new();
    for number in 0..count {
        let mut stream = stage.connect().await;
        if number % 2 == 0 {
            stream.write_all(b"GET /prod/web").await.unwrap();
        }
        idle.push(stream);
    }
    assert_eq!(stage.send("GET /prod/webhook", "", b"").await.status, 200);
    let last = idle.len().div_ceil(2) * 2 - 2;
    idle[last]
        .write_all(b"hook HTTP/1.1\r\nHost: h\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(read_answer(&mut idle[last]).await.status, 200);
}

#[tokio::test]
async fn connections_end_with_the_server() {
    let stage = Stage::start().await;
    let mut stream = stage.connect().await;
    stream
        .write_all(&request("GET /prod/webhook", "", b""))
        .await
        .unwrap();
    read_answer(&mut stream).await;
    drop(stage);
    assert!(!matches!(stream.read(&mut [0; 1]).await, Ok(1..)));
}
