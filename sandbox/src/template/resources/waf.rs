//! AWS WAF.

use super::Kind;

pub(super) const KINDS: &[Kind] = &[];
