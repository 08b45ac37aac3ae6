//! A stack with its allow-list on, and requests to it.

use hmac::{Hmac, KeyInit, Mac};
use sandbox::{Options, Sandbox, VIEWER_HEADER};
use serde_json::Value;
use sha2::Sha256;
use tempfile::TempDir;

use crate::edited::{edited, saved};

pub const BODY: &str = r#"{"id":"evt_1","type":"payment.test"}"#;
const SECRET: &str = "signing_proofs_only";

/// In the set of the stack's allow-list, and in no set.
pub const ALLOWED: &str = "203.0.113.7";
pub const STRANGER: &str = "198.51.100.9";

/// A running stack, and the folder that its template is in.
pub struct Stack {
    pub sandbox: Sandbox,
    _folder: TempDir,
}

/// What came back, and what was seen on the way.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// The hops of the trail, if the request got one that can be found.
    pub hops: Vec<Value>,
}

/// Options to run a template with the step's programs and its allow-list on.
pub fn options(template: &str, folder: &TempDir) -> Options {
    let path = saved(template, folder.path());
    let mut options = book_proofs::options(path, "steps/05-waf-cloudfront");
    for (name, value) in [
        ("StripeEndpointSecret", "none"),
        ("SigningSecret", SECRET),
        ("EnableWebhookIpAllowList", "true"),
        ("AllowedWebhookCidrs", "203.0.113.0/24"),
        ("AllowedWebhookIpv6Cidrs", "2001:db8:1::/48"),
    ] {
        options.parameters.insert(name.to_owned(), value.to_owned());
    }
    options
}

impl Stack {
    /// Starts the step's template, with a file of this chapter worked in.
    pub async fn with(change: &str) -> Self {
        Self::of(&edited(change), &[]).await
    }

    /// Starts a template with further parameters.
    pub async fn of(template: &str, parameters: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = options(template, &folder);
        for (name, value) in parameters {
            let value = (*value).to_owned();
            options.parameters.insert((*name).to_owned(), value);
        }
        let sandbox = Sandbox::start(options).await;
        Self {
            sandbox: sandbox.unwrap_or_else(|error| panic!("{error}")),
            _folder: folder,
        }
    }

    /// Sends a signed event through CloudFront.
    pub async fn edge(&self, from: &str, headers: &[(&str, &str)]) -> Answer {
        let base = self.sandbox.output("CloudFrontDomainName").unwrap();
        self.post(&(base + "/webhook"), from, headers).await
    }

    /// Sends one straight to the REST API.
    pub async fn regional(&self, from: &str, headers: &[(&str, &str)]) -> Answer {
        let base = self.sandbox.output("RestApiInvokeUrl").unwrap();
        self.post(&(base + "/webhook"), from, headers).await
    }

    /// Sends one to any address of the stack.
    pub async fn post(&self, url: &str, from: &str, headers: &[(&str, &str)]) -> Answer {
        let request = ureq::post(url).config().http_status_as_error(false);
        // A redirect is followed as most clients follow it.
        let mut request = request.build().content_type("application/json");
        request = request
            .header("X-Signature", signature())
            .header(VIEWER_HEADER, from);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = request.send(BODY).unwrap();

        let text = |value: &ureq::http::HeaderValue| value.to_str().unwrap().to_owned();
        let headers = response.headers().iter();
        let headers: Vec<(String, String)> = headers
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect();
        let id = headers
            .iter()
            .find(|(name, _)| name == "x-amzn-requestid" || name == "x-amz-cf-id");
        let trail = self.sandbox.trail(&id.unwrap().1).await.redacted();
        Answer {
            status: response.status().as_u16(),
            headers,
            body: response.body_mut().read_to_string().unwrap(),
            hops: trail["hops"].as_array().unwrap().clone(),
        }
    }
}

impl Answer {
    /// The hop of a service, if the request came there.
    pub fn hop(&self, service: &str) -> Option<&Value> {
        self.hops.iter().find(|hop| hop["service"] == service)
    }

    /// Status, the web ACL's verdict, and the rule it is by.
    pub fn verdict(&self) -> String {
        let verdict = self.hop("waf").map_or("not asked".to_owned(), |hop| {
            let word = |pointer| hop.pointer(pointer).unwrap().as_str().unwrap();
            format!("{} by {}", word("/outcome"), word("/details/rule"))
        });
        format!("{} {verdict}", self.status)
    }

    /// A header of the answer.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Why a template does not start with these parameters; without its place in the file.
pub async fn refusal(template: &str, parameters: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(template, &folder);
    for (name, value) in parameters {
        let value = (*value).to_owned();
        options.parameters.insert((*name).to_owned(), value);
    }
    let error = Sandbox::start(options).await.err().unwrap().to_string();
    let (_, place) = error.split_once("template.yaml:").unwrap();
    let (_, told) = place.split_once(": ").unwrap();
    told.to_owned()
}

/// The hex HMAC-SHA256 of the body.
fn signature() -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(BODY.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// The two ways in.
#[derive(Clone, Copy)]
pub enum Way {
    Edge,
    Regional,
}

/// Who comes which way: what to call it, the way, the address, and further headers.
pub type Case<'a> = (&'a str, Way, &'a str, &'a [(&'a str, &'a str)]);

/// What becomes of each case, a line for each.
pub async fn verdicts(stack: &Stack, cases: &[Case<'_>]) -> String {
    let mut lines = Vec::new();
    for (case, way, from, headers) in cases {
        let (word, answer) = match way {
            Way::Edge => ("edge", stack.edge(from, headers).await),
            Way::Regional => ("regional", stack.regional(from, headers).await),
        };
        lines.push(format!("{word:8} {case:26} -> {}", answer.verdict()));
    }
    lines.join("\n")
}
