//! The naive handlers as programs of the function, behind the API.
//!
//! The program is this test program itself, started by a script that names one of its
//! tests. Scripts are Unix's; what the handlers do alone is proven beside them.

use book_proofs::script;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

use crate::object_body::answer_with_object;
use crate::own_types::echo_own_types;
use crate::returns_err::echo_or_fail;
use crate::stack::{Answer, Stack, edited};
use crate::text_body::{echo_text, with_binary_json};

/// Whether Lambda started this program.
fn in_lambda() -> bool {
    std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some()
}

#[tokio::test]
#[ignore = "the program of a function, not a test"]
async fn fails() {
    if in_lambda() {
        run(service_fn(echo_or_fail)).await.unwrap();
    }
}

#[tokio::test]
#[ignore = "the program of a function, not a test"]
async fn has_own_types() {
    if in_lambda() {
        run(service_fn(echo_own_types)).await.unwrap();
    }
}

#[tokio::test]
#[ignore = "the program of a function, not a test"]
async fn takes_text() {
    if in_lambda() {
        run(service_fn(echo_text)).await.unwrap();
    }
}

#[tokio::test]
#[ignore = "the program of a function, not a test"]
async fn answers_with_object() {
    if in_lambda() {
        run(service_fn(answer_with_object)).await.unwrap();
    }
}

#[tokio::test]
#[ignore = "the program of a function, not a test"]
async fn panics() {
    async fn handle(_: LambdaEvent<Value>) -> Result<Value, Error> {
        panic!("on purpose")
    }
    if in_lambda() {
        run(service_fn(handle)).await.unwrap();
    }
}

async fn sent(program: &str, template: &str, body: &str) -> Answer {
    let folder = tempfile::tempdir().unwrap();
    let mut stack = Stack::start(template, Some(script(program, &folder))).await;
    let answer = stack.post("/webhook", body.as_bytes()).await;
    stack.stop().await;
    answer
}

async fn step(body: &str) -> Answer {
    let mut stack = Stack::start(&edited("", ""), None).await;
    let answer = stack.post("/webhook", body.as_bytes()).await;
    stack.stop().await;
    answer
}

const BAD_GATEWAY: (u16, &str) = (502, r#"{"message": "Internal server error"}"#);

#[tokio::test(flavor = "multi_thread")]
async fn an_err_becomes_the_502_of_api_gateway() {
    let naive = sent("fails", &edited("", ""), "hello").await;
    assert_eq!((naive.status, naive.body.as_str()), BAD_GATEWAY);
    assert_eq!(naive.function().unwrap()["outcome"], "function error");

    let ours = step("hello").await;
    let told = r#"{"error":"the body is not a JSON object"}"#;
    assert_eq!((ours.status, ours.body.as_str()), (400, told));
    assert_eq!(ours.function().unwrap()["outcome"], "success");
}

#[tokio::test(flavor = "multi_thread")]
async fn own_types_make_a_502_of_a_request_without_a_body() {
    let naive = sent("has_own_types", &edited("", ""), "").await;
    assert_eq!((naive.status, naive.body.as_str()), BAD_GATEWAY);
    assert_eq!(step("").await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn text_alone_refuses_every_event_once_json_is_binary() {
    let event = r#"{"id":"evt_1"}"#;
    let before = sent("takes_text", &edited("", ""), event).await;
    assert_eq!(before.status, 200);
    let after = sent("takes_text", &with_binary_json(), event).await;
    assert_eq!(after.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_for_a_body_is_a_502_although_the_function_succeeded() {
    let naive = sent("answers_with_object", &edited("", ""), "{}").await;
    assert_eq!((naive.status, naive.body.as_str()), BAD_GATEWAY);
    assert_eq!(naive.function().unwrap()["outcome"], "success");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_502_and_the_process_lives_on() {
    let folder = tempfile::tempdir().unwrap();
    let program = script("panics", &folder);
    let mut stack = Stack::start(&edited("", ""), Some(program)).await;
    for start in ["cold", "warm"] {
        let answer = stack.post("/webhook", b"{}").await;
        assert_eq!((answer.status, answer.body.as_str()), BAD_GATEWAY);
        let function = answer.function().unwrap();
        assert_eq!(function["outcome"], "function error");
        assert_eq!(function["details"]["start"], start);
    }
    stack.stop().await;
}
