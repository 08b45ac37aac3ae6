//! What a function of the template can refer to.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use super::conditions;
use super::document::{Document, Resource};
use super::error::Problem;
use super::generated::Seed;
use super::intrinsics;
use super::node::Node;
use super::parameters::InForce;
use super::resources::{self, Kind, websocket};

/// Which part of the template is being read: conditions and rules come before
/// resources exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Rules,
    Conditions,
    Resources,
}

/// A resource that a function can refer to: one of the template's, or one that
/// SAM makes.
pub(super) struct Known<'t> {
    /// Its type; `None` if it is unknown here: then it is dropped or only listed.
    pub kind: Option<&'static Kind>,
    /// Whether its condition holds.
    pub kept: bool,
    /// Where the template has it.
    pub source: Option<&'t Resource>,
    /// What `Ref` gives if that is known beforehand.
    pub reference: Option<Node>,
    /// The resource that it comes and goes with, for cycles.
    pub owner: Option<String>,
}

/// Everything that a function of the template can refer to.
pub(super) struct Scope<'t> {
    pub document: &'t Document,
    pub parameters: BTreeMap<&'t str, &'t Node>,
    /// What generated secrets are made from.
    pub seed: Seed,
    pub place: Cell<Place>,
    /// Conditions with their outcome as far as it is known.
    pub conditions: RefCell<BTreeMap<String, bool>>,
    /// Conditions on the way, to notice cycles.
    pub deciding: RefCell<Vec<String>>,
    pub resources: BTreeMap<String, Known<'t>>,
    /// SAM's `Api.Stage` and such: the logical id that it stands for.
    pub referable: BTreeMap<String, String>,
    /// Names given by a property, e.g. `QueueName`, as far as they are known.
    pub names: RefCell<BTreeMap<String, Node>>,
    /// Names on the way, to notice cycles.
    pub naming: RefCell<Vec<String>>,
    /// Resources referred to since it was last emptied.
    pub touched: RefCell<BTreeSet<String>>,
}

impl<'t> Scope<'t> {
    /// A scope with parameters alone; [`Scope::survey`] adds the resources.
    pub(super) fn new(document: &'t Document, parameters: &'t [InForce], seed: Seed) -> Self {
        Self {
            document,
            parameters: parameters
                .iter()
                .map(|value| (value.parameter.name.as_str(), &value.node))
                .collect(),
            seed,
            place: Cell::new(Place::Rules),
            conditions: RefCell::default(),
            deciding: RefCell::default(),
            resources: BTreeMap::new(),
            referable: BTreeMap::new(),
            names: RefCell::default(),
            naming: RefCell::default(),
            touched: RefCell::default(),
        }
    }

    /// Finds out which resources there are, once conditions are known.
    pub(super) fn survey(&mut self) -> Result<(), Problem> {
        self.place.set(Place::Resources);
        let document = self.document;
        for resource in &document.resources {
            let kept = match &resource.condition {
                None => true,
                Some(condition) => conditions::holds(self, condition)
                    .map_err(|problem| problem.in_resource(&resource.id))?,
            };
            let kind = resources::find(&resource.resource_type);
            self.resources.insert(
                resource.id.clone(),
                Known {
                    kind,
                    kept,
                    source: Some(resource),
                    reference: None,
                    owner: None,
                },
            );
        }
        self.drop_unused_implicit_api();
        for resource in &document.resources {
            if self.is_kept(&resource.id) {
                self.generated(resource)
                    .map_err(|problem| problem.in_resource(&resource.id))?;
            }
        }
        Ok(())
    }

    pub(super) fn is_kept(&self, id: &str) -> bool {
        self.resources.get(id).is_some_and(|known| known.kept)
    }

    /// SAM gives the implicit API the conditions of the functions that use it.
    fn drop_unused_implicit_api(&mut self) {
        let used = self
            .document
            .resources
            .iter()
            .any(|resource| self.is_kept(&resource.id) && resource.uses_implicit_api());
        if !used
            && let Some(api) = self.resources.get_mut(super::document::IMPLICIT_API)
            && api.source.is_some_and(|source| source.implicit)
        {
            api.kept = false;
        }
    }

    /// The resources that SAM makes beside one of its own.
    fn generated(&mut self, resource: &Resource) -> Result<(), Problem> {
        match resource.resource_type.as_str() {
            "AWS::Serverless::Function" => {
                if resource.properties.get("Role").is_none() {
                    self.generate(format!("{}Role", resource.id), "AWS::IAM::Role", None, None);
                }
                let destinations = resource
                    .properties
                    .get("EventInvokeConfig")
                    .and_then(|config| config.get("DestinationConfig"));
                for outcome in ["OnFailure", "OnSuccess"] {
                    // With !If the address may turn out to be missing.
                    let made = |node: &&Node| {
                        let address = node.get("Destination");
                        address.is_none_or(|address| address.get("Fn::If").is_some())
                    };
                    let kind = destinations
                        .and_then(|config| config.get(outcome))
                        .filter(made)
                        .and_then(|destination| destination.get("Type"))
                        .and_then(Node::as_text);
                    let id = format!("{}EventInvokeConfig{outcome}", resource.id);
                    match kind {
                        Some("SQS") => {
                            self.generate(format!("{id}Queue"), "AWS::SQS::Queue", None, None);
                        }
                        Some("SNS") => {
                            self.generate(format!("{id}Topic"), "AWS::SNS::Topic", None, None);
                        }
                        _ => {}
                    }
                }
            }
            "AWS::Serverless::Api" => {
                let Some(written) = resource.properties.get("StageName") else {
                    return Ok(());
                };
                let Some(stage) = intrinsics::resolve(self, written)? else {
                    return Ok(());
                };
                // SAM knows the value of parameters only, when it makes ids.
                let plain = written.as_text().is_some() || written.get("Ref").is_some();
                let prefix = stage
                    .as_text()
                    .filter(|name| plain && name.chars().all(|c| c.is_ascii_alphanumeric()))
                    .unwrap_or_default();
                let id = format!("{}{prefix}Stage", resource.id);
                self.referable
                    .insert(format!("{}.Stage", resource.id), id.clone());
                let owner = Some(resource.id.clone());
                self.generate(id, "AWS::ApiGateway::Stage", Some(stage), owner.clone());
                let id = format!("{}Deployment", resource.id);
                self.referable
                    .insert(format!("{}.Deployment", resource.id), id.clone());
                self.generate(id, "AWS::ApiGateway::Deployment", None, owner);
            }
            websocket::API => websocket::generated(self, resource)?,
            _ => {}
        }
        Ok(())
    }

    pub(super) fn generate(
        &mut self,
        id: String,
        resource_type: &str,
        reference: Option<Node>,
        owner: Option<String>,
    ) {
        // A resource of the template with that id would be an error on AWS; the
        // template's own is the one that its author sees.
        self.resources.entry(id).or_insert(Known {
            kind: resources::find(resource_type).or_else(|| websocket::find(resource_type)),
            kept: true,
            source: None,
            reference,
            owner,
        });
    }
}
