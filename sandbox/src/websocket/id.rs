//! Connection ids: 15 characters of base64 and `=`, as in `L0SM9cOFvHcCIhw=`.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use serde::{Serialize, Serializer};
use uuid::Uuid;

/// How many bytes an id stands for.
const LENGTH: usize = 11;
/// Where the number of the connection is in them.
const NUMBER: usize = LENGTH - size_of::<u32>();

/// The id of a connection. Functions treat it as opaque, but it hides how many
/// connections came before: so trails can sort parallel sends by client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ConnectionId([u8; LENGTH]);

impl ConnectionId {
    /// A fresh id of the connection with this number.
    pub(crate) fn new(number: u32) -> Self {
        let mut bytes = [0; LENGTH];
        bytes.copy_from_slice(&Uuid::new_v4().as_bytes()[..LENGTH]);
        let mut id = Self(bytes);
        let hidden = (number ^ id.mask()).to_be_bytes();
        id.0[NUMBER..].copy_from_slice(&hidden);
        id
    }

    /// The id that a text is, if it has the form of one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // AWS's letters beyond digits and the alphabet are not confirmed.
        let text = text.replace('+', "-").replace('/', "_");
        let bytes = URL_SAFE.decode(text).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// How many connections the stage had when this one came; of an id that the
    /// stage did not make, any number, but always the same.
    pub(crate) fn number(self) -> u32 {
        let mut hidden = [0; size_of::<u32>()];
        hidden.copy_from_slice(&self.0[NUMBER..]);
        u32::from_be_bytes(hidden) ^ self.mask()
    }

    fn mask(self) -> u32 {
        let [a, b, c, d, ..] = self.0;
        u32::from_be_bytes([a, b, c, d])
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE.encode(self.0))
    }
}

impl Serialize for ConnectionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_has_the_form_of_aws_and_keeps_its_number(number: u32) {
            let id = ConnectionId::new(number);
            let text = id.to_string();
            prop_assert_eq!(text.len(), 16);
            prop_assert!(text.ends_with('=') && !text.ends_with("=="));
            prop_assert_eq!(ConnectionId::parse(&text), Some(id));
            prop_assert_eq!(id.number(), number);
        }

        #[test]
        fn any_text_is_an_id_or_not(text in "\\PC{0,20}|[A-Za-z0-9+/_=-]{15,17}") {
            if let Some(id) = ConnectionId::parse(&text) {
                prop_assert_eq!(text.len(), 16);
                prop_assert_eq!(ConnectionId::parse(&id.to_string()), Some(id));
            }
        }
    }

    #[test]
    fn what_is_no_id_is_told_apart() {
        assert!(ConnectionId::parse("L0SM9cOFvHcCIhw=").is_some());
        for text in [
            "",
            "no",
            "L0SM9cOFvHcCIhw",
            "L0SM9cOFvHcCIhw==",
            "L0SM9cOFvHcCIhwX",
            "L0SM9 OFvHcCIhw=",
        ] {
            assert_eq!(ConnectionId::parse(text), None, "{text}");
        }
    }
}
