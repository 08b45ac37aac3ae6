//! Reads requests of the Query protocol: forms whose names spell out a tree.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Request};

use super::attributes::{self, Attribute, Path};
use super::batch::Entry;
use super::error::SnsError;
use super::message::Publication;

/// The parameters of a request.
pub(super) struct Form<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// Parameters of one entry of a list, by what follows the entry's number.
pub(super) type Group<'f> = Vec<(&'f str, &'f str)>;

impl<'a> Form<'a> {
    /// The form in the body, or for a GET the one in the query string.
    pub(super) fn read(request: &'a Request<Bytes>) -> Self {
        let text = if request.method() == Method::GET {
            request.uri().query().unwrap_or_default().as_bytes()
        } else {
            request.body()
        };
        Self(form_urlencoded::parse(text).collect())
    }

    /// The value of a parameter; the first if it is there twice.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let pair = self.0.iter().find(|(key, _)| key == name);
        pair.map(|(_, value)| value.as_ref())
    }

    /// The message that a `Publish` request describes, and where to publish it.
    pub(super) fn publication(&self) -> Result<Publication, SnsError> {
        let pairs = self.0.iter().map(|(key, value)| (&**key, &**value));
        publication(&pairs.collect::<Group<'_>>(), Path::Publish)
    }

    /// The entries of a `PublishBatch` request, in their order.
    pub(super) fn entries(&self) -> Result<Vec<Entry>, SnsError> {
        let pairs = self.0.iter().map(|(key, value)| (&**key, &**value));
        let groups = numbered(pairs, "PublishBatchRequestEntries.member.");
        let entries = groups.values().zip(1..).map(|(group, position)| {
            let member = format!("publishBatchRequestEntries.{position}.member.id");
            let id = find(group, "Id").ok_or_else(|| SnsError::missing(member))?;
            Ok(Entry {
                id: id.to_owned(),
                publication: publication(group, Path::BatchEntry(position)),
            })
        });
        entries.collect()
    }
}

fn publication(group: &Group<'_>, path: Path) -> Result<Publication, SnsError> {
    let text = |name| find(group, name).map(str::to_owned);
    let message = text("Message").ok_or_else(|| SnsError::missing(path.member("message")))?;
    let attributes = numbered(group.iter().copied(), "MessageAttributes.entry.");
    let attributes = attributes.values().map(|entry| attribute(entry, path));
    Ok(Publication {
        message,
        subject: text("Subject"),
        structure: text("MessageStructure"),
        attributes: attributes::collect(attributes)?,
        deduplication_id: text("MessageDeduplicationId"),
    })
}

fn attribute(entry: &Group<'_>, path: Path) -> Result<Attribute, SnsError> {
    let name = find(entry, "Name")
        .ok_or_else(|| SnsError::missing(path.member("messageAttributes.key")))?;
    attributes::read(
        path,
        name,
        find(entry, "Value.DataType"),
        find(entry, "Value.StringValue"),
        find(entry, "Value.BinaryValue"),
    )
}

fn find<'f>(group: &Group<'f>, name: &str) -> Option<&'f str> {
    let pair = group.iter().find(|(key, _)| *key == name);
    pair.map(|(_, value)| *value)
}

/// Sorts `<prefix><number>.<rest>` by number.
fn numbered<'f>(
    pairs: impl Iterator<Item = (&'f str, &'f str)>,
    prefix: &str,
) -> BTreeMap<u32, Group<'f>> {
    let mut groups = BTreeMap::<u32, Group<'f>>::new();
    for (key, value) in pairs {
        let entry = key.strip_prefix(prefix).and_then(|key| key.split_once('.'));
        let Some((number, rest)) = entry else {
            continue;
        };
        if let Ok(number) = number.parse() {
            groups.entry(number).or_default().push((rest, value));
        }
    }
    groups
}
