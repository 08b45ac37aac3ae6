//! Which route a message takes (API Gateway Developer Guide, "Working with
//! routes for WebSocket APIs").

use serde_json::Value;

use crate::template::model::{WebSocketApi, WebSocketRoute};

/// Key of the route that runs before a connection is accepted.
pub(crate) const CONNECT: &str = "$connect";
/// Key of the route that runs after a connection has ended.
pub(crate) const DISCONNECT: &str = "$disconnect";
/// Key of the route for messages that no other takes.
pub(crate) const DEFAULT: &str = "$default";

/// The members that a route selection expression names, from the outermost:
/// `$request.body.action` or `${request.body.action}`. `None` for an expression
/// of another form.
pub(crate) fn selection(expression: &str) -> Option<Vec<&str>> {
    let inner = expression.strip_prefix('$')?;
    let inner = match inner.strip_prefix('{') {
        Some(braced) => braced.strip_suffix('}')?,
        None => inner,
    };
    let path: Vec<&str> = inner.strip_prefix("request.body.")?.split('.').collect();
    let named = |name: &&str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        !name.is_empty() && name.chars().all(allowed)
    };
    path.iter().all(named).then_some(path)
}

/// The route with a key, if the API has it.
pub(crate) fn route<'a>(api: &'a WebSocketApi, key: &str) -> Option<&'a WebSocketRoute> {
    api.routes.iter().find(|route| route.key == key)
}

/// The route of a message: the one that the message names, else `$default`.
pub(crate) fn select<'a>(api: &'a WebSocketApi, message: &[u8]) -> Option<&'a WebSocketRoute> {
    // Clients cannot call the routes that belong to API Gateway itself.
    let own = |key: &String| !key.starts_with('$');
    key(&api.route_selection, message)
        .filter(own)
        .and_then(|key| route(api, &key))
        .or_else(|| route(api, DEFAULT))
}

/// The key that a message names. Whether a member that is no text counts is not
/// confirmed; numbers and bools do here.
fn key(expression: &str, message: &[u8]) -> Option<String> {
    let path = selection(expression)?;
    let body: Value = serde_json::from_slice(message).ok()?;
    let member = path.iter().try_fold(&body, |value, name| value.get(name))?;
    match member {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(member.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn api(expression: &str, keys: &[&str]) -> WebSocketApi {
        let routes = keys.iter().map(|key| WebSocketRoute {
            key: (*key).to_owned(),
            function: "Function".to_owned(),
            timeout: Duration::from_secs(29),
            responds: false,
        });
        WebSocketApi {
            logical_id: "WebSocketApi".to_owned(),
            id: "w9x8y7z6v5".to_owned(),
            stage: "prod".to_owned(),
            route_selection: expression.to_owned(),
            routes: routes.collect(),
            stage_variables: BTreeMap::new(),
            authorizer: None,
            connect_throttle: None,
        }
    }

    fn selected(api: &WebSocketApi, message: &str) -> Option<String> {
        select(api, message.as_bytes()).map(|route| route.key.clone())
    }

    #[test]
    fn both_forms_of_the_expression_name_members() {
        for expression in ["$request.body.action", "${request.body.action}"] {
            assert_eq!(selection(expression), Some(vec!["action"]));
        }
        assert_eq!(selection("$request.body.a.b-c"), Some(vec!["a", "b-c"]));
        for other in [
            "",
            "$request.body",
            "$request.body.",
            "${request.body.a",
            "$request.header.a",
            "${request.body.a}/${request.body.b}",
            "request.body.a",
        ] {
            assert_eq!(selection(other), None, "{other}");
        }
    }

    #[test]
    fn messages_that_name_no_route_go_to_default() {
        let api = api(
            "$request.body.do.it",
            &["$connect", "$default", "ping", "7"],
        );
        for (message, key) in [
            (r#"{"do":{"it":"ping"}}"#, "ping"),
            (r#"{"do":{"it":7}}"#, "7"),
            (r#"{"do":{"it":"pong"}}"#, "$default"),
            (r#"{"do":{"it":["ping"]}}"#, "$default"),
            (r#"{"do":{"it":"$connect"}}"#, "$default"),
            (r#"{"do":"ping"}"#, "$default"),
            ("{}", "$default"),
            ("ping", "$default"),
            ("", "$default"),
        ] {
            assert_eq!(selected(&api, message).as_deref(), Some(key), "{message}");
        }
    }

    #[test]
    fn without_default_a_message_may_have_no_route() {
        let api = api("$request.body.action", &["$connect", "$disconnect"]);
        for message in [r#"{"action":"$connect"}"#, r#"{"action":"ping"}"#, "text"] {
            assert_eq!(selected(&api, message), None, "{message}");
        }
    }

    proptest! {
        #[test]
        fn a_message_goes_to_the_route_it_names_or_to_default(
            action in "\\PC{0,12}|ping|\\$[a-z]{1,10}",
            text in "\\PC{0,40}",
        ) {
            let api = api("$request.body.action", &["$connect", "$disconnect", "$default", "ping"]);
            let named = serde_json::json!({"action": action}).to_string();
            let expected = if action == "ping" { "ping" } else { "$default" };
            let route = selected(&api, &named);
            prop_assert_eq!(route.as_deref(), Some(expected));
            let any = selected(&api, &text).unwrap_or_default();
            prop_assert!(matches!(any.as_str(), "$default" | "ping"));
        }
    }
}
