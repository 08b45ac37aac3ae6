//! Resource types: what each is called, what it refers to as, what it becomes.
//!
//! A new type is an entry in a table of `resources/<service>.rs`: its names,
//! and either the function that builds it into the [`Stack`] or the reason why
//! it has no effect on one machine.

mod api;
mod cloudfront;
mod destinations;
mod dynamodb;
mod events;
mod function;
mod inert;
mod lambda;
mod logging;
mod paths;
mod secrets;
mod sns;
mod sqs;
mod waf;
pub(super) mod websocket;

use std::collections::{BTreeMap, BTreeSet};

use super::cycles;
use super::document::Resource;
use super::error::{Problem, listed, near};
use super::intrinsics;
use super::model::{Inert, Stack};
use super::node::{Node, Value};
use super::references;
use super::scope::Scope;

pub(super) use secrets::SECRET;

/// A resource type.
pub(super) struct Kind {
    /// E.g. `AWS::SNS::Topic`.
    pub name: &'static str,
    /// The property that gives the name in the account, if there is one.
    pub name_property: Option<&'static str>,
    /// How AWS makes the name if the template gives none.
    pub naming: Naming,
    /// What `Ref` gives. `{name}`, `{account}`, `{region}`, `{partition}`,
    /// `{suffix}`, `{short}` (10 characters), `{six}` (6), `{upper}` (13 capitals),
    /// `{uuid}`, `{property:Name}` and `{scope}` (WAF's `global` or `regional`) are filled in.
    pub reference: &'static str,
    /// What `Fn::GetAtt` gives, by attribute, filled in likewise.
    pub attributes: &'static [(&'static str, &'static str)],
    /// What becomes of it here.
    pub effect: Effect,
}

/// How AWS makes a name.
pub(super) enum Naming {
    /// Stack, logical id and twelve random characters, at most so long.
    Stack { longest: usize },
    /// So many lower-case letters and digits.
    Short(usize),
    /// A UUID.
    Uuid,
}

/// What becomes of a resource in the sandbox.
pub(super) enum Effect {
    /// It runs: the function adds it to the stack.
    Simulated(fn(&mut Builder<'_, '_>, &Resolved<'_>) -> Result<(), Problem>),
    /// It is listed at start with this reason, the end of a sentence.
    Inert(&'static str),
}

/// Every type, service by service.
const SERVICES: &[&[Kind]] = &[
    function::KINDS,
    api::KINDS,
    lambda::KINDS,
    sns::KINDS,
    sqs::KINDS,
    websocket::KINDS,
    dynamodb::KINDS,
    waf::KINDS,
    cloudfront::KINDS,
    secrets::KINDS,
    inert::KINDS,
];

/// Types that a property points to by what `Ref` gives.
const BY_REFERENCE: &[&str] = &[
    "AWS::CloudFront::CachePolicy",
    "AWS::CloudFront::Function",
    "AWS::CloudFront::OriginRequestPolicy",
    "AWS::CloudFront::ResponseHeadersPolicy",
    "AWS::SNS::Topic",
    "AWS::Serverless::Api",
    websocket::API,
    websocket::ROUTE,
];

/// The type of a name.
pub(super) fn find(name: &str) -> Option<&'static Kind> {
    kinds().find(|kind| kind.name == name)
}

fn kinds() -> impl Iterator<Item = &'static Kind> + Clone {
    SERVICES.iter().flat_map(|kinds| kinds.iter())
}

/// Refuses a kept resource of a type that is not in the tables.
pub(super) fn refuse_unknown(scope: &Scope<'_>) -> Result<(), Problem> {
    let mut kept = scope
        .document
        .resources
        .iter()
        .filter(|resource| scope.is_kept(&resource.id));
    match kept.find(|resource| find(&resource.resource_type).is_none()) {
        Some(resource) => Err(unsupported(resource)),
        None => Ok(()),
    }
}

/// The error for a type that is not in the tables.
fn unsupported(resource: &Resource) -> Problem {
    let name = &resource.resource_type;
    let names = |simulated: bool| {
        listed(
            kinds()
                .filter(|kind| matches!(kind.effect, Effect::Simulated(_)) == simulated)
                .map(|kind| kind.name),
        )
    };
    if name == "AWS::ApiGatewayV2::Api" || websocket::find(name).is_some() {
        return Problem::at(resource.type_at, format!("{name} is not simulated"))
            .help(format!(
                "describe the API with its routes as {}",
                websocket::API
            ))
            .in_resource(&resource.id);
    }
    let help = near(name, kinds().map(|kind| kind.name))
        .map_or_else(String::new, |hint| format!("{hint} "));
    Problem::at(
        resource.type_at,
        format!("the sandbox does not know the type {name}"),
    )
    .help(format!(
        "{help}simulated are {}; known, without effect here, are {}",
        names(true),
        names(false)
    ))
    .in_resource(&resource.id)
}

/// A resource with its functions carried out.
pub(super) struct Resolved<'t> {
    pub source: &'t Resource,
    pub properties: Node,
}

