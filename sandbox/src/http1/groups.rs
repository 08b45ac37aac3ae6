//! Headers and query parameters as events hold them: each name once, with its
//! last value or with all.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::aws::same_header;
use crate::http1::head::Header;

/// The parameters of a query string, decoded.
pub(crate) fn query_pairs(query: Option<&str>) -> Vec<(String, String)> {
    let query = query.unwrap_or_default().replace(';', "&");
    form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// Names with all their values, in the order in which the names first came.
pub(crate) struct Groups<'a>(Vec<(&'a str, Vec<&'a str>)>);

impl<'a> Groups<'a> {
    pub(crate) fn of_headers(headers: &'a [Header]) -> Self {
        let pairs = headers
            .iter()
            .map(|header| (header.name.as_str(), header.value.as_str()));
        Self::new(pairs, same_header)
    }

    pub(crate) fn of_query(pairs: &'a [(String, String)]) -> Self {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        Self::new(pairs, |left, right| left == right)
    }

    /// Groups pairs; `same` says whether two names are one. The first casing of
    /// a header's name stays (AWS: not confirmed).
    pub(crate) fn new(
        pairs: impl Iterator<Item = (&'a str, &'a str)>,
        same: impl Fn(&str, &str) -> bool,
    ) -> Self {
        let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
        for (name, value) in pairs {
            match groups.iter_mut().find(|(known, _)| same(known, name)) {
                Some((_, values)) => values.push(value),
                None => groups.push((name, vec![value])),
            }
        }
        Self(groups)
    }

    pub(crate) fn single(&self) -> Option<Single<'_>> {
        (!self.0.is_empty()).then_some(Single(&self.0))
    }

    pub(crate) fn multi(&self) -> Option<Multi<'_>> {
        (!self.0.is_empty()).then_some(Multi(&self.0))
    }
}

/// The last value of each name.
pub(crate) struct Single<'a>(&'a [(&'a str, Vec<&'a str>)]);

/// All values of each name.
pub(crate) struct Multi<'a>(&'a [(&'a str, Vec<&'a str>)]);

impl Serialize for Single<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, values) in self.0 {
            map.serialize_entry(name, &values.last())?;
        }
        map.end()
    }
}

impl Serialize for Multi<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, values)| (name, values)))
    }
}
