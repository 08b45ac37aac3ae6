//! What went wrong, in words for whoever runs the benchmark.

use std::fmt::Display;

/// A message that says where, what and what next.
#[derive(Debug)]
pub struct Failure(pub String);

/// What can go wrong with a message.
pub type Result<T> = std::result::Result<T, Failure>;

/// A failure with this message.
pub fn failed(message: impl Into<String>) -> Failure {
    Failure(message.into())
}

/// Puts what was being done before what the system said.
pub fn cannot<E: Display>(what: impl Display) -> impl FnOnce(E) -> Failure {
    move |error| Failure(format!("cannot {what}: {error}"))
}

impl Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}
