//! The template loader: what it makes of templates, and what it says to bad
//! ones.

mod arbitrary;
mod cloudfront;
mod errors;
mod functions;
mod inert;
mod inventory;
mod logging;
mod parameters;
mod resources;
mod waf;
mod websocket;
mod yaml;

use std::collections::BTreeMap;

use sandbox::template::model::Stack;
use sandbox::template::{self, TemplateError};

/// Loads a template's text with parameters.
fn load_with(text: &str, parameters: &[(&str, &str)]) -> Result<Stack, TemplateError> {
    let folder = tempfile::tempdir().expect("a folder for the template");
    let path = folder.path().join("template.yaml");
    std::fs::write(&path, text).expect("the template is written");
    let overrides: BTreeMap<String, String> = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    template::load(&path, &overrides).map_err(|mut error| {
        error.file = "template.yaml".into();
        error
    })
}

/// Loads a template's text without parameters.
fn load(text: &str) -> Result<Stack, TemplateError> {
    load_with(text, &[])
}

/// The value of an expression in an output of a small stack.
fn value(sections: &str, expression: &str) -> Result<String, TemplateError> {
    let text = format!(
        "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\n\
         Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n  Queue:\n    Type: AWS::SQS::Queue\n\
         {sections}\n\
         Outputs:\n  It:\n    Value: {expression}\n"
    );
    load(&text).map(|stack| stack.outputs[0].value.clone())
}

/// A function with properties of its own, after the ones that it must have.
fn function(properties: &str) -> String {
    function_in("", properties)
}

/// The same with further resources, indented by two.
fn function_in(resources: &str, properties: &str) -> String {
    format!(
        "Transform: AWS::Serverless-2016-10-31\n\
         Resources:\n  Webhook:\n    Type: AWS::Serverless::Function\n    Metadata:\n      \
         BuildMethod: rust-cargolambda\n      BuildProperties: {{Binary: webhook}}\n    \
         Properties:\n      CodeUri: .\n      Handler: bootstrap\n      Runtime: provided.al2023\n\
         {properties}\n{resources}\n"
    )
}
