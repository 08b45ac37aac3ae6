//! What goes wrong, as the one message the person at the keyboard reads.

use std::path::Path;

/// A message that says where, what, and what to do next.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line asks for something that does not exist or does not fit
    /// together: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The work could not be done: exit code 1.
    #[error("{0}")]
    Failed(String),
}

/// Result of nearly everything here.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure with this message.
pub fn failed(message: impl Into<String>) -> Error {
    Error::Failed(message.into())
}

/// A usage error with this message.
pub fn usage(message: impl Into<String>) -> Error {
    Error::Usage(message.into())
}

/// Turns an input/output error into a failure: `cannot read FILE: reason`.
pub fn io<'a>(doing: &'a str, path: &'a Path) -> impl FnOnce(std::io::Error) -> Error + 'a {
    move |error| failed(format!("cannot {doing} {}: {error}", path.display()))
}