/// The stack on its way.
pub(super) struct Builder<'s, 't> {
    pub scope: &'s Scope<'t>,
    pub stack: Stack,
    /// Kept resources by what refers to them (`Ref`, ARN), with their type.
    addresses: BTreeMap<String, (String, &'static str)>,
    /// Events that belong to APIs, wired when all APIs are there.
    routes: Vec<events::ApiEvent>,
    /// Settings of `AWS::Lambda::EventInvokeConfig`, for when all functions are
    /// there.
    invoke_configs: Vec<lambda::InvokeConfig>,
    /// Routes with a route response, for when all WebSocket APIs are there.
    route_responses: Vec<String>,
    /// Web ACLs and what they are to protect, for when all APIs are there.
    associations: Vec<waf::Association>,
    /// Functions and policies that distributions name.
    edge: cloudfront::Parts,
}

/// Builds every kept resource, in the template's order.
pub(super) fn build(scope: &mut Scope<'_>) -> Result<Stack, Problem> {
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut resolved = Vec::new();
    for resource in &scope.document.resources {
        if scope.is_kept(&resource.id) {
            let within = |problem: Problem| problem.in_resource(&resource.id);
            resolved.push(properties(scope, resource, &mut edges).map_err(within)?);
        }
    }
    let addresses = addresses(scope)?;
    let mut builder = Builder {
        scope,
        stack: Stack::default(),
        addresses,
        routes: Vec::new(),
        invoke_configs: Vec::new(),
        route_responses: Vec::new(),
        associations: Vec::new(),
        edge: cloudfront::Parts::default(),
    };
    // A distribution takes over what its Functions and policies say, wherever
    // these stand.
    resolved.sort_by_key(|resource| resource.source.resource_type == cloudfront::DISTRIBUTION);
    for resource in &resolved {
        let Some(kind) = find(&resource.source.resource_type) else {
            continue;
        };
        match kind.effect {
            Effect::Simulated(build) => build(&mut builder, resource)
                .map_err(|problem| problem.in_resource(&resource.source.id))?,
            Effect::Inert(reason) => builder.stack.inert.push(Inert {
                logical_id: resource.source.id.clone(),
                resource_type: kind.name.to_owned(),
                reason,
            }),
        }
    }
    // An API's definition holds the ARNs of the functions behind it, so it
    // waits for them.
    for event in &builder.routes {
        let edge = edges.entry(event.api.clone()).or_default();
        edge.insert(event.function.clone());
    }
    refuse_cycles(&edges, scope)?;
    events::wire(&mut builder)?;
    lambda::apply(&mut builder)?;
    websocket::apply(&mut builder);
    waf::associate(&mut builder)?;
    Ok(builder.stack)
}

/// Carries out the functions in a resource's properties and notes what it
/// refers to.
fn properties<'t>(
    scope: &Scope<'t>,
    resource: &'t Resource,
    edges: &mut BTreeMap<String, BTreeSet<String>>,
) -> Result<Resolved<'t>, Problem> {
    let edge = edges.entry(resource.id.clone()).or_default();
    let kept = |id: &String| scope.is_kept(id);
    edge.extend(
        resource
            .depends_on
            .iter()
            .map(|(id, _)| id.clone())
            .filter(kept),
    );
    // What runs must have the values; what is only listed needs none.
    let simulated = find(&resource.resource_type)
        .is_some_and(|kind| matches!(kind.effect, Effect::Simulated(_)));
    let mut entries = Vec::new();
    for entry in resource.properties.entries() {
        scope.touched.take();
        let value = intrinsics::resolve(scope, &entry.value)?;
        let value = match value {
            Some(mut value) if simulated => {
                references::resolve(scope, &mut value)?;
                Some(value)
            }
            other => other,
        };
        // SAM makes resources of their own from these; they wait for this one,
        // not this one for what they refer to.
        let apart = matches!(
            (resource.resource_type.as_str(), entry.key.as_str()),
            ("AWS::Serverless::Function", "Events") | (websocket::API, "Routes" | "Auth")
        );
        if !apart {
            edge.extend(scope.touched.take());
        }
        if let Some(value) = value {
            entries.push(super::node::Entry {
                value,
                ..entry.clone()
            });
        }
    }
    let properties = Node::new(resource.properties.at, Value::Map(entries));
    Ok(Resolved {
        source: resource,
        properties,
    })
}

