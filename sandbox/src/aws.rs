//! The made-up account that everything lives in, and values as AWS writes them.

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use jiff::Timestamp;
use uuid::Uuid;

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

/// A fresh trace id of AWS X-Ray: `Root=1-<8 hex digits of the time>-<24 hex
/// digits>`.
#[must_use]
pub fn trace_id(now: SystemTime) -> String {
    let seconds = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let random = Uuid::new_v4().simple().to_string();
    format!("Root=1-{:08x}-{}", seconds & 0xffff_ffff, &random[..24])
}

/// A fresh id as API Gateway makes them beside UUIDs, 15 characters and `=`:
/// `XfGLwFTktjMFsLg=`.
#[must_use]
pub fn extended_id() -> String {
    URL_SAFE.encode(&Uuid::new_v4().as_bytes()[..11])
}

/// ARN of a REST API's stage. API Gateway's ARNs have no account.
#[must_use]
pub fn rest_stage_arn(api: &str, stage: &str) -> String {
    format!("arn:{PARTITION}:apigateway:{REGION}::/restapis/{api}/stages/{stage}")
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

    #[test]
    fn trace_ids_have_the_form_of_aws() {
        let trace = trace_id(SystemTime::UNIX_EPOCH + Duration::from_secs(0x66f1_a2b3));
        assert!(trace.starts_with("Root=1-66f1a2b3-"), "{trace}");
        assert_eq!(
            trace.len(),
            "Root=1-66f1a2b3-0123456789abcdef01234567".len()
        );
    }
}
