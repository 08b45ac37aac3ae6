//! The made-up account that everything lives in, and names as AWS makes them.

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

/// Whether two names of HTTP headers are one: their case does not matter.
#[must_use]
pub fn same_header(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
}
