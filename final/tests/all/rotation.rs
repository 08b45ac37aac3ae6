//! Secrets that are replaced while the function runs, by a clock of our own.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::pending;

use insta::assert_snapshot;
use serde_json::json;

use crate::sign::{self, NOW};
use crate::{event, logs};
use payments::publish::{Message, PublishError, PublishEvent};
use payments::rotation::{OLD_SECONDS, PAUSE_SECONDS, RotatingVerifier};
use payments::signature::{Scheme, SignatureError, SignatureHeaders, Verifier};
use payments::store::{ReadVersions, StoreError, Versions};
use payments::webhook::{Deps, handle};

const BODY: &[u8] = b"{}";

/// A Secrets Manager in memory.
#[derive(Debug, Default)]
pub struct Store {
    /// The version that counts, and the ones before it.
    versions: RefCell<Vec<String>>,
    fails: Cell<bool>,
    silent: Cell<bool>,
    reads: Cell<usize>,
}

impl Store {
    fn with(versions: &[&str]) -> Self {
        let store = Store::default();
        versions.iter().rev().for_each(|version| store.put(version));
        store
    }

    /// Makes this the version that counts.
    fn put(&self, version: &str) {
        self.versions.borrow_mut().insert(0, version.to_owned());
    }
}

impl ReadVersions for &Store {
    async fn versions(&self) -> Result<Versions, StoreError> {
        self.reads.set(self.reads.get() + 1);
        if self.silent.get() {
            return pending().await;
        }
        if self.fails.get() {
            return Err(StoreError("ThrottlingException: slow down".to_owned()));
        }
        let versions = self.versions.borrow();
        Ok(Versions {
            current: versions[0].clone(),
            previous: versions.get(1).cloned(),
        })
    }
}

impl ReadVersions for Store {
    async fn versions(&self) -> Result<Versions, StoreError> {
        (&self).versions().await
    }
}

/// A version with a secret for each scheme, of this name.
fn version(name: &str) -> String {
    json!({
        "STRIPE_ENDPOINT_SECRET": format!("whsec_{name}"),
        "SIGNING_SECRET": format!("signing {name}"),
    })
    .to_string()
}

fn settings() -> Verifier {
    let changes = [
        ("STRIPE_ENDPOINT_SECRET", None),
        ("SIGNING_SECRET", None),
        ("WEBHOOK_SECRETS_ARN", Some(sign::SECRETS_ARN)),
    ];
    sign::config(&changes).unwrap().verifier
}

async fn started(store: &Store) -> RotatingVerifier<&Store> {
    RotatingVerifier::start(store, settings(), NOW)
        .await
        .unwrap()
}

/// The header of a request that is signed with this secret.
fn signed(secret: &str) -> SignatureHeaders {
    SignatureHeaders {
        generic: Some(sign::generic(secret, BODY)),
        ..SignatureHeaders::default()
    }
}

/// Whether a request that is signed with the secret of this version is taken.
async fn takes(verifier: &RotatingVerifier<&Store>, name: &str, now: i64) -> bool {
    let headers = signed(&format!("signing {name}"));
    let verdict = verifier.verify(&headers, BODY, now).await;
    assert!(matches!(
        verdict,
        Ok(Scheme::Generic) | Err(SignatureError::Mismatch(Scheme::Generic))
    ));
    verdict.is_ok()
}

/// The message that stops the function from starting.
async fn refusal(version: &str) -> String {
    let store = Store::with(&[version]);
    let start = RotatingVerifier::start(&store, settings(), NOW).await;
    start.unwrap_err().to_string()
}

