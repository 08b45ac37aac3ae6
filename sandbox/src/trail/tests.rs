use std::sync::atomic::Ordering;

use super::recorder::{KEPT, KEPT_BYTES};
use super::*;

fn recorder() -> (Recorder, Arc<Mutex<Vec<Trail>>>) {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let console: Console = Arc::new({
        let reports = reports.clone();
        move |event| {
            if let Event::Trail(trail) = event {
                lock(&reports).push(trail);
            }
        }
    });
    (Recorder::new(Clock::new(), console), reports)
}

fn names(trail: &Trail) -> Vec<&str> {
    trail.hops.iter().map(|hop| hop.name.as_str()).collect()
}

#[test]
fn hops_are_told_once_when_all_have_ended_in_causal_order() {
    let (recorder, reports) = recorder();
    let context = recorder.begin("t1");
    let rest = context.hop(Service::Rest, "Api", "POST /prod/webhook");
    let lambda = rest.context().hop(Service::Lambda, "Handler", "Invoke");
    let sns = lambda.context().hop(Service::Sns, "Topic", "Publish");
    sns.finish("200");
    lambda.finish("ok");
    assert!(lock(&reports).is_empty(), "the request is still under way");
    rest.finish("200");
    let reports = lock(&reports);
    assert_eq!(reports.len(), 1);
    assert_eq!(names(&reports[0]), ["Api", "Handler", "Topic"]);
    assert!(reports[0].settled);
}

#[test]
fn a_waiting_trail_is_told_as_unsettled_and_its_rest_later() {
    let (recorder, reports) = recorder();
    let context = recorder.begin("t1");
    let hold = context.hold();
    let waiting = context.waiting();
    context
        .hop(Service::Lambda, "First", "Invoke")
        .fail("Unhandled");
    assert!(lock(&reports).is_empty(), "held");
    drop(hold);
    let hold = context.hold();
    drop(waiting);
    context
        .hop(Service::Lambda, "Second", "Invoke")
        .finish("ok");
    drop(hold);
    let reports = lock(&reports);
    assert_eq!(
        reports
            .iter()
            .map(|trail| trail.settled)
            .collect::<Vec<_>>(),
        [false, true]
    );
    assert_eq!(names(&reports[0]), ["First"]);
    assert_eq!(names(&reports[1]), ["Second"]);
    assert_eq!(names(&recorder.find("t1").unwrap()), ["First", "Second"]);
}

#[test]
fn a_dropped_hop_is_abandoned() {
    let (recorder, reports) = recorder();
    drop(recorder.begin("t1").hop(Service::Rest, "Api", "GET /"));
    let hop = &lock(&reports)[0].hops[0];
    assert_eq!((hop.outcome.as_str(), hop.ok), ("abandoned", false));
}

#[test]
fn only_the_last_trails_are_kept() {
    let (recorder, _) = recorder();
    for number in 0..=KEPT {
        drop(recorder.begin(number.to_string()));
    }
    assert!(recorder.find("0").is_none());
    assert!(recorder.find("1").is_some());
}

#[test]
fn a_trail_has_further_ids_and_keeps_secrets() {
    let (recorder, _) = recorder();
    let context = recorder.begin("first");
    context.also_known_as("second");
    context.conceal("s3cret");
    let mut hop = context.hop(Service::Rest, "Api", "GET /");
    hop.input(&Bytes::from_static(b"with s3cret inside"));
    hop.detail("error", "it said s3cret");
    hop.finish("200");
    let trail = recorder.find("second").unwrap();
    assert_eq!(trail.id, "first");
    let text = serde_json::to_string(&trail).unwrap();
    assert!(text.contains("with ****** inside"), "{text}");
    assert!(text.contains("it said ******"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
    assert!(recorder.find("third").is_none());
}

#[test]
fn large_trails_push_older_ones_out_but_never_themselves() {
    let (recorder, _) = recorder();
    let fan_out = |id: &str| {
        let context = recorder.begin(id);
        let _hold = context.hold();
        for _ in 0..KEPT_BYTES / HOP_BYTES / 2 {
            context
                .hop(Service::WebSocket, "Api", "POST @connections")
                .finish("200");
        }
    };
    ["1", "2", "3"].into_iter().for_each(fan_out);
    assert!(recorder.find("1").is_none());
    assert!(recorder.find("3").is_some());
    fan_out("4");
    fan_out("4");
    fan_out("4");
    assert!(recorder.find("4").is_some());
}

#[test]
fn payloads_that_are_the_same_are_kept_once() {
    let (recorder, _) = recorder();
    let context = recorder.begin("t1");
    for payload in ["one", "one", "two"] {
        let mut hop = context.hop(Service::WebSocket, "Api", "POST @connections");
        hop.input(&Bytes::copy_from_slice(payload.as_bytes()));
        hop.finish("200");
    }
    let trail = recorder.find("t1").unwrap();
    let texts = trail.hops.iter().filter_map(|hop| hop.input.as_ref());
    let texts: Vec<_> = texts.map(Payload::text).collect();
    assert_eq!(texts, ["one", "one", "two"]);
    let size = HOP_BYTES * 3 + "onetwo".len();
    assert_eq!(recorder.shared.size.load(Ordering::Relaxed), size);
}

#[tokio::test]
async fn a_trail_of_unknown_id_is_found_by_what_happened() {
    let (recorder, _) = recorder();
    for name in ["First", "Second"] {
        recorder
            .begin(name)
            .hop(Service::WebSocket, name, "$connect")
            .finish("101");
    }
    let first = recorder.wait_for_settled(|trail| trail.hops[0].name == "First");
    assert_eq!(first.await.id, "First");
    let newest = recorder.wait_for_settled(|trail| trail.hops[0].action == "$connect");
    assert_eq!(newest.await.id, "Second");
}
