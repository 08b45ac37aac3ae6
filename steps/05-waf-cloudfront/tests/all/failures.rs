//! What the SDK really sends to SQS for us, and what becomes of the answers.

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::job;
use crate::wire::Service;
use step_05_waf_cloudfront::failures::{FailureQueue, KeepForLater, Leftover};
use step_05_waf_cloudfront::job::{Delivery, Event};

const URL: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/failures";

fn queue(service: &Service) -> FailureQueue {
    FailureQueue::new(&service.sdk_config(), URL.to_owned())
}

fn leftover() -> Leftover {
    Leftover {
        reason: "API Gateway answered 500".to_owned(),
        delivery: Delivery {
            event: Event {
                payload: "{ \"name\":\"Zoë\" }".to_owned(),
                event_type: "payment.succeeded".to_owned(),
            },
            unreached: vec!["L0SM9cOFvHcCIhw=".to_owned()],
            from: None,
        },
    }
}

#[tokio::test]
async fn the_send_message_request_on_the_wire() {
    let service = Service::answering(200, &[], "{\"MessageId\":\"m\"}");
    queue(&service).keep(&leftover()).await.unwrap();

    let mut call = service.call();
    let message = call["body"]["MessageBody"].take();
    assert_json_snapshot!(call, @r#"
    {
      "body": {
        "MessageBody": null,
        "QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/failures"
      },
      "method": "POST",
      "target": "AmazonSQS.SendMessage",
      "uri": "https://sqs.us-east-1.amazonaws.com/"
    }
    "#);
    let message: Value = serde_json::from_str(message.as_str().unwrap()).unwrap();
    let expected = job::leftover("{ \"name\":\"Zoë\" }", &["L0SM9cOFvHcCIhw="], None);
    assert_eq!(message, expected);
}

#[tokio::test]
async fn errors_of_sqs_are_told_in_full() {
    for (status, code, calls) in [
        (500, "InternalFailure", 3),
        (400, "ThrottlingException", 3),
        (400, "QueueDoesNotExist", 1),
        (403, "AccessDeniedException", 1),
    ] {
        let body = json!({ "__type": code, "message": "no reason" }).to_string();
        let service = Service::answering(status, &[], &body);
        let failure = queue(&service).keep(&leftover()).await.unwrap_err();
        let failure = failure.to_string();
        assert!(failure.contains(code), "{failure}");
        assert!(!failure.contains("Zoë"), "{failure}");
        assert_eq!(service.calls(), calls, "{code}");
    }
}
