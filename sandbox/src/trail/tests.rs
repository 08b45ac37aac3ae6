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
