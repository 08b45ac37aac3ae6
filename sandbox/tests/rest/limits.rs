//! Sizes and times: facts/aws.md 1.7.

use std::time::Duration;

use crate::harness::{Answer, Stage, api};

/// facts/aws.md 1.7: payloads up to 10 MB pass the front; from there the event
/// decides, with base64 at 4/3 of the body.
#[tokio::test]
async fn fact_1_7_bodies_up_to_the_limits_pass() {
    let mut api = api();
    let stage = Stage::of(api.clone()).await;
    let exactly = stage
        .send("POST /prod/webhook", "", &vec![b'x'; 10_485_760])
        .await;
    assert_eq!(
        exactly.header("x-amzn-ErrorType"),
        Some("BadRequestException"),
        "judged by the event"
    );
    let six = stage
        .send("POST /prod/webhook", "", &vec![b'x'; 6_000_000])
        .await;
    assert_eq!(six.status, 200);
    api.binary_media_types = vec!["*/*".to_owned()];
    let stage = Stage::of(api).await;
    assert_eq!(
        stage
            .send("POST /prod/webhook", "", &vec![b'x'; 4_700_000])
            .await
            .status,
        200
    );
    assert_eq!(
        stage
            .send("POST /prod/webhook", "", &vec![b'x'; 4_800_000])
            .await
            .status,
        413
    );
}

/// facts/aws.md 1.7: an 11 MB body, its length announced or in chunks, gets its
/// answer although the client has not stopped sending.
#[tokio::test]
async fn fact_1_7_body_of_11_mb_is_answered_and_not_reset() {
    let stage = Stage::start().await;
    let announced = stage
        .send("POST /prod/webhook", "", &vec![b'x'; 11 << 20])
        .await;
    assert_eq!(
        (announced.status, announced.text()),
        (413, "HTTP content length exceeded 10485760 bytes.")
    );
    let mut chunked =
        b"POST /prod/webhook HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..11 {
        chunked.extend_from_slice(b"100000\r\n");
        chunked.extend(std::iter::repeat_n(b'x', 1 << 20));
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let chunked = Answer::parse(&stage.raw(&chunked).await);
    assert_eq!(chunked.redacted(), announced.redacted());
    assert_eq!(stage.script.invocations(), 0);
}

/// facts/aws.md 1.7: an integration may take 29 s at most, or less.
#[tokio::test]
async fn fact_1_7_integration_timeout_is_29_s_or_less() {
    for (configured, effective) in [
        (Duration::from_secs(300), 29_000),
        (Duration::from_millis(50), 50),
    ] {
        let mut api = api();
        api.routes[0].timeout = configured;
        let stage = Stage::held(api).await;
        let (answer, ()) = tokio::join!(stage.send("POST /prod/webhook", "", b"{}"), async {
            stage.script.wait_until_invoked(1).await;
            stage.clock.advance(Duration::from_millis(effective));
        });
        assert_eq!(answer.status, 504);
        // The trail is open while the function runs, so it is asked for as it is.
        let id = answer.header("x-amzn-RequestId").unwrap();
        let trail = stage
            .recorder
            .wait_for(id, |trail| !trail.hops.is_empty())
            .await;
        let reason = trail.hops[0].details["error"].as_str().unwrap();
        assert!(reason.contains(&format!(" {effective} ms")), "{reason}");
    }
}
