//! A client that is about to open is called gone, like one that has left.

use step_04_websocket_broadcast::table::{Connections, TableError};

use super::sandboxed::Stage;
use super::shop::NOW;

/// Removes the row of a client that was answered with 410.
async fn forget(connections: &impl Connections, id: &str) -> Result<(), TableError> {
    connections.remove(id).await
}

const ID: &str = "L0SM9cOFvHcCIhw=";

/// Its row was written, `$connect` has not returned yet, and an event comes.
#[tokio::test]
async fn who_is_just_connecting_loses_its_row_for_good_but_not_in_the_step() {
    let stage = Stage::start().await;
    let table = stage.table();

    table.add(ID, NOW).await.unwrap();
    forget(&table, ID).await.unwrap();
    assert_eq!(stage.rows(), [""; 0]);

    table.add(ID, NOW).await.unwrap();
    table.remove_gone(ID, NOW + 59).await.unwrap();
    assert_eq!(stage.rows(), [ID]);
    // One that is older has left.
    table.remove_gone(ID, NOW + 61).await.unwrap();
    assert_eq!(stage.rows(), [""; 0]);
    stage.sandbox.shutdown().await;
}
