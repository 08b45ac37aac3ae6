//! Secrets that are replaced while the function runs.
//!
//! What was read from Secrets Manager is kept: a call for each webhook would
//! cost money and time. It is read again when it has become old, and when a
//! signature fits none of it, since then the secret may just have been replaced.

use std::cell::RefCell;
use std::time::Duration;

use futures_util::TryFutureExt;
use serde_json::{Map, Value};
use tokio::time::timeout;

use crate::config::{SIGNING_SECRET, STRIPE_ENDPOINT_SECRET};
use crate::secret::{BadSecret, Secret};
use crate::signature::{Scheme, SignatureError, SignatureHeaders, Verifier};
use crate::store::{ReadVersions, SecretsManager, StoreError, Versions};

/// The age from which secrets are read again, in seconds. This long one that was
/// taken away still opens the door; reading twice as often would cost twice as
/// much: with two calls each time, a function that is always at work makes
/// 17,280 of them in a month, for 9 cents.
pub const OLD_SECONDS: i64 = 300;

/// The least time between two attempts to read again, in seconds. Whoever sends wrong
/// signatures must not be able to make us call, nor may each request wait for a
/// Secrets Manager that does not answer.
pub const PAUSE_SECONDS: i64 = 60;

/// How long a request may wait for secrets to be read again. A call to SNS must
/// still fit in after it.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// Checks signatures by secrets that may change.
#[derive(Debug)]
pub struct RotatingVerifier<S = SecretsManager> {
    /// None if the secrets are in the settings, where they do not change.
    store: Option<S>,
    known: RefCell<Known>,
}

/// What is known of the secrets. The times are in whole seconds since 1970.
#[derive(Debug)]
struct Known {
    verifier: Verifier,
    read_at: i64,
    tried_at: i64,
    /// How many attempts to read have failed and were not counted yet.
    failed: u64,
}

