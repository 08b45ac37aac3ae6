//! Exercise: sending again disturbs nobody who has the event.

use proptest::collection::vec;
use proptest::prelude::*;

use step_04_websocket_broadcast::job::Delivery;

use super::hall::{Client, Hall, Queue, broadcaster, deadline, for_everyone, runtime};

fn client() -> impl Strategy<Value = Client> {
    prop_oneof![
        4 => Just(Client::Takes),
        1 => Just(Client::IsGone),
        1 => Just(Client::Refuses),
        2 => (1..5_usize).prop_map(Client::Fails),
        1 => Just(Client::Hangs),
    ]
}

/// How often each client has the event, once everything in the queue was sent again to a
/// hall in which all is well.
fn times(clients: &[Client], seconds: u64, change: fn(&mut Delivery)) -> Vec<usize> {
    let (mut hall, queue) = (Hall::new(clients.to_vec()), Queue::default());
    runtime().block_on(async {
        let broadcaster = broadcaster(&hall, &queue);
        let delivered = broadcaster.deliver(for_everyone(), deadline(seconds));
        delivered.await.unwrap();
    });
    for client in &mut hall.clients {
        if *client != Client::IsGone {
            *client = Client::Takes;
        }
    }
    runtime().block_on(async {
        let broadcaster = broadcaster(&hall, &queue);
        for mut leftover in queue.messages.take() {
            change(&mut leftover);
            broadcaster.deliver(leftover, deadline(60)).await.unwrap();
        }
    });
    (0..clients.len())
        .map(|number| hall.times(number))
        .collect()
}

proptest! {
    #[test]
    fn nobody_has_the_event_twice(clients in vec(client(), 0..300), seconds in 12..40_u64) {
        let once: Vec<usize> = clients
            .iter()
            .map(|client| usize::from(*client != Client::IsGone))
            .collect();
        prop_assert_eq!(times(&clients, seconds, |_| {}), once);
    }
}

#[test]
fn a_queue_that_forgets_the_ids_shows_the_event_to_everybody_again() {
    let clients = [Client::Takes, Client::Refuses, Client::IsGone];
    assert_eq!(times(&clients, 60, |_| {}), [1, 1, 0]);
    assert_eq!(
        times(&clients, 60, |left| left.unreached.clear()),
        [2, 1, 0]
    );
}
