use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A CloudFront distribution.
#[derive(Clone, Debug)]
pub struct Distribution {
    /// Logical id.
    pub logical_id: String,
    /// Id of the distribution (`Ref`).
    pub id: String,
    /// Name under `cloudfront.net`.
    pub domain_name: String,
    /// Further names that viewers may use.
    pub aliases: Vec<String>,
    /// Where requests go.
    pub origins: Vec<Origin>,
    /// What happens to requests, in order of precedence; the last one is the
    /// default and matches every path.
    pub behaviors: Vec<Behavior>,
    /// ARN of the web ACL of scope `CLOUDFRONT`.
    pub web_acl: Option<String>,
}

/// An origin: the stage of an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// `Id`, by which behaviors name it.
    pub id: String,
    /// Host name.
    pub domain_name: String,
    /// What comes before every path: empty, or `/…` without a slash at the end.
    pub path: String,
    /// Headers that every request to the origin has.
    pub headers: Vec<OriginHeader>,
    /// How long an answer may take.
    pub read_timeout: Duration,
    /// How often a request is tried that may be repeated.
    pub attempts: u32,
}

/// A header that CloudFront adds. Its value may be the secret by which an
/// origin knows CloudFront, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct OriginHeader {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

impl fmt::Debug for OriginHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OriginHeader")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What happens to the requests on some paths.
#[derive(Clone, Debug)]
pub struct Behavior {
    /// `PathPattern`; `*` for the default.
    pub path_pattern: String,
    /// `TargetOriginId`: index in [`Distribution::origins`].
    pub origin: usize,
    /// `ViewerProtocolPolicy`.
    pub viewer_protocol: ViewerProtocol,
    /// `AllowedMethods`.
    pub methods: &'static [&'static str],
    /// The origin request policy.
    pub forwarding: Forwarding,
    /// The response headers policy.
    pub response_headers: ResponseHeaders,
    /// The Function of the event `viewer-request`.
    pub viewer_request: Option<Arc<EdgeFunction>>,
    /// The Function of the event `viewer-response`.
    pub viewer_response: Option<Arc<EdgeFunction>>,
}

/// `ViewerProtocolPolicy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewerProtocol {
    /// HTTP and HTTPS alike.
    AllowAll,
    /// HTTP is refused.
    HttpsOnly,
    /// HTTP is sent to HTTPS.
    RedirectToHttps,
}

/// Which parts of the viewer's request reach the origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forwarding {
    /// Headers, `Host` among them.
    pub headers: Selection,
    /// Cookies.
    pub cookies: Selection,
    /// Query parameters.
    pub query_strings: Selection,
}

/// Names that are forwarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// None.
    None,
    /// These.
    Only(Vec<String>),
    /// All.
    All,
    /// All but these.
    Except(Vec<String>),
}

impl Selection {
    /// Whether `name` is one of them.
    #[must_use]
    pub fn has(&self, name: &str, same: impl Fn(&str, &str) -> bool) -> bool {
        let listed = |names: &[String]| names.iter().any(|one| same(one, name));
        match self {
            Self::None => false,
            Self::Only(names) => listed(names),
            Self::All => true,
            Self::Except(names) => !listed(names),
        }
    }
}

/// What a response headers policy changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseHeaders {
    /// Headers that are added.
    pub add: Vec<ResponseHeader>,
    /// Names of headers that are removed.
    pub remove: Vec<String>,
}

/// A header that a response headers policy adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseHeader {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
    /// Whether it replaces the origin's.
    pub replaces: bool,
}

/// A CloudFront Function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeFunction {
    /// Logical id.
    pub logical_id: String,
    /// Its code, in JavaScript.
    pub code: String,
}
