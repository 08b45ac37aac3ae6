//! A naive handler as a function's program: real HTTP in, real SNS calls out.
//!
//! The program is this test program itself, started by a script that names one of its
//! tests. Scripts are Unix's; the same claims are proven without the sandbox elsewhere.

use book_proofs::script;
use lambda_runtime::{run, service_fn};
use sandbox::Sandbox;
use step_03_sns_publish::aws;
use step_03_sns_publish::config::Config;
use step_03_sns_publish::publish::SnsTopic;
use step_03_sns_publish::webhook::Deps;

use crate::returns_err::give_up;
use crate::sandboxed::options;
use crate::shop::{EVENT, signature};
use crate::too_early::log_and_go_on;

/// What the provider gets, and the outcomes of the hops behind the API.
struct Seen {
    status: u16,
    body: String,
    publishes: Vec<String>,
}

/// Sends the event to a stack whose function is a test of this module, or the step's own
/// program.
async fn sent(program: Option<&str>, fault: Option<&str>) -> Seen {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options();
    if let Some(program) = program {
        let script = script(program, &folder);
        options
            .binaries
            .insert("step-03-webhook".to_owned(), script);
    }
    let sandbox = Sandbox::start(options).await.unwrap();
    if let Some(fault) = fault {
        sandbox.faults().add(fault.parse().unwrap());
    }

    let url = sandbox.output("RestApiInvokeUrl").unwrap() + "/webhook";
    let request = ureq::post(url).config().http_status_as_error(false).build();
    let request = request.header("X-Signature", signature(EVENT));
    let mut response = request.send(EVENT).unwrap();
    let id = response.headers()["x-amzn-requestid"].to_str().unwrap();
    let trail = sandbox.trail(id).await.redacted();
    let hops = trail["hops"].as_array().unwrap();
    let publishes = hops.iter().filter(|hop| hop["service"] == "sns");
    let seen = Seen {
        status: response.status().as_u16(),
        publishes: publishes
            .map(|hop| hop["outcome"].as_str().unwrap().to_owned())
            .collect(),
        body: response.body_mut().read_to_string().unwrap(),
    };
    sandbox.shutdown().await;
    seen
}

/// What the function needs, or nothing if no Lambda started this program.
async fn deps() -> Option<Deps<SnsTopic>> {
    std::env::var_os("AWS_LAMBDA_RUNTIME_API")?;
    let config = Config::from_env().unwrap();
    Some(Deps {
        verifier: config.verifier,
        publisher: SnsTopic::new(&aws::sdk_config().await, config.topic_arn),
        clock: step_03_sns_publish::clock::system,
    })
}

#[tokio::test]
#[ignore = "the program of a function, not a test"]
async fn logs_and_goes_on() {
    if let Some(deps) = deps().await {
        let handler = service_fn(|event| log_and_go_on(event, &deps));
        run(handler).await.unwrap();
    }
}

#[tokio::test]
#[ignore = "the program of a function, not a test"]
async fn gives_up() {
    if let Some(deps) = deps().await {
        let handler = service_fn(|event| give_up(event, &deps));
        run(handler).await.unwrap();
    }
}

/// The SDK tries three times in all.
const REFUSED: [&str; 3] = ["InternalError"; 3];

#[tokio::test(flavor = "multi_thread")]
async fn with_sns_refuse_the_one_that_logs_and_goes_on_says_200() {
    let naive = sent(Some("logs_and_goes_on"), Some("sns-refuse")).await;
    assert_eq!(
        (naive.status, naive.body.as_str()),
        (200, r#"{"received":true}"#)
    );
    assert_eq!(naive.publishes, REFUSED);

    let step = sent(None, Some("sns-refuse")).await;
    assert_eq!(step.status, 500);
    assert_eq!(step.publishes, REFUSED);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_err_becomes_the_502_of_api_gateway() {
    let naive = sent(Some("gives_up"), Some("sns-refuse")).await;
    assert_eq!(naive.status, 502);
    assert_eq!(naive.body, r#"{"message": "Internal server error"}"#);

    let step = sent(None, Some("sns-refuse")).await;
    let told = r#"{"error":"the event could not be passed on; send it again later"}"#;
    assert_eq!((step.status, step.body.as_str()), (500, told));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_fault_the_naive_ones_look_right() {
    for program in ["logs_and_goes_on", "gives_up"] {
        let naive = sent(Some(program), None).await;
        assert_eq!(naive.status, 200, "{program}");
        assert_eq!(naive.publishes, ["200"], "{program}");
    }
}
