//! What CloudFront does to a request on its way.

use insta::assert_snapshot;
use sandbox::{VIEWER_HEADER, VIEWER_PROTOCOL_HEADER};

use crate::edited::{edited, of_the_step};
use crate::stack::{ALLOWED, Answer, BODY, STRANGER, Stack};

/// Status, kind and text of an answer, and what the trail says about it.
fn told(answer: &Answer, service: &str) -> String {
    let kind = answer.header("content-type").unwrap();
    let error = answer
        .hop(service)
        .map(|hop| hop["details"]["error"].clone());
    let body = answer.body.lines().find(|line| line.starts_with("<p>"));
    let body = body.unwrap_or(&answer.body);
    format!("{} {kind}\n{body}\n{}", answer.status, error.unwrap())
}

/// The values under which a header arrived at the function, in any casing of its name.
fn arrived(answer: &Answer, name: &str) -> Vec<String> {
    let headers = &answer.hop("lambda").unwrap()["in"]["multiValueHeaders"];
    let headers = headers.as_object().unwrap().iter();
    let named = headers.filter(|(known, _)| known.eq_ignore_ascii_case(name));
    named.map(|(_, values)| values.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn api_gateway_finds_no_api_under_the_name_that_the_viewer_asked_for() {
    let stack = Stack::with("viewer-host.yaml").await;
    let answer = stack.edge(ALLOWED, &[]).await;
    assert_snapshot!(told(&answer, "rest"), @r#"
    403 application/json
    {"message":"Forbidden"}
    "the Host dellqnmii9otxd.cloudfront.net is another service's name, not kiu9xi1joj.execute-api.us-east-1.amazonaws.com"
    "#);
    assert!(answer.hop("waf").is_none() && answer.hop("lambda").is_none());
    stack.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_origin_path_the_first_part_of_the_path_is_taken_for_the_stage() {
    let template = of_the_step().replace("            OriginPath: !Sub /${StageName}\n", "");
    assert_ne!(template, of_the_step());
    let stack = Stack::of(&template, &[]).await;
    let answer = stack.edge(ALLOWED, &[]).await;
    assert_snapshot!(told(&answer, "rest"), @r#"
    403 application/json
    {"message":"Forbidden"}
    "the path /webhook is not in the stage /prod"
    "#);
    stack.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_origin_request_policy_the_signature_does_not_arrive() {
    let template = edited("no-headers.yaml");
    let stack = Stack::of(&template, &[("EnableWebhookIpAllowList", "false")]).await;
    let answer = stack.edge(ALLOWED, &[]).await;
    assert_eq!(answer.status, 401);
    let headers = answer.hop("lambda").unwrap()["in"]["headers"].clone();
    assert_eq!(headers["X-Signature"], serde_json::Value::Null);
    assert_eq!(headers["User-Agent"], "Amazon CloudFront");
    stack.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_seven_methods_a_post_ends_at_cloudfront() {
    let stack = Stack::with("no-methods.yaml").await;
    let answer = stack.edge(ALLOWED, &[]).await;
    assert_snapshot!(told(&answer, "cloudfront"), @r#"
    403 text/html
    <p>this distribution is not configured to allow the method of the request; it permits only cachable requests</p>
    "this distribution is not configured to allow the method of the request; it permits only cachable requests"
    "#);
    assert_eq!(answer.header("server"), Some("CloudFront"));
    assert!(answer.hop("rest").is_none());
    stack.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_on_port_80_is_refused_and_not_sent_on() {
    let on_port_80: &[(&str, &str)] = &[(VIEWER_PROTOCOL_HEADER, "http")];
    let stack = Stack::of(&of_the_step(), &[]).await;
    let refused = stack.edge(ALLOWED, on_port_80).await;
    assert_snapshot!(told(&refused, "cloudfront"), @r#"
    403 text/html
    <p>this distribution takes HTTPS only</p>
    "this distribution takes HTTPS only"
    "#);

    let redirecting = Stack::with("redirect.yaml").await;
    let url = redirecting.sandbox.output("CloudFrontDomainName").unwrap() + "/webhook";
    let request = ureq::post(&url).config().max_redirects(0).build();
    let request = request.header(VIEWER_PROTOCOL_HEADER, "http");
    let sent_on = request.send(BODY).unwrap();
    let location = sent_on.headers()["location"].to_str().unwrap();
    assert_eq!(sent_on.status(), 301);
    assert_eq!(location, url.replace("http://", "https://"));
    stack.sandbox.shutdown().await;
    redirecting.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_sees_cloudfront_and_the_chain_begins_with_what_the_viewer_sent() {
    let stack = Stack::of(&of_the_step(), &[]).await;
    let claimed: &[(&str, &str)] = &[
        ("X-Forwarded-For", "192.0.2.66"),
        ("X-Real-IP", "192.0.2.66"),
    ];
    let answer = stack.edge(ALLOWED, claimed).await;
    let event = &answer.hop("lambda").unwrap()["in"];
    let headers = &event["headers"];
    let seen = format!(
        "X-Forwarded-For {}\nX-Real-IP {}\nsourceIp {}",
        headers["X-Forwarded-For"],
        headers["X-Real-IP"],
        event["requestContext"]["identity"]["sourceIp"]
    );
    assert_snapshot!(seen, @r#"
    X-Forwarded-For "192.0.2.66, 203.0.113.7, 130.176.100.154"
    X-Real-IP null
    sourceIp "130.176.100.154"
    "#);
    stack.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cloudfront_puts_its_secret_over_what_the_viewer_sent() {
    let stack = Stack::of(&of_the_step(), &[]).await;
    let guess: &[(&str, &str)] = &[("X-Origin-Verify", "guess")];
    let by_edge = stack.edge(ALLOWED, guess).await;
    let round_it = stack.regional(ALLOWED, guess).await;
    // The sandbox writes stars for its 48 characters.
    assert_eq!(
        arrived(&by_edge, "x-origin-verify"),
        [format!("[\"{}\"]", "*".repeat(48))]
    );
    assert_eq!(arrived(&round_it, "x-origin-verify"), ["[\"guess\"]"]);
    stack.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_function_runs_at_the_edge_alone() {
    let stack = Stack::of(&of_the_step(), &[]).await;
    let claimed: &[(&str, &str)] = &[("X-Viewer-Ip", STRANGER)];
    let by_edge = stack.edge(ALLOWED, claimed).await;
    let round_it = stack.regional(ALLOWED, claimed).await;
    assert_eq!(
        arrived(&by_edge, "x-viewer-ip"),
        [format!("[\"{ALLOWED}\"]")]
    );
    assert_eq!(
        arrived(&round_it, "x-viewer-ip"),
        [format!("[\"{STRANGER}\"]")]
    );
    stack.sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_ten_megabytes_is_refused_by_api_gateway() {
    let stack = Stack::of(&of_the_step(), &[]).await;
    let url = stack.sandbox.output("CloudFrontDomainName").unwrap() + "/webhook";
    let request = ureq::post(&url)
        .config()
        .http_status_as_error(false)
        .build();
    let request = request.header(VIEWER_HEADER, ALLOWED);
    let mut answer = request.send(vec![b' '; 10 * 1024 * 1024 + 1]).unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    assert_eq!(answer.status(), 413);
    assert_eq!(text, "HTTP content length exceeded 10485760 bytes.");
    stack.sandbox.shutdown().await;
}
