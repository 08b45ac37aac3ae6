//! Amazon CloudFront: distributions, Functions and policies.

mod behaviors;
mod function;
mod origins;
mod policies;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::error::{Problem, listed};
use super::super::fields::Fields;
use super::super::model::{
    Behavior, Distribution, EdgeFunction, Forwarding, Origin, ResponseHeaders,
};
use super::super::node::Node;
use super::{Builder, Effect, Kind, Naming, Resolved};

pub(super) const DISTRIBUTION: &str = "AWS::CloudFront::Distribution";
const FUNCTION: &str = "AWS::CloudFront::Function";
const CACHE_POLICY: &str = "AWS::CloudFront::CachePolicy";
const ORIGIN_REQUEST_POLICY: &str = "AWS::CloudFront::OriginRequestPolicy";
const RESPONSE_HEADERS_POLICY: &str = "AWS::CloudFront::ResponseHeadersPolicy";

const FUNCTION_ARN: &str = "arn:{partition}:cloudfront::{account}:function/{name}";

/// A policy: `Ref` and `Id` are its id; its name stands deeper, in a map.
const fn policy(
    name: &'static str,
    build: fn(&mut Builder<'_, '_>, &Resolved<'_>) -> Result<(), Problem>,
) -> Kind {
    Kind {
        name,
        name_property: None,
        naming: Naming::Uuid,
        reference: "{name}",
        attributes: &[("Id", "{name}")],
        effect: Effect::Simulated(build),
    }
}

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: DISTRIBUTION,
        name_property: None,
        naming: Naming::Short(13),
        reference: "E{upper}",
        attributes: &[("DomainName", "d{name}.cloudfront.net"), ("Id", "E{upper}")],
        effect: Effect::Simulated(distribution),
    },
    Kind {
        name: FUNCTION,
        name_property: Some("Name"),
        naming: Naming::Stack { longest: 64 },
        reference: FUNCTION_ARN,
        attributes: &[
            ("FunctionARN", FUNCTION_ARN),
            ("FunctionMetadata.FunctionARN", FUNCTION_ARN),
            ("Stage", "LIVE"),
        ],
        effect: Effect::Simulated(function::build),
    },
    policy(CACHE_POLICY, policies::cache),
    policy(ORIGIN_REQUEST_POLICY, policies::origin_request),
    policy(RESPONSE_HEADERS_POLICY, policies::response_headers),
];

/// What distributions name, by what `Ref` gives for it.
#[derive(Default)]
pub(super) struct Parts {
    functions: BTreeMap<String, Arc<EdgeFunction>>,
    origin_request: BTreeMap<String, Forwarding>,
    response_headers: BTreeMap<String, ResponseHeaders>,
}

fn distribution(builder: &mut Builder<'_, '_>, resource: &Resolved<'_>) -> Result<(), Problem> {
    let mut fields = Fields::new(&resource.properties, DISTRIBUTION)?;
    let config = fields.required("DistributionConfig")?;
    fields.accept(&["Tags"]);
    fields.finish()?;
    let mut fields = Fields::new(config, "DistributionConfig")?;
    let enabled = fields.required("Enabled")?;
    if !enabled.boolean("Enabled")? {
        return Err(
            Problem::at(enabled.at, "a disabled distribution answers nobody")
                .help("write Enabled: true, or give the distribution a condition"),
        );
    }
    values(&mut fields)?;
    refuse(&mut fields)?;
    let aliases = aliases(&mut fields)?;
    let origins = fields.required("Origins")?.list("Origins")?.iter();
    let origins: Vec<Origin> = origins
        .map(|node| origins::read(builder, node))
        .collect::<Result<_, _>>()?;
    for (index, origin) in origins.iter().enumerate() {
        if origins[..index].iter().any(|one| one.id == origin.id) {
            let message = format!("there are two origins with the Id {}", origin.id);
            return Err(Problem::at(config.at, message).help("give each its own"));
        }
    }
    let mut behaviors: Vec<Behavior> = Vec::new();
    if let Some(node) = fields.optional("CacheBehaviors") {
        for item in node.list("CacheBehaviors")? {
            let read = behaviors::read(builder, &origins, item, true);
            behaviors.push(read.map_err(|problem| problem.within("CacheBehaviors"))?);
        }
    }
    let default = fields.required("DefaultCacheBehavior")?;
    behaviors.push(
        behaviors::read(builder, &origins, default, false)
            .map_err(|problem| problem.within("DefaultCacheBehavior"))?,
    );
    // An empty text means none, as with CloudFront itself.
    let web_acl = match fields.optional("WebACLId") {
        Some(node) if node.as_text() != Some("") => {
            builder.target("WebACLId", node, &["AWS::WAFv2::WebACL"])?;
            Some(node.scalar("WebACLId")?.to_owned())
        }
        _ => None,
    };
    fields.accept(&["Comment", "IPV6Enabled", "Logging", "Staging"]);
    fields.finish()?;
    let id = &resource.source.id;
    let distribution = Distribution {
        logical_id: id.clone(),
        id: builder.reference(id, config)?,
        domain_name: builder.attribute(id, "DomainName", config)?,
        aliases,
        origins,
        behaviors,
        web_acl,
    };
    builder.stack.distributions.push(distribution);
    Ok(())
}