#[tokio::test]
async fn both_schemes_have_their_secrets_from_the_store() {
    let store = Store::with(&[&version("one")]);
    let verifier = started(&store).await;
    assert!(takes(&verifier, "one", NOW).await);
    let stripe = SignatureHeaders {
        stripe: Some(sign::stripe("whsec_one", NOW - 299, BODY)),
        ..SignatureHeaders::default()
    };
    let verdict = verifier.verify(&stripe, BODY, NOW).await;
    assert_eq!(verdict, Ok(Scheme::Stripe));
    // The tolerance stays that of the settings.
    let verdict = verifier.verify(&stripe, BODY, NOW + 2).await;
    assert_eq!(verdict, Err(SignatureError::TooOld(301)));
    assert_eq!(store.reads.get(), 1, "once, at the start");
}

#[tokio::test]
async fn the_previous_version_counts_too_and_the_one_before_it_no_more() {
    let store = Store::with(&[&version("three"), &version("two"), &version("one")]);
    let verifier = started(&store).await;
    let mut taken = BTreeMap::new();
    for name in ["one", "two", "three"] {
        taken.insert(name, takes(&verifier, name, NOW).await);
    }
    assert_eq!(
        taken,
        [("one", false), ("two", true), ("three", true)].into()
    );
}

/// The first request that is signed with a new secret is not refused.
#[tokio::test]
async fn a_signature_that_fits_none_has_the_secrets_read_again() {
    let store = Store::with(&[&version("one")]);
    let verifier = started(&store).await;
    store.put(&version("two"));
    assert!(takes(&verifier, "one", NOW).await);
    assert_eq!(store.reads.get(), 1, "what fits needs no call");
    assert!(takes(&verifier, "two", NOW).await);
    assert!(takes(&verifier, "one", NOW).await);
    assert_eq!(store.reads.get(), 2);

    store.put(&version("three"));
    assert!(!takes(&verifier, "three", NOW + PAUSE_SECONDS - 1).await);
    assert!(takes(&verifier, "three", NOW + PAUSE_SECONDS).await);
    assert!(!takes(&verifier, "one", NOW + PAUSE_SECONDS).await);
}

