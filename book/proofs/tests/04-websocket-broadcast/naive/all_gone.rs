//! A broadcaster that takes every failure for a good-bye.

use step_04_websocket_broadcast::post::PostToConnection;
use step_04_websocket_broadcast::table::{Connections, TableError};

use super::shop::{Clients, NOW, Odd, TEXT, Table, deliver, step};

/// Sends to everyone, and tidies up on the way.
async fn send_or_forget(
    connections: &impl Connections,
    clients: &impl PostToConnection,
    text: &str,
    now: i64,
) -> Result<(), TableError> {
    for id in connections.page(None, now).await?.ids {
        if clients.post(&id, text).await.is_err() {
            connections.remove_gone(&id, now).await?;
        }
    }
    Ok(())
}

const EVERYONE: [&str; 3] = ["ada", "ben", "cleo"];

/// All three are there, and well. API Gateway says 429 once to each: too much at a time.
#[tokio::test]
async fn one_bad_second_and_nobody_ever_gets_an_event_again() {
    let (table, clients) = (Table::of(&[&EVERYONE]), Clients::with(Odd::Busy, &EVERYONE));
    for _event in 0..2 {
        let sent = send_or_forget(&table, &clients, TEXT, NOW).await;
        sent.unwrap();
    }
    assert_eq!(table.rows(), [""; 0]);
    assert_eq!(clients.reached(), [""; 0]);

    let step = step(Table::of(&[&EVERYONE]), Clients::with(Odd::Busy, &EVERYONE));
    assert_eq!(deliver(&step).await.sent, 3);
    assert_eq!(step.connections.rows(), EVERYONE);
    assert_eq!(step.clients.reached(), EVERYONE);
}

#[tokio::test]
async fn a_410_removes_one_row_and_that_one_only() {
    let gone = Clients::with(Odd::Gone, &["ben"]);
    let step = step(Table::of(&[&EVERYONE]), gone);
    let summary = deliver(&step).await;
    assert_eq!((summary.sent, summary.gone), (2, 1));
    assert_eq!(step.connections.rows(), ["ada", "cleo"]);
}
