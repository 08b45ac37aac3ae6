//! Ids in the forms that API Gateway gives them.

use uuid::Uuid;

use crate::aws::extended_id;

/// The two ids of a request.
#[derive(Clone, Debug)]
pub(crate) struct RequestIds {
    /// `requestId`, the response header `x-amzn-RequestId`: a UUID.
    pub(crate) request: String,
    /// `extendedRequestId`, the response header `x-amz-apigw-id`: 15 characters
    /// and `=`, as in `XfGLwFTktjMFsLg=`.
    pub(crate) extended: String,
}

impl RequestIds {
    pub(crate) fn fresh() -> Self {
        Self {
            request: Uuid::new_v4().to_string(),
            extended: extended_id(),
        }
    }
}

/// An id that AWS would have made up once (`resourceId`, `deploymentId`): the
/// same one for the same `seed` in every run, so that it can be compared.
pub(crate) fn stable_id(seed: &[&str]) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    // FNV-1a: the standard library's hashes may change between its versions.
    let bytes = seed.iter().flat_map(|part| part.bytes().chain([0]));
    let mut hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut id = String::with_capacity(6);
    for _ in 0..6 {
        let digit = usize::try_from(hash % 36).unwrap_or_default();
        id.push(char::from(DIGITS[digit]));
        hash /= 36;
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_forms_of_aws() {
        let ids = RequestIds::fresh();
        assert!(Uuid::parse_str(&ids.request).is_ok());
        assert_eq!(ids.extended.len(), 16);
        assert!(ids.extended.ends_with('=') && !ids.extended.ends_with("=="));
    }

    #[test]
    fn a_stable_id_follows_from_its_seed() {
        assert_eq!(
            stable_id(&["api", "/webhook"]),
            stable_id(&["api", "/webhook"])
        );
        assert_ne!(
            stable_id(&["api", "/webhook"]),
            stable_id(&["api/", "webhook"])
        );
    }
}