fn refuse_cycles(
    edges: &BTreeMap<String, BTreeSet<String>>,
    scope: &Scope<'_>,
) -> Result<(), Problem> {
    let Some(cycle) = cycles::find(edges) else {
        return Ok(());
    };
    let first = cycle.first().cloned().unwrap_or_default();
    let at = scope
        .resources
        .get(&first)
        .and_then(|known| known.source)
        .map(|source| source.at);
    let through_api = cycle.iter().any(|id| {
        scope
            .resources
            .get(id)
            .and_then(|known| known.kind)
            .is_some_and(|kind| kind.name == "AWS::Serverless::Api")
    });
    let help = match through_api {
        true => {
            "a function cannot refer to an API that has a route to it: AWS refuses this too; \
                 read the address from the request, or put it into an output"
        }
        false => "remove one of the references, or move it to a resource of its own",
    };
    let message = format!("resources wait for each other: {}", cycle.join(" → "));
    Err(at
        .map_or_else(|| Problem::new(&message), |at| Problem::at(at, &message))
        .help(help))
}

/// Everything that can be the target of something else, by address.
fn addresses(scope: &Scope<'_>) -> Result<BTreeMap<String, (String, &'static str)>, Problem> {
    let mut addresses = BTreeMap::new();
    let start = super::error::Position { line: 1, column: 1 };
    for (id, known) in &scope.resources {
        let Some(kind) = known.kind.filter(|_| known.kept) else {
            continue;
        };
        let mut add = |node: &Node| {
            if let Some(text) = node.as_text() {
                addresses.insert(text.to_owned(), (id.clone(), kind.name));
            }
        };
        if kind.attributes.iter().any(|(name, _)| *name == "Arn") {
            add(&scope.attribute(id, "Arn", start)?);
        }
        if (BY_REFERENCE.contains(&kind.name) || kind.name == "AWS::Serverless::Function")
            && let Some(reference) = scope.reference(id, start)?
        {
            add(&reference);
        }
    }
    Ok(addresses)
}

impl Builder<'_, '_> {
    /// The logical id of the resource that a property points to, which must be
    /// of one of `wanted`.
    pub(super) fn target(
        &self,
        property: &str,
        address: &Node,
        wanted: &[&'static str],
    ) -> Result<&str, Problem> {
        let text = address.scalar(property)?;
        match self.addresses.get(text) {
            Some((id, kind)) if wanted.contains(kind) => Ok(id),
            found => {
                let candidates = self.scope.resources.iter().filter(|(_, known)| {
                    known.kept && known.kind.is_some_and(|kind| wanted.contains(&kind.name))
                });
                let found = match found {
                    Some((id, kind)) => format!("points to {id}, which is {kind}"),
                    None => format!(
                        "points to nothing in this template, found {}",
                        address.shown()
                    ),
                };
                let written = candidates.map(|(id, known)| {
                    let by_reference = known
                        .kind
                        .is_some_and(|kind| BY_REFERENCE.contains(&kind.name));
                    if by_reference {
                        format!("!Ref {id}")
                    } else {
                        format!("!GetAtt {id}.Arn")
                    }
                });
                let help = match listed(written).as_str() {
                    "none" => "the template has none".to_owned(),
                    several => format!("possible here: {several}"),
                };
                Err(Problem::at(
                    address.at,
                    format!("{property} {found}; it must be {}", wanted.join(" or ")),
                )
                .help(help))
            }
        }
    }

    /// An attribute of a resource as text.
    pub(super) fn attribute(&self, id: &str, name: &str, near: &Node) -> Result<String, Problem> {
        let node = self.scope.attribute(id, name, near.at)?;
        Ok(node.as_text().unwrap_or_default().to_owned())
    }

    /// What `Ref` gives for a resource, as text.
    pub(super) fn reference(&self, id: &str, near: &Node) -> Result<String, Problem> {
        let node = self.scope.reference(id, near.at)?;
        Ok(node
            .as_ref()
            .and_then(Node::as_text)
            .unwrap_or_default()
            .to_owned())
    }
}
