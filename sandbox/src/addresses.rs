//! AWS's host names and the loopback addresses that stand for them.

use std::net::SocketAddr;

use crate::aws;

/// Stands for the listener of a function's own environment until that is known.
pub(crate) const DOOR: &str = "environment.invalid";
/// First segment of the path by which a function reaches `@connections`.
pub(crate) const EXECUTE_API: &str = "execute-api";

/// Which listener stands for which host name of AWS.
///
/// A template writes `https://${Api}.execute-api.${AWS::Region}.amazonaws.com`;
/// in outputs and in the variables of functions the sandbox puts the address of
/// its own listener there, without TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    hosts: Vec<Host>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Host {
    name: String,
    address: SocketAddr,
    /// Id of the WebSocket API that this is the host of.
    websocket_api: Option<String>,
    /// Whether the bare name stands for a URL: CloudFront gives no more.
    bare_is_url: bool,
}

/// Host name of an API Gateway API in the sandbox's region.
#[must_use]
pub fn execute_api_host(api_id: &str) -> String {
    format!("{api_id}.execute-api.{}.{}", aws::REGION, aws::URL_SUFFIX)
}

impl Addresses {
    /// Says that `address` stands for `name`.
    pub fn add(&mut self, name: String, address: SocketAddr) {
        self.hosts.push(Host {
            name,
            address,
            websocket_api: None,
            bare_is_url: false,
        });
    }

    /// Says that `address` stands for the WebSocket API with this id.
    pub fn add_websocket_api(&mut self, id: &str, address: SocketAddr) {
        self.hosts.push(Host {
            name: execute_api_host(id),
            address,
            websocket_api: Some(id.to_owned()),
            bare_is_url: false,
        });
    }

    /// Says that `address` stands for the distribution with this domain name.
    /// Templates give that name without a scheme; here it becomes a URL, so that
    /// it can be used as it is.
    pub fn add_distribution(&mut self, name: String, address: SocketAddr) {
        self.hosts.push(Host {
            name,
            address,
            websocket_api: None,
            bare_is_url: true,
        });
    }

    /// `text` with every known host name replaced, and the scheme before it.
    #[must_use]
    pub fn localize(&self, text: &str) -> String {
        self.hosts
            .iter()
            .fold(text.to_owned(), |text, host| host.localize(text))
    }

    /// The same for a variable of a function: there `@connections` of a
    /// WebSocket API is reached through the environment's own listener, which
    /// tells who is calling.
    #[must_use]
    pub fn localize_for_function(&self, text: &str) -> String {
        let connections = |text: String, host: &Host| match &host.websocket_api {
            Some(id) => text.replace(
                &format!("https://{}", host.name),
                &format!("http://{DOOR}/{EXECUTE_API}/{id}"),
            ),
            None => text,
        };
        let text = self.hosts.iter().fold(text.to_owned(), connections);
        self.localize(&text)
    }
}

impl Host {
    fn localize(&self, text: String) -> String {
        let Self { name, address, .. } = self;
        if !text.contains(name.as_str()) {
            return text;
        }
        if self.bare_is_url && text == *name {
            return format!("http://{address}");
        }
        text.replace(&format!("https://{name}"), &format!("http://{address}"))
            .replace(&format!("wss://{name}"), &format!("ws://{address}"))
            .replace(name, &address.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_become_loopback_addresses_and_lose_their_tls() {
        let mut addresses = Addresses::default();
        addresses.add(
            execute_api_host("a1b2c3d4e5"),
            "127.0.0.1:4000".parse().unwrap(),
        );
        let cases = [
            (
                "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod",
                "http://127.0.0.1:4000/prod",
            ),
            (
                "wss://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod",
                "ws://127.0.0.1:4000/prod",
            ),
            (
                "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
                "127.0.0.1:4000",
            ),
            (
                "https://sns.us-east-1.amazonaws.com/",
                "https://sns.us-east-1.amazonaws.com/",
            ),
        ];
        for (on_aws, here) in cases {
            assert_eq!(addresses.localize(on_aws), here);
        }
    }

    #[test]
    fn a_distribution_is_a_url_and_connections_are_behind_the_door() {
        let mut addresses = Addresses::default();
        addresses.add_websocket_api("w9x8y7z6v5", "127.0.0.1:4001".parse().unwrap());
        addresses.add_distribution(
            "d111111abcdef8.cloudfront.net".to_owned(),
            "127.0.0.1:4002".parse().unwrap(),
        );
        let host = execute_api_host("w9x8y7z6v5");
        assert_eq!(
            addresses.localize("d111111abcdef8.cloudfront.net"),
            "http://127.0.0.1:4002"
        );
        assert_eq!(
            addresses.localize("https://d111111abcdef8.cloudfront.net/webhook"),
            "http://127.0.0.1:4002/webhook"
        );
        assert_eq!(
            addresses.localize_for_function(&format!("https://{host}/prod")),
            format!("http://{DOOR}/execute-api/w9x8y7z6v5/prod")
        );
        assert_eq!(
            addresses.localize_for_function(&format!("wss://{host}/prod")),
            "ws://127.0.0.1:4001/prod"
        );
    }
}
