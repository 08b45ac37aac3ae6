//! `PublishBatch`: the rules for several messages at once.

use std::collections::HashSet;

use super::error::{Blame, SnsError};
use super::message::{Publication, SIZE_MAX};
use super::xml::element;

/// Most entries of a batch, and the longest id of one. This file: SNS API
/// Reference, `PublishBatch`.
const ENTRIES_MAX: usize = 10;
const ID_MAX: usize = 80;

/// One message of a batch, as it stands in the request.
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) publication: Result<Publication, SnsError>,
}

/// What became of an entry: the id of its message, or why it failed.
pub(super) type Outcome = Result<String, SnsError>;

/// What is judged before the topic is looked up.
pub(super) fn check_count(entries: &[Entry]) -> Result<(), SnsError> {
    if entries.is_empty() {
        return Err(SnsError::bad_request(
            "EmptyBatchRequest",
            "The batch request doesn't contain any entries.",
        ));
    }
    if entries.len() > ENTRIES_MAX {
        return Err(SnsError::bad_request(
            "TooManyEntriesInBatchRequest",
            "The batch request contains more entries than permissible.",
        ));
    }
    Ok(())
}

/// Judges the rest. One bad entry fails the whole request, as AWS was seen to do.
pub(super) fn check(entries: Vec<Entry>) -> Result<Vec<(String, Publication)>, SnsError> {
    let distinct: HashSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    if distinct.len() != entries.len() {
        return Err(SnsError::bad_request(
            "BatchEntryIdsNotDistinct",
            "Two or more batch entries in the request have the same Id.",
        ));
    }
    for entry in &entries {
        check_id(&entry.id)?;
    }
    let mut checked = Vec::with_capacity(entries.len());
    for Entry { id, publication } in entries {
        let publication = publication?;
        publication.check()?;
        checked.push((id, publication));
    }
    let sizes = checked.iter().map(|(_, publication)| publication.size());
    if sizes.sum::<usize>() > SIZE_MAX {
        return Err(SnsError::bad_request(
            "BatchRequestTooLong",
            "The length of all the messages put together is more than the limit.",
        ));
    }
    Ok(checked)
}

fn check_id(id: &str) -> Result<(), SnsError> {
    let problem = if id.len() > ID_MAX {
        "is too long"
    } else if id.is_empty() || !id.chars().all(is_id_character) {
        "contains an impermissible character"
    } else {
        return Ok(());
    };
    Err(SnsError::bad_request(
        "InvalidBatchEntryId",
        format!("The Id of a batch entry in the batch request {problem}: {id}"),
    ))
}

fn is_id_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_')
}

/// The result of a batch: what worked and what did not, each possibly empty.
pub(super) fn result(outcomes: &[(String, Outcome)]) -> String {
    let mut successful = String::new();
    let mut failed = String::new();
    for (id, outcome) in outcomes {
        match outcome {
            Ok(message_id) => {
                successful.push_str("<member>");
                successful.push_str(&element("Id", id));
                successful.push_str(&element("MessageId", message_id));
                successful.push_str("</member>");
            }
            Err(error) => {
                let sender = error.blame() == Blame::Sender;
                failed.push_str("<member>");
                failed.push_str(&element("Id", id));
                failed.push_str(&element("Code", error.code));
                failed.push_str(&element("Message", &error.message));
                failed.push_str(&element("SenderFault", &sender.to_string()));
                failed.push_str("</member>");
            }
        }
    }
    list("Successful", &successful) + &list("Failed", &failed)
}

fn list(name: &str, members: &str) -> String {
    if members.is_empty() {
        format!("<{name}/>")
    } else {
        format!("<{name}>{members}</{name}>")
    }
}
