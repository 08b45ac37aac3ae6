//! Three ways to send to everyone whose pace is wrong. Nothing here measures time.

use futures_util::future::join_all;
use step_04_websocket_broadcast::post::PostToConnection;

use super::shop::{Clients, Odd, TEXT, Table, deliver, step};

/// Sends to one after the other.
async fn in_turn(ids: &[String], clients: &impl PostToConnection, text: &str) {
    for id in ids {
        let _ = clients.post(id, text).await;
    }
}

/// Sends to 64 at a time, and then to the next 64.
async fn in_batches(ids: &[String], clients: &impl PostToConnection, text: &str) {
    for batch in ids.chunks(64) {
        join_all(batch.iter().map(|id| clients.post(id, text))).await;
    }
}

/// Sends to all at once.
async fn at_once(ids: &[String], clients: &impl PostToConnection, text: &str) {
    join_all(ids.iter().map(|id| clients.post(id, text))).await;
}

/// Gives the work as many turns as it could ever need, then stops it.
async fn as_far_as_it_gets(work: impl Future) {
    let turns = async {
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        _ = work => panic!("a client that never answers was not waited for"),
        () = turns => {}
    }
}

const CROWD: usize = 200;

/// Everyone answers at once but the second client, who never does.
#[tokio::test]
async fn a_silent_client_holds_up_all_that_come_after_it_but_not_in_the_step() {
    let clients = || Clients::with(Odd::Silent, &["client-00001"]);
    let ids = Table::crowd(CROWD).rows();

    let naive = clients();
    as_far_as_it_gets(in_turn(&ids, &naive, TEXT)).await;
    assert_eq!(naive.reached(), ["client-00000"]);

    let naive = clients();
    as_far_as_it_gets(in_batches(&ids, &naive, TEXT)).await;
    assert_eq!(naive.reached().len(), 63);

    let step = step(Table::crowd(CROWD), clients());
    as_far_as_it_gets(deliver(&step)).await;
    assert_eq!(step.clients.reached().len(), CROWD - 1);
}

#[tokio::test]
async fn the_most_in_flight_is_1_or_all_or_64() {
    let ids = Table::crowd(5_000).rows();

    let naive = Clients::default();
    in_turn(&ids, &naive, TEXT).await;
    assert_eq!(naive.most_in_flight.get(), 1);

    let naive = Clients::default();
    at_once(&ids, &naive, TEXT).await;
    assert_eq!(naive.most_in_flight.get(), 5_000);

    let step = step(Table::crowd(5_000), Clients::default());
    assert_eq!(deliver(&step).await.sent, 5_000);
    assert_eq!(step.clients.most_in_flight.get(), 64);
}
