//! `AWS::CloudFront::Function`.

use std::sync::Arc;

use super::super::super::error::Problem;
use super::super::super::fields::Fields;
use super::super::super::model::EdgeFunction;
use super::super::super::node::Node;
use super::super::{Builder, Resolved};
use super::{FUNCTION, one_of};
use crate::cloudfront;

/// CloudFront Developer Guide, "Quotas on CloudFront Functions".
const LARGEST: usize = 10 * 1024;

pub(super) fn build(builder: &mut Builder<'_, '_>, resource: &Resolved<'_>) -> Result<(), Problem> {
    let mut fields = Fields::new(&resource.properties, FUNCTION)?;
    let name = fields.required("Name")?;
    let code = fields.required("FunctionCode")?;
    let config = fields.required("FunctionConfig")?;
    let publish = fields.optional("AutoPublish");
    fields.accept(&["FunctionMetadata", "Tags"]);
    fields.finish()?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let text = name.scalar("Name")?;
    if text.is_empty() || text.len() > 64 || !text.chars().all(allowed) {
        return Err(name.expected("Name", "1 to 64 letters, digits, `_` and `-`"));
    }
    let mut fields = Fields::new(config, "FunctionConfig")?;
    fields.required("Comment")?.scalar("Comment")?;
    fields.required("Runtime")?;
    one_of(
        &mut fields,
        "Runtime",
        &["cloudfront-js-1.0", "cloudfront-js-2.0"],
    )?;
    fields.refuse(&[(
        "KeyValueStoreAssociations",
        "keep the values in the code: key value stores are not simulated",
    )])?;
    fields.finish()?;
    let published = publish
        .map(|node| node.boolean("AutoPublish"))
        .transpose()?;
    if published != Some(true) {
        return Err(Problem::at(
            publish.map_or(resource.properties.at, |node| node.at),
            "without AutoPublish: true nothing publishes the Function, and a distribution takes \
             only a published one",
        )
        .help("write AutoPublish: true"));
    }
    let function = EdgeFunction {
        logical_id: resource.source.id.clone(),
        code: source(code)?.to_owned(),
    };
    let arn = builder.reference(&resource.source.id, name)?;
    builder.edge.functions.insert(arn, Arc::new(function));
    Ok(())
}

fn source(node: &Node) -> Result<&str, Problem> {
    let code = node.scalar("FunctionCode")?;
    if code.len() > LARGEST {
        let message = format!(
            "FunctionCode has {} bytes; CloudFront takes at most {LARGEST}",
            code.len()
        );
        return Err(Problem::at(node.at, message));
    }
    let imports = |line: &str| line.trim_start().starts_with("import ");
    if code.lines().any(imports) || code.contains("require(") {
        return Err(Problem::at(
            node.at,
            "modules of CloudFront Functions (crypto, querystring, cloudfront) are not simulated",
        )
        .help("write the Function without import and require"));
    }
    cloudfront::check(code).map_err(|reason| {
        let message = if node.secret {
            // The reason may quote the code.
            "CloudFront cannot run FunctionCode".to_owned()
        } else {
            format!("CloudFront cannot run FunctionCode: {reason}")
        };
        Problem::at(node.at, message).help(
            "function.js is the value of FunctionCode: it defines function handler(event) { … }",
        )
    })?;
    Ok(code)
}
