//! `AWS::WAFv2::WebACL`.

use std::collections::BTreeSet;

use super::super::super::error::Problem;
use super::super::super::fields::Fields;
use super::super::super::model::{AclScope, Action, Inert, Rule, WebAcl};
use super::super::super::node::Node;
use super::super::{Builder, Resolved};
use super::actions::{Bodies, Taken, action, bodies, default_action};
use super::statement::Reader;
use super::{name, scope};

/// Most capacity units of a web ACL (AWS WAF Developer Guide, "AWS WAF quotas").
const MOST_CAPACITY: u32 = 5_000;
const KILOBYTE: usize = 1_024;

pub(super) fn web_acl(
    builder: &mut Builder<'_, '_>,
    resource: &Resolved<'_>,
) -> Result<(), Problem> {
    let id = &resource.source.id;
    let mut fields = Fields::new(&resource.properties, "AWS::WAFv2::WebACL")?;
    let scope = scope(&mut fields)?;
    if let Some(node) = fields.optional("Name") {
        name(node, "Name")?;
    }
    visibility(&mut fields)?;
    let bodies = bodies(&mut fields)?;
    let default_action = default_action(fields.required("DefaultAction")?, &bodies)?;
    let body_limit = match fields.optional("AssociationConfig") {
        None => 16 * KILOBYTE,
        Some(node) => body_limit(node, scope)?,
    };
    let rules = fields.optional("Rules");
    fields.refuse(&[(
        "DataProtectionConfig",
        "leave it out: nothing is logged here that it would hide",
    )])?;
    fields.accept(&[
        "ApplicationConfig",
        "CaptchaConfig",
        "ChallengeConfig",
        "Description",
        "OnSourceDDoSProtectionConfig",
        "Tags",
        "TokenDomains",
    ]);
    fields.finish()?;
    let mut acl = WebAcl {
        logical_id: id.clone(),
        arn: builder.attribute(id, "Arn", &resource.properties)?,
        scope,
        default_action,
        rules: Vec::new(),
        body_limit,
        capacity: 0,
        resources: Vec::new(),
    };
    if let Some(node) = rules {
        add_rules(builder, &mut acl, node, &bodies)?;
    }
    builder.stack.web_acls.push(acl);
    Ok(())
}

/// Checks `VisibilityConfig`, all of which must be there; metrics and samples
/// are not simulated.
fn visibility(fields: &mut Fields<'_>) -> Result<(), Problem> {
    let mut fields = Fields::new(fields.required("VisibilityConfig")?, "VisibilityConfig")?;
    for switch in ["CloudWatchMetricsEnabled", "SampledRequestsEnabled"] {
        fields.required(switch)?.boolean(switch)?;
    }
    fields.required("MetricName")?.scalar("MetricName")?;
    fields.finish()
}

/// Reads `AssociationConfig` as far as it concerns what the scope protects here.
fn body_limit(node: &Node, scope: AclScope) -> Result<usize, Problem> {
    let mut fields = Fields::new(node, "AssociationConfig")?;
    let body = fields.optional("RequestBody");
    fields.finish()?;
    let mut limit = 16 * KILOBYTE;
    let Some(body) = body else { return Ok(limit) };
    let own = match scope {
        AclScope::Regional => "API_GATEWAY",
        AclScope::CloudFront => "CLOUDFRONT",
    };
    for entry in body.map("RequestBody")? {
        let mut fields = Fields::new(&entry.value, entry.key.clone())?;
        let node = fields.required("DefaultSizeInspectionLimit")?;
        fields.finish()?;
        let kilobytes = match node.scalar("DefaultSizeInspectionLimit")? {
            "KB_16" => 16,
            "KB_32" => 32,
            "KB_48" => 48,
            "KB_64" => 64,
            _ => {
                return Err(
                    node.expected("DefaultSizeInspectionLimit", "KB_16, KB_32, KB_48 or KB_64")
                );
            }
        };
        match entry.key.as_str() {
            key if key == own => limit = kilobytes * KILOBYTE,
            "API_GATEWAY"
            | "APP_RUNNER_SERVICE"
            | "CLOUDFRONT"
            | "COGNITO_USER_POOL"
            | "VERIFIED_ACCESS_INSTANCE" => {}
            key => {
                return Err(Problem::at(
                    entry.at,
                    format!("{key} is not a kind of resource in RequestBody"),
                )
                .help("use API_GATEWAY for stages of REST APIs, CLOUDFRONT for distributions"));
            }
        }
    }
    Ok(limit)
}

