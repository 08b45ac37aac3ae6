//! AWS WAF: IP sets, web ACLs and what they protect.

mod acl;
mod actions;
mod component;
mod statement;

use std::net::IpAddr;

use ipnet::IpNet;

use super::super::error::{Problem, listed};
use super::super::fields::Fields;
use super::super::model::{AclScope, IpSet, RestApi};
use super::super::node::Node;
use super::{Builder, Effect, Kind, Naming, Resolved};
use crate::aws::rest_stage_arn;

/// Most addresses in a set (AWS WAF Developer Guide, "AWS WAF quotas").
const MOST_ADDRESSES: usize = 10_000;

/// A kind with `Ref` and ARN as WAF has them for all that has a scope.
const fn scoped(
    name: &'static str,
    attributes: &'static [(&'static str, &'static str)],
    effect: Effect,
) -> Kind {
    Kind {
        name,
        name_property: Some("Name"),
        naming: Naming::Stack { longest: 128 },
        reference: "{name}|{uuid}|{property:Scope}",
        attributes,
        effect,
    }
}

pub(super) const KINDS: &[Kind] = &[
    scoped(
        "AWS::WAFv2::IPSet",
        &[
            (
                "Arn",
                "arn:{partition}:wafv2:{region}:{account}:{scope}/ipset/{name}/{uuid}",
            ),
            ("Id", "{uuid}"),
        ],
        Effect::Simulated(ip_set),
    ),
    scoped(
        "AWS::WAFv2::WebACL",
        &[
            (
                "Arn",
                "arn:{partition}:wafv2:{region}:{account}:{scope}/webacl/{name}/{uuid}",
            ),
            ("Id", "{uuid}"),
            ("LabelNamespace", "awswaf:{account}:webacl:{name}:"),
        ],
        Effect::Simulated(acl::web_acl),
    ),
    Kind {
        name: "AWS::WAFv2::WebACLAssociation",
        name_property: None,
        naming: Naming::Stack { longest: 128 },
        reference: "{name}",
        attributes: &[],
        effect: Effect::Simulated(association),
    },
    scoped(
        "AWS::WAFv2::RuleGroup",
        &[
            (
                "Arn",
                "arn:{partition}:wafv2:{region}:{account}:{scope}/rulegroup/{name}/{uuid}",
            ),
            ("Id", "{uuid}"),
            ("LabelNamespace", "awswaf:{account}:rulegroup:{name}:"),
        ],
        Effect::Inert("rule groups are not simulated"),
    ),
    scoped(
        "AWS::WAFv2::RegexPatternSet",
        &[
            (
                "Arn",
                "arn:{partition}:wafv2:{region}:{account}:{scope}/regexpatternset/{name}/{uuid}",
            ),
            ("Id", "{uuid}"),
        ],
        Effect::Inert("sets of patterns are not simulated"),
    ),
    Kind {
        name: "AWS::WAFv2::LoggingConfiguration",
        name_property: None,
        naming: Naming::Stack { longest: 128 },
        reference: "{property:ResourceArn}",
        attributes: &[],
        effect: Effect::Inert("verdicts of web ACLs are in the trail of each request"),
    },
];

/// Reads `Scope`.
fn scope(fields: &mut Fields<'_>) -> Result<AclScope, Problem> {
    let node = fields.required("Scope")?;
    match node.scalar("Scope")? {
        "REGIONAL" => Ok(AclScope::Regional),
        "CLOUDFRONT" => Ok(AclScope::CloudFront),
        _ => Err(node.expected("Scope", "REGIONAL or CLOUDFRONT")),
    }
}

/// Checks a name that WAF takes for rules, labels aside.
fn name<'n>(node: &'n Node, property: &str) -> Result<&'n str, Problem> {
    let name = node.scalar(property)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || name.len() > 128 || !name.chars().all(allowed) {
        return Err(node.expected(property, "1 to 128 letters, digits, `_` and `-`"));
    }
    Ok(name)
}

fn ip_set(builder: &mut Builder<'_, '_>, resource: &Resolved<'_>) -> Result<(), Problem> {
    let mut fields = Fields::new(&resource.properties, "AWS::WAFv2::IPSet")?;
    scope(&mut fields)?;
    if let Some(node) = fields.optional("Name") {
        name(node, "Name")?;
    }
    let version = fields.required("IPAddressVersion")?;
    let addresses = fields.required("Addresses")?;
    fields.accept(&["Description", "Tags"]);
    fields.finish()?;
    let v4 = match version.scalar("IPAddressVersion")? {
        "IPV4" => true,
        "IPV6" => false,
        _ => return Err(version.expected("IPAddressVersion", "IPV4 or IPV6")),
    };
    let items = addresses.list("Addresses")?;
    if items.len() > MOST_ADDRESSES {
        return Err(Problem::at(
            addresses.at,
            format!(
                "Addresses has {} entries; an IP set takes at most 10,000",
                items.len()
            ),
        )
        .help("split it into several sets and join them with OrStatement"));
    }
    let addresses = items
        .iter()
        .map(|item| block(item, v4))
        .collect::<Result<_, _>>()?;
    let id = &resource.source.id;
    let set = IpSet {
        logical_id: id.clone(),
        arn: builder.attribute(id, "Arn", &resource.properties)?,
        addresses,
    };
    builder.stack.ip_sets.push(set);
    Ok(())
}

