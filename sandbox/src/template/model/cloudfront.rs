/// A CloudFront distribution.
#[derive(Clone, Debug)]
pub struct Distribution {
    /// Logical id.
    pub logical_id: String,
    /// Id of the distribution (`Ref`).
    pub id: String,
    /// Name under `cloudfront.net`.
    pub domain_name: String,
}
