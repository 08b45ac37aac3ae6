//! `AWS::Serverless::Api`: a REST API with its one stage.

use std::collections::BTreeMap;

use super::super::error::Problem;
use super::super::fields::Fields;
use super::super::model::{Inert, RestApi, Throttle};
use super::super::node::Node;
use super::{Builder, Effect, Kind, Naming, Resolved};

/// Account limits, which hold where a method has none of its own (API Gateway
/// Developer Guide, "Quotas and important notes").
const ACCOUNT_RATE: f64 = 10_000.0;
const ACCOUNT_BURST: u32 = 5_000;

pub(super) const KINDS: &[Kind] = &[Kind {
    name: "AWS::Serverless::Api",
    // `Name` is what the console shows; the id is AWS's own.
    name_property: None,
    naming: Naming::Short(10),
    reference: "{name}",
    attributes: &[("RestApiId", "{name}"), ("RootResourceId", "{short}")],
    effect: Effect::Simulated(build),
}];

fn build(builder: &mut Builder<'_, '_>, resource: &Resolved<'_>) -> Result<(), Problem> {
    let id = &resource.source.id;
    let mut fields = Fields::new(&resource.properties, "AWS::Serverless::Api")?;
    let stage = stage(&mut fields)?;
    refuse(&mut fields)?;
    endpoint(&mut fields)?;
    let binary_media_types = match fields.optional("BinaryMediaTypes") {
        None => Vec::new(),
        Some(node) => node
            .list("BinaryMediaTypes")?
            .iter()
            // SAM's way to write a slash: `application~1octet-stream`.
            .map(|item| Ok(item.scalar("BinaryMediaTypes")?.replace("~1", "/")))
            .collect::<Result<_, Problem>>()?,
    };
    let stage_variables = match fields.optional("Variables") {
        None => BTreeMap::new(),
        Some(node) => node
            .map("Variables")?
            .iter()
            .map(|entry| {
                Ok((
                    entry.key.clone(),
                    entry.value.scalar(&entry.key)?.to_owned(),
                ))
            })
            .collect::<Result<_, Problem>>()?,
    };
    let throttles = match fields.optional("MethodSettings") {
        None => Vec::new(),
        Some(node) => {
            let settings: Vec<Option<Throttle>> = node
                .list("MethodSettings")?
                .iter()
                .map(throttle)
                .collect::<Result<_, _>>()?;
            settings.into_iter().flatten().collect()
        }
    };
    let open_api = fields.optional("OpenApiVersion");
    fields.accept(&[
        "AccessLogSetting",
        "AlwaysDeploy",
        "ApiKeySourceType",
        "CacheClusterSize",
        "Description",
        "EndpointAccessMode",
        "FailOnWarnings",
        "Mode",
        "Models",
        "Name",
        "PropagateTags",
        "SecurityPolicy",
        "Tags",
        "TracingEnabled",
    ]);
    fields.finish()?;
    if open_api.is_none() {
        builder.stack.inert.push(Inert {
            logical_id: id.clone(),
            resource_type: "AWS::ApiGateway::Stage".to_owned(),
            reason: "without OpenApiVersion SAM deploys a second stage named Stage on AWS, open to \
                     all, which the sandbox does not serve; set OpenApiVersion: 3.0.1",
        });
    }
    let api = RestApi {
        logical_id: id.clone(),
        id: builder.reference(id, &resource.properties)?,
        stage,
        binary_media_types,
        stage_variables,
        routes: Vec::new(),
        throttles,
    };
    builder.stack.rest_apis.push(api);
    Ok(())
}

fn stage(fields: &mut Fields<'_>) -> Result<String, Problem> {
    let node = fields.required("StageName")?;
    let name = node.scalar("StageName")?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || name.len() > 128 || !name.chars().all(allowed) {
        return Err(node.expected("StageName", "1 to 128 letters, digits, `_` and `-`"));
    }
    Ok(name.to_owned())
}

