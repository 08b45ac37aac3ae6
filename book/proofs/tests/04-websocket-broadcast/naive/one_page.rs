//! Two readers that stop too early.

use serde_json::json;
use step_04_websocket_broadcast::table::{Connections, TableError};

use super::sandboxed::Stage;
use super::shop::{Clients, NOW, Table, deliver, step};

/// Reads the table.
async fn read(connections: &impl Connections, now: i64) -> Result<Vec<String>, TableError> {
    Ok(connections.page(None, now).await?.ids)
}

/// Reads the table until there is nothing more.
async fn read_while_there_are_rows(
    connections: &impl Connections,
    now: i64,
) -> Result<Vec<String>, TableError> {
    let mut page = connections.page(None, now).await?;
    let mut everyone = Vec::new();
    while !page.ids.is_empty() {
        everyone.append(&mut page.ids);
        let Some(next) = page.next else { break };
        page = connections.page(Some(&next), now).await?;
    }
    Ok(everyone)
}

#[tokio::test]
async fn who_reads_one_page_misses_the_others_and_who_stops_at_an_empty_one_too() {
    // The rows of the page in the middle were filtered out: their time is over.
    let table = || Table::of(&[&["ada", "ben"], &[], &["cleo"]]);

    let one_page = read(&table(), NOW).await.unwrap();
    assert_eq!(one_page, ["ada", "ben"]);
    let not_empty = read_while_there_are_rows(&table(), NOW).await.unwrap();
    assert_eq!(not_empty, ["ada", "ben"]);

    let step = step(table(), Clients::default());
    let summary = deliver(&step).await;
    assert_eq!((summary.sent, summary.pages), (3, 3));
    assert_eq!(step.clients.reached(), ["ada", "ben", "cleo"]);
}

/// One of our rows counts as 37 bytes, and a page of a scan has 1 MB.
#[tokio::test]
async fn the_reader_of_one_page_is_right_up_to_28_339_clients() {
    let stage = Stage::start().await;
    let rows = (0..28_340).map(|number| {
        json!({
            "connectionId": { "S": format!("{number:011}AAAA=") },
            "ttl": { "N": (NOW + 7_799).to_string() },
        })
    });
    stage.sandbox.put_items("ConnectionsTable", rows).unwrap();
    let table = stage.table();

    assert_eq!(read(&table, NOW).await.unwrap().len(), 28_339);

    let everyone = read_while_there_are_rows(&table, NOW).await.unwrap();
    assert_eq!(everyone.len(), 28_340);
    stage.sandbox.shutdown().await;
}
