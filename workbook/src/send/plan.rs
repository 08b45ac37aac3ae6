//! What a `send` will do, once options and surroundings are put together.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use http_body_util::Full;

use super::body::{Body, fresh_id};
use super::endpoint::Endpoint;
use crate::cli::{self, Scheme, Via};
use crate::error::{Result, failed, usage};
use crate::secrets;
use crate::signing;
use crate::up::ready::{EDGE, REGIONAL};
use crate::up::state::Running;

/// Header that tells the sandbox which address to assume.
const VIEWER: HeaderName = HeaderName::from_static("x-sandbox-viewer");
const STRIPE_SIGNATURE: HeaderName = HeaderName::from_static("stripe-signature");
const X_SIGNATURE: HeaderName = HeaderName::from_static("x-signature");
const X_EVENT_TYPE: HeaderName = HeaderName::from_static("x-event-type");
/// Route that webhooks go to unless the running step has another one.
const ROUTE: &str = "/webhook";

/// Where to send, what, and how to sign it.
#[derive(Debug)]
pub struct Plan {
    /// Where to.
    pub endpoint: Endpoint,
    signature: Signature,
    headers: HeaderMap,
    body: Body,
    keep_id: bool,
    age: i64,
    tamper: bool,
}

#[derive(Clone, PartialEq, Eq)]
enum Signature {
    Stripe(String),
    Hmac(String),
    None,
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Stripe(_) => "Stripe(…)",
            Self::Hmac(_) => "Hmac(…)",
            Self::None => "None",
        })
    }
}

impl Plan {
    /// Puts together what the options say and what is `running`; `secret` is
    /// the one from the environment.
    ///
    /// # Errors
    /// If something that is needed is neither given nor known.
    pub fn new(
        options: &cli::Send,
        body: Body,
        running: Option<&Running>,
        secret: Option<String>,
    ) -> Result<Self> {
        let endpoint = match (&options.url, running) {
            (Some(url), _) => Endpoint::read(url, ROUTE)?,
            (None, Some(running)) => {
                Endpoint::read(entrance(running, options.via)?, &running.route)?
            }
            (None, None) => {
                return Err(failed(
                    "nothing is running; start it with `cargo workbook up`, \
                     or name a deployed stack with --url",
                ));
            }
        };
        if options.from.is_some() && !endpoint.is_local() {
            return Err(usage(format!(
                "--from is for the sandbox: {} would take your real address anyway",
                endpoint.host
            )));
        }
        // Made-up secrets of a local run are no use anywhere else.
        let running = running.filter(|running| running.is_at(&endpoint));
        let signature = signature(options, running, secret)?;
        Ok(Self {
            endpoint,
            signature,
            headers: headers(options),
            body,
            keep_id: options.keep_id,
            age: options.age,
            tamper: options.tamper,
        })
    }

    /// The next request, signed at `now` (Unix seconds) less the age.
    ///
    /// # Errors
    /// If the endpoint's path is no path.
    pub fn request(&self, now: i64) -> Result<Request<Full<Bytes>>> {
        let mut body = match self.keep_id {
            true => self.body.as_is(),
            false => self.body.with_id(&fresh_id()),
        };
        let signed = match &self.signature {
            Signature::None => None,
            Signature::Stripe(secret) => {
                let value = signing::stripe(secret, now - self.age, &body);
                Some((STRIPE_SIGNATURE, value))
            }
            Signature::Hmac(secret) => Some((X_SIGNATURE, signing::generic(secret, &body))),
        };
        if self.tamper {
            body = signing::tampered(body);
        }
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(&self.endpoint.path)
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| failed(format!("{}: {error}", self.endpoint.url())))?;
        let headers = request.headers_mut();
        if let Ok(host) = self.endpoint.authority().parse() {
            headers.insert(HOST, host);
        }
        if let Some((name, value)) = signed {
            // Digits, hex and commas are a header value.
            headers.extend(value.parse().ok().map(|value: HeaderValue| (name, value)));
        }
        for name in self.headers.keys() {
            headers.remove(name);
        }
        for (name, value) in &self.headers {
            headers.append(name.clone(), value.clone());
        }
        Ok(request)
    }
}

/// The URL of the entrance that is chosen: the edge if there is one.
fn entrance(running: &Running, via: Option<Via>) -> Result<&str> {
    let Some(via) = via else {
        return Ok(&running.url);
    };
    let output = match via {
        Via::Edge => EDGE,
        Via::Regional => REGIONAL,
    };
    running
        .output(output)
        .ok_or_else(|| usage(format!("{} has no output {output}", running.step)))
}

