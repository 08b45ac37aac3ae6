//! Mark an event as seen before it is published, or after?

use std::cell::RefCell;
use std::collections::HashSet;

use insta::assert_snapshot;
use step_03_sns_publish::publish::{Message, PublishError, PublishEvent};
use step_03_sns_publish::webhook::handle;

use crate::shop::{EVENT, Outcome, Topic, deliver, deps};

/// The ids that were seen, in a table that all instances of the function share.
#[derive(Default)]
pub struct Seen(RefCell<HashSet<String>>);

impl Seen {
    fn contains(&self, id: &str) -> bool {
        self.0.borrow().contains(id)
    }

    /// Whether the id is new; from now on it is not.
    fn claim(&self, id: &str) -> bool {
        self.0.borrow_mut().insert(id.to_owned())
    }
}

/// `Ok` is a 200: done, or done before.
async fn claim_then_publish(
    id: &str,
    message: &Message<'_>,
    seen: &Seen,
    topic: &impl PublishEvent,
) -> Result<(), PublishError> {
    if seen.claim(id) {
        topic.publish(message).await?;
    }
    Ok(())
}

async fn publish_then_claim(
    id: &str,
    message: &Message<'_>,
    seen: &Seen,
    topic: &impl PublishEvent,
) -> Result<(), PublishError> {
    if !seen.contains(id) {
        topic.publish(message).await?;
        seen.claim(id);
    }
    Ok(())
}

const MESSAGE: Message<'_> = Message {
    body: EVENT,
    event_type: "payment.test",
};

/// Sends the event until it is taken, and `again` times more; returns how many
/// messages are in the topic then.
async fn messages(order: &str, outcome: Outcome, again: usize) -> usize {
    let seen = Seen::default();
    let step = deps(Topic::that(&[outcome]));
    for _ in 0..=again {
        let topic = &step.publisher;
        match order {
            "claim" => {
                while claim_then_publish("evt_1", &MESSAGE, &seen, topic)
                    .await
                    .is_err()
                {}
            }
            "publish" => {
                while publish_then_claim("evt_1", &MESSAGE, &seen, topic)
                    .await
                    .is_err()
                {}
            }
            _ => {
                let statuses = deliver(EVENT, async |event| handle(event, &step).await).await;
                assert_eq!(statuses.last(), Some(&200));
            }
        }
    }
    step.publisher.count()
}

#[tokio::test]
async fn claimed_first_a_refused_event_is_lost_and_published_first_it_may_come_twice() {
    let mut table = vec![format!(
        "{:24}{:>12}{:>14}{:>12}",
        "", "claim first", "publish first", "this step"
    )];
    for (case, outcome, again) in [
        ("all goes well", Outcome::Taken, 0),
        ("SNS refuses once", Outcome::Refused, 0),
        ("SNS's answer is lost", Outcome::TakenUnheard, 0),
        ("the provider sends twice", Outcome::Taken, 1),
    ] {
        let claim = messages("claim", outcome, again).await;
        let publish = messages("publish", outcome, again).await;
        let step = messages("step", outcome, again).await;
        table.push(format!("{case:24}{claim:>12}{publish:>14}{step:>12}"));
    }
    assert_snapshot!(table.join("\n"), @"
                             claim first publish first   this step
    all goes well                      1             1           1
    SNS refuses once                   0             1           1
    SNS's answer is lost               1             2           2
    the provider sends twice           1             1           2
    ");
}
