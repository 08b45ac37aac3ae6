//! This step's stack in the sandbox, and requests to it.

use std::path::PathBuf;

use sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use crate::sign::{SIGNING_SECRET, STRIPE_SECRET};

/// What came back, and the way the request took.
pub struct Answer {
    pub status: u16,
    pub body: String,
    /// Without times and random ids.
    pub trail: Value,
}

/// The programs that Cargo built.
const BINARIES: [(&str, &str); 3] = [
    ("webhook", env!("CARGO_BIN_EXE_webhook")),
    ("connections", env!("CARGO_BIN_EXE_connections")),
    ("broadcaster", env!("CARGO_BIN_EXE_broadcaster")),
];

/// Starts the stack of `template.yaml` with the programs that Cargo built.
pub async fn start() -> Sandbox {
    Sandbox::start(options()).await.unwrap()
}

/// What the stack is started with.
pub fn options() -> Options {
    let mut options = Options::new("template.yaml");
    for (name, binary) in BINARIES {
        options
            .binaries
            .insert(name.to_owned(), PathBuf::from(binary));
    }
    let secrets = [
        ("StripeEndpointSecret", STRIPE_SECRET),
        ("SigningSecret", SIGNING_SECRET),
    ];
    for (name, value) in secrets {
        options.parameters.insert(name.to_owned(), value.to_owned());
    }
    options
}

/// Sends a POST request to a path of the stage, and waits until everything that
/// it set off has happened.
pub async fn post(sandbox: &Sandbox, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let url = sandbox.output("RestApiInvokeUrl").unwrap() + path;
    post_to(sandbox, &url, headers, body).await
}

/// The same to any address of the stack.
pub async fn post_to(
    sandbox: &Sandbox,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let request = ureq::post(url).config().http_status_as_error(false).build();
    let mut request = request.header("User-Agent", "stage-test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = request.content_type("application/json").send(body).unwrap();

    let request_id = response.headers()["x-amzn-requestid"].to_str().unwrap();
    let mut trail = sandbox.trail(request_id).await.redacted();
    for hop in trail["hops"].as_array_mut().unwrap() {
        if let Some(now) = hop.pointer_mut("/in/ExpressionAttributeValues/:now/N") {
            *now = json!("[time]");
        }
    }
    Answer {
        status: response.status().as_u16(),
        body: response.body_mut().read_to_string().unwrap(),
        trail,
    }
}
