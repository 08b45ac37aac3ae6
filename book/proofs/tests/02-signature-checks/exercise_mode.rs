//! Exercise: a test payment in production. To be worked into `src/webhook.rs`.

use serde_json::{Map, Value};

/// What the stage is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Live,
    Test,
}

/// The event belongs to the other mode, or does not say.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event is not of the mode that this stage takes")]
pub struct WrongMode;

/// Refuses what is not meant for this stage. To be called after [`body::parse`], so that
/// only who has signed gets to hear about it.
///
/// [`body::parse`]: step_02_signature_checks::body::parse
pub fn check_mode(fields: &Map<String, Value>, mode: Mode) -> Result<(), WrongMode> {
    let live = fields.get("livemode").and_then(Value::as_bool);
    match (live, mode) {
        (Some(true), Mode::Live) | (Some(false), Mode::Test) => Ok(()),
        _ => Err(WrongMode),
    }
}

#[cfg(test)]
mod tests {
    use super::{Mode, WrongMode, check_mode};
    use crate::signer::{NOW, PAYMENT, STRIPE_SECRET, by_stripe, stripe, verifier};
    use step_02_signature_checks::body;

    fn judge(text: &str, mode: Mode) -> Result<(), WrongMode> {
        check_mode(&body::parse(text.as_bytes()).unwrap().fields, mode)
    }

    #[test]
    fn the_step_takes_a_test_payment_wherever_it_runs() {
        let header = stripe(STRIPE_SECRET, NOW, PAYMENT.as_bytes());
        let signed = verifier().verify(&by_stripe(&header), PAYMENT.as_bytes(), NOW);
        assert!(signed.is_ok());
        assert_eq!(judge(PAYMENT, Mode::Live), Err(WrongMode));
        assert_eq!(judge(PAYMENT, Mode::Test), Ok(()));
    }

    #[test]
    fn what_does_not_say_is_refused_by_both() {
        for text in ["{}", r#"{"livemode":null}"#, r#"{"livemode":"true"}"#] {
            for mode in [Mode::Live, Mode::Test] {
                assert_eq!(judge(text, mode), Err(WrongMode), "{text}");
            }
        }
    }

    #[test]
    fn a_live_event_has_no_place_in_a_test_stage() {
        let live = r#"{"livemode":true}"#;
        assert_eq!(judge(live, Mode::Live), Ok(()));
        assert_eq!(judge(live, Mode::Test), Err(WrongMode));
    }
}