#[tokio::test]
async fn a_scheme_that_had_no_secret_may_get_one() {
    let store = Store::with(&[r#"{"STRIPE_ENDPOINT_SECRET":"whsec_one"}"#]);
    let verifier = started(&store).await;
    let verdict = verifier.verify(&signed("signing two"), BODY, NOW).await;
    assert_eq!(verdict, Err(SignatureError::NotConfigured(Scheme::Generic)));
    store.put(&version("two"));
    assert!(takes(&verifier, "two", NOW + PAUSE_SECONDS).await);
}

#[tokio::test]
async fn whoever_signs_badly_cannot_make_us_call_at_will() {
    let store = Store::with(&[&version("one")]);
    let verifier = started(&store).await;
    for second in 0..600 {
        assert!(!takes(&verifier, "forged", NOW + second).await);
    }
    assert_eq!(store.reads.get(), 11, "the start, and then once a minute");
}

/// What was taken away stops counting also if nobody sends a bad signature.
#[tokio::test]
async fn what_has_become_old_is_read_again() {
    let store = Store::with(&[&version("one")]);
    let verifier = started(&store).await;
    store.put(&version("two"));
    store.put(&version("three"));
    verifier.keep_fresh(NOW + OLD_SECONDS - 1).await;
    assert_eq!(store.reads.get(), 1);
    assert!(takes(&verifier, "one", NOW + OLD_SECONDS - 1).await);
    verifier.keep_fresh(NOW + OLD_SECONDS).await;
    assert_eq!(store.reads.get(), 2);
    assert!(!takes(&verifier, "one", NOW + OLD_SECONDS).await);
    assert_eq!(verifier.failed_reads(), Some(0));
}

#[tokio::test]
async fn the_known_secrets_go_on_to_serve_and_the_log_says_so() {
    let store = Store::with(&[&version("one")]);
    let verifier = started(&store).await;
    store.fails.set(true);
    let late = NOW + OLD_SECONDS;
    let ((), log) = logs::captured(verifier.keep_fresh(late)).await;
    assert!(log.contains("ERROR"), "{log}");
    assert!(log.contains("ThrottlingException: slow down"), "{log}");
    assert!(takes(&verifier, "one", late).await);

    // Not with each request, but soon again.
    verifier.keep_fresh(late + PAUSE_SECONDS - 1).await;
    assert_eq!(store.reads.get(), 2);
    verifier.keep_fresh(late + PAUSE_SECONDS).await;
    assert_eq!(store.reads.get(), 3);
    assert_eq!(verifier.failed_reads(), Some(2));
    assert_eq!(verifier.failed_reads(), Some(0), "each is counted once");

    store.fails.set(false);
    store.put(&version("two"));
    verifier.keep_fresh(late + 2 * PAUSE_SECONDS).await;
    assert!(takes(&verifier, "two", late + 2 * PAUSE_SECONDS).await);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_long_for_a_store_that_is_silent() {
    let store = Store::with(&[&version("one")]);
    let verifier = started(&store).await;
    store.silent.set(true);
    let ((), log) = logs::captured(verifier.keep_fresh(NOW + OLD_SECONDS)).await;
    assert!(log.contains("no answer within 1 s"), "{log}");
    assert_eq!(verifier.failed_reads(), Some(1));
}

/// A slip in a new version must not shut the door on everybody.
#[tokio::test]
async fn a_new_version_that_is_no_good_changes_nothing() {
    let store = Store::with(&[&version("one")]);
    let verifier = started(&store).await;
    store.put("hush");
    let ((), log) = logs::captured(verifier.keep_fresh(NOW + OLD_SECONDS)).await;
    assert!(log.contains("is not a JSON object"), "{log}");
    assert!(!log.contains("hush"), "{log}");
    assert!(takes(&verifier, "one", NOW + OLD_SECONDS).await);
}

#[tokio::test]
async fn a_previous_version_that_is_no_good_does_not_count() {
    for previous in ["hush", r#"{"SIGNING_SECRET":"whsec_two"}"#] {
        let store = Store::with(&[&version("two"), previous]);
        let (verifier, log) = logs::captured(started(&store)).await;
        assert!(log.contains("the previous version does not count"), "{log}");
        assert!(!log.contains("hush"), "{log}");
        assert!(takes(&verifier, "two", NOW).await);
        let verdict = verifier.verify(&signed("whsec_two"), BODY, NOW).await;
        assert_eq!(verdict, Err(SignatureError::Mismatch(Scheme::Generic)));
    }
}

#[tokio::test]
async fn with_a_secret_that_cannot_be_used_the_function_does_not_start() {
    let mut messages = Vec::new();
    for version in [
        "hush",
        r#"["hush"]"#,
        r#"{"SIGNING_SECRETS":"hush"}"#,
        r#"{"SIGNING_SECRET":{"hush":1}}"#,
        r#"{"SIGNING_SECRET":"hush,,hush"}"#,
        r#"{"SIGNING_SECRET":"hush","STRIPE_ENDPOINT_SECRET":"hush"}"#,
    ] {
        messages.push(refusal(version).await);
    }
    let messages = messages.join("\n");
    assert!(!messages.contains("hush"), "{messages}");
    assert_snapshot!(messages);
}

#[tokio::test]
async fn a_value_may_be_a_list_or_none() {
    let store = Store::with(&[r#"{"STRIPE_ENDPOINT_SECRET":"none","SIGNING_SECRET":"a, b"}"#]);
    let (verifier, log) = logs::captured(async {
        let verifier = started(&store).await;
        verifier.log_what_is_refused();
        verifier
    })
    .await;
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains("STRIPE_ENDPOINT_SECRET is not set"), "{log}");
    for secret in ["a", "b"] {
        let verdict = verifier.verify(&signed(secret), BODY, NOW).await;
        assert_eq!(verdict, Ok(Scheme::Generic));
    }
}

#[tokio::test]
async fn the_log_says_once_which_schemes_are_closed() {
    let ((), log) = logs::captured(async {
        let open = sign::config(&[]).unwrap().verifier;
        RotatingVerifier::<Store>::fixed(open).log_what_is_refused();
    })
    .await;
    assert_eq!(log, "");

    let ((), log) = logs::captured(async {
        RotatingVerifier::<Store>::fixed(settings()).log_what_is_refused();
    })
    .await;
    assert_eq!(log.lines().count(), 2, "{log}");
    assert!(log.contains("STRIPE_ENDPOINT_SECRET"), "{log}");
    assert!(log.contains("SIGNING_SECRET"), "{log}");
}

#[tokio::test]
async fn secrets_of_the_settings_are_never_read_again() {
    let verifier = RotatingVerifier::<Store>::fixed(sign::config(&[]).unwrap().verifier);
    let late = NOW + 10 * OLD_SECONDS;
    verifier.keep_fresh(late).await;
    let verdict = verifier.verify(&signed("forged"), BODY, late).await;
    assert_eq!(verdict, Err(SignatureError::Mismatch(Scheme::Generic)));
    assert_eq!(verifier.failed_reads(), None);
}

#[tokio::test]
async fn secrets_from_the_store_cannot_be_printed() {
    let known = RotatingVerifier::start(Read, settings(), NOW)
        .await
        .unwrap();
    let printed = format!("{known:#?}");
    assert!(printed.contains("Secret(hidden)"), "{printed}");
    assert!(!printed.contains("hush"), "{printed}");
}

/// A store that keeps nothing which could be printed.
#[derive(Debug)]
struct Read;

impl ReadVersions for Read {
    async fn versions(&self) -> Result<Versions, StoreError> {
        Ok(Versions {
            current: version("hush"),
            previous: Some(version("hush before")),
        })
    }
}

/// Takes every event.
struct Topic;

impl PublishEvent for Topic {
    async fn publish(&self, _message: &Message<'_>) -> Result<String, PublishError> {
        Ok("message-1".to_owned())
    }
}

thread_local! {
    /// Metrics that were written by this test.
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Status and metrics of a webhook that is signed with this secret and comes
/// when what was read at the start has become old.
async fn handled_late<S: ReadVersions>(
    verifier: RotatingVerifier<S>,
    secret: &str,
) -> (i64, String) {
    let deps = Deps {
        verifier,
        publisher: Topic,
        clock: || NOW + OLD_SECONDS,
        metrics: |line| LINES.with_borrow_mut(|lines| lines.push(line.to_owned())),
    };
    let mut request = event::with_body("{}");
    event::add_header(&mut request, "X-Signature", &[&sign::generic(secret, BODY)]);
    let answer = handle(event::invocation(request), &deps).await.unwrap();
    (answer.status_code, LINES.take().concat())
}

#[tokio::test]
async fn an_event_is_accepted_though_its_secret_cannot_be_read_again() {
    let store = Store::with(&[&version("one")]);
    let verifier = started(&store).await;
    store.fails.set(true);
    let (status, metrics) = handled_late(verifier, "signing one").await;
    assert_eq!((status, store.reads.get()), (200, 2));
    assert!(metrics.contains("\"SecretReadFailures\":1"), "{metrics}");
}

#[tokio::test]
async fn one_request_has_the_secrets_read_once() {
    let store = Store::with(&[&version("one")]);
    let verifier = started(&store).await;
    store.put(&version("two"));
    let (status, metrics) = handled_late(verifier, "signing two").await;
    assert_eq!((status, store.reads.get()), (200, 2));
    assert!(metrics.contains("\"SecretReadFailures\":0"), "{metrics}");
}

/// Each metric is billed.
#[tokio::test]
async fn without_a_store_its_failures_are_not_counted() {
    let fixed = sign::config(&[]).unwrap().verifier;
    let verifier = RotatingVerifier::<Store>::fixed(fixed);
    let (status, metrics) = handled_late(verifier, sign::SIGNING_SECRET).await;
    assert_eq!(status, 200);
    assert!(metrics.contains("\"Accepted\":1"), "{metrics}");
    assert!(!metrics.contains("SecretReadFailures"), "{metrics}");
}