fn headers(options: &cli::Send) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    let agent = concat!("cargo-workbook/", env!("CARGO_PKG_VERSION"));
    headers.insert(USER_AGENT, HeaderValue::from_static(agent));
    if let Some(event_type) = &options.event_type {
        headers.insert(X_EVENT_TYPE, event_type.clone());
    }
    let viewer = options
        .from
        .and_then(|address| address.to_string().parse().ok());
    headers.extend(viewer.map(|address: HeaderValue| (VIEWER, address)));
    for (name, _) in &options.headers {
        headers.remove(name);
    }
    for (name, value) in &options.headers {
        headers.append(name.clone(), value.clone());
    }
    headers
}

fn signature(
    options: &cli::Send,
    running: Option<&Running>,
    from_environment: Option<String>,
) -> Result<Signature> {
    let given = options.secret.clone().or(from_environment);
    let stripe = running.and_then(|running| running.secret(secrets::STRIPE));
    let signing = running.and_then(|running| running.secret(secrets::SIGNING));
    let scheme = options.scheme.unwrap_or(match running {
        Some(_) if given.is_none() && stripe.is_none() && signing.is_none() => Scheme::None,
        Some(_) if given.is_none() && stripe.is_none() => Scheme::Hmac,
        _ => Scheme::Stripe,
    });
    let secret = |known: Option<&str>, parameter: &str| {
        given.clone().or(known.map(str::to_owned)).ok_or_else(|| match running {
            Some(running) => usage(format!(
                "{} has no {parameter} to sign with; sign with one of your own (--secret) \
                 or not at all (--scheme none)",
                running.step
            )),
            None => usage(
                "which secret? Give the stack's own in the environment variable WORKBOOK_SECRET \
                 or with --secret, or do not sign (--scheme none)",
            ),
        })
    };
    Ok(match scheme {
        Scheme::Stripe => Signature::Stripe(secret(stripe, secrets::STRIPE)?),
        Scheme::Hmac => Signature::Hmac(secret(signing, secrets::SIGNING)?),
        Scheme::None => Signature::None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn options(arguments: &[&str]) -> cli::Send {
        let all = ["workbook", "send"].iter().chain(arguments);
        match Cli::try_parse_from(all).unwrap().command {
            Command::Send(options) => options,
            other => panic!("{other:?}"),
        }
    }

    fn running(secrets: &[(&str, &str)]) -> Running {
        let secrets = secrets
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        Running {
            pid: 1,
            step: "03-sns-publish".into(),
            dir: "steps".into(),
            url: "http://127.0.0.1:4000/prod".into(),
            route: "/webhook".into(),
            secrets: secrets.collect(),
            ..Running::default()
        }
    }

    fn both() -> Running {
        running(&[("StripeEndpointSecret", "whsec_a"), ("SigningSecret", "b")])
    }

    fn plan(arguments: &[&str], running: Option<&Running>) -> Result<Plan> {
        let body = Body::new(br#"{"id":"evt_1","n":1}"#.to_vec());
        Plan::new(&options(arguments), body, running, None)
    }

    async fn parts(plan: &Plan) -> (HeaderMap, Vec<u8>) {
        use http_body_util::BodyExt;
        let request = plan.request(1_700_000_000).unwrap();
        assert_eq!(request.method(), Method::POST);
        assert_eq!(request.uri(), plan.endpoint.path.as_str());
        let headers = request.headers().clone();
        let body = request.into_body().collect().await.unwrap().to_bytes();
        (headers, body.to_vec())
    }

    #[tokio::test]
    async fn stripe_is_the_default_and_signs_what_is_sent() {
        let (headers, body) = parts(&plan(&[], Some(&both())).unwrap()).await;
        let expected = signing::stripe("whsec_a", 1_700_000_000, &body);
        assert_eq!(headers[STRIPE_SIGNATURE], expected);
        assert!(!headers.contains_key(X_SIGNATURE));
        assert!(
            !body.windows(6).any(|part| part == b"evt_1\""),
            "a fresh id"
        );
        assert_eq!(headers[HOST], "127.0.0.1:4000");
    }

    #[tokio::test]
    async fn age_moves_the_signed_time_and_tampering_comes_after_signing() {
        let plan = plan(&["--age", "301", "--tamper", "--keep-id"], Some(&both())).unwrap();
        let (headers, body) = parts(&plan).await;
        let signed = br#"{"id":"evt_1","n":1}"#;
        assert_eq!(
            headers[STRIPE_SIGNATURE],
            signing::stripe("whsec_a", 1_699_999_699, signed)
        );
        assert_eq!(body, br#"{"id":"evt_1","n":2}"#);
    }

    #[tokio::test]
    async fn the_generic_scheme_has_its_own_header_and_secret() {
        let arguments = [
            "--scheme",
            "hmac",
            "--keep-id",
            "--event-type",
            "order.paid",
        ];
        let (headers, body) = parts(&plan(&arguments, Some(&both())).unwrap()).await;
        assert_eq!(headers[X_SIGNATURE], signing::generic("b", &body));
        assert_eq!(headers[X_EVENT_TYPE], "order.paid");
        assert!(!headers.contains_key(STRIPE_SIGNATURE));
    }

    #[tokio::test]
    async fn headers_of_the_user_win() {
        let arguments = [
            "--header",
            "content-type: text/plain",
            "--header",
            "A: 1",
            "--header",
            "A: 2",
        ];
        let (headers, _) = parts(&plan(&arguments, Some(&both())).unwrap()).await;
        let all = |name: &str| headers.get_all(name).iter().cloned().collect::<Vec<_>>();
        assert_eq!(all("content-type"), ["text/plain"]);
        assert_eq!(all("a"), ["1", "2"]);
        let (headers, _) = parts(&plan(&["--from", "203.0.113.7"], Some(&both())).unwrap()).await;
        assert_eq!(headers[VIEWER], "203.0.113.7");
    }

    #[test]
    fn the_scheme_follows_what_the_running_step_has() {
        let scheme = |running: &Running| plan(&[], Some(running)).unwrap().signature;
        assert_eq!(scheme(&running(&[])), Signature::None);
        assert_eq!(
            scheme(&running(&[("SigningSecret", "b")])),
            Signature::Hmac("b".into())
        );
        assert_eq!(scheme(&both()), Signature::Stripe("whsec_a".into()));
        let none = running(&[("StripeEndpointSecret", "none")]);
        assert_eq!(scheme(&none), Signature::None);
        let error = plan(&["--scheme", "stripe"], Some(&none))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("StripeEndpointSecret") && error.contains("--secret"),
            "{error}"
        );
    }

    #[test]
    fn a_deployed_stack_never_gets_the_local_secrets() {
        let url = [
            "--url",
            "https://abc.execute-api.eu-west-1.amazonaws.com/prod",
        ];
        let error = plan(&url, Some(&both())).unwrap_err().to_string();
        assert!(error.contains("WORKBOOK_SECRET"), "{error}");
        let body = || Body::new(Vec::new());
        let plan = Plan::new(
            &options(&url),
            body(),
            Some(&both()),
            Some("whsec_env".into()),
        );
        assert_eq!(
            plan.unwrap().signature,
            Signature::Stripe("whsec_env".into())
        );
        let local = Plan::new(
            &options(&["--url", "http://127.0.0.1:4000/prod"]),
            body(),
            Some(&both()),
            None,
        );
        assert_eq!(
            local.unwrap().signature,
            Signature::Stripe("whsec_a".into())
        );
    }

    #[test]
    fn the_edge_is_the_entrance_unless_the_regional_one_is_chosen() {
        let mut running = both();
        let outputs = [
            ("RestApiInvokeUrl", "http://127.0.0.1:4000/prod"),
            ("CloudFrontDomainName", "http://127.0.0.1:4002"),
        ];
        let error = plan(&["--via", "edge"], Some(&running)).unwrap_err();
        assert!(error.to_string().contains("CloudFrontDomainName"));
        running.outputs = outputs.map(|(name, url)| (name.into(), url.into())).into();
        running.url = "http://127.0.0.1:4002".into();
        let url = |arguments: &[&str]| {
            let plan = plan(arguments, Some(&running)).unwrap();
            // Either way it is what `up` runs: its secrets fit.
            assert_eq!(plan.signature, Signature::Stripe("whsec_a".into()));
            plan.endpoint.url()
        };
        assert_eq!(url(&[]), "http://127.0.0.1:4002/webhook");
        assert_eq!(url(&["--via", "edge"]), "http://127.0.0.1:4002/webhook");
        let regional = "http://127.0.0.1:4000/prod/webhook";
        assert_eq!(url(&["--via", "regional"]), regional);
        assert_eq!(url(&["--url", "127.0.0.1:4000/prod"]), regional);
    }

    #[test]
    fn an_assumed_address_is_for_the_sandbox() {
        let arguments = [
            "--url",
            "https://a.example",
            "--secret",
            "x",
            "--from",
            "203.0.113.7",
        ];
        assert!(
            plan(&arguments, None)
                .unwrap_err()
                .to_string()
                .contains("--from")
        );
    }

    #[test]
    fn with_nothing_running_it_says_what_to_do() {
        let error = plan(&[], None).unwrap_err().to_string();
        assert!(
            error.contains("cargo workbook up") && error.contains("--url"),
            "{error}"
        );
    }

    #[test]
    fn secrets_are_not_printed() {
        let text = format!(
            "{:?}",
            plan(&["--secret", "whsec_x"], Some(&both())).unwrap()
        );
        assert!(!text.contains("whsec_x"), "{text}");
    }
}
