//! CloudFront Functions: their event, what they may return, and what happens if
//! they misbehave.

use serde_json::{Value, json};

use crate::harness::{Answer, FROM, FUNCTION, Site};

/// The answer of a Function that is to fail.
async fn answer_of(code: &str) -> (Answer, String) {
    let site = Site::running(code).await;
    let answer = site
        .send("POST /webhook?a=1", "x-known: 1\r\n", b"{}")
        .await;
    assert_eq!(site.script.invocations(), 0, "{code}");
    let reason = site.reason(&answer).await;
    (answer, reason)
}

/// A Function that does this with the request before it hands it on.
fn changing(statement: &str) -> String {
    format!(
        "function handler(event) {{\nvar request = event.request;\n{statement}\nreturn request;\n}}"
    )
}

/// CloudFront Developer Guide, "CloudFront Functions event structure".
#[tokio::test]
async fn the_event_is_the_documented_one() {
    let code = "function handler(event) {
  return {statusCode: 200, body: JSON.stringify(event)};
}";
    let site = Site::running(code).await;
    let headers = format!(
        "Accept: application/json\r\naccept: text/html\r\nCookie: c1=1; cm=2\r\ncookie: cm=3\r\n\
         Expect: x\r\nX-Amzn-Trace-Id: x\r\nX-Forwarded-For: 1.2.3.4\r\n{FROM}"
    );
    let answer = site
        .send(
            "POST /a%20b?ID=42&NoValue=&mv=val1&mv=val2,val3&flag",
            &headers,
            b"{}",
        )
        .await;
    let mut event: Value = serde_json::from_str(&answer.body).unwrap();
    let id = event["context"]["requestId"].take();
    assert_eq!(Some(id.as_str().unwrap()), answer.header("x-amz-cf-id"));
    insta::assert_json_snapshot!(event);
}

#[tokio::test]
async fn a_function_can_answer_itself() {
    let code = "function handler(event) {
  return {
    statusCode: 302,
    statusDescription: 'Found',
    headers: {location: {value: '/elsewhere'}, 'x-list': {value: 'a', multiValue: [{value: 'a'}, {value: 'b'}]}},
    cookies: {session: {value: '1', attributes: 'Secure; Path=/'}},
    body: {encoding: 'base64', data: 'aGVsbG8='}
  };
}";
    let site = Site::running(code).await;
    let answer = site.send("GET /webhook", "", b"").await;
    assert_eq!(site.script.invocations(), 0);
    insta::assert_snapshot!(answer.redacted());
}

/// All that a Function may change of a request.
#[tokio::test]
async fn a_function_changes_the_request() {
    let code = changing(
        "request.uri = '/any/a b?c/ä';
request.querystring.added = {value: 'x y'};
delete request.querystring.gone;
request.headers['accept'].value = 'first';
request.headers['x-list'] = {value: 'ignored', multiValue: [{value: '1'}, {value: '2'}]};
delete request.headers['x-gone'];
delete request.headers['x-forwarded-for'];
request.cookies.c = {value: '3'};",
    );
    let site = Site::running(&code).await;
    let headers = format!(
        "accept: a\r\naccept: b\r\nX-Gone: 1\r\nCookie: a=1; b=2\r\nX-Forwarded-For: 1.2.3.4\r\n{FROM}"
    );
    let event = site
        .event("GET /webhook?gone=1&kept=%20", &headers, b"")
        .await;
    assert_eq!(event["path"], "/any/a%20b%3Fc/%C3%A4");
    assert_eq!(
        event["queryStringParameters"],
        json!({"kept": " ", "added": "x y"})
    );
    let multi = &event["multiValueHeaders"];
    assert_eq!(multi["Accept"], json!(["first", "b"]));
    assert_eq!(multi["X-List"], json!(["1", "2"]));
    assert_eq!(multi.get("X-Gone"), None);
    assert_eq!(multi["Cookie"], json!(["a=1; b=2; c=3"]));
    assert_eq!(
        multi["X-Forwarded-For"],
        json!(["203.0.113.7, 130.176.100.154"])
    );
}

