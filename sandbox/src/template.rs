//! Reads a SAM or CloudFormation template and resolves it to a [`model::Stack`].
//!
//! The way through the files, as a template takes it: `yaml` makes nodes with
//! positions of the text, `document` finds the sections, `parameters` the values
//! in force, `rules` and `conditions` decide, `intrinsics` carries out functions,
//! `attributes` knows what `Ref` and `GetAtt` give, and `resources` has a table
//! entry for each resource type.

mod attributes;
mod conditions;
mod cycles;
mod document;
mod error;
mod fields;
mod generated;
mod globals;
mod intrinsics;
mod inventory;
pub mod model;
mod network;
mod node;
mod parameters;
mod references;
mod resources;
mod rules;
mod scope;
mod substitution;
mod yaml;

use std::collections::BTreeMap;
use std::path::Path;

pub use error::{Position, TemplateError};
pub use generated::Seed;
pub use inventory::{Declared, Inventory};
pub use node::{Entry, Node, Value};
pub use parameters::Declaration;

use document::Document;
use error::Problem;
use model::{Output, Stack};
use scope::Scope;

/// The largest template that is read, in bytes: what CloudFormation takes from
/// S3 (CloudFormation User Guide, "Understand CloudFormation quotas").
const LARGEST: usize = 1024 * 1024;

/// Reads the template at `path` and resolves it with the parameter values of
/// `overrides`; parameters that are not named there take their defaults.
///
/// # Errors
///
/// Whatever AWS would refuse, and whatever the sandbox does not simulate, is an
/// error with the place in the file. Wrong parameters are reported together.
pub fn load(path: &Path, overrides: &BTreeMap<String, String>) -> Result<Stack, TemplateError> {
    load_with(path, overrides, Seed::fresh())
}

/// The same with secrets generated from `seed`: a template that is loaded again
/// with it keeps them.
///
/// # Errors
///
/// As for [`load`].
pub fn load_with(
    path: &Path,
    overrides: &BTreeMap<String, String>,
    seed: Seed,
) -> Result<Stack, TemplateError> {
    let text = read(path)?;
    resolve(&text, path, overrides, seed).map_err(|problem| problem.in_file(path))
}

/// The parameters that the template at `path` declares, in its order.
///
/// # Errors
///
/// As for [`load`], as far as the template has to be understood for this.
pub fn declared_parameters(path: &Path) -> Result<Vec<Declaration>, TemplateError> {
    let text = read(path)?;
    Document::read(&text)
        .and_then(|document| parameters::declarations(&document))
        .map_err(|problem| problem.in_file(path))
}

/// The tree of the template `text` as it is written, short forms of functions
/// made long and nothing resolved: for those who judge a template. `path` is
/// only for messages.
///
/// # Errors
///
/// If the text is no YAML that CloudFormation would take.
pub fn tree(text: &str, path: &Path) -> Result<Node, TemplateError> {
    yaml::parse(text).map_err(|problem| problem.in_file(path))
}

/// What the template at `path` declares with the parameter values of
/// `overrides`, resources that the sandbox does not simulate included.
///
/// # Errors
///
/// As for [`load`], as far as parameters, rules and conditions go.
pub fn inventory(
    path: &Path,
    overrides: &BTreeMap<String, String>,
) -> Result<Inventory, TemplateError> {
    let text = read(path)?;
    let taken = || {
        let document = Document::read(&text)?;
        let values = parameters::values(&parameters::declarations(&document)?, overrides)?;
        let scope = surveyed(&document, &values, Seed::fresh())?;
        let (resources, left_out) = inventory::take(&scope)?;
        Ok(Inventory {
            resources,
            left_out,
            parameters: values.iter().map(|value| value.parameter.clone()).collect(),
        })
    };
    taken().map_err(|problem: Problem| problem.in_file(path))
}

fn read(path: &Path) -> Result<String, TemplateError> {
    let refuse = |problem: Problem| problem.in_file(path);
    let bytes = std::fs::read(path).map_err(|error| {
        refuse(
            Problem::new(format!("the template cannot be read: {error}"))
                .help("give the path of a SAM or CloudFormation template"),
        )
    })?;
    if bytes.len() > LARGEST {
        return Err(refuse(Problem::new(format!(
            "the template has {} bytes; CloudFormation takes at most {LARGEST}",
            bytes.len()
        ))));
    }
    String::from_utf8(bytes).map_err(|error| {
        refuse(
            Problem::new(format!(
                "the template is not UTF-8 text (byte {})",
                error.utf8_error().valid_up_to()
            ))
            .help("save the file as UTF-8"),
        )
    })
}

fn resolve(
    text: &str,
    path: &Path,
    overrides: &BTreeMap<String, String>,
    seed: Seed,
) -> Result<Stack, Problem> {
    let document = Document::read(text)?;
    let declarations = parameters::declarations(&document)?;
    let values = parameters::values(&declarations, overrides)?;
    let mut scope = surveyed(&document, &values, seed)?;
    resources::refuse_unknown(&scope)?;
    let mut stack = resources::build(&mut scope)?;
    stack.template = path.to_path_buf();
    stack.description = document.description.clone();
    stack.outputs = outputs(&scope)?;
    stack.parameters = values.into_iter().map(|value| value.parameter).collect();
    Ok(stack)
}

/// What the template has with these values, rules and conditions judged.
fn surveyed<'t>(
    document: &'t Document,
    values: &'t [parameters::InForce],
    seed: Seed,
) -> Result<Scope<'t>, Problem> {
    let mut scope = Scope::new(document, values, seed);
    rules::check(&scope)?;
    conditions::evaluate(&mut scope)?;
    Ok(scope)
}

/// Outputs whose condition holds, in the template's order.
fn outputs(scope: &Scope<'_>) -> Result<Vec<Output>, Problem> {
    let mut outputs = Vec::new();
    for entry in scope.document.section("Outputs") {
        let within = |problem: Problem| problem.within(format!("output {}", entry.key));
        let mut fields = fields::Fields::new(&entry.value, "an output").map_err(within)?;
        let description = fields.optional("Description");
        let value = fields.required("Value").map_err(within)?;
        let condition = fields.optional("Condition");
        fields.accept(&["Export"]);
        fields.finish().map_err(within)?;
        if let Some(condition) = condition
            && !conditions::holds(scope, condition).map_err(within)?
        {
            continue;
        }
        let value = intrinsics::resolve(scope, value)
            .and_then(|value| match value {
                Some(value) => value.scalar("Value").map(Into::into),
                None => Err(Problem::at(
                    entry.at,
                    "Value is AWS::NoValue; an output needs one",
                )),
            })
            .map_err(within)?;
        let description = description
            .map(|description| description.scalar("Description").map(Into::into))
            .transpose()
            .map_err(within)?;
        outputs.push(Output {
            name: entry.key.clone(),
            description,
            value,
        });
    }
    Ok(outputs)
}
