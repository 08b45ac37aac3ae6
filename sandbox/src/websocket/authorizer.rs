//! The REQUEST authorizer of `$connect` (API Gateway Developer Guide, "Create an
//! API Gateway REQUEST authorizer function").

use serde_json::{Map, Value};

use super::event::{Handshake, RequestContext};
use crate::template::model::WebSocketApi;

/// Largest answer of an authorizer in bytes.
const ANSWER_LIMIT: usize = 8 * 1024;
/// The action that a policy must allow.
const INVOKE: &str = "execute-api:Invoke";

/// Where an identity source looks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Source<'a> {
    Header(&'a str),
    Query(&'a str),
    Context(&'a str),
    StageVariable(&'a str),
}

impl<'a> Source<'a> {
    /// Reads an identity source, if it is one.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let after = |prefix: &str| text.strip_prefix(prefix).filter(|name| !name.is_empty());
        after("route.request.header.")
            .map(Self::Header)
            .or_else(|| after("route.request.querystring.").map(Self::Query))
            .or_else(|| after("context.").map(Self::Context))
            .or_else(|| after("stageVariables.").map(Self::StageVariable))
    }

    /// Whether the request has this, and more than nothing.
    pub(super) fn is_given(
        &self,
        handshake: &Handshake,
        context: &RequestContext<'_>,
        api: &WebSocketApi,
    ) -> bool {
        let given = |value: &str| !value.is_empty();
        match self {
            Self::Header(name) => handshake.header(name).is_some_and(given),
            Self::Query(name) => {
                let mut named = handshake
                    .query
                    .iter()
                    .rev()
                    .filter(|(known, _)| known == name);
                named.next().is_some_and(|(_, value)| given(value))
            }
            Self::Context(path) => {
                let context = serde_json::to_value(context).unwrap_or_default();
                let found = path
                    .split('.')
                    .try_fold(&context, |value, name| value.get(name));
                match found {
                    Some(Value::String(text)) => given(text),
                    Some(Value::Number(_) | Value::Bool(_)) => true,
                    _ => false,
                }
            }
            Self::StageVariable(name) => api
                .stage_variables
                .get(*name)
                .is_some_and(|value| given(value)),
        }
    }
}

/// What an authorizer decided.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// The connection may be, and this is what later events say of it.
    Allow(Map<String, Value>),
    Deny,
}

/// Reads an authorizer's answer about the route `arn`. The error says what is
/// wrong, as the end of "the authorizer's response …".
pub(super) fn decide(payload: &[u8], arn: &str) -> Result<Decision, String> {
    if payload.len() > ANSWER_LIMIT {
        return Err(format!("has more than {ANSWER_LIMIT} bytes"));
    }
    let answer: Value =
        serde_json::from_slice(payload).map_err(|error| format!("is not JSON: {error}"))?;
    let principal = answer.get("principalId").and_then(Value::as_str);
    let principal = principal.ok_or("has no principalId")?;
    let statements = answer
        .get("policyDocument")
        .and_then(|policy| policy.get("Statement"))
        .ok_or("has no policyDocument with a Statement")?;
    let mut said = Map::new();
    said.insert("principalId".to_owned(), principal.into());
    match answer.get("context") {
        None | Some(Value::Null) => {}
        Some(Value::Object(context)) => {
            for (name, value) in context {
                let text = match value {
                    Value::String(text) => text.clone(),
                    Value::Number(_) | Value::Bool(_) => value.to_string(),
                    _ => {
                        return Err(format!(
                            "has a context {name:?} that is no string, number or bool"
                        ));
                    }
                };
                said.insert(name.clone(), text.into());
            }
        }
        Some(_) => return Err("has a context that is not an object".to_owned()),
    }
    let mut allowed = false;
    for statement in items(statements) {
        if !covers(statement, "Action", INVOKE) || !covers(statement, "Resource", arn) {
            continue;
        }
        match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => allowed = true,
            Some("Deny") => return Ok(Decision::Deny),
            _ => return Err("has a Statement without Effect".to_owned()),
        }
    }
    Ok(match allowed {
        true => Decision::Allow(said),
        false => Decision::Deny,
    })
}

/// One thing or a list of them.
fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

/// Whether one of a statement's patterns covers `text`.
fn covers(statement: &Value, key: &str, text: &str) -> bool {
    let patterns = statement.get(key).map(items).unwrap_or_default();
    let mut patterns = patterns.iter().filter_map(Value::as_str);
    patterns.any(|pattern| matches(pattern.as_bytes(), text.as_bytes()))
}

/// Matches `*` (any characters) and `?` (any one) as IAM does.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where to go on if what followed the last star does not fit.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if *byte == b'?' || byte == &text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:w9x8y7z6v5/prod/$connect";

    fn decided(statements: &Value) -> Result<Decision, String> {
        let answer = json!({
            "principalId": "user-1",
            "policyDocument": {"Version": "2012-10-17", "Statement": statements},
        });
        decide(answer.to_string().as_bytes(), ARN)
    }

    fn statement(effect: &str, action: &str, resource: &str) -> Value {
        json!({"Effect": effect, "Action": action, "Resource": resource})
    }

    #[test]
    fn a_policy_must_allow_and_not_deny() {
        let allow = statement("Allow", "execute-api:Invoke", ARN);
        assert!(matches!(decided(&json!([allow])), Ok(Decision::Allow(_))));
        assert!(matches!(decided(&allow), Ok(Decision::Allow(_))));
        let wide = statement(
            "Allow",
            "execute-api:*",
            "arn:aws:execute-api:*:*:w9x8y7z6v?/*",
        );
        assert!(matches!(decided(&json!([wide])), Ok(Decision::Allow(_))));
        let deny = statement("Deny", "*", "*");
        assert_eq!(decided(&json!([allow, deny])), Ok(Decision::Deny));
        let other = statement(
            "Allow",
            "execute-api:Invoke",
            "arn:aws:execute-api:*:*:other/*",
        );
        assert_eq!(decided(&json!([other])), Ok(Decision::Deny));
        assert_eq!(decided(&json!([])), Ok(Decision::Deny));
        assert!(decided(&json!([statement("Maybe", "*", "*")])).is_err());
    }

    #[test]
    fn an_answer_that_is_none_is_an_error() {
        for answer in [
            "null",
            "{}",
            r#"{"principalId":"a"}"#,
            r#"{"principalId":1,"policyDocument":{"Statement":[]}}"#,
        ] {
            assert!(decide(answer.as_bytes(), ARN).is_err(), "{answer}");
        }
    }

    #[test]
    fn identity_sources_are_told_apart() {
        assert_eq!(
            Source::parse("route.request.header.Auth"),
            Some(Source::Header("Auth"))
        );
        assert_eq!(
            Source::parse("route.request.querystring.t"),
            Some(Source::Query("t"))
        );
        assert_eq!(
            Source::parse("context.identity.sourceIp"),
            Some(Source::Context("identity.sourceIp"))
        );
        assert_eq!(
            Source::parse("stageVariables.a"),
            Some(Source::StageVariable("a"))
        );
        for none in [
            "",
            "method.request.header.Auth",
            "route.request.header.",
            "$request.header.a",
        ] {
            assert_eq!(Source::parse(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn patterns_match_as_their_regular_expressions_do(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            let regex = format!("^{}$", pattern.replace('*', ".*").replace('?', "."));
            let expected = regex::Regex::new(&regex).unwrap().is_match(&text);
            prop_assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), expected);
        }
    }
}
