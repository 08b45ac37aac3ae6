//! The queues on their own.

use std::collections::BTreeMap;

use sandbox::clock::Clock;
use sandbox::console;
use sandbox::sqs::{BYTES_KEPT, MESSAGES_KEPT, MessageAttribute, NoSuchQueue, Queues};
use sandbox::template::model::Stack;
use sandbox::trail::{Recorder, Service};

use crate::support::{add_queue, queue_arn};

fn queues(stack: &Stack) -> (Queues, Recorder) {
    let clock = Clock::new();
    let queues = Queues::new(clock.clone());
    queues.load(stack);
    (queues, Recorder::new(clock, console::silent()))
}

fn stack() -> Stack {
    let mut stack = Stack::default();
    add_queue(&mut stack, "Failures");
    stack
}

#[test]
fn a_message_is_kept_and_its_hop_recorded() {
    let (queues, recorder) = queues(&stack());
    let context = recorder.begin("t1");
    let attributes = BTreeMap::from([
        ("ErrorCode".to_owned(), MessageAttribute::number(200)),
        ("ErrorMessage".to_owned(), MessageAttribute::string("boom")),
    ]);
    let arn = queue_arn("Failures");
    let id = queues
        .send(&arn, "{}".into(), attributes.clone(), &context)
        .unwrap();
    let messages = queues.messages("Failures");
    assert_eq!(messages.len(), 1);
    assert_eq!((&messages[0].id, messages[0].body.as_str()), (&id, "{}"));
    assert_eq!(messages[0].attributes, attributes);
    let hop = &recorder.find("t1").unwrap().hops[0];
    assert_eq!((hop.service, hop.name.as_str()), (Service::Sqs, "Failures"));
    assert_eq!(
        (hop.action.as_str(), hop.outcome.as_str()),
        ("SendMessage", "200")
    );
    assert_eq!(hop.details["message_id"], id);
}

#[test]
fn an_unknown_queue_is_told_and_recorded() {
    let (queues, recorder) = queues(&stack());
    let arn = queue_arn("Nowhere");
    let sent = queues.send(&arn, "{}".into(), BTreeMap::new(), &recorder.begin("t1"));
    assert_eq!(sent, Err(NoSuchQueue(arn)));
    let hop = &recorder.find("t1").unwrap().hops[0];
    assert_eq!((hop.name.as_str(), hop.ok), ("Nowhere", false));
    assert!(queues.messages("Nowhere").is_empty());
}

#[test]
fn a_full_queue_drops_its_oldest_message_and_says_so() {
    let (queues, recorder) = queues(&stack());
    let arn = queue_arn("Failures");
    for number in 0..=MESSAGES_KEPT {
        let context = recorder.begin(number.to_string());
        let body = number.to_string();
        queues.send(&arn, body, BTreeMap::new(), &context).unwrap();
    }
    let messages = queues.messages("Failures");
    assert_eq!(messages.len(), MESSAGES_KEPT);
    assert_eq!(messages[0].body, "1");
    let last = recorder.find(&MESSAGES_KEPT.to_string()).unwrap();
    assert_eq!(last.hops[0].details["dropped_oldest"], 1);
}

#[test]
fn large_messages_do_not_pile_up() {
    let (queues, recorder) = queues(&stack());
    let arn = queue_arn("Failures");
    let context = recorder.begin("t1");
    for _ in 0..3 {
        let body = "x".repeat(BYTES_KEPT / 2);
        queues.send(&arn, body, BTreeMap::new(), &context).unwrap();
    }
    assert_eq!(queues.messages("Failures").len(), 2);
}

#[test]
fn messages_survive_a_saved_template_unless_their_queue_is_gone() {
    let mut stack = stack();
    let (queues, recorder) = queues(&stack);
    let context = recorder.begin("t1");
    let arn = queue_arn("Failures");
    queues
        .send(&arn, "{}".into(), BTreeMap::new(), &context)
        .unwrap();
    stack.queues[0].logical_id = "Renamed".into();
    queues.load(&stack);
    assert_eq!(queues.messages("Renamed").len(), 1);
    queues.load(&Stack::default());
    assert!(queues.messages("Renamed").is_empty());
    assert!(
        queues
            .send(&arn, "{}".into(), BTreeMap::new(), &context)
            .is_err()
    );
}