/// facts/aws.md 7: header names that a Function may not set, and other values
/// that CloudFront does not take: 502.
#[tokio::test]
async fn fact_7_what_a_function_may_not_return_is_502() {
    let cases = [
        "request.headers['host'] = {value: 'example.com'};",
        "delete request.headers['host'];",
        "request.headers['via'] = {value: 'x'};",
        "request.headers['content-length'] = {value: '9'};",
        "request.headers['x-edge-location'] = {value: 'x'};",
        "request.headers['x-amz-cf-id'] = {value: 'x'};",
        "request.headers['connection'] = {value: 'close'};",
        "request.headers['x-sandbox-viewer'] = {value: '1.2.3.4'};",
        "request.headers['X-Own'] = {value: 'x'};",
        "request.headers['x own'] = {value: 'x'};",
        "request.headers['x-own'] = 'x';",
        "request.headers['x-own'] = {value: 1};",
        "request.headers['x-own'] = {value: 'a\\r\\nb: c'};",
        "request.headers['x-own'] = {value: 'a', multiValue: 'b'};",
        "request.headers = null;",
        "request.cookies = [];",
        "request.querystring = 'a=b';",
        "request.method = 'GET';",
        "request.uri = 'webhook';",
        "delete request.uri;",
        "request = undefined;",
        "request = 'x';",
        "request = {statusCode: '200'};",
        "request = {statusCode: 99};",
        "request = {statusCode: 200, body: {encoding: 'base64', data: '?'}};",
        "request = {statusCode: 200, body: 1};",
        "request = {statusCode: 200, headers: {via: {value: 'x'}}};",
    ];
    let mut reasons = Vec::new();
    for statement in cases {
        let (answer, reason) = answer_of(&changing(statement)).await;
        assert_eq!(answer.status, 502, "{statement}");
        let cache = answer.header("x-cache");
        assert_eq!(cache, Some("FunctionValidationError from cloudfront"));
        reasons.push(format!("{statement}\n  {reason}"));
    }
    insta::assert_snapshot!(reasons.join("\n"));
}

/// A Function that fails, or does not end, costs one answer and nothing else.
#[tokio::test]
async fn a_function_that_fails_is_503() {
    let cases = [
        changing("throw new Error('no');"),
        changing("throw 'text';"),
        changing("nothing();"),
        changing("for (;;) {}"),
        changing("(function again() { again(); })();"),
        changing("var all = []; for (;;) { all.push(new Array(1000)); }"),
        changing("var text = 'x'; for (;;) { text += text; }"),
        changing("/(a+)+$/.test('a'.repeat(60) + '!');"),
        "async function handler(event) { await new Promise(function () {}); }".to_owned(),
        "function handler(event) { event.self = event; return event; }".to_owned(),
        "function handler(event) { return {toJSON: function () { for (;;) {} }}; }".to_owned(),
    ];
    let mut reasons = Vec::new();
    for code in cases {
        let (answer, reason) = answer_of(&code).await;
        assert_eq!(answer.status, 503, "{code}");
        let cache = answer.header("x-cache");
        assert_eq!(cache, Some("FunctionExecutionError from cloudfront"));
        reasons.push(format!("{code}\n  {reason}"));
    }
    insta::assert_snapshot!(reasons.join("\n"));
}

#[tokio::test]
async fn an_asynchronous_function_is_waited_for() {
    let code = "async function handler(event) {
  event.request.headers['x-late'] = {value: await Promise.resolve('yes')};
  return event.request;
}";
    let site = Site::running(code).await;
    let event = site.event("GET /webhook", "", b"").await;
    assert_eq!(event["headers"]["X-Late"], "yes");
}

