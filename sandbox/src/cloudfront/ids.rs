//! Ids and names in the forms that CloudFront gives them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// A fresh `X-Amz-Cf-Id`: 54 characters and `==`.
pub(super) fn request_id() -> String {
    let random = [Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes);
    URL_SAFE.encode(&random.concat()[..40])
}

/// The name that an edge of this distribution has in `Via`: the same one in
/// every run, so that it can be compared.
pub(super) fn via_host(distribution: &str) -> String {
    let digest = Sha256::digest(distribution);
    let hash: String = digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{hash}.cloudfront.net")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_forms_of_aws() {
        let id = request_id();
        assert_eq!(id.len(), 56);
        assert!(id.ends_with("=="));
        assert_ne!(id, request_id());
        assert_eq!(
            via_host("EDFDVBD6EXAMPLE").len(),
            "0123456789abcdef0123456789abcdef.cloudfront.net".len()
        );
    }
}
