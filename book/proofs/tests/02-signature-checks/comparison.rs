//! Why the time that a comparison takes is worth hiding.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::signer::{NOW, SIGNING_SECRET, by_hmac, hex_hmac, verifier};

/// Compares digit by digit and stops where it may, as a comparison does that was made to
/// be fast. How many digits it looked at stands for the time that it took.
pub fn compare(expected: &str, given: &str) -> (bool, usize) {
    let pairs = expected.bytes().zip(given.bytes());
    let same = pairs.take_while(|(expected, given)| expected == given);
    let looked_at = same.count();
    (
        expected.len() == given.len() && looked_at == expected.len(),
        looked_at,
    )
}

/// Finds a signature that fits, with no secret: of the sixteen digits in each place, the
/// right one keeps the comparison busy for longer.
pub fn forge(mut ask: impl FnMut(&str) -> (bool, usize)) -> Option<String> {
    let mut digits = vec![b'0'; 64];
    for place in 0..64 {
        let found = (b'0'..=b'9').chain(b'a'..=b'f').find(|digit| {
            digits[place] = *digit;
            let (fits, time) = ask(std::str::from_utf8(&digits).unwrap());
            fits || time > place
        })?;
        digits[place] = found;
    }
    String::from_utf8(digits).ok()
}

const FORGED: &[u8] = br#"{"id":"evt_forged"}"#;

#[test]
fn who_can_tell_how_long_it_took_needs_a_thousand_guesses_and_no_secret() {
    let expected = hex_hmac(SIGNING_SECRET, &[FORGED]);
    let mut guesses = 0;
    let forged = forge(|guess| {
        guesses += 1;
        compare(&expected, guess)
    });

    assert_eq!(forged.as_deref(), Some(expected.as_str()));
    assert!(guesses <= 64 * 16, "{guesses}");
    let judged = verifier().verify(&by_hmac(&expected), FORGED, NOW);
    assert!(judged.is_ok());
}

#[test]
fn who_learns_no_more_than_yes_or_no_is_stuck_at_the_first_digit() {
    let expected = hex_hmac(SIGNING_SECRET, &[FORGED]);
    let forged = forge(|guess| {
        let fits = verifier().verify(&by_hmac(guess), FORGED, NOW).is_ok();
        (fits, 0)
    });
    assert_eq!(forged, None);
    assert_ne!(expected, "0".repeat(64));
}

/// Accepts a signature that begins rightly.
pub fn starts_rightly(secret: &str, given: &[u8], body: &[u8]) -> bool {
    let mut hmac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    hmac.update(body);
    hmac.verify_truncated_left(given).is_ok()
}

#[test]
fn who_compares_prefixes_can_be_guessed_in_256_tries() {
    let guessed = (0..=u8::MAX).find(|byte| starts_rightly(SIGNING_SECRET, &[*byte], FORGED));
    assert!(guessed.is_some());

    let accepted = (0..=u8::MAX).filter(|byte| {
        let header = by_hmac(&hex::encode([*byte]));
        verifier().verify(&header, FORGED, NOW).is_ok()
    });
    assert_eq!(accepted.count(), 0);
}
