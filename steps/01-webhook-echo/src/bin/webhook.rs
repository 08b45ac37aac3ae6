//! The Lambda function `PaymentWebhookHandler`.

use lambda_runtime::{Error, run, service_fn};
use step_01_webhook_echo::webhook::handle;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();

    run(service_fn(handle)).await
}