/// Properties that change nothing here, as long as they have one of the values
/// that there are.
fn values(fields: &mut Fields<'_>) -> Result<(), Problem> {
    one_of(
        fields,
        "HttpVersion",
        &["http1.1", "http2", "http3", "http2and3"],
    )?;
    one_of(
        fields,
        "PriceClass",
        &["PriceClass_100", "PriceClass_200", "PriceClass_All"],
    )?;
    let Some(restrictions) = fields.optional("Restrictions") else {
        return Ok(());
    };
    let mut fields = Fields::new(restrictions, "Restrictions")?;
    let geo = fields.required("GeoRestriction")?;
    fields.finish()?;
    let mut fields = Fields::new(geo, "GeoRestriction")?;
    let kind = fields.required("RestrictionType")?;
    fields.accept(&["Locations"]);
    fields.finish()?;
    match kind.scalar("RestrictionType")? {
        "none" => Ok(()),
        "whitelist" | "blacklist" => Err(Problem::at(
            kind.at,
            "restrictions by country are not simulated: addresses have no country here",
        )
        .help("use none")),
        _ => Err(kind.expected("RestrictionType", "none, whitelist or blacklist")),
    }
}

/// Checks that a property, if it is there, has one of the values that there
/// are.
fn one_of<'n>(
    fields: &mut Fields<'n>,
    key: &'static str,
    values: &[&str],
) -> Result<Option<&'n str>, Problem> {
    let Some(node) = fields.optional(key) else {
        return Ok(None);
    };
    let value = node.scalar(key)?;
    match values.contains(&value) {
        true => Ok(Some(value)),
        false => Err(node.expected(key, &format!("one of {}", listed(values)))),
    }
}

fn refuse(fields: &mut Fields<'_>) -> Result<(), Problem> {
    let one = "describe origins in Origins";
    fields.refuse(&[
        (
            "CustomErrorResponses",
            "leave it out: it would turn the API's own errors into web pages",
        ),
        ("CustomOrigin", one),
        ("S3Origin", one),
        ("CNAMEs", "use Aliases"),
        (
            "OriginGroups",
            "leave it out: there is one origin for each behavior",
        ),
        (
            "DefaultRootObject",
            "leave it out: the API answers the root itself",
        ),
        (
            "ContinuousDeploymentPolicyId",
            "leave it out: there is one distribution here",
        ),
        (
            "AnycastIpListId",
            "leave it out: the listener is on 127.0.0.1",
        ),
        ("ConnectionMode", "leave it out: there are no tenants here"),
        ("TenantConfig", "leave it out: there are no tenants here"),
        (
            "ViewerMtlsConfig",
            "leave it out: the listener stands for TLS without certificates",
        ),
    ])
}

/// The further names, which need a certificate that has them.
fn aliases(fields: &mut Fields<'_>) -> Result<Vec<String>, Problem> {
    let mut own = false;
    if let Some(node) = fields.optional("ViewerCertificate") {
        let mut fields = Fields::new(node, "ViewerCertificate")?;
        let default = fields.optional("CloudFrontDefaultCertificate");
        own = fields.optional("AcmCertificateArn").is_some();
        own |= fields.optional("IamCertificateId").is_some();
        fields.accept(&["MinimumProtocolVersion", "SslSupportMethod"]);
        fields.finish()?;
        let default = default.map(|node| node.boolean("CloudFrontDefaultCertificate"));
        if default.transpose()?.unwrap_or(false) == own {
            return Err(node.expected(
                "ViewerCertificate",
                "either CloudFrontDefaultCertificate: true or a certificate of your own",
            ));
        }
    }
    let Some(node) = fields.optional("Aliases") else {
        return Ok(Vec::new());
    };
    let aliases = texts(node, "Aliases")?;
    if !own && !aliases.is_empty() {
        return Err(
            Problem::at(node.at, "Aliases need a certificate that has these names")
                .help("give ViewerCertificate an AcmCertificateArn of us-east-1"),
        );
    }
    Ok(aliases)
}

/// A list of texts.
fn texts(node: &Node, property: &str) -> Result<Vec<String>, Problem> {
    let items = node.list(property)?.iter();
    items
        .map(|item| item.scalar(property).map(str::to_owned))
        .collect()
}
