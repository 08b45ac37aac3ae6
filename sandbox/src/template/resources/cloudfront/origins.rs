//! `Origins` of a distribution.

use std::time::Duration;

use super::super::super::error::{Problem, listed};
use super::super::super::fields::Fields;
use super::super::super::model::{Origin, OriginHeader};
use super::super::super::node::Node;
use super::super::Builder;
use super::texts;
use crate::addresses::execute_api_host;
use crate::aws::same_header;

/// Headers that cannot be added (CloudFront Developer Guide, "Add custom
/// headers to origin requests"); what ends in `-` stands for all that begin so.
const FORBIDDEN: &[&str] = &[
    "Cache-Control",
    "Connection",
    "Content-Length",
    "Cookie",
    "Host",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Max-Forwards",
    "Pragma",
    "Proxy-",
    "Range",
    "Request-Range",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Via",
    "Warning",
    "X-Amz-",
    "X-Edge-",
    "X-Real-Ip",
];
/// Limits of the custom headers: how many, longest name, longest value, all
/// names and values together.
const HEADERS: usize = 10;
const NAME: usize = 256;
const VALUE: usize = 1_783;
const TOGETHER: usize = 10_240;

pub(super) fn read(builder: &Builder<'_, '_>, node: &Node) -> Result<Origin, Problem> {
    let mut fields = Fields::new(node, "an origin")?;
    let id = fields.required("Id")?.scalar("Id")?.to_owned();
    let within = |problem: Problem| problem.within(format!("origin {id}"));
    let domain = fields.required("DomainName").map_err(within)?;
    let domain_name = api(builder, domain).map_err(within)?;
    let path = fields.optional("OriginPath").map(path).transpose();
    let headers = fields.optional("OriginCustomHeaders");
    let attempts = fields.optional("ConnectionAttempts");
    let attempts = attempts.map(|node| node.integer("ConnectionAttempts", 1..=3));
    if let Some(node) = fields.optional("ConnectionTimeout") {
        node.integer("ConnectionTimeout", 1..=10).map_err(within)?;
    }
    let of_api = "leave it out: the origin is an API";
    fields
        .refuse(&[
            ("OriginAccessControlId", of_api),
            ("OriginShield", "leave it out: there is one edge here"),
            ("ResponseCompletionTimeout", "use OriginReadTimeout"),
            ("S3OriginConfig", of_api),
            ("VpcOriginConfig", of_api),
        ])
        .map_err(within)?;
    let config = fields.required("CustomOriginConfig").map_err(within)?;
    let read_timeout = custom(config).map_err(within)?;
    fields.finish().map_err(within)?;
    Ok(Origin {
        domain_name,
        path: path.map_err(within)?.unwrap_or_default(),
        headers: headers
            .map_or(Ok(Vec::new()), custom_headers)
            .map_err(within)?,
        read_timeout,
        attempts: attempts.transpose().map_err(within)?.unwrap_or(3),
        id,
    })
}

/// The host name of a REST API, which must be one of this template.
fn api(builder: &Builder<'_, '_>, node: &Node) -> Result<String, Problem> {
    let name = node.scalar("DomainName")?;
    let mut apis = Vec::new();
    for (id, known) in &builder.scope.resources {
        let is_api = known
            .kind
            .is_some_and(|kind| kind.name == "AWS::Serverless::Api");
        if !known.kept || !is_api {
            continue;
        }
        if execute_api_host(&builder.reference(id, node)?) == name {
            return Ok(name.to_owned());
        }
        apis.push(format!(
            "!Sub \"${{{id}}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}\""
        ));
    }
    Err(Problem::at(
        node.at,
        format!(
            "DomainName is not the host name of a REST API of this template, found {}",
            node.shown()
        ),
    )
    .help(format!(
        "other origins are not simulated; possible here: {}",
        listed(apis)
    )))
}

fn path(node: &Node) -> Result<String, Problem> {
    let path = node.scalar("OriginPath")?;
    let right = path.starts_with('/') && !path.ends_with('/') && path.len() <= 255;
    match path.is_empty() || right {
        true => Ok(path.to_owned()),
        false => Err(node
            .expected(
                "OriginPath",
                "empty, or a path that begins with a slash and does not end with one",
            )
            .help("write the stage as /prod")),
    }
}