fn add_rules(
    builder: &mut Builder<'_, '_>,
    acl: &mut WebAcl,
    node: &Node,
    bodies: &Bodies,
) -> Result<(), Problem> {
    let (mut names, mut priorities) = (BTreeSet::new(), BTreeSet::new());
    for item in node.list("Rules")? {
        let mut fields = Fields::new(item, "a rule")?;
        let named = fields.required("Name")?;
        let name = name(named, "Name")?;
        if !names.insert(name) {
            return Err(Problem::at(
                named.at,
                format!("two rules have the name {name}"),
            ));
        }
        let within = |problem: Problem| problem.within(format!("rule {name}"));
        let node = fields.required("Priority").map_err(within)?;
        let priority = node.integer("Priority", 0..=u32::MAX).map_err(within)?;
        if !priorities.insert(priority) {
            return Err(within(
                Problem::at(
                    node.at,
                    format!("another rule has the priority {priority} too"),
                )
                .help("give each rule a priority of its own"),
            ));
        }
        let (rule, capacity) =
            rule(builder, acl, fields, (name, priority), bodies).map_err(within)?;
        acl.capacity = acl.capacity.saturating_add(capacity);
        acl.rules.push(rule);
    }
    if acl.capacity > MOST_CAPACITY {
        return Err(Problem::at(
            node.at,
            format!(
                "the rules need {} web ACL capacity units (WCU); a web ACL has at most 5,000",
                acl.capacity
            ),
        )
        .help("each text transformation takes 10 units, CONTAINS 10, an IP set 1"));
    }
    acl.rules.sort_by_key(|rule| rule.priority);
    Ok(())
}

/// Reads the rest of a rule, and what it costs.
fn rule(
    builder: &mut Builder<'_, '_>,
    acl: &WebAcl,
    mut fields: Fields<'_>,
    (name, priority): (&str, u32),
    bodies: &Bodies,
) -> Result<(Rule, u32), Problem> {
    visibility(&mut fields)?;
    let mut labels = Vec::new();
    if let Some(node) = fields.optional("RuleLabels") {
        for item in node.list("RuleLabels")? {
            let mut fields = Fields::new(item, "RuleLabels")?;
            labels.push(fields.required("Name")?.scalar("Name")?.to_owned());
            fields.finish()?;
        }
    }
    let taken = action(&mut fields, bodies)?;
    let node = fields.required("Statement")?;
    fields.accept(&["CaptchaConfig", "ChallengeConfig"]);
    fields.finish()?;
    let mut reader = Reader::new(builder, acl.scope);
    let statement = reader.rule(node, taken.is_override())?;
    let (capacity, mut not_simulated) = (reader.capacity, reader.not_simulated);
    let action = match taken {
        Taken::Action(action) => action,
        // Only a statement that is not simulated has one.
        Taken::Override => Action::Count(Vec::new()),
        Taken::NotSimulated(reason) => {
            not_simulated = Some(reason);
            Action::Count(Vec::new())
        }
    };
    if let Some(reason) = not_simulated {
        builder.stack.inert.push(Inert {
            logical_id: acl.logical_id.clone(),
            resource_type: format!("AWS::WAFv2::WebACL, rule {name}"),
            reason,
        });
    }
    let rule = Rule {
        name: name.to_owned(),
        priority,
        statement: statement.filter(|_| not_simulated.is_none()),
        action,
        labels,
    };
    Ok((rule, capacity))
}
