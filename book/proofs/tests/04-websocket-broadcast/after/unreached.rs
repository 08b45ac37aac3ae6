//! Two broadcasters for which one client in a hundred is not reached.

use std::error::Error;

use step_04_websocket_broadcast::job::Delivery;
use step_04_websocket_broadcast::post::PostToConnection;
use step_04_websocket_broadcast::table::Connections;

use super::hall::{
    Client, Hall, NOW, Queue, attempts, broadcaster, deadline, for_everyone, id, runtime,
};

type Done = Result<(), Box<dyn Error>>;

/// Writes down who was not reached, in the log.
async fn log_and_go_on(
    delivery: &Delivery,
    table: &impl Connections,
    clients: &impl PostToConnection,
) -> Done {
    let mut from = None;
    loop {
        let page = table.page(from.as_deref(), NOW).await?;
        for id in page.ids {
            if let Err(error) = clients.post(&id, &delivery.event.payload).await {
                tracing::error!(id, "failed: {error}");
            }
        }
        from = page.next;
        if from.is_none() {
            return Ok(());
        }
    }
}

/// Tells Lambda that somebody was not reached.
async fn one_for_all(
    delivery: &Delivery,
    table: &impl Connections,
    clients: &impl PostToConnection,
) -> Done {
    let mut failed = 0;
    let mut from = None;
    loop {
        let page = table.page(from.as_deref(), NOW).await?;
        for id in page.ids {
            if clients.post(&id, &delivery.event.payload).await.is_err() {
                failed += 1;
            }
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    if failed > 0 {
        return Err(format!("{failed} clients were not reached").into());
    }
    Ok(())
}

/// A hundred clients, of whom number 7 fails so often.
fn hall(failures: usize) -> Hall {
    let mut clients = vec![Client::Takes; 100];
    clients[7] = Client::Fails(failures);
    Hall::new(clients)
}

#[test]
fn a_broadcaster_that_logs_and_returns_ok_loses_a_client() {
    let hall = hall(1);
    runtime().block_on(async {
        let event = for_everyone();
        let tried = attempts(async || log_and_go_on(&event, &&hall, &&hall).await).await;
        assert_eq!(tried, 1, "Lambda believes that all went well");
    });
    assert_eq!((hall.times(6), hall.times(7), hall.times(8)), (1, 0, 1));
}

#[test]
fn a_broadcaster_that_returns_err_for_one_client_sends_to_everybody_again() {
    // How often client 7 fails; how often it and the others then have the event.
    for (failures, seventh, others) in [(1, 1, 2), (2, 1, 3), (3, 0, 3)] {
        let hall = hall(failures);
        runtime().block_on(async {
            let event = for_everyone();
            attempts(async || one_for_all(&event, &&hall, &&hall).await).await;
        });
        assert_eq!((hall.times(7), hall.times(8)), (seventh, others));
    }
}

#[test]
fn the_step_tries_the_one_again_and_keeps_it_if_that_does_not_help() {
    for (failures, seventh, kept) in [(1, 1, vec![]), (2, 1, vec![]), (3, 0, vec![id(7)])] {
        let (hall, queue) = (hall(failures), Queue::default());
        runtime().block_on(async {
            let broadcaster = broadcaster(&hall, &queue);
            let tried = attempts(async || {
                let delivered = broadcaster.deliver(for_everyone(), deadline(60)).await;
                delivered.map(drop)
            });
            assert_eq!(tried.await, 1);
        });
        assert_eq!((hall.times(7), hall.times(8)), (seventh, 1));
        let unreached = queue
            .messages
            .take()
            .into_iter()
            .flat_map(|left| left.unreached);
        assert_eq!(unreached.collect::<Vec<_>>(), kept);
    }
}