/// Each request has a fresh context: what one leaves behind, or breaks, the
/// next one does not see.
#[tokio::test]
async fn nothing_is_left_for_the_next_request() {
    let code = "var count = 0;
function handler(event) {
  count += 1;
  var poisoned = ({}).poison || 'no';
  Object.prototype.poison = 'yes';
  JSON.stringify = null;
  event.request.headers['x-count'] = {value: count + ' ' + poisoned};
  return event.request;
}";
    let site = Site::running(code).await;
    for _ in 0..3 {
        let event = site.event("GET /webhook", "", b"").await;
        assert_eq!(event["headers"]["X-Count"], "1 no");
    }
}

/// A Function has the language and `console`; nothing of the machine.
#[tokio::test]
async fn a_function_reaches_nothing_of_the_machine() {
    let names = "['require', 'process', 'std', 'os', 'fetch', 'XMLHttpRequest', 'setTimeout', \
                 'Deno', 'scriptArgs', 'print', 'load', 'Worker', 'WebAssembly']";
    let code = changing(&format!(
        "var there = {names}.filter(function (name) {{ return name in globalThis; }});
request.headers['x-there'] = {{value: '[' + there.join() + ']'}};"
    ));
    let site = Site::running(&code).await;
    let event = site.event("GET /webhook", "", b"").await;
    assert_eq!(event["headers"]["X-There"], "[]");
    let (answer, _) = answer_of(&changing("return import('fs');")).await;
    assert_eq!(answer.status, 503);
}

#[tokio::test]
async fn what_a_function_logs_is_on_the_trail() {
    let code = changing("console.log('viewer', event.viewer.ip); console.error(1);");
    let site = Site::running(&code).await;
    let answer = site.send("GET /webhook", FROM, b"").await;
    let trail = site.trail(&answer).await;
    assert_eq!(
        trail.hops[0].details["log"],
        json!(["viewer 203.0.113.7", "1"])
    );
}

/// A site whose Function is for `viewer-response`.
async fn responding(code: &str) -> Site {
    let code: String = code
        .lines()
        .map(|line| format!("        {line}\n"))
        .collect();
    Site::with(&[(FUNCTION, &code), ("viewer-request", "viewer-response")]).await
}

#[tokio::test]
async fn a_function_changes_the_response() {
    let code = "function handler(event) {
  var response = event.response;
  response.statusCode = 201;
  response.headers['x-seen'] = {value: event.context.eventType + ' ' + response.statusDescription};
  response.headers['x-cookie'] = {value: JSON.stringify(response.cookies)};
  response.headers['x-hidden'] = {value: String(response.headers['x-amzn-requestid'])};
  return response;
}";
    let site = responding(code).await;
    site.returns(
        json!({"statusCode": 200, "headers": {"Set-Cookie": "a=1; Secure"}, "body": "kept"}),
    );
    let answer = site.send("GET /webhook", "", b"").await;
    insta::assert_snapshot!(answer.redacted());
}

/// CloudFront Developer Guide, "Restrictions on all edge functions": no Function
/// runs for a response of 400 and more.
#[tokio::test]
async fn no_function_runs_for_an_error_of_the_origin() {
    let site = responding("function handler() { throw 1; }").await;
    site.returns(json!({"statusCode": 400, "body": "bad"}));
    let answer = site.send("GET /webhook", "", b"").await;
    assert_eq!((answer.status, answer.body.as_str()), (400, "bad"));
    site.returns(json!({"statusCode": 200}));
    assert_eq!(site.send("GET /webhook", "", b"").await.status, 503);
}

/// Requests at once do not mix in the one engine.
#[tokio::test]
async fn each_request_gets_its_own_viewer() {
    let site = Site::start().await;
    let requests = (0..40).map(|last| {
        let headers = format!("x-sandbox-viewer: 203.0.113.{last}\r\n");
        let site = &site;
        async move { site.send("POST /webhook", &headers, b"{}").await.status }
    });
    let statuses = futures_util::future::join_all(requests).await;
    assert_eq!(statuses, [200; 40]);
    for event in site.script.events() {
        let viewer = event["headers"]["X-Viewer-Ip"].as_str().unwrap();
        let chain = format!("{viewer}, 130.176.100.154");
        assert_eq!(event["headers"]["X-Forwarded-For"], chain);
    }
}
