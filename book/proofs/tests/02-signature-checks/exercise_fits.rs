//! Exercise: which secret was it? To be read with `src/signature/mod.rs` beside it.

use hmac::Mac;
use step_02_signature_checks::secret::Secret;

type Digest = [u8; 32];

/// The place in the list of the first secret under which one of the digests belongs to
/// the text made of `parts`. Every pair is compared, as before.
pub fn which_fits(digests: &[Digest], parts: &[&[u8]], secrets: &[Secret]) -> Option<usize> {
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
    use super::which_fits;
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
    }
}