/// Why the secrets cannot be used. Never says what they were.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    #[error(transparent)]
    Unreadable(#[from] StoreError),
    #[error("the secret that WEBHOOK_SECRETS_ARN names {0}")]
    Bad(#[from] BadVersion),
}

/// Why a version of the secret cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadVersion {
    #[error("is not a JSON object")]
    NotAnObject,
    #[error("has neither of the keys {STRIPE_ENDPOINT_SECRET} and {SIGNING_SECRET}")]
    NoKey,
    #[error("has under {0} something that is not text")]
    NotText(&'static str),
    #[error("has a value of {0} that {1}")]
    BadSecret(&'static str, #[source] BadSecret),
    #[error("has the same secret under both keys; give each scheme its own")]
    Shared,
}

impl<S: ReadVersions> RotatingVerifier<S> {
    /// A verifier whose secrets do not change.
    pub fn fixed(verifier: Verifier) -> Self {
        Self::new(None, verifier, 0)
    }

    /// A verifier that has its secrets from `store`; `settings` has the rest.
    ///
    /// # Errors
    ///
    /// A [`SecretsError`] if there is no version that can be used: who cannot
    /// check signatures does not start.
    pub async fn start(store: S, settings: Verifier, now: i64) -> Result<Self, SecretsError> {
        let verifier = verifier(&settings, &store.versions().await?)?;
        Ok(Self::new(Some(store), verifier, now))
    }

    fn new(store: Option<S>, verifier: Verifier, now: i64) -> Self {
        let known = RefCell::new(Known {
            verifier,
            read_at: now,
            // The first signature that fits none has them read again at once.
            tried_at: now.saturating_sub(PAUSE_SECONDS),
            failed: 0,
        });
        RotatingVerifier { store, known }
    }

    /// Says in the log, once at the start, which schemes refuse every request
    /// because they have no secret.
    pub fn log_what_is_refused(&self) {
        let verifier = &self.known.borrow().verifier;
        for (secrets, name) in [
            (&verifier.stripe_secrets, STRIPE_ENDPOINT_SECRET),
            (&verifier.generic_secrets, SIGNING_SECRET),
        ] {
            if secrets.is_empty() {
                tracing::warn!("{name} is not set: every request signed that way is refused");
            }
        }
    }

    /// As [`Verifier::verify`]; a signature that fits no secret is judged once
    /// more if the secrets could be read again.
    ///
    /// # Errors
    ///
    /// As [`Verifier::verify`].
    pub async fn verify(
        &self,
        headers: &SignatureHeaders,
        body: &[u8],
        now: i64,
    ) -> Result<Scheme, SignatureError> {
        let judge = || self.known.borrow().verifier.verify(headers, body, now);
        let verdict = judge();
        let fits_none = matches!(
            verdict,
            Err(SignatureError::Mismatch(_) | SignatureError::NotConfigured(_))
        );
        if fits_none && self.read_again(now).await {
            return judge();
        }
        verdict
    }

    /// Reads the secrets again if they have become old. To be done beside the
    /// work on a request: between two requests Lambda freezes the function, and a
    /// call that is under way then is broken off.
    pub async fn keep_fresh(&self, now: i64) {
        let age = now.saturating_sub(self.known.borrow().read_at);
        if age >= OLD_SECONDS {
            self.read_again(now).await;
        }
    }

    /// How many attempts to read have failed since this was asked last. None if
    /// there is nothing to read.
    pub fn failed_reads(&self) -> Option<u64> {
        self.store.as_ref()?;
        Some(std::mem::take(&mut self.known.borrow_mut().failed))
    }

    /// Reads the secrets unless that was tried a moment ago, and says whether it
    /// did. If they cannot be read, those that are known go on to serve.
    async fn read_again(&self, now: i64) -> bool {
        let Some(store) = &self.store else {
            return false;
        };
        let settings = {
            let mut known = self.known.borrow_mut();
            if now.saturating_sub(known.tried_at) < PAUSE_SECONDS {
                return false;
            }
            known.tried_at = now;
            known.verifier.clone()
        };

        let read = timeout(PATIENCE, store.versions().err_into());
        let read = read.await.unwrap_or_else(|_| {
            let reason = format!("no answer within {} s", PATIENCE.as_secs());
            Err(SecretsError::Unreadable(StoreError(reason)))
        });
        let read = read.and_then(|versions| Ok(verifier(&settings, &versions)?));

        let mut known = self.known.borrow_mut();
        match read {
            Ok(verifier) => {
                known.verifier = verifier;
                known.read_at = now;
                true
            }
            Err(error) => {
                known.failed += 1;
                tracing::error!("the known secrets go on to serve: {error}");
                false
            }
        }
    }
}

/// A verifier with the secrets of both versions and these settings.
fn verifier(settings: &Verifier, versions: &Versions) -> Result<Verifier, BadVersion> {
    let current = secrets(&versions.current)?;
    let with = |lists: &[&Lists]| Verifier {
        stripe_secrets: lists
            .iter()
            .flat_map(|lists| lists.stripe.clone())
            .collect(),
        generic_secrets: lists
            .iter()
            .flat_map(|lists| lists.generic.clone())
            .collect(),
        tolerance_seconds: settings.tolerance_seconds,
    };
    let checked = |verifier: Verifier| match verifier.shares_a_secret() {
        true => Err(BadVersion::Shared),
        false => Ok(verifier),
    };

    let alone = checked(with(&[&current]))?;
    let Some(previous) = &versions.previous else {
        return Ok(alone);
    };
    // A slip that was put right must not stay in the way.
    let both = secrets(previous).and_then(|previous| checked(with(&[&current, &previous])));
    Ok(both.unwrap_or_else(|bad| {
        tracing::warn!("the previous version does not count: it {bad}");
        alone
    }))
}

/// The secrets of one version.
struct Lists {
    stripe: Vec<Secret>,
    generic: Vec<Secret>,
}

/// Reads a version: a JSON object whose values are what the settings of the same
/// names would be.
fn secrets(version: &str) -> Result<Lists, BadVersion> {
    // Its own message could quote what it found.
    let Ok(object) = serde_json::from_str::<Map<String, Value>>(version) else {
        return Err(BadVersion::NotAnObject);
    };
    if !object.contains_key(STRIPE_ENDPOINT_SECRET) && !object.contains_key(SIGNING_SECRET) {
        return Err(BadVersion::NoKey);
    }
    let list = |key| match object.get(key) {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => {
            Secret::parse_list(text).map_err(|bad| BadVersion::BadSecret(key, bad))
        }
        Some(_) => Err(BadVersion::NotText(key)),
    };
    Ok(Lists {
        stripe: list(STRIPE_ENDPOINT_SECRET)?,
        generic: list(SIGNING_SECRET)?,
    })
}
