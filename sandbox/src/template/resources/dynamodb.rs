//! Amazon DynamoDB.

use super::Kind;

pub(super) const KINDS: &[Kind] = &[];
