//! Exercise: events that nobody needs.

use std::collections::HashSet;

use step_03_sns_publish::publish::{Message, PublishError, PublishEvent};
use step_03_sns_publish::webhook::handle;

use crate::shop::{EVENT, Topic, deps, request};

/// A publisher that leaves out events of some types.
#[derive(Debug)]
pub struct Ignoring<P> {
    pub publisher: P,
    pub types: HashSet<String>,
}

impl<P: PublishEvent> PublishEvent for Ignoring<P> {
    async fn publish(&self, message: &Message<'_>) -> Result<String, PublishError> {
        if self.types.contains(message.event_type) {
            return Ok("ignored".to_owned());
        }
        self.publisher.publish(message).await
    }
}

#[tokio::test]
async fn an_ignored_event_is_answered_with_200_and_not_published() {
    for (types, published) in [(&[][..], 1), (&["payment.test"], 0), (&["payment"], 1)] {
        let types = types.iter().map(|name| (*name).to_owned()).collect();
        let deps = deps(Ignoring {
            publisher: Topic::default(),
            types,
        });
        let answer = handle(request(EVENT), &deps).await.unwrap();
        assert_eq!(answer.status_code, 200);
        assert_eq!(deps.publisher.publisher.count(), published);
    }
}

/// Ignored is not trusted: who cannot sign is refused as ever.
#[tokio::test]
async fn a_forged_event_of_an_ignored_type_is_refused() {
    let deps = deps(Ignoring {
        publisher: Topic::default(),
        types: HashSet::from(["payment.test".to_owned()]),
    });
    let mut forged = request("{}");
    forged.payload.body = Some(EVENT.to_owned());
    assert_eq!(handle(forged, &deps).await.unwrap().status_code, 401);
}