/// Reads `CustomOriginConfig`: how long an answer may take.
fn custom(node: &Node) -> Result<Duration, Problem> {
    let mut fields = Fields::new(node, "CustomOriginConfig")?;
    let policy = fields.required("OriginProtocolPolicy")?;
    match policy.scalar("OriginProtocolPolicy")? {
        "https-only" => {}
        "http-only" | "match-viewer" => {
            return Err(Problem::at(
                policy.at,
                "the origin is asked without TLS, and API Gateway has no port 80",
            )
            .help("use https-only"));
        }
        _ => {
            return Err(policy.expected(
                "OriginProtocolPolicy",
                "https-only, http-only or match-viewer",
            ));
        }
    }
    if let Some(port) = fields.optional("HTTPSPort") {
        port.integer("HTTPSPort", 443..=443)?;
    }
    if let Some(node) = fields.optional("OriginSSLProtocols") {
        let known = ["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2"];
        let protocols = texts(node, "OriginSSLProtocols")?;
        let unknown = protocols.iter().any(|one| !known.contains(&one.as_str()));
        if unknown || !protocols.iter().any(|one| one == "TLSv1.2") {
            return Err(node.expected(
                "OriginSSLProtocols",
                "a list with TLSv1.2, the oldest that API Gateway takes",
            ));
        }
    }
    if let Some(node) = fields.optional("OriginKeepaliveTimeout") {
        node.integer("OriginKeepaliveTimeout", 1..=120)?;
    }
    let seconds = match fields.optional("OriginReadTimeout") {
        None => 30,
        Some(node) => node.integer("OriginReadTimeout", 1..=120)?,
    };
    fields.accept(&["HTTPPort", "IpAddressType"]);
    fields.finish()?;
    Ok(Duration::from_secs(seconds.into()))
}

fn custom_headers(node: &Node) -> Result<Vec<OriginHeader>, Problem> {
    let items = node.list("OriginCustomHeaders")?;
    if items.len() > HEADERS {
        let message = format!(
            "OriginCustomHeaders has {} headers; CloudFront takes at most {HEADERS}",
            items.len()
        );
        return Err(Problem::at(node.at, message));
    }
    let mut headers: Vec<OriginHeader> = Vec::new();
    for item in items {
        let mut fields = Fields::new(item, "an origin header")?;
        let name = fields.required("HeaderName")?;
        let value = fields.required("HeaderValue")?;
        fields.finish()?;
        let header = OriginHeader {
            name: header_name(name)?,
            value: value.scalar("HeaderValue")?.to_owned(),
        };
        let fits = header.value.len() <= VALUE;
        if !fits || header.value.contains(|c: char| c.is_control()) {
            return Err(Problem::at(
                value.at,
                format!("HeaderValue must be one line of at most {VALUE} characters"),
            ));
        }
        if headers
            .iter()
            .any(|one| same_header(&one.name, &header.name))
        {
            let message = format!("the header {} is there twice", header.name);
            return Err(Problem::at(name.at, message));
        }
        headers.push(header);
    }
    let lengths = headers.iter().map(|one| one.name.len() + one.value.len());
    if lengths.sum::<usize>() > TOGETHER {
        return Err(Problem::at(
            node.at,
            format!("names and values of OriginCustomHeaders have more than {TOGETHER} characters"),
        ));
    }
    Ok(headers)
}

fn header_name(node: &Node) -> Result<String, Problem> {
    let name = node.scalar("HeaderName")?;
    if name.len() > NAME || http::HeaderName::from_bytes(name.as_bytes()).is_err() {
        return Err(node.expected(
            "HeaderName",
            &format!("the name of an HTTP header of at most {NAME} characters"),
        ));
    }
    let forbidden = FORBIDDEN.iter().find(|one| match one.ends_with('-') {
        false => same_header(one, name),
        true => name
            .get(..one.len())
            .is_some_and(|start| same_header(one, start)),
    });
    match forbidden {
        None => Ok(name.to_owned()),
        Some(rule) => Err(Problem::at(
            node.at,
            format!("CloudFront cannot add the header {name} to requests to the origin"),
        )
        .help(match rule.ends_with('-') {
            true => format!("names that begin with {rule} are its own; choose another"),
            false => "choose another name, e.g. x-origin-verify".to_owned(),
        })),
    }
}
