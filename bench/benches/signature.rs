//! What it takes to verify a signature: `cargo bench --package bench --bench signature`.

use std::hint::black_box;

use bench::events::{PAYMENT, SECRET, signature, stripe_signature};
use criterion::{Criterion, criterion_group, criterion_main};
use payments::secret::Secret;
use payments::signature::{SignatureHeaders, Verifier};

const NOW: i64 = 1_795_000_000;

fn verifying(criterion: &mut Criterion) {
    let secrets = |list: &str| Secret::parse_list(list).expect("they are secrets");
    let verifier = |list| Verifier {
        stripe_secrets: secrets(list),
        generic_secrets: secrets(list),
        tolerance_seconds: 300,
    };
    let one = verifier(SECRET);
    // While a secret is exchanged there are two, and the new one is tried first.
    let rotating = verifier(&format!("whsec_the_next_one,{SECRET}"));
    let body = PAYMENT.as_bytes();
    let stripe = SignatureHeaders {
        stripe: Some(stripe_signature(NOW.unsigned_abs(), body)),
        generic: None,
    };
    let generic = SignatureHeaders {
        stripe: None,
        generic: Some(signature(SECRET, body)),
    };

    let mut verify = |name: &str, verifier: &Verifier, headers: &SignatureHeaders| {
        let accepted = verifier.verify(headers, body, NOW);
        accepted.expect("the signature is good");
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| verifier.verify(black_box(headers), black_box(body), NOW));
        });
    };
    verify("stripe", &one, &stripe);
    verify("stripe, two secrets", &rotating, &stripe);
    verify("generic", &one, &generic);
}

criterion_group!(benches, verifying);
criterion_main!(benches);
