//! A WebSocket connection, and why there is none.

use std::time::Duration;

use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::Error as Refusal;
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::net::{self, Stream};
use crate::output::one_line;
use crate::send::endpoint::Endpoint;

/// Time for the handshake: above the 29 s that API Gateway gives `$connect`.
const HANDSHAKE: Duration = Duration::from_secs(35);

/// An open connection.
pub type Socket = WebSocketStream<Stream>;

/// Why there is no connection.
#[derive(Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What to tell.
    pub message: String,
    /// Whether it may pass, so that it is worth another try.
    pub passing: bool,
}

/// Connects to a WebSocket API.
///
/// # Errors
/// [`Trouble`].
pub async fn connect(
    endpoint: &Endpoint,
    tls: Option<&TlsConnector>,
) -> std::result::Result<Socket, Trouble> {
    let passing = |message: String| Trouble {
        message,
        passing: true,
    };
    let stream = net::connect(endpoint, tls)
        .await
        .map_err(|error| passing(error.to_string()))?;
    let url = endpoint.websocket_url();
    let handshake = tokio::time::timeout(HANDSHAKE, client_async(&url, stream));
    match handshake.await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(Refusal::Http(response))) => {
            let body = response.body().as_deref().unwrap_or_default();
            Err(refused(&url, response.status(), body))
        }
        Ok(Err(Refusal::Io(error))) => Err(passing(format!("{url}: {error}"))),
        Ok(Err(error)) => Err(Trouble {
            message: format!(
                "{url} does not speak WebSocket ({error}); the output WebSocketApiUrl does"
            ),
            passing: false,
        }),
        Err(_) => {
            let seconds = HANDSHAKE.as_secs();
            Err(passing(format!(
                "{url} did not answer within {seconds} seconds"
            )))
        }
    }
}

/// What a status in place of the handshake means to API Gateway.
fn refused(url: &str, status: StatusCode, body: &[u8]) -> Trouble {
    let next = match status.as_u16() {
        401 => "an authorizer wants credentials; give them in the URL: --url 'wss://…?name=value'",
        403 => {
            "there is no such API or stage, or an authorizer says no; \
             compare the URL with the output WebSocketApiUrl"
        }
        429 => "too many connect at once; try again in a moment",
        400..=499 | 200..=299 => {
            "$connect does not let this client in, or this is no WebSocket API; \
             the output WebSocketApiUrl is the URL of one"
        }
        500..=599 => "the function behind $connect failed; its log says why",
        _ => "the output WebSocketApiUrl is the URL of a WebSocket API",
    };
    let body = one_line(&String::from_utf8_lossy(body), 200);
    let body = match body.as_str() {
        "" => body,
        _ => format!(" {body}"),
    };
    Trouble {
        message: format!("{url} answered {}{body}: {next}", status.as_u16()),
        passing: status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_handshake_says_what_next() {
        let statuses = [400, 401, 403, 404, 429, 502, 301];
        let told = statuses.map(|status| {
            let status = StatusCode::from_u16(status).unwrap();
            let trouble = refused("wss://a/prod", status, b"{\"message\":\"No\"}\n");
            format!("{} (passing: {})", trouble.message, trouble.passing)
        });
        insta::assert_snapshot!(told.join("\n"));
    }
}
