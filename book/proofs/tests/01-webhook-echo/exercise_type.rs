//! Exercise: only JSON. To be worked into `src/webhook.rs` and `src/refusal.rs`.

/// Whether a `Content-Type` says JSON. Whatever stands behind a semicolon, such as the
/// charset, does not matter; neither does casing. No header is no JSON.
pub fn is_json(content_type: Option<&str>) -> bool {
    let media_type = content_type.unwrap_or_default().split(';').next();
    let media_type = media_type.unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use super::is_json;
    use crate::event::{answered, direct, request};
    use serde_json::json;
    use step_01_webhook_echo::headers;

    #[test]
    fn json_is_json_with_a_charset_and_in_any_casing() {
        for good in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            " application/json ;charset=utf-8",
        ] {
            assert!(is_json(Some(good)), "{good}");
        }
    }

    #[test]
    fn anything_else_is_not() {
        for bad in [
            "",
            "text/plain",
            "application/jsonp",
            "text/plain; application/json",
        ] {
            assert!(!is_json(Some(bad)), "{bad}");
        }
        assert!(!is_json(None));
    }

    /// Two headers are joined with a comma, and two types are none.
    #[test]
    fn a_type_that_came_twice_is_refused() {
        let mut event = direct();
        event["multiValueHeaders"]["Content-Type"] = json!(["application/json", "text/plain"]);
        let found = headers::value(&request(event), "content-type");
        assert!(!is_json(found.as_deref()));
    }

    #[tokio::test]
    async fn the_step_takes_json_under_any_name() {
        let mut event = direct();
        event["multiValueHeaders"]["Content-Type"] = json!(["text/plain"]);
        assert_eq!(answered(event).await.0, 200);
    }
}
