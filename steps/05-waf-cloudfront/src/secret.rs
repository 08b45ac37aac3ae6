//! Signing secrets, and how they are read from a setting.

use std::fmt;

use hmac::{Hmac, KeyInit};
use sha2::Sha256;

/// A secret that senders sign with. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Why a list of secrets cannot be used. Never says what the secret was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    #[error("holds nothing but blanks; set a secret, or `none`")]
    Blank,
    #[error("has an empty entry, at a comma too many")]
    EmptyEntry,
    #[error("names `none` beside a secret; `none` stands alone and means that there is no secret")]
    NoneBesideSecret,
    #[error("is the prefix `whsec_` without the secret that follows it")]
    PrefixOnly,
}

impl Secret {
    /// Reads a setting: secrets with commas between, all of them valid at the
    /// same time while one is being replaced. Blanks around each one are
    /// dropped, since secret stores like to add a newline.
    ///
    /// An empty setting and `none` give no secret at all.
    ///
    /// # Errors
    ///
    /// A slip must not turn into a key that anybody could guess, so a setting
    /// that is neither empty nor a list of secrets is a [`BadSecret`].
    pub fn parse_list(setting: &str) -> Result<Vec<Secret>, BadSecret> {
        let list = setting.trim();
        if setting.is_empty() || means_none(list) {
            return Ok(Vec::new());
        }
        if list.is_empty() {
            return Err(BadSecret::Blank);
        }
        list.split(',').map(Secret::parse).collect()
    }

    fn parse(entry: &str) -> Result<Secret, BadSecret> {
        match entry.trim() {
            "" => Err(BadSecret::EmptyEntry),
            "whsec_" => Err(BadSecret::PrefixOnly),
            none if means_none(none) => Err(BadSecret::NoneBesideSecret),
            secret => Ok(Secret(secret.to_owned())),
        }
    }

    /// A fresh HMAC-SHA256 under this secret. The key is the whole text,
    /// `whsec_` included, as it stands: no part is cut off or decoded.
    pub fn hmac(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(self.0.as_bytes()).expect("HMAC takes a key of any length")
    }
}

fn means_none(text: &str) -> bool {
    text.eq_ignore_ascii_case("none")
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(hidden)")
    }
}
