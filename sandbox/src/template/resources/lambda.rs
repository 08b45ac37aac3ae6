//! AWS Lambda's own resource types beside SAM's function.

use super::super::error::{Position, Problem};
use super::super::fields::Fields;
use super::super::model::Asynchronous;
use super::{Builder, Effect, Kind, Naming, Resolved, destinations};

pub(super) const KINDS: &[Kind] = &[Kind {
    name: "AWS::Lambda::EventInvokeConfig",
    name_property: None,
    naming: Naming::Stack { longest: 64 },
    reference: "{name}",
    attributes: &[],
    effect: Effect::Simulated(event_invoke_config),
}];

/// Settings for a function that may come later in the template.
pub(super) struct InvokeConfig {
    resource: String,
    at: Position,
    function: String,
    settings: Asynchronous,
}

fn event_invoke_config(
    builder: &mut Builder<'_, '_>,
    resource: &Resolved<'_>,
) -> Result<(), Problem> {
    let mut fields = Fields::new(&resource.properties, "AWS::Lambda::EventInvokeConfig")?;
    let function = fields.required("FunctionName")?;
    let qualifier = fields.required("Qualifier")?;
    let mut settings = destinations::attempts(&mut fields)?;
    let config = fields.optional("DestinationConfig");
    fields.finish()?;
    if qualifier.scalar("Qualifier")? != "$LATEST" {
        return Err(qualifier
            .expected("Qualifier", "$LATEST")
            .help("versions and aliases are not simulated"));
    }
    if let Some(config) = config {
        let mut fields = Fields::new(config, "DestinationConfig")?;
        let failure = fields.optional("OnFailure");
        let success = fields.optional("OnSuccess");
        fields.finish()?;
        settings.on_failure = destinations::plain(builder, failure)?;
        settings.on_success = destinations::plain(builder, success)?;
    }
    let function = builder.target("FunctionName", function, &["AWS::Serverless::Function"])?;
    let config = InvokeConfig {
        resource: resource.source.id.clone(),
        at: resource.source.at,
        function: function.to_owned(),
        settings,
    };
    builder.invoke_configs.push(config);
    Ok(())
}

/// Hands the settings to their functions, once all of these are there.
pub(super) fn apply(builder: &mut Builder<'_, '_>) -> Result<(), Problem> {
    let mut seen = std::collections::BTreeSet::new();
    for config in builder.invoke_configs.drain(..) {
        let by_sam = builder.scope.document.resources.iter().any(|resource| {
            resource.id == config.function && resource.properties.get("EventInvokeConfig").is_some()
        });
        if by_sam || !seen.insert(config.function.clone()) {
            return Err(Problem::at(
                config.at,
                format!("{} has an EventInvokeConfig already", config.function),
            )
            .help("keep one of the two")
            .in_resource(&config.resource));
        }
        let function = builder
            .stack
            .functions
            .iter_mut()
            .find(|f| f.logical_id == config.function);
        if let Some(function) = function {
            let dead_letter = function.asynchronous.dead_letter.take();
            function.asynchronous = Asynchronous {
                dead_letter,
                ..config.settings
            };
        }
    }
    Ok(())
}
