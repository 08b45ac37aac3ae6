//! `AWS::Serverless::Function`: a Rust function built with cargo-lambda.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::super::error::Problem;
use super::super::fields::Fields;
use super::super::model::{Asynchronous, Function};
use super::super::node::{Node, Value};
use super::{Builder, Effect, Kind, Naming, Resolved, destinations, events, logging};

pub(super) const KINDS: &[Kind] = &[Kind {
    name: "AWS::Serverless::Function",
    name_property: Some("FunctionName"),
    naming: Naming::Stack { longest: 64 },
    reference: "{name}",
    attributes: &[(
        "Arn",
        "arn:{partition}:lambda:{region}:{account}:function:{name}",
    )],
    effect: Effect::Simulated(build),
}];

/// All variables of a function together, in bytes of JSON (Lambda Developer
/// Guide, "Lambda quotas").
const ENVIRONMENT_LIMIT: usize = 4096;
/// Variables that only Lambda may set (Lambda Developer Guide, "Working with
/// environment variables").
const RESERVED: &[&str] = &[
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];
const METADATA: &str = "write beside Properties: `Metadata: {BuildMethod: rust-cargolambda, \
                        BuildProperties: {Binary: <name of the [[bin]]>}}`";

fn build(builder: &mut Builder<'_, '_>, resource: &Resolved<'_>) -> Result<(), Problem> {
    let id = resource.source.id.clone();
    let binary = binary(resource)?;
    let mut fields = Fields::new(&resource.properties, "AWS::Serverless::Function")?;
    let code_uri = code_uri(&mut fields)?;
    let handler = fields.required("Handler")?.scalar("Handler")?.to_owned();
    let runtime = fields.required("Runtime")?;
    if !matches!(
        runtime.scalar("Runtime")?,
        "provided.al2023" | "provided.al2"
    ) {
        return Err(runtime.expected("Runtime", "provided.al2023 or provided.al2"));
    }
    architectures(&mut fields)?;
    let memory_size = match fields.optional("MemorySize") {
        Some(node) => node.integer("MemorySize", 128..=10_240)?,
        None => 128,
    };
    let timeout = match fields.optional("Timeout") {
        Some(node) => node.integer("Timeout", 1..=900)?,
        None => 3,
    };
    let reserved_concurrency = fields
        .optional("ReservedConcurrentExecutions")
        .map(|node| node.integer("ReservedConcurrentExecutions", 0..=u32::MAX))
        .transpose()?;
    let mut environment = match fields.optional("Environment") {
        Some(node) => environment(node)?,
        None => BTreeMap::new(),
    };
    if let Some(node) = fields.optional("LoggingConfig") {
        environment.extend(logging::variables(node)?);
    }
    let invoke = fields.optional("EventInvokeConfig");
    let dead_letter = fields.optional("DeadLetterQueue");
    let events = fields.optional("Events");
    if let Some(policies) = fields.optional("Policies") {
        check_policies(policies)?;
    }
    finish(fields)?;

    let mut asynchronous = match invoke {
        Some(node) => destinations::of_function(builder, &id, node)?,
        None => Asynchronous::default(),
    };
    if let Some(node) = dead_letter {
        asynchronous.dead_letter = Some(destinations::dead_letter(builder, node)?);
    }
    let function = Function {
        name: builder.reference(&id, &resource.properties)?,
        arn: builder.attribute(&id, "Arn", &resource.properties)?,
        logical_id: id,
        binary,
        code_uri,
        handler,
        memory_size,
        timeout: Duration::from_secs(timeout.into()),
        environment,
        reserved_concurrency,
        asynchronous,
        line: resource.source.at.line,
    };
    if let Some(events) = events {
        for event in events.map("Events")? {
            events::read(builder, &function.logical_id, &function.arn, event)
                .map_err(|problem| problem.within(format!("event {}", event.key)))?;
        }
    }
    builder.stack.functions.push(function);
    Ok(())
}

/// Properties that have no effect here, that are not simulated, and that are
/// not known.
fn finish(mut fields: Fields<'_>) -> Result<(), Problem> {
    let versions = "leave it out: there is one version of a function here, $LATEST";
    let one_binary = "a function is one Rust binary here; see Metadata";
    fields.refuse(&[
        ("AutoPublishAlias", versions),
        ("AutoPublishAliasAllProperties", versions),
        ("AutoPublishCodeSha256", versions),
        ("CapacityProviderConfig", versions),
        ("DeploymentPreference", versions),
        (
            "DurableConfig",
            "leave it out: durable functions are not simulated",
        ),
        (
            "FileSystemConfigs",
            "leave it out: there is no file system to mount",
        ),
        ("FunctionScalingConfig", versions),
        ("FunctionUrlConfig", "use an event of type Api"),
        ("ImageConfig", one_binary),
        ("ImageUri", one_binary),
        ("InlineCode", one_binary),
        ("Layers", one_binary),
        ("ProvisionedConcurrencyConfig", versions),
        ("PublishToLatestPublished", versions),
        ("SnapStart", versions),
        (
            "TenancyConfig",
            "leave it out: tenants are not isolated here",
        ),
        ("VersionDeletionPolicy", versions),
        ("VersionDescription", versions),
    ])?;
    if let Some(node) = fields.optional("PackageType")
        && node.scalar("PackageType")? != "Zip"
    {
        return Err(node.expected("PackageType", "Zip").help(one_binary));
    }
    fields.accept(&[
        "AssumeRolePolicyDocument",
        "CodeSigningConfigArn",
        "Description",
        "EphemeralStorage",
        "FunctionName",
        "KmsKeyArn",
        "PermissionsBoundary",
        "PropagateTags",
        "RecursiveLoop",
        "Role",
        "RolePath",
        "RuntimeManagementConfig",
        "SourceKMSKeyArn",
        "Tags",
        "Tracing",
        "VpcConfig",
    ]);
    fields.finish()
}

