//! Exercise: say what came, not what was in it.

use std::fmt;

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use aws_lambda_events::http::HeaderName;

/// What of a request may be logged: how it looked, and nothing that it said.
pub struct Seen<'a>(pub &'a ApiGatewayProxyRequest);

impl fmt::Display for Seen<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Seen(request) = self;
        let path = request.request_context.resource_path.as_deref();
        let bytes = request.body.as_ref().map_or(0, String::len);
        let mut names: Vec<&str> = request.headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        write!(
            formatter,
            "{} {}, {bytes} bytes, headers: {}",
            request.http_method,
            path.unwrap_or("?"),
            names.join(" ")
        )
    }
}

mod proof {
    use lambda_runtime::tracing::subscriber::filter::LevelFilter;

    use super::Seen;
    use crate::lines::logged;
    use crate::request::{hidden, request};

    #[test]
    fn what_came_is_told_and_what_was_in_it_is_not() {
        let mut request = request();
        request.request_context.resource_path = Some("/webhook".to_owned());
        let text = logged(LevelFilter::DEBUG, || {
            let seen = Seen(&request);
            tracing::debug!(target: "payments::webhook", %seen, "received");
        });
        let expected = "POST /webhook, 50 bytes, headers: x-origin-verify x-signature";
        assert!(text.contains(expected), "{text}");
        for hidden in hidden() {
            assert!(!text.contains(&hidden), "{hidden} is in: {text}");
        }
    }

    /// A path is what the sender chose, and people put secrets into it.
    #[test]
    fn the_path_is_the_routes_and_not_the_senders() {
        let mut request = request();
        request.path = Some("/webhook/my-secret".to_owned());
        assert!(!Seen(&request).to_string().contains("my-secret"));
    }
}
