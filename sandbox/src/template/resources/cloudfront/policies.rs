//! Policies of behaviors: AWS's own by their ids, and those of the template.

use super::super::super::error::Problem;
use super::super::super::fields::Fields;
use super::super::super::model::{Forwarding, ResponseHeader, ResponseHeaders, Selection};
use super::super::super::node::Node;
use super::super::{Builder, Resolved};
use super::{CACHE_POLICY, ORIGIN_REQUEST_POLICY, RESPONSE_HEADERS_POLICY, one_of, texts};

const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const ALL_VIEWER: &str = "216adef6-5c7f-47e4-b989-5492eafa07d3";
const ALL_VIEWER_AND_CLOUDFRONT_HEADERS: &str = "33f36d7e-f396-46d9-90e0-52428a34d9dc";
const ALL_VIEWER_EXCEPT_HOST_HEADER: &str = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

/// The error for a policy that is neither the template's nor known here.
fn unknown(node: &Node, property: &str, known: &str) -> Problem {
    Problem::at(
        node.at,
        format!("the policy {} of {property} is not simulated", node.shown()),
    )
    .help(format!("use one of this template, or {known}"))
}

/// Checks that a cache policy caches nothing.
pub(super) fn uses_no_cache(builder: &Builder<'_, '_>, node: &Node) -> Result<(), Problem> {
    let id = node.scalar("CachePolicyId")?;
    // A policy of the template that caches was refused where it stands.
    if id == CACHING_DISABLED
        || builder
            .target("CachePolicyId", node, &[CACHE_POLICY])
            .is_ok()
    {
        return Ok(());
    }
    Err(unknown(
        node,
        "CachePolicyId",
        &format!("CachingDisabled ({CACHING_DISABLED}): responses are not cached here"),
    ))
}

/// What an origin request policy forwards.
pub(super) fn forwarding(
    builder: &Builder<'_, '_>,
    node: Option<&Node>,
) -> Result<Forwarding, Problem> {
    let all = |headers| Forwarding {
        headers,
        cookies: Selection::All,
        query_strings: Selection::All,
    };
    let Some(node) = node else {
        return Ok(Forwarding {
            headers: Selection::None,
            cookies: Selection::None,
            query_strings: Selection::None,
        });
    };
    let id = node.scalar("OriginRequestPolicyId")?;
    match id {
        ALL_VIEWER_EXCEPT_HOST_HEADER => Ok(all(Selection::Except(vec!["host".to_owned()]))),
        ALL_VIEWER | ALL_VIEWER_AND_CLOUDFRONT_HEADERS => Ok(all(Selection::All)),
        _ => builder.edge.origin_request.get(id).cloned().ok_or_else(|| {
            unknown(
                node,
                "OriginRequestPolicyId",
                &format!(
                    "AllViewerExceptHostHeader ({ALL_VIEWER_EXCEPT_HOST_HEADER}), AllViewer \
                     ({ALL_VIEWER}) or AllViewerAndCloudFrontHeaders-2022-06 \
                     ({ALL_VIEWER_AND_CLOUDFRONT_HEADERS}); an API needs the first"
                ),
            )
        }),
    }
}

/// What a response headers policy changes.
pub(super) fn of_response(
    builder: &Builder<'_, '_>,
    node: Option<&Node>,
) -> Result<ResponseHeaders, Problem> {
    let Some(node) = node else {
        return Ok(ResponseHeaders::default());
    };
    let id = node.scalar("ResponseHeadersPolicyId")?;
    let found = builder.edge.response_headers.get(id).cloned();
    found.ok_or_else(|| unknown(node, "ResponseHeadersPolicyId", "none at all"))
}

/// The one property of a policy's resource, with a name and a comment in it.
fn config<'n>(
    resource: &'n Resolved<'_>,
    kind: &str,
    property: &'static str,
) -> Result<Fields<'n>, Problem> {
    let mut fields = Fields::new(&resource.properties, kind)?;
    let config = fields.required(property)?;
    fields.finish()?;
    let mut fields = Fields::new(config, property)?;
    fields.required("Name")?.scalar("Name")?;
    fields.accept(&["Comment"]);
    Ok(fields)
}

/// A cache policy, which must cache nothing.
pub(super) fn cache(_: &mut Builder<'_, '_>, resource: &Resolved<'_>) -> Result<(), Problem> {
    let mut fields = config(resource, CACHE_POLICY, "CachePolicyConfig")?;
    for key in ["MinTTL", "DefaultTTL", "MaxTTL"] {
        let node = fields.required(key)?;
        if node.as_text().and_then(|text| text.parse().ok()) != Some(0.0) {
            return Err(node
                .expected(key, "0")
                .help("responses are not cached here; use CachingDisabled"));
        }
    }
    // CloudFront takes nothing into a cache key that is never used.
    fields.accept(&["ParametersInCacheKeyAndForwardedToOrigin"]);
    fields.finish()
}