/// An entry of `Addresses`: a block of the set's family, and not of all there is.
fn block(node: &Node, v4: bool) -> Result<IpNet, Problem> {
    let (wanted, single) = match v4 {
        true => ("an IPv4 block such as 192.0.2.0/24", "/32"),
        false => ("an IPv6 block such as 2001:db8::/32", "/128"),
    };
    let wrong = || node.expected("Addresses", wanted);
    let text = node.scalar("Addresses")?;
    let Ok(block) = text.parse::<IpNet>() else {
        return Err(match text.parse::<IpAddr>() {
            Ok(_) => wrong().help(format!("write {single} after one address")),
            Err(_) => wrong(),
        });
    };
    if matches!(block, IpNet::V4(_)) != v4 {
        return Err(wrong().help("IPv4 and IPv6 need an IP set each"));
    }
    if block.prefix_len() == 0 {
        return Err(wrong().help("an IP set takes no /0; use 0.0.0.0/1 and 128.0.0.0/1, or leave the test of addresses out"));
    }
    Ok(block.trunc())
}

/// An `AWS::WAFv2::WebACLAssociation`.
pub(super) struct Association {
    resource: String,
    acl: String,
    target: Node,
}

fn association(builder: &mut Builder<'_, '_>, resource: &Resolved<'_>) -> Result<(), Problem> {
    let mut fields = Fields::new(&resource.properties, "AWS::WAFv2::WebACLAssociation")?;
    let acl = fields.required("WebACLArn")?;
    let target = fields.required("ResourceArn")?;
    fields.finish()?;
    let acl_id = builder.target("WebACLArn", acl, &["AWS::WAFv2::WebACL"])?;
    if acl.scalar("WebACLArn")?.contains(":global/") {
        return Err(Problem::at(
            acl.at,
            format!("{acl_id} has the scope CLOUDFRONT; an association is for REGIONAL ones"),
        )
        .help("set Scope: REGIONAL, or name the web ACL as WebACLId of the distribution"));
    }
    let association = Association {
        resource: resource.source.id.clone(),
        acl: acl_id.to_owned(),
        target: target.clone(),
    };
    builder.associations.push(association);
    Ok(())
}

/// Tells the web ACLs what they protect, once all APIs are there.
pub(super) fn associate(builder: &mut Builder<'_, '_>) -> Result<(), Problem> {
    let stack = &mut builder.stack;
    for association in builder.associations.drain(..) {
        let within = |problem: Problem| problem.in_resource(&association.resource);
        let target = &association.target;
        let arn = target.scalar("ResourceArn").map_err(within)?;
        if !stack.rest_apis.iter().any(|api| arn == stage_arn(api)) {
            return Err(within(no_stage(&stack.rest_apis, target)));
        }
        let mut acls = stack.web_acls.iter();
        if let Some(other) = acls.find(|acl| acl.resources.iter().any(|known| known == arn)) {
            return Err(within(
                Problem::at(
                    target.at,
                    format!("the stage has the web ACL {} already", other.logical_id),
                )
                .help("a stage takes one web ACL: put the rules into one"),
            ));
        }
        let mut acls = stack.web_acls.iter_mut();
        if let Some(acl) = acls.find(|acl| acl.logical_id == association.acl) {
            acl.resources.push(arn.to_owned());
        }
    }
    Ok(())
}

fn stage_arn(api: &RestApi) -> String {
    rest_stage_arn(&api.id, &api.stage)
}

/// The error for an address that is no stage of this template.
fn no_stage(apis: &[RestApi], target: &Node) -> Problem {
    let problem = target.expected(
        "ResourceArn",
        "the ARN of the stage of a REST API in this template",
    );
    let text = target.as_text().unwrap_or_default();
    let apigateway = text.split(':').nth(2) == Some("apigateway");
    if apigateway
        && text
            .split(':')
            .nth(4)
            .is_some_and(|account| !account.is_empty())
    {
        return problem
            .help("the account field of API Gateway's ARNs is empty: write `::` after the region");
    }
    if apigateway && text.contains(":/apis/") {
        return problem.help(
            "WAF does not protect WebSocket and HTTP APIs: put a distribution with a web ACL of \
             scope CLOUDFRONT in front",
        );
    }
    let written = apis.iter().map(|api| {
        let id = &api.logical_id;
        format!("!Sub arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}::/restapis/${{{id}}}/stages/${{{id}.Stage}}")
    });
    problem.help(match apis.is_empty() {
        true => "the template has no REST API".to_owned(),
        false => format!("possible here: {}", listed(written)),
    })
}