fn refuse(fields: &mut Fields<'_>) -> Result<(), Problem> {
    let events = "describe the methods as events of functions";
    let in_function = "answer in the function instead";
    fields.refuse(&[
        (
            "Auth",
            "leave it out: authorizers, API keys and resource policies are not simulated",
        ),
        (
            "CanarySetting",
            "leave it out: there is one deployment here",
        ),
        ("Cors", in_function),
        ("DefinitionBody", events),
        ("DefinitionUri", events),
        (
            "Domain",
            "leave it out: the API answers at its execute-api address",
        ),
        (
            "GatewayResponses",
            "leave it out: the sandbox answers with API Gateway's own texts",
        ),
        ("MinimumCompressionSize", in_function),
        (
            "Policy",
            "leave it out: resource policies are not simulated",
        ),
    ])?;
    fields.refuse_true(&[
        (
            "CacheClusterEnabled",
            "leave it out: responses are not cached here",
        ),
        (
            "DisableExecuteApiEndpoint",
            "leave it out: the API would answer nobody",
        ),
        ("MergeDefinitions", events),
    ])
}

fn endpoint(fields: &mut Fields<'_>) -> Result<(), Problem> {
    let Some(node) = fields.optional("EndpointConfiguration") else {
        return Ok(());
    };
    let kind = if node.as_text().is_some() {
        Some(node)
    } else {
        let mut fields = Fields::new(node, "EndpointConfiguration")?;
        let kind = fields.optional("Type");
        fields.accept(&["IpAddressType", "VPCEndpointIds"]);
        fields.finish()?;
        kind
    };
    let Some(kind) = kind else {
        return Ok(());
    };
    match kind.scalar("EndpointConfiguration")? {
        "REGIONAL" | "EDGE" => Ok(()),
        "PRIVATE" => {
            Err(Problem::at(kind.at, "private APIs are not simulated").help("use REGIONAL"))
        }
        _ => Err(kind.expected("EndpointConfiguration", "REGIONAL or EDGE")),
    }
}

/// Reads an item of `MethodSettings`; `None` if it does not throttle.
fn throttle(node: &Node) -> Result<Option<Throttle>, Problem> {
    let mut fields = Fields::new(node, "MethodSettings")?;
    let method = fields
        .required("HttpMethod")?
        .scalar("HttpMethod")?
        .to_ascii_uppercase();
    let path = resource_path(fields.required("ResourcePath")?)?;
    let (rate, burst) = rate_and_burst(&mut fields)?;
    fields.refuse_true(&[(
        "CachingEnabled",
        "leave it out: responses are not cached here",
    )])?;
    fields.accept(&[
        "CacheDataEncrypted",
        "CacheTtlInSeconds",
        "DataTraceEnabled",
        "LoggingLevel",
        "MetricsEnabled",
    ]);
    fields.finish()?;
    if rate.is_none() && burst.is_none() {
        return Ok(None);
    }
    Ok(Some(Throttle {
        method,
        path,
        rate: rate.unwrap_or(ACCOUNT_RATE),
        burst: burst.unwrap_or(ACCOUNT_BURST),
    }))
}

/// `ThrottlingRateLimit` and `ThrottlingBurstLimit`, as every kind of API has them.
pub(super) fn rate_and_burst(
    fields: &mut Fields<'_>,
) -> Result<(Option<f64>, Option<u32>), Problem> {
    let rate = match fields.optional("ThrottlingRateLimit") {
        None => None,
        Some(node) => {
            let rate = node.as_text().and_then(|text| text.parse::<f64>().ok());
            let rate = rate.filter(|rate| rate.is_finite() && *rate >= 0.0);
            Some(rate.ok_or_else(|| node.expected("ThrottlingRateLimit", "a number from 0"))?)
        }
    };
    let burst = match fields.optional("ThrottlingBurstLimit") {
        None => None,
        Some(node) => Some(node.integer("ThrottlingBurstLimit", 0..=u32::MAX)?),
    };
    Ok((rate, burst))
}

/// `/*` for all, `/` for the root, else `/~1a~1b` for `/a/b`: API Gateway wants
/// the slashes of the path as `~1` (CloudFormation User Guide,
/// "AWS::ApiGateway::Stage MethodSetting").
fn resource_path(node: &Node) -> Result<String, Problem> {
    let text = node.scalar("ResourcePath")?;
    if matches!(text, "/*" | "/") {
        return Ok(text.to_owned());
    }
    match text.strip_prefix('/') {
        Some(rest) if rest.starts_with("~1") && !rest.contains('/') => Ok(rest.replace("~1", "/")),
        _ => Err(node
            .expected("ResourcePath", "`/*` or a path with its slashes as ~1")
            .help("write /~1webhook for /webhook")),
    }
}
