//! Exercise: which secret was it? For `src/signature/mod.rs`.

use hmac::Mac;
use step_02_signature_checks::secret::Secret;

type Digest = [u8; 32];

/// Does one of the digests belong to the text made of `parts`, under one of the secrets?
pub fn any_fits(digests: &[Digest], parts: &[&[u8]], secrets: &[Secret]) -> bool {
    let place = which_fits(digests, parts, secrets);
    if let Some(secret) = place {
        tracing::info!(secret, "a signature fits");
    }
    place.is_some()
}

/// The place in the list of the first secret that fits.
///
/// Every pair is compared, as before, each in constant time.
fn which_fits(digests: &[Digest], parts: &[&[u8]], secrets: &[Secret]) -> Option<usize> {
    let mut fits = None;
    for (place, secret) in secrets.iter().enumerate() {
        let mut hmac = secret.hmac();
        for part in parts {
            hmac.update(part);
        }
        for digest in digests {
            if hmac.clone().verify_slice(digest).is_ok() {
                fits = fits.or(Some(place));
            }
        }
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::{any_fits, which_fits};
    use crate::signer::hex_hmac;
    use step_02_signature_checks::secret::Secret;

    fn digest(secret: &str) -> [u8; 32] {
        let mut digest = [0; 32];
        hex::decode_to_slice(hex_hmac(secret, &[b"1.{}"]), &mut digest).unwrap();
        digest
    }

    #[test]
    fn the_place_tells_when_the_old_secret_has_gone_quiet() {
        let secrets = Secret::parse_list("whsec_new,whsec_old").unwrap();
        let place = |secret| which_fits(&[digest(secret)], &[b"1.", b"{}"], &secrets);
        assert_eq!(place("whsec_new"), Some(0));
        assert_eq!(place("whsec_old"), Some(1));
        assert_eq!(place("whsec_other"), None);
    }

    #[test]
    fn with_signatures_under_both_the_first_of_the_list_is_named() {
        let secrets = Secret::parse_list("whsec_new,whsec_old").unwrap();
        let digests = [digest("whsec_old"), digest("whsec_new")];
        assert_eq!(which_fits(&digests, &[b"1.{}"], &secrets), Some(0));
        assert!(any_fits(&digests, &[b"1.{}"], &secrets));
        assert!(!any_fits(&digests, &[b"2.{}"], &secrets));
    }

    #[test]
    fn without_secrets_nothing_fits() {
        assert!(!any_fits(&[digest("")], &[b"1.{}"], &[]));
    }
}