pub(super) fn origin_request(
    builder: &mut Builder<'_, '_>,
    resource: &Resolved<'_>,
) -> Result<(), Problem> {
    let mut fields = config(resource, ORIGIN_REQUEST_POLICY, "OriginRequestPolicyConfig")?;
    let mut headers = part(
        fields.required("HeadersConfig")?,
        ["HeadersConfig", "HeaderBehavior", "Headers"],
        &["none", "whitelist", "allViewer", "allExcept"],
    )?;
    if let Selection::Only(names) | Selection::Except(names) = &mut headers
        && let Some(name) = names.iter().find(|name| is_cloudfronts(name))
    {
        return Err(Problem::at(
            resource.properties.at,
            format!("the header {name} of Headers is not simulated"),
        )
        .help("for the viewer's address set a header from event.viewer.ip in a Function"));
    }
    let cookies = part(
        fields.required("CookiesConfig")?,
        ["CookiesConfig", "CookieBehavior", "Cookies"],
        &["none", "whitelist", "all", "allExcept"],
    )?;
    let query_strings = part(
        fields.required("QueryStringsConfig")?,
        ["QueryStringsConfig", "QueryStringBehavior", "QueryStrings"],
        &["none", "whitelist", "all", "allExcept"],
    )?;
    fields.finish()?;
    let forwarding = Forwarding {
        headers,
        cookies,
        query_strings,
    };
    let id = builder.reference(&resource.source.id, &resource.properties)?;
    builder.edge.origin_request.insert(id, forwarding);
    Ok(())
}

/// Whether CloudFront makes this header from what it knows of the viewer.
fn is_cloudfronts(name: &str) -> bool {
    name.to_ascii_lowercase().starts_with("cloudfront-")
}

/// Reads one part of an origin request policy: what it is called, the property
/// that says which names, the property that lists them.
fn part(
    node: &Node,
    [what, behavior, list]: [&'static str; 3],
    behaviors: &[&str],
) -> Result<Selection, Problem> {
    let mut fields = Fields::new(node, what)?;
    fields.required(behavior)?;
    let chosen = one_of(&mut fields, behavior, behaviors)?.unwrap_or_default();
    let names = fields.optional(list);
    fields.finish()?;
    let names = || match names {
        Some(node) => texts(node, list),
        None => Err(Problem::at(
            node.at,
            format!("{behavior} {chosen} needs {list}"),
        )),
    };
    Ok(match chosen {
        "none" => Selection::None,
        "whitelist" => Selection::Only(names()?),
        "allExcept" => Selection::Except(names()?),
        _ => Selection::All,
    })
}

pub(super) fn response_headers(
    builder: &mut Builder<'_, '_>,
    resource: &Resolved<'_>,
) -> Result<(), Problem> {
    let mut fields = config(
        resource,
        RESPONSE_HEADERS_POLICY,
        "ResponseHeadersPolicyConfig",
    )?;
    fields.refuse(&[
        ("CorsConfig", "answer in the function instead"),
        (
            "SecurityHeadersConfig",
            "name the headers and their values in CustomHeadersConfig",
        ),
        (
            "ServerTimingHeadersConfig",
            "leave it out: nothing is cached here",
        ),
    ])?;
    let mut policy = ResponseHeaders::default();
    for item in items(
        fields.optional("CustomHeadersConfig"),
        "CustomHeadersConfig",
    )? {
        let mut fields = Fields::new(item, "CustomHeadersConfig")?;
        let header = ResponseHeader {
            name: fields.required("Header")?.scalar("Header")?.to_owned(),
            value: fields.required("Value")?.scalar("Value")?.to_owned(),
            replaces: fields.required("Override")?.boolean("Override")?,
        };
        fields.finish()?;
        let named = http::HeaderName::from_bytes(header.name.as_bytes());
        if named.is_err() || http::HeaderValue::from_str(&header.value).is_err() {
            return Err(item.expected("CustomHeadersConfig", "an HTTP header"));
        }
        policy.add.push(header);
    }
    for item in items(
        fields.optional("RemoveHeadersConfig"),
        "RemoveHeadersConfig",
    )? {
        let mut fields = Fields::new(item, "RemoveHeadersConfig")?;
        let name = fields.required("Header")?.scalar("Header")?;
        fields.finish()?;
        policy.remove.push(name.to_owned());
    }
    fields.finish()?;
    let id = builder.reference(&resource.source.id, &resource.properties)?;
    builder.edge.response_headers.insert(id, policy);
    Ok(())
}

/// The `Items` of a part of a response headers policy.
fn items<'n>(node: Option<&'n Node>, what: &'static str) -> Result<&'n [Node], Problem> {
    let Some(node) = node else {
        return Ok(&[]);
    };
    let mut fields = Fields::new(node, what)?;
    let items = fields.required("Items")?;
    fields.finish()?;
    items.list("Items")
}
