//! Stacks with a web ACL, and requests to judge.

use std::collections::BTreeMap;
use std::net::IpAddr;

use sandbox::clock::Clock;
use sandbox::console;
use sandbox::template::model::Stack;
use sandbox::template::{self, TemplateError};
use sandbox::trail::Recorder;
use sandbox::waf::{Decision, Request, Verdict, Waf};
use serde_json::{Value, json};

/// Loads a template with parameters.
pub fn load(template: &Value, parameters: &[(&str, &str)]) -> Result<Stack, TemplateError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    std::fs::write(&path, template.to_string()).unwrap();
    let parameters: BTreeMap<String, String> = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    template::load(&path, &parameters)
}

/// A template with a web ACL and the IP sets `Office`, `OfficeV6` and `Nobody`.
pub fn template(properties: &Value) -> Value {
    let set = |version: &str, addresses: &[&str]| {
        json!({"Type": "AWS::WAFv2::IPSet", "Properties":
            {"Scope": "REGIONAL", "IPAddressVersion": version, "Addresses": addresses}})
    };
    let mut acl = json!({
        "Scope": "REGIONAL",
        "DefaultAction": {"Allow": {}},
        "VisibilityConfig": visibility(),
    });
    for (key, value) in properties.as_object().unwrap() {
        acl[key] = value.clone();
    }
    json!({"Resources": {
        "Office": set("IPV4", &["192.0.2.0/24", "198.51.100.7/32"]),
        "OfficeV6": set("IPV6", &["2001:db8:1::/48"]),
        "Nobody": set("IPV4", &[]),
        "Acl": {"Type": "AWS::WAFv2::WebACL", "Properties": acl},
    }})
}

pub fn visibility() -> Value {
    json!({"CloudWatchMetricsEnabled": true, "SampledRequestsEnabled": true, "MetricName": "m"})
}

/// A rule with an action of one key.
pub fn rule(name: &str, priority: u32, action: &str, statement: &Value) -> Value {
    json!({"Name": name, "Priority": priority, "Action": {action: {}},
        "VisibilityConfig": visibility(), "Statement": statement})
}

/// A statement that matches paths which begin with a text.
pub fn path(start: &str) -> Value {
    json!({"ByteMatchStatement": {"FieldToMatch": {"UriPath": {}}, "PositionalConstraint": "STARTS_WITH",
        "SearchString": start, "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}})
}

/// A web ACL at work, with its clock.
pub struct Wall {
    pub waf: Waf,
    pub clock: Clock,
    pub recorder: Recorder,
    arn: String,
}

impl Wall {
    /// The web ACL of a template with these properties.
    pub fn new(properties: &Value) -> Self {
        let stack = load(&template(properties), &[]);
        Self::of(&stack.unwrap_or_else(|error| panic!("{error}")))
    }

    pub fn of(stack: &Stack) -> Self {
        let clock = Clock::new();
        let waf = Waf::new(clock.clone());
        waf.load(stack);
        Self {
            waf,
            recorder: Recorder::new(clock.clone(), console::silent()),
            clock,
            arn: stack.web_acls[0].arn.clone(),
        }
    }

    pub fn judge(&self, request: &Request<'_>) -> Verdict {
        let context = self.recorder.begin("trail");
        self.waf.acl(&self.arn).unwrap().judge(request, &context)
    }

    /// Whether a request from an address for a path is blocked, by which rule.
    pub fn ask(&self, from: &str, path: &str) -> (bool, String) {
        let verdict = self.judge(&Request {
            path,
            source_ip: from.parse().unwrap(),
            ..request()
        });
        (is_blocked(&verdict), verdict.rule)
    }
}

pub fn is_blocked(verdict: &Verdict) -> bool {
    matches!(verdict.decision, Decision::Block(_))
}

/// A plain request.
pub fn request() -> Request<'static> {
    Request {
        method: "POST",
        path: "/prod/webhook",
        query: None,
        headers: &[],
        body: b"",
        source_ip: IpAddr::from([203, 0, 113, 9]),
    }
}
