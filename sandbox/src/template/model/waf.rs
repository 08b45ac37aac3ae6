/// An AWS WAF web ACL of scope `REGIONAL` or `CLOUDFRONT`.
#[derive(Clone, Debug)]
pub struct WebAcl {
    /// Logical id.
    pub logical_id: String,
}
