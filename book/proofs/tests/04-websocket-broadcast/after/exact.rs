//! Exercise: sending again disturbs nobody who has the event.

use proptest::collection::vec;
use proptest::prelude::*;

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

proptest! {
    #[test]
    fn nobody_has_the_event_twice(clients in vec(client(), 0..300), seconds in 12..40_u64) {
        let (mut hall, queue) = (Hall::new(clients), Queue::default());
        runtime().block_on(async {
            let broadcaster = broadcaster(&hall, &queue);
            let delivered = broadcaster.deliver(for_everyone(), deadline(seconds));
            delivered.await.unwrap();
        });

        // Everything works again, except for those who are gone.
        for client in &mut hall.clients {
            if *client != Client::IsGone {
                *client = Client::Takes;
            }
        }
        runtime().block_on(async {
            let broadcaster = broadcaster(&hall, &queue);
            for leftover in queue.messages.take() {
                broadcaster.deliver(leftover, deadline(60)).await.unwrap();
            }
        });

        for (number, client) in hall.clients.iter().enumerate() {
            let expected = usize::from(*client == Client::Takes);
            prop_assert_eq!(hall.times(number), expected, "client {}", number);
        }
    }
}
