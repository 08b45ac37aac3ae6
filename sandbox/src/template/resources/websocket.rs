//! Amazon API Gateway WebSocket APIs.

use super::Kind;

pub(super) const KINDS: &[Kind] = &[];
