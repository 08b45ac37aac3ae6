//! AWS Secrets Manager, as far as generated secrets need it.

use super::Kind;

pub(super) const KINDS: &[Kind] = &[];
