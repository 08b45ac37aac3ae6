use std::time::Duration;

use insta::assert_json_snapshot;
use tokio::time::Instant;

use crate::fakes::{ATTEMPT, Client, Fake, broadcaster, context, deadline, ids};
use crate::sign::NOW;
use step_05_waf_cloudfront::broadcast::{BroadcastError, Summary};
use step_05_waf_cloudfront::deadline::Deadline;
use step_05_waf_cloudfront::job::{Delivery, Event};

const PAYLOAD: &str = "{ \"id\":\"evt_1\",\r\n \"name\":\"Zoë & Łukasz\" }";

fn for_everyone(payload: &str) -> Delivery {
    Delivery {
        event: Event {
            payload: payload.to_owned(),
            event_type: "payment.succeeded".to_owned(),
        },
        unreached: Vec::new(),
        from: None,
    }
}

async fn deliver(broadcaster: &Fake) -> Summary {
    let delivered = broadcaster.deliver(for_everyone(PAYLOAD), deadline());
    delivered.await.unwrap()
}

fn summary(sent: usize, gone: usize, failed: usize, pages: usize) -> Summary {
    Summary {
        sent,
        gone,
        failed,
        pages,
    }
}

/// An empty page in the middle is not the end: its rows were filtered out.
#[tokio::test(start_paused = true)]
async fn everyone_on_every_page_gets_the_very_payload() {
    let pages = vec![ids('a', 100), Vec::new(), ids('b', 100), ids('c', 1)];
    let everyone = pages.concat();
    let broadcaster = broadcaster(pages);

    assert_eq!(deliver(&broadcaster).await, summary(201, 0, 0, 4));

    assert_eq!(broadcaster.clients.reached(), everyone);
    let texts = broadcaster.clients.texts.take();
    assert_eq!(texts.into_iter().collect::<Vec<_>>(), [PAYLOAD]);
    assert_eq!(broadcaster.failures.messages.take().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn nobody_listens() {
    let broadcaster = broadcaster(Vec::new());
    assert_eq!(deliver(&broadcaster).await, summary(0, 0, 0, 1));
    assert_eq!(broadcaster.failures.messages.take().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_gone_loses_its_row_and_nobody_else_does() {
    for keeps_rows in [false, true] {
        let mut broadcaster = broadcaster(vec![ids('a', 3)]);
        broadcaster.connections.keeps_rows = keeps_rows;
        let odd = [("a00001".to_owned(), Client::IsGone)];
        broadcaster.clients.odd.extend(odd);

        assert_eq!(deliver(&broadcaster).await, summary(2, 1, 0, 1));

        assert_eq!(broadcaster.connections.removed.take(), ["a00001"]);
        assert_eq!(broadcaster.clients.attempts("a00001").len(), 1);
        assert_eq!(broadcaster.failures.messages.take().len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_fails_is_tried_three_times() {
    let mut broadcaster = broadcaster(vec![ids('a', 4)]);
    broadcaster.clients.odd.extend([
        ("a00000".to_owned(), Client::Fails(2)),
        ("a00001".to_owned(), Client::Fails(3)),
        ("a00002".to_owned(), Client::Refuses),
    ]);

    assert_eq!(deliver(&broadcaster).await, summary(2, 0, 2, 1));

    assert_eq!(broadcaster.clients.reached(), ["a00000", "a00003"]);
    let attempts: Vec<usize> = ids('a', 4)
        .iter()
        .map(|id| broadcaster.clients.attempts(id).len())
        .collect();
    assert_eq!(attempts, [3, 3, 1, 1]);
    assert_json_snapshot!(broadcaster.failures.messages.take(), @r#"
    [
      {
        "reason": "API Gateway answered 500",
        "event": {
          "payload": "{ \"id\":\"evt_1\",\r\n \"name\":\"Zoë & Łukasz\" }",
          "event_type": "payment.succeeded"
        },
        "unreached": [
          "a00002",
          "a00001"
        ],
        "from": null
      }
    ]
    "#);
    assert_eq!(broadcaster.connections.removed.take().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_waits_between_attempts_grow_and_differ() {
    let mut broadcaster = broadcaster(vec![ids('a', 50)]);
    let failing = ids('a', 50).into_iter().map(|id| (id, Client::Fails(2)));
    broadcaster.clients.odd.extend(failing);
    deliver(&broadcaster).await;

    let mut first_waits = Vec::new();
    for id in ids('a', 50) {
        let [first, second, third] = broadcaster.clients.attempts(&id)[..] else {
            panic!("not three attempts");
        };
        let milliseconds = (second - first).as_millis();
        assert!((100..=203).contains(&milliseconds), "{milliseconds}");
        first_waits.push(milliseconds);
        let milliseconds = (third - second).as_millis();
        assert!((400..=803).contains(&milliseconds), "{milliseconds}");
    }
    first_waits.sort_unstable();
    first_waits.dedup();
    assert!(first_waits.len() > 5, "{first_waits:?}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_client_holds_up_nobody() {
    let mut broadcaster = broadcaster(vec![ids('a', 100), ids('b', 100)]);
    let odd = [("a00000".to_owned(), Client::Hangs)];
    broadcaster.clients.odd.extend(odd);
    let start = Instant::now();

    assert_eq!(deliver(&broadcaster).await, summary(199, 0, 1, 2));

    assert!(start.elapsed() > ATTEMPT * 3);
    let posts = broadcaster.clients.posts.borrow();
    let last = posts.iter().filter(|post| post.sent).map(|post| post.at);
    assert!(last.max().unwrap() - start < ATTEMPT / 10);
}

/// Memory is for a page and for those that are being sent to, and for no more.
#[tokio::test(start_paused = true)]
async fn a_page_is_read_only_when_it_is_needed() {
    let pages: Vec<_> = ('a'..='z').map(|letter| ids(letter, 10)).collect();
    let mut broadcaster = broadcaster(pages.clone());
    let hanging = pages.concat().into_iter().map(|id| (id, Client::Hangs));
    broadcaster.clients.odd.extend(hanging);

    let delivery = for_everyone(PAYLOAD);
    let deadline = Deadline::of(&context(11), NOW);
    broadcaster.deliver(delivery, deadline).await.unwrap();

    assert_eq!(broadcaster.clients.most_in_flight.get(), 64);
    // 64 clients stand on 7 pages; there was no time for more.
    assert_eq!(broadcaster.connections.asked.get(), 7);
}

#[tokio::test(start_paused = true)]
async fn if_nothing_can_be_read_lambda_is_to_try_again() {
    let mut broadcaster = broadcaster(vec![ids('a', 3)]);
    broadcaster.connections.unreadable = Some(0);

    let delivered = broadcaster.deliver(for_everyone(PAYLOAD), deadline()).await;

    assert!(matches!(delivered, Err(BroadcastError::NothingRead(_))));
    assert_eq!(broadcaster.failures.messages.take().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_the_table_is_kept_if_it_cannot_be_read() {
    let mut broadcaster = broadcaster(vec![ids('a', 3), ids('b', 3)]);
    broadcaster.connections.unreadable = Some(1);

    assert_eq!(deliver(&broadcaster).await, summary(3, 0, 0, 1));

    assert_json_snapshot!(broadcaster.failures.messages.take(), @r#"
    [
      {
        "reason": "throttled",
        "event": {
          "payload": "{ \"id\":\"evt_1\",\r\n \"name\":\"Zoë & Łukasz\" }",
          "event_type": "payment.succeeded"
        },
        "unreached": [],
        "from": "a00002"
      }
    ]
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_payload_that_no_client_could_take_is_refused_once() {
    let largest = "x".repeat(131_072);
    for (payload, sent, kept) in [(largest.clone(), 3, 0), (largest + "x", 0, 1)] {
        let broadcaster = broadcaster(vec![ids('a', 3)]);

        let delivered = broadcaster.deliver(for_everyone(&payload), deadline());
        let summary = delivered.await.unwrap();

        assert_eq!(summary.sent, sent);
        assert_eq!(broadcaster.clients.posts.take().len(), sent);
        let mut messages = broadcaster.failures.messages.take();
        assert_eq!(messages.len(), kept);
        if let Some(message) = messages.pop() {
            assert_eq!(message["event"]["payload"], payload);
            assert_json_snapshot!(message, { ".event.payload" => "(131073 bytes)" }, @r#"
            {
              "reason": "a message to a client has at most 131072 bytes",
              "event": {
                "payload": "(131073 bytes)",
                "event_type": "payment.succeeded"
              },
              "unreached": [],
              "from": null
            }
            "#);
        }
    }
}

/// Enough time is left to say who was not reached.
#[tokio::test(start_paused = true)]
async fn at_the_deadline_everyone_who_waits_is_kept() {
    let pages = vec![ids('a', 400), ids('b', 400), ids('c', 400)];
    let mut broadcaster = broadcaster(pages.clone());
    let hanging = pages.concat().into_iter().map(|id| (id, Client::Hangs));
    broadcaster.clients.odd.extend(hanging);
    let start = Instant::now();

    let Summary {
        sent,
        failed,
        pages,
        ..
    } = deliver(&broadcaster).await;

    assert_eq!(start.elapsed(), Duration::from_secs(50));
    assert_eq!((sent, failed, pages), (0, 400, 1));
    let messages = broadcaster.failures.messages.take();
    assert_eq!(messages[0]["from"], "a00399");
    assert_eq!(messages[1]["unreached"].as_array().unwrap().len(), 400);
    assert_eq!(messages.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn if_the_failure_queue_is_down_lambda_is_to_try_again() {
    let mut broadcaster = broadcaster(vec![ids('a', 3)]);
    let odd = [("a00001".to_owned(), Client::Refuses)];
    broadcaster.clients.odd.extend(odd);
    broadcaster.failures.is_down = true;

    let delivered = broadcaster.deliver(for_everyone(PAYLOAD), deadline()).await;

    let error = delivered.unwrap_err().to_string();
    assert_eq!(error, "what is left to do was not kept: the queue is down");
    assert_eq!(broadcaster.clients.reached(), ["a00000", "a00002"]);
}

/// 1 MiB is what an SQS message may have, and each quote takes two bytes in JSON.
#[tokio::test(start_paused = true)]
async fn many_ids_are_kept_in_messages_that_sqs_takes() {
    let everyone: Vec<String> = (0..12_001).map(|n| format!("L0SM9cOFvHc{n:05}=")).collect();
    let mut broadcaster = broadcaster(vec![everyone.clone()]);
    let odd = everyone.iter().map(|id| (id.clone(), Client::Refuses));
    broadcaster.clients.odd.extend(odd);

    let delivery = for_everyone(&"\"".repeat(131_072));
    let summary = broadcaster.deliver(delivery, deadline()).await.unwrap();

    assert_eq!(summary.failed, 12_001);
    let messages = broadcaster.failures.messages.take();
    let mut kept = Vec::new();
    for message in &messages {
        assert!(message.to_string().len() < 1_048_576 / 2);
        let ids = message["unreached"].as_array().unwrap();
        kept.extend(ids.iter().map(|id| id.as_str().unwrap().to_owned()));
    }
    assert_eq!(messages.len(), 3);
    kept.sort();
    assert_eq!(kept, everyone);
}

#[tokio::test(start_paused = true)]
async fn a_leftover_goes_to_those_it_names() {
    let these = || vec!["a00002".to_owned(), "not-in-the-table".to_owned()];
    let after = || Some("a00002".to_owned());
    let b = ["b00000", "b00001"];
    for (unreached, from, expected) in [
        (
            these(),
            None,
            [&["a00002"][..], &["not-in-the-table"]].concat(),
        ),
        (Vec::new(), after(), b.to_vec()),
        (
            these(),
            after(),
            [&["a00002"], &b[..], &["not-in-the-table"]].concat(),
        ),
    ] {
        let broadcaster = broadcaster(vec![ids('a', 3), ids('b', 2)]);
        let delivery = Delivery {
            unreached,
            from,
            ..for_everyone(PAYLOAD)
        };
        broadcaster.deliver(delivery, deadline()).await.unwrap();
        assert_eq!(broadcaster.clients.reached(), expected);
    }
}
