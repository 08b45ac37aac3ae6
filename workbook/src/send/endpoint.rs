//! Where to send.

use http::Uri;

use crate::error::{Result, usage};

/// The address of a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether to speak TLS.
    pub tls: bool,
    /// Host name or address, an IPv6 address without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Path and query.
    pub path: String,
}

/// Schemes without and with TLS.
type Schemes = [&'static str; 2];

const HTTP: Schemes = ["http", "https"];
const WEB_SOCKET: Schemes = ["ws", "wss"];

impl Endpoint {
    /// Reads a URL or a bare host name (as the output `CloudFrontDomainName` on
    /// AWS). `route` is added unless the path ends in it.
    ///
    /// # Errors
    /// If it is no http or https URL.
    pub fn read(text: &str, route: &str) -> Result<Self> {
        Self::with_schemes(text, route, HTTP).map_err(|why| {
            let why = match text.starts_with("ws") && text.contains("://") {
                true => "webhooks go to the REST API, over http or https",
                false => why,
            };
            usage(format!("{text:?} is not a URL to send to: {why}"))
        })
    }

    /// Reads the URL of a WebSocket API (as the output `WebSocketApiUrl`), or
    /// the same without its scheme.
    ///
    /// # Errors
    /// If it is no ws or wss URL.
    pub fn read_websocket(text: &str) -> Result<Self> {
        Self::with_schemes(text, "", WEB_SOCKET).map_err(|why| {
            usage(format!(
                "{text:?} is not a URL to listen to: {why}; \
                 the stack's output WebSocketApiUrl is one"
            ))
        })
    }

    fn with_schemes(
        text: &str,
        route: &str,
        schemes: Schemes,
    ) -> std::result::Result<Self, &'static str> {
        let [plain, secure] = schemes;
        let whole = match text.contains("://") {
            true => text.to_owned(),
            // A bare name is a deployed host unless it is this machine.
            false => {
                let local = Self::with_schemes(&format!("{plain}://{text}"), "", schemes)?;
                let scheme = if local.is_local() { plain } else { secure };
                format!("{scheme}://{text}")
            }
        };
        let uri: Uri = whole.parse().map_err(|_| "it cannot be read")?;
        let tls = match uri.scheme_str() {
            Some(scheme) if scheme == secure => true,
            Some(scheme) if scheme == plain => false,
            _ if plain == "ws" => return Err("it must begin with ws:// or wss://"),
            _ => return Err("it must begin with http:// or https://"),
        };
        let authority = uri.authority().ok_or("it names no host")?;
        if authority.as_str().contains('@') {
            return Err("it holds a user name");
        }
        let after_host = authority.as_str().strip_prefix(authority.host());
        let port = match (authority.port_u16(), after_host) {
            (Some(port), _) => port,
            (None, Some("" | ":")) => usual_port(tls),
            // `http` takes any digits here, and gives no port if they are too many.
            (None, _) => return Err("its port must be a number up to 65535"),
        };
        let path = uri.path().trim_end_matches('/');
        let mut path = match path.ends_with(route) {
            true => path.to_owned(),
            false => format!("{path}{route}"),
        };
        if path.is_empty() {
            path.push('/');
        }
        if let Some(query) = uri.query() {
            path = format!("{path}?{query}");
        }
        Ok(Self {
            tls,
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port,
            path,
        })
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        let address: Option<std::net::IpAddr> = self.host.parse().ok();
        address.is_some_and(|address| address.is_loopback())
            || self.host == "localhost"
            || self.host.ends_with(".localhost")
    }

    /// Value of the `Host` header.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        if self.port == usual_port(self.tls) {
            host
        } else {
            format!("{host}:{}", self.port)
        }
    }

    /// The whole URL.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_with(HTTP)
    }

    /// The whole URL of a WebSocket API.
    #[must_use]
    pub fn websocket_url(&self) -> String {
        self.url_with(WEB_SOCKET)
    }

    fn url_with(&self, [plain, secure]: Schemes) -> String {
        let scheme = if self.tls { secure } else { plain };
        format!("{scheme}://{}{}", self.authority(), self.path)
    }
}

fn usual_port(tls: bool) -> u16 {
    if tls { 443 } else { 80 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_gets_the_route_and_a_full_url_stays() {
        for (text, url) in [
            (
                "http://127.0.0.1:4000/prod",
                "http://127.0.0.1:4000/prod/webhook",
            ),
            (
                "http://127.0.0.1:4000/prod/",
                "http://127.0.0.1:4000/prod/webhook",
            ),
            (
                "http://[::1]:4000/prod/webhook",
                "http://[::1]:4000/prod/webhook",
            ),
            (
                "https://a.example/webhook?x=1",
                "https://a.example/webhook?x=1",
            ),
            ("d111.cloudfront.net", "https://d111.cloudfront.net/webhook"),
            ("localhost:4000/prod", "http://localhost:4000/prod/webhook"),
            ("127.0.0.1:4002", "http://127.0.0.1:4002/webhook"),
            ("[::1]:4002/", "http://[::1]:4002/webhook"),
            (
                "abc.execute-api.eu-west-1.amazonaws.com/prod",
                "https://abc.execute-api.eu-west-1.amazonaws.com/prod/webhook",
            ),
            ("http://a.example:/prod", "http://a.example/prod/webhook"),
            ("https://[::1]", "https://[::1]/webhook"),
            ("https://a.example:8443", "https://a.example:8443/webhook"),
        ] {
            assert_eq!(
                Endpoint::read(text, "/webhook").unwrap().url(),
                url,
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_web_address_is_refused() {
        for text in [
            "wss://a.example/prod",
            "ftp://a",
            "http://",
            "",
            "http://u:p@a/",
            "http://a b",
            "http://127.0.0.1:99999/x",
            "https://[::1]:65536",
        ] {
            assert!(Endpoint::read(text, "/webhook").is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_websocket_api_has_schemes_of_its_own() {
        for (text, url) in [
            ("ws://127.0.0.1:4001/prod", "ws://127.0.0.1:4001/prod"),
            ("127.0.0.1:4001/prod/", "ws://127.0.0.1:4001/prod"),
            ("ws://127.0.0.1:4001", "ws://127.0.0.1:4001/"),
            (
                "wss://abc.execute-api.eu-west-1.amazonaws.com/prod?token=x",
                "wss://abc.execute-api.eu-west-1.amazonaws.com/prod?token=x",
            ),
            ("abc.example/prod", "wss://abc.example/prod"),
        ] {
            let endpoint = Endpoint::read_websocket(text).unwrap();
            assert_eq!(endpoint.websocket_url(), url, "{text}");
        }
        let error = Endpoint::read_websocket("https://a.example/prod");
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("wss://") && error.contains("WebSocketApiUrl"),
            "{error}"
        );
    }

    #[test]
    fn this_machine_is_known() {
        for (text, local) in [
            ("http://127.0.0.1:4000", true),
            ("http://[::1]:4000", true),
            ("http://api.localhost:4000", true),
            ("http://10.0.0.1", false),
            ("https://localhost.example", false),
        ] {
            assert_eq!(
                Endpoint::read(text, "/webhook").unwrap().is_local(),
                local,
                "{text}"
            );
        }
    }
}
