//! Two routes in one function.

use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayProxyResponse};
use lambda_runtime::{Error, LambdaEvent};
use payments::answer;
use payments::publish::PublishEvent;
use payments::webhook::{self, Deps};
use serde_json::json;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    Webhook,
    Health,
}

impl Route {
    /// Goes by the route that API Gateway matched, not by what the caller typed. What is
    /// not listed here has no route.
    pub fn of(request: &ApiGatewayProxyRequest) -> Option<Self> {
        let method = request.http_method.as_str();
        match (method, request.resource.as_deref()?) {
            ("POST", "/webhook") => Some(Route::Webhook),
            ("GET", "/health") => Some(Route::Health),
            _ => None,
        }
    }
}

/// Handles a request of any route of this function.
///
/// # Errors
///
/// As [`webhook::handle`].
pub async fn handle(
    event: LambdaEvent<ApiGatewayProxyRequest>,
    deps: &Deps<impl PublishEvent>,
) -> Result<ApiGatewayProxyResponse, Error> {
    match Route::of(&event.payload) {
        Some(Route::Webhook) => webhook::handle(event, deps).await,
        Some(Route::Health) => answer::json(200, &json!({ "healthy": true })),
        None => {
            tracing::error!(resource = event.payload.resource, "no such route");
            answer::json(404, &json!({ "error": "there is nothing here" }))
        }
    }
}

/// Goes by the path, and takes everything that is not the webhook for one of our own
/// calls.
pub fn must_be_signed(request: &ApiGatewayProxyRequest) -> bool {
    request.path.as_deref() == Some("/webhook")
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use aws_lambda_events::apigw::ApiGatewayProxyRequest;
    use lambda_runtime::{Context, LambdaEvent};
    use payments::publish::{Message, PublishError, PublishEvent};
    use payments::rotation::RotatingVerifier;
    use payments::secret::Secret;
    use payments::signature::Verifier;
    use payments::webhook::Deps;
    use serde_json::{Value, json};

    use super::{Route, handle, must_be_signed};

    /// Remembers what was published.
    #[derive(Default)]
    struct Published(RefCell<Vec<String>>);

    impl PublishEvent for Published {
        async fn publish(&self, message: &Message<'_>) -> Result<String, PublishError> {
            self.0.borrow_mut().push(message.body.to_owned());
            Ok("id".to_owned())
        }
    }

    fn request(method: &str, resource: &str, path: &str) -> ApiGatewayProxyRequest {
        let mut event: Value = serde_json::from_str(include_str!(
            "../../../../final/tests/events/rest-direct.json"
        ))
        .unwrap();
        event["httpMethod"] = json!(method);
        event["resource"] = json!(resource);
        event["path"] = json!(path);
        event["body"] = json!(r#"{"id":"evt_forged"}"#);
        event["multiValueHeaders"] = json!({});
        serde_json::from_value(event).unwrap()
    }

    async fn answer(request: ApiGatewayProxyRequest) -> (i64, usize) {
        let deps = Deps {
            verifier: RotatingVerifier::fixed(Verifier {
                stripe_secrets: Secret::parse_list("whsec_test").unwrap(),
                generic_secrets: Vec::new(),
                tolerance_seconds: 300,
            }),
            publisher: Published::default(),
            clock: || 1_700_000_000,
            metrics: |_| {},
        };
        let event = LambdaEvent::new(request, Context::default());
        let answer = handle(event, &deps).await.unwrap();
        (answer.status_code, deps.publisher.0.into_inner().len())
    }

    #[test]
    fn who_goes_by_the_path_lets_a_slash_at_the_end_in_unsigned() {
        let usual = request("POST", "/webhook", "/webhook");
        let slash = request("POST", "/webhook", "/webhook/");
        assert!(must_be_signed(&usual));
        assert!(!must_be_signed(&slash));

        assert_eq!(Route::of(&usual), Some(Route::Webhook));
        assert_eq!(Route::of(&slash), Some(Route::Webhook));
    }

    #[tokio::test]
    async fn every_spelling_of_the_webhook_is_asked_for_its_signature() {
        for path in ["/webhook", "/webhook/", "/WEBHOOK", "/health", ""] {
            let asked = answer(request("POST", "/webhook", path)).await;
            assert_eq!(asked, (401, 0), "{path}");
        }
    }

    #[tokio::test]
    async fn health_answers_without_a_signature_and_publishes_nothing() {
        assert_eq!(answer(request("GET", "/health", "/health")).await, (200, 0));
    }

    #[tokio::test]
    async fn what_is_not_listed_is_refused() {
        for (method, resource) in [
            ("POST", "/health"),
            ("GET", "/webhook"),
            ("POST", "/{proxy+}"),
            ("POST", "/partner"),
        ] {
            let refused = answer(request(method, resource, "/webhook")).await;
            assert_eq!(refused, (404, 0), "{method} {resource}");
        }
    }
}