/// Name of the Cargo binary, from `Metadata` (SAM Developer Guide, "Building
/// Rust Lambda functions with Cargo Lambda").
fn binary(resource: &Resolved<'_>) -> Result<String, Problem> {
    let source = resource.source;
    let Some(metadata) = &source.metadata else {
        return Err(Problem::at(
            source.at,
            "the function has no Metadata that says how it is built",
        )
        .help(METADATA));
    };
    let method = metadata.get("BuildMethod");
    if method.and_then(Node::as_text) != Some("rust-cargolambda") {
        return Err(match method {
            Some(method) => method.expected("BuildMethod", "rust-cargolambda"),
            None => Problem::at(metadata.at, "Metadata has no BuildMethod"),
        }
        .help(METADATA));
    }
    let binary = metadata
        .get("BuildProperties")
        .and_then(|properties| properties.get("Binary"))
        .ok_or_else(|| {
            Problem::at(metadata.at, "Metadata has no BuildProperties: Binary").help(METADATA)
        })?;
    let name = binary.scalar("Binary")?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || !name.chars().all(allowed) {
        return Err(binary.expected("Binary", "the name of a Cargo binary"));
    }
    Ok(name.to_owned())
}

fn code_uri(fields: &mut Fields<'_>) -> Result<PathBuf, Problem> {
    let node = fields.required("CodeUri")?;
    let help = "CodeUri is the folder of the crate, relative to the template";
    let text = node
        .as_text()
        .ok_or_else(|| node.expected("CodeUri", "a folder").help(help))?;
    if text.contains("://") || text.is_empty() {
        return Err(node.expected("CodeUri", "a folder").help(help));
    }
    // Written with `/` in every template; made of parts for the sake of Windows.
    let path: PathBuf = text.split('/').filter(|part| !part.is_empty()).collect();
    match text.starts_with('/') {
        true => Ok(PathBuf::from(text)),
        false => Ok(path),
    }
}

fn architectures(fields: &mut Fields<'_>) -> Result<(), Problem> {
    let Some(node) = fields.optional("Architectures") else {
        return Ok(());
    };
    // The local binary is built for this machine, whatever the template says.
    match node.list("Architectures")? {
        [one] if matches!(one.as_text(), Some("arm64" | "x86_64")) => Ok(()),
        [one] => Err(one.expected("Architectures", "arm64 or x86_64")),
        _ => Err(Problem::at(node.at, "Architectures must be a list of one")),
    }
}

fn environment(node: &Node) -> Result<BTreeMap<String, String>, Problem> {
    let mut fields = Fields::new(node, "Environment")?;
    let variables = fields.optional("Variables");
    fields.finish()?;
    let mut environment = BTreeMap::new();
    let Some(variables) = variables else {
        return Ok(environment);
    };
    for entry in variables.map("Variables")? {
        let name = &entry.key;
        if RESERVED.contains(&name.as_str()) || name.starts_with('_') {
            return Err(
                Problem::at(entry.at, format!("the variable {name} is reserved"))
                    .help("Lambda sets it itself; take another name"),
            );
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let starts = name.starts_with(|c: char| c.is_ascii_alphabetic());
        if !starts || name.len() < 2 || !name.chars().all(allowed) {
            return Err(
                Problem::at(entry.at, format!("`{name}` is not a name of a variable")).help(
                    "a name begins with a letter and has two or more letters, digits and `_`",
                ),
            );
        }
        environment.insert(name.clone(), entry.value.scalar(name)?.to_owned());
    }
    let bytes = serde_json::to_string(&environment).map_or(0, |json| json.len());
    if bytes > ENVIRONMENT_LIMIT {
        return Err(Problem::at(
            variables.at,
            format!("the variables have {bytes} bytes as JSON; Lambda takes {ENVIRONMENT_LIMIT}"),
        ));
    }
    Ok(environment)
}

/// Permissions are not checked here; their outer shape is, since SAM would
/// refuse a wrong one only at deployment.
fn check_policies(node: &Node) -> Result<(), Problem> {
    let one = |node: &Node| match &node.value {
        Value::Text(_) => Ok(()),
        Value::Map(entries) => {
            let statement = entries.iter().any(|entry| entry.key == "Statement");
            let template = matches!(entries.as_slice(), [entry]
                if matches!(entry.value.value, Value::Map(_)) && entry.key.ends_with("Policy"));
            match statement || template {
                true => Ok(()),
                false => Err(Problem::at(
                    node.at,
                    "a policy must have Statement, or be one policy template of SAM",
                )
                .help("e.g. `- SNSPublishMessagePolicy: {TopicName: !GetAtt Topic.TopicName}`")),
            }
        }
        _ => Err(node.expected("a policy", "an ARN, a name or a map")),
    };
    match &node.value {
        Value::List(items) => items.iter().try_for_each(one),
        _ => one(node),
    }
}
