//! What it takes to read the events that functions are given:
//! `cargo bench --package bench --bench event`.

use std::hint::black_box;

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use bench::events::{PAYMENT, notification, webhook};
use criterion::{Criterion, criterion_group, criterion_main};
use payments::body;
use payments::job::Job;

fn parsing(criterion: &mut Criterion) {
    let request = webhook();
    criterion.bench_function("API Gateway's event", |bencher| {
        bencher.iter(|| {
            let event: ApiGatewayProxyRequest =
                serde_json::from_slice(black_box(&request)).expect("it is one");
            event
        });
    });
    criterion.bench_function("the webhook in it", |bencher| {
        bencher.iter(|| {
            let event = body::parse(black_box(PAYMENT.as_bytes())).expect("it is one");
            event.fields.len()
        });
    });
    let published = notification();
    criterion.bench_function("SNS's event", |bencher| {
        bencher.iter(|| {
            let job: Job = serde_json::from_slice(black_box(&published)).expect("it is one");
            job.deliveries()
        });
    });
}

criterion_group!(benches, parsing);
criterion_main!(benches);
