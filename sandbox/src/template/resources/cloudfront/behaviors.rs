//! Behaviors of a distribution: which requests go where, and how.

use std::sync::Arc;

use super::super::super::error::{Problem, listed, near};
use super::super::super::fields::Fields;
use super::super::super::model::{Behavior, EdgeFunction, Origin, ViewerProtocol};
use super::super::super::node::Node;
use super::super::Builder;
use super::{FUNCTION, policies, texts};

/// The only sets of methods that CloudFront takes.
const METHODS: [&[&str]; 3] = [
    &["GET", "HEAD"],
    &["GET", "HEAD", "OPTIONS"],
    &["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
];

/// Reads a behavior: one with a path pattern, or the default.
pub(super) fn read(
    builder: &Builder<'_, '_>,
    origins: &[Origin],
    node: &Node,
    has_pattern: bool,
) -> Result<Behavior, Problem> {
    let mut fields = Fields::new(node, "a behavior")?;
    let path_pattern = match has_pattern {
        true => pattern(fields.required("PathPattern")?)?,
        false => "*".to_owned(),
    };
    let methods = methods(&mut fields)?;
    let protocol = fields.required("ViewerProtocolPolicy")?;
    let viewer_protocol = match protocol.scalar("ViewerProtocolPolicy")? {
        "allow-all" => ViewerProtocol::AllowAll,
        "https-only" => ViewerProtocol::HttpsOnly,
        "redirect-to-https" => ViewerProtocol::RedirectToHttps,
        _ => {
            return Err(protocol.expected(
                "ViewerProtocolPolicy",
                "allow-all, https-only or redirect-to-https",
            ));
        }
    };
    refuse(&mut fields)?;
    policies::uses_no_cache(builder, fields.required("CachePolicyId")?)?;
    let forwarding = policies::forwarding(builder, fields.optional("OriginRequestPolicyId"))?;
    let response_headers =
        policies::of_response(builder, fields.optional("ResponseHeadersPolicyId"))?;
    let origin = origin(origins, fields.required("TargetOriginId")?)?;
    let [viewer_request, viewer_response] = match fields.optional("FunctionAssociations") {
        None => [None, None],
        Some(node) => functions(builder, node)?,
    };
    // Nothing is cached, so that nothing is compressed either.
    fields.accept(&["Compress", "RealtimeLogConfigArn"]);
    fields.finish()?;
    Ok(Behavior {
        path_pattern,
        origin,
        viewer_protocol,
        methods,
        forwarding,
        response_headers,
        viewer_request,
        viewer_response,
    })
}

fn pattern(node: &Node) -> Result<String, Problem> {
    let pattern = node.scalar("PathPattern")?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "*?_-.$/~\"'@:+&".contains(c);
    match (1..=255).contains(&pattern.len()) && pattern.chars().all(allowed) {
        true => Ok(pattern.to_owned()),
        false => Err(node.expected(
            "PathPattern",
            "1 to 255 characters of a path, with * and ? for any",
        )),
    }
}

fn methods(fields: &mut Fields<'_>) -> Result<&'static [&'static str], Problem> {
    let allowed = match fields.optional("AllowedMethods") {
        None => METHODS[0],
        Some(node) => {
            let mut names = texts(node, "AllowedMethods")?;
            names.sort();
            let found = METHODS.into_iter().find(|set| **set == names);
            found.ok_or_else(|| {
                let problem = Problem::at(
                    node.at,
                    format!(
                        "CloudFront does not take {} as AllowedMethods: only {}",
                        listed(&names),
                        METHODS
                            .map(|set| format!("[{}]", set.join(", ")))
                            .join(", ")
                    ),
                );
                problem.help("POST needs all seven")
            })?
        }
    };
    if let Some(node) = fields.optional("CachedMethods") {
        let mut names = texts(node, "CachedMethods")?;
        names.sort();
        let known = METHODS[..2].iter().any(|set| **set == names);
        if !known || names.iter().any(|name| !allowed.contains(&name.as_str())) {
            return Err(node.expected(
                "CachedMethods",
                "[GET, HEAD], or with OPTIONS where that is allowed",
            ));
        }
    }
    Ok(allowed)
}

fn refuse(fields: &mut Fields<'_>) -> Result<(), Problem> {
    let policy = "use CachePolicyId and OriginRequestPolicyId";
    let signed = "leave it out: signed URLs are not simulated";
    fields.refuse(&[
        ("DefaultTTL", policy),
        ("ForwardedValues", policy),
        ("MaxTTL", policy),
        ("MinTTL", policy),
        (
            "FieldLevelEncryptionId",
            "leave it out: fields are not encrypted here",
        ),
        (
            "GrpcConfig",
            "leave it out: API Gateway does not speak gRPC",
        ),
        (
            "LambdaFunctionAssociations",
            "use FunctionAssociations: Lambda@Edge is not simulated",
        ),
        ("TrustedKeyGroups", signed),
        ("TrustedSigners", signed),
    ])?;
    fields.refuse_true(&[("SmoothStreaming", "leave it out: the origin is an API")])
}

fn origin(origins: &[Origin], node: &Node) -> Result<usize, Problem> {
    let id = node.scalar("TargetOriginId")?;
    let ids = || origins.iter().map(|origin| &origin.id);
    ids().position(|one| one == id).ok_or_else(|| {
        Problem::at(
            node.at,
            format!(
                "TargetOriginId names no origin of this distribution, found {}; it has {}",
                node.shown(),
                listed(ids())
            ),
        )
        .maybe_help(near(id, ids()))
    })
}

/// The Functions of the two events of viewers.
fn functions(
    builder: &Builder<'_, '_>,
    node: &Node,
) -> Result<[Option<Arc<EdgeFunction>>; 2], Problem> {
    let mut found = [None, None];
    for item in node.list("FunctionAssociations")? {
        let mut fields = Fields::new(item, "FunctionAssociations")?;
        let event = fields.required("EventType")?;
        let arn = fields.required("FunctionARN")?;
        fields.finish()?;
        let slot = match event.scalar("EventType")? {
            "viewer-request" => &mut found[0],
            "viewer-response" => &mut found[1],
            _ => return Err(event.expected("EventType", "viewer-request or viewer-response")),
        };
        builder.target("FunctionARN", arn, &[FUNCTION])?;
        let function = builder.edge.functions.get(arn.scalar("FunctionARN")?);
        if slot.replace(function.cloned()).is_some() {
            return Err(Problem::at(
                event.at,
                format!("there are two Functions for {}", event.shown()),
            )
            .help("CloudFront runs one for each event; put both into one"));
        }
    }
    Ok(found.map(Option::flatten))
}
