//! The made-up account that everything lives in, and values as AWS writes them.

use std::time::SystemTime;

use jiff::Timestamp;

/// Account number of the sandbox, the one AWS's own examples use.
pub const ACCOUNT: &str = "123456789012";
/// Region of the sandbox.
pub const REGION: &str = "us-east-1";
/// Partition of the sandbox's region.
pub const PARTITION: &str = "aws";
/// Domain of the sandbox's region.
pub const URL_SUFFIX: &str = "amazonaws.com";
/// Name of the stack unless another is given.
pub const STACK_NAME: &str = "serverless-payment-service";

/// A time as AWS writes it in JSON: `2026-04-09T12:34:56.234Z`.
#[must_use]
pub fn rfc3339_millis(time: SystemTime) -> String {
    // Out of range only some 8,000 years from now.
    let timestamp = Timestamp::try_from(time).unwrap_or_default();
    timestamp.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Whether two names of HTTP headers are one: their case does not matter.
#[must_use]
pub fn same_header(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_written_in_utc_with_milliseconds() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_775_738_096_234);
        assert_eq!(rfc3339_millis(time), "2026-04-09T12:34:56.234Z");
    }
}
