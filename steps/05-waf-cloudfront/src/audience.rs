//! Who is to get an event. The table is read page by page, and the next page
//! only when it is needed: memory does not grow with the number of clients.

use futures_util::stream::{self, Stream, StreamExt};

use crate::deadline::Deadline;
use crate::table::Connections;

/// What is found on the way through the table.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// A client that is to get the event.
    Client(String),
    /// The end of a page.
    PageEnd,
    /// The end of what can be read.
    Unread {
        /// The rows after this one were not read; if it is nothing, none were.
        from: Option<String>,
        /// Why.
        reason: String,
    },
}

/// Finds these clients, then all whose rows come after `from`. With neither,
/// everyone.
pub fn audience(
    connections: &impl Connections,
    unreached: Vec<String>,
    from: Option<String>,
    now: i64,
    deadline: Deadline,
) -> impl Stream<Item = Found> {
    let only_these = from.is_none() && !unreached.is_empty();
    let start = if only_these { None } else { Some(from) };

    let pages = stream::unfold(start, move |position| async move {
        let from = position?;
        let page = deadline.meet(connections.page(from.as_deref(), now)).await;
        let (found, next) = match page {
            Some(Ok(page)) => {
                let mut found: Vec<Found> = page.ids.into_iter().map(Found::Client).collect();
                found.push(Found::PageEnd);
                (found, page.next.map(Some))
            }
            Some(Err(error)) => (vec![unread(from, error.to_string())], None),
            None => (vec![unread(from, "there was no time".to_owned())], None),
        };
        Some((stream::iter(found), next))
    });

    let these = stream::iter(unreached.into_iter().map(Found::Client));
    these.chain(pages.flatten())
}

fn unread(from: Option<String>, reason: String) -> Found {
    Found::Unread { from, reason }
}
