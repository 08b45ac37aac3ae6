use std::fmt;
use std::time::Duration;

use ipnet::IpNet;
use regex::bytes::Regex;

/// Something that may come from a secret: `Debug` never shows it.
#[derive(Clone)]
pub struct Hidden<T>(pub T);

impl<T> fmt::Debug for Hidden<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// An AWS WAF IP set.
#[derive(Clone, Debug)]
pub struct IpSet {
    /// Logical id.
    pub logical_id: String,
    /// ARN.
    pub arn: String,
    /// `Addresses`.
    pub addresses: Vec<IpNet>,
}

/// An AWS WAF web ACL.
#[derive(Clone, Debug)]
pub struct WebAcl {
    /// Logical id.
    pub logical_id: String,
    /// ARN.
    pub arn: String,
    /// What it can protect.
    pub scope: AclScope,
    /// What becomes of a request that no rule decides.
    pub default_action: Action,
    /// The rules by ascending `Priority`.
    pub rules: Vec<Rule>,
    /// How many bytes of a body are inspected.
    pub body_limit: usize,
    /// Its cost in web ACL capacity units (WCU).
    pub capacity: u32,
    /// ARNs of the stages it is associated with.
    pub resources: Vec<String>,
}

/// `Scope` of a web ACL or an IP set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AclScope {
    /// `REGIONAL`: stages of REST APIs.
    Regional,
    /// `CLOUDFRONT`: distributions.
    CloudFront,
}

/// What a rule or a web ACL does with a request.
#[derive(Clone, Debug)]
pub enum Action {
    /// Lets it through, with these headers added.
    Allow(Vec<CustomHeader>),
    /// Answers it: with this, else as the protected service does.
    Block(Option<CustomResponse>),
    /// Counts it and goes on with the next rule; these headers are added.
    Count(Vec<CustomHeader>),
}

/// A header that WAF adds to a request or to its own response.
#[derive(Clone, Debug)]
pub struct CustomHeader {
    /// Name; in requests WAF puts `x-amzn-waf-` before it.
    pub name: String,
    /// Value.
    pub value: Hidden<String>,
}

/// The answer to a blocked request (`CustomResponse`).
#[derive(Clone, Debug)]
pub struct CustomResponse {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<CustomHeader>,
    /// Content type and content, if it has a body.
    pub body: Option<(&'static str, Hidden<String>)>,
}

/// A rule of a web ACL.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Name.
    pub name: String,
    /// `Priority`; lower ones come first.
    pub priority: u32,
    /// What it looks for. `None` if that is not simulated: then it never
    /// matches, and the stack lists it among what has no effect.
    pub statement: Option<Statement>,
    /// What it does with requests that match.
    pub action: Action,
    /// `RuleLabels`.
    pub labels: Vec<String>,
}

/// What a rule looks for in a request.
#[derive(Clone, Debug)]
pub enum Statement {
    /// `IPSetReferenceStatement`.
    IpSet {
        /// ARN of the set.
        arn: String,
        /// Take the address from a header, not from the connection.
        forwarded: Option<ForwardedIp>,
    },
    /// `ByteMatchStatement`.
    ByteMatch {
        /// Where to look.
        component: Component,
        /// How the text must stand there.
        constraint: PositionalConstraint,
        /// `SearchString`.
        search: Hidden<Vec<u8>>,
    },
    /// `RegexMatchStatement`.
    RegexMatch {
        /// Where to look.
        component: Component,
        /// `RegexString`.
        regex: Hidden<Regex>,
    },
    /// `SizeConstraintStatement`.
    SizeConstraint {
        /// What to measure.
        component: Component,
        /// How its size must compare.
        comparison: Comparison,
        /// To how many bytes.
        size: u64,
    },
    /// `RateBasedStatement`.
    RateBased(RateLimit),
    /// `AndStatement`.
    And(Vec<Statement>),
    /// `OrStatement`.
    Or(Vec<Statement>),
    /// `NotStatement`.
    Not(Box<Statement>),
}

/// `IPSetForwardedIPConfig` or `ForwardedIPConfig`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardedIp {
    /// The header that holds addresses.
    pub header: String,
    /// Which of them.
    pub position: Position,
    /// `FallbackBehavior`: whether a header without a valid address there
    /// counts as a match.
    pub fallback: bool,
}

/// `Position` of an address in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The first.
    First,
    /// The last.
    Last,
    /// Any of the last ten.
    Any,
}

/// `FieldToMatch` with `TextTransformations`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// The part of the request.
    pub field: Field,
    /// What is done to it before it is inspected, in this order.
    pub transformations: Vec<Transformation>,
}

/// A part of a request (`FieldToMatch`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// The path, on an API's own host with the stage.
    UriPath,
    /// What follows `?`.
    QueryString,
    /// The values of one header.
    SingleHeader(String),
    /// The values of one argument of the query string.
    SingleQueryArgument(String),
    /// The values of all arguments, each on its own.
    AllQueryArguments,
    /// The HTTP method.
    Method,
    /// The body as far as it is inspected.
    Body(OversizeHandling),
}

/// What to do with a body that is longer than what is inspected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OversizeHandling {
    /// Inspect the start of it.
    Continue,
    /// It matches.
    Match,
    /// It does not match.
    NoMatch,
}

/// `Type` of a text transformation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transformation {
    /// Decodes base64.
    Base64Decode,
    /// Makes white space one space.
    CompressWhiteSpace,
    /// Decodes hexadecimal digits.
    HexDecode,
    /// `A` to `Z` become small.
    Lowercase,
    /// Resolves `//`, `.` and `..`.
    NormalizePath,
    /// The same after `\` has become `/`.
    NormalizePathWin,
    /// Takes NUL bytes out.
    RemoveNulls,
    /// NUL bytes become spaces.
    ReplaceNulls,
    /// Takes white space off both ends.
    Trim,
    /// Takes white space off the start.
    TrimLeft,
    /// Takes white space off the end.
    TrimRight,
    /// `a` to `z` become capital.
    Uppercase,
    /// Decodes `%` escapes.
    UrlDecode,
}

/// `PositionalConstraint`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PositionalConstraint {
    /// Is the text.
    Exactly,
    /// Begins with the text.
    StartsWith,
    /// Ends with the text.
    EndsWith,
    /// Has the text somewhere.
    Contains,
    /// Has the text somewhere, with neither letter, digit nor `_` beside it.
    ContainsWord,
}

/// `ComparisonOperator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `EQ`.
    Equal,
    /// `NE`.
    NotEqual,
    /// `LE`.
    LessOrEqual,
    /// `LT`.
    Less,
    /// `GE`.
    GreaterOrEqual,
    /// `GT`.
    Greater,
}

/// `RateBasedStatement`.
#[derive(Clone, Debug)]
pub struct RateLimit {
    /// Most requests in the window that do not match.
    pub limit: u32,
    /// `EvaluationWindowSec`.
    pub window: Duration,
    /// What requests are counted by.
    pub key: RateKey,
    /// Which requests count at all.
    pub scope_down: Option<Box<Statement>>,
}

/// `AggregateKeyType`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RateKey {
    /// The address of the connection.
    Ip,
    /// The first address in a header.
    ForwardedIp(ForwardedIp),
    /// All together.
    Constant,
}
