//! AWS's host names and the loopback addresses that stand for them.

use std::net::SocketAddr;

use crate::aws;

/// Which listener stands for which host name of AWS.
///
/// A template writes `https://${Api}.execute-api.${AWS::Region}.amazonaws.com`;
/// in outputs and in the variables of functions the sandbox puts the address of
/// its own listener there, without TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    hosts: Vec<(String, SocketAddr)>,
}

/// Host name of an API Gateway API in the sandbox's region.
#[must_use]
pub fn execute_api_host(api_id: &str) -> String {
    format!("{api_id}.execute-api.{}.{}", aws::REGION, aws::URL_SUFFIX)
}

impl Addresses {
    /// Says that `address` stands for `host`.
    pub fn add(&mut self, host: String, address: SocketAddr) {
        self.hosts.push((host, address));
    }

    /// `text` with every known host name replaced, and the scheme before it.
    #[must_use]
    pub fn localize(&self, text: &str) -> String {
        self.hosts
            .iter()
            .fold(text.to_owned(), |text, (host, address)| {
                if !text.contains(host.as_str()) {
                    return text;
                }
                text.replace(&format!("https://{host}"), &format!("http://{address}"))
                    .replace(&format!("wss://{host}"), &format!("ws://{address}"))
                    .replace(host, &address.to_string())
            })
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
}
