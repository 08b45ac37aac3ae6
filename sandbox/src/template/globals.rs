//! The `Globals` section of SAM: properties that every resource of a type has
//! (SAM Developer Guide, "Globals section of the AWS SAM template").

use super::error::{Problem, listed, near};
use super::node::{Node, Value};

/// What SAM lets `Globals` say for each kind of resource that runs here.
const SUPPORTED: &[(&str, &[&str])] = &[
    (
        "Function",
        &[
            "Architectures",
            "AssumeRolePolicyDocument",
            "AutoPublishAlias",
            "AutoPublishAliasAllProperties",
            "CapacityProviderConfig",
            "CodeSigningConfigArn",
            "CodeUri",
            "DeadLetterQueue",
            "DeploymentPreference",
            "Description",
            "DurableConfig",
            "Environment",
            "EphemeralStorage",
            "EventInvokeConfig",
            "FileSystemConfigs",
            "FunctionScalingConfig",
            "FunctionUrlConfig",
            "Handler",
            "KmsKeyArn",
            "Layers",
            "LoggingConfig",
            "MemorySize",
            "PermissionsBoundary",
            "PropagateTags",
            "ProvisionedConcurrencyConfig",
            "PublishToLatestPublished",
            "RecursiveLoop",
            "ReservedConcurrentExecutions",
            "RolePath",
            "Runtime",
            "RuntimeManagementConfig",
            "SnapStart",
            "SourceKMSKeyArn",
            "Tags",
            "TenancyConfig",
            "Timeout",
            "Tracing",
            "VersionDeletionPolicy",
            "VpcConfig",
        ],
    ),
    (
        "WebSocketApi",
        &[
            "AccessLogSettings",
            "DefaultRouteSettings",
            "DisableExecuteApiEndpoint",
            "DisableSchemaValidation",
            "Domain",
            "FailOnWarnings",
            "IpAddressType",
            "PropagateTags",
            "RouteSelectionExpression",
            "RouteSettings",
            "StageVariables",
            "Tags",
        ],
    ),
    (
        "Api",
        &[
            "AccessLogSetting",
            "AlwaysDeploy",
            "Auth",
            "BinaryMediaTypes",
            "CacheClusterEnabled",
            "CacheClusterSize",
            "CanarySetting",
            "Cors",
            "DefinitionUri",
            "Domain",
            "EndpointAccessMode",
            "EndpointConfiguration",
            "GatewayResponses",
            "MergeDefinitions",
            "MethodSettings",
            "MinimumCompressionSize",
            "Name",
            "OpenApiVersion",
            "PropagateTags",
            "SecurityPolicy",
            "TracingEnabled",
            "Variables",
        ],
    ),
];

/// Refuses what SAM would refuse under `Globals`.
pub(super) fn check(globals: &Node) -> Result<(), Problem> {
    for group in globals.entries() {
        let kinds = SUPPORTED.iter().map(|(kind, _)| kind);
        let Some((_, properties)) = SUPPORTED.iter().find(|(kind, _)| *kind == group.key) else {
            return Err(Problem::at(
                group.at,
                format!("Globals for {} are not supported by the sandbox", group.key),
            )
            .help(format!("the sandbox knows {}", listed(kinds))));
        };
        for entry in group.value.map(&group.key)? {
            if !properties.contains(&entry.key.as_str()) {
                return Err(Problem::at(
                    entry.at,
                    format!("SAM has no Globals for {} of {}", entry.key, group.key),
                )
                .help(
                    near(&entry.key, *properties)
                        .unwrap_or_else(|| format!("write {} in each resource", entry.key)),
                ));
            }
        }
    }
    Ok(())
}

/// The properties of a resource with those of `Globals` for its type.
pub(super) fn merged(
    globals: Option<&Node>,
    resource_type: &str,
    ignored: Option<&Node>,
    own: Node,
) -> Node {
    let group = resource_type
        .strip_prefix("AWS::Serverless::")
        .and_then(|kind| globals?.get(kind));
    let Some(group) = group else {
        return own;
    };
    match ignored.map(|ignored| &ignored.value) {
        Some(Value::List(names)) => {
            let entries = group
                .entries()
                .iter()
                .filter(|entry| !names.iter().any(|name| name.as_text() == Some(&entry.key)));
            let group = Node::new(group.at, Value::Map(entries.cloned().collect()));
            merge(&group, own)
        }
        // `"*"`: all of them.
        Some(_) => own,
        None => merge(group, own),
    }
}

/// SAM's rules: maps are merged, lists put one after the other, anything else
/// is the resource's own. A function counts as a single value.
fn merge(global: &Node, own: Node) -> Node {
    if is_function(global) || is_function(&own) {
        return own;
    }
    match (&global.value, own.value) {
        (Value::List(first), Value::List(second)) => Node {
            at: own.at,
            secret: own.secret,
            value: Value::List(first.iter().cloned().chain(second).collect()),
        },
        (Value::Map(common), Value::Map(mut entries)) => {
            for entry in common {
                match entries.iter_mut().find(|other| other.key == entry.key) {
                    Some(other) => other.value = merge(&entry.value, other.value.clone()),
                    None => entries.push(entry.clone()),
                }
            }
            Node {
                at: own.at,
                secret: own.secret,
                value: Value::Map(entries),
            }
        }
        (_, value) => Node {
            at: own.at,
            secret: own.secret,
            value,
        },
    }
}

fn is_function(node: &Node) -> bool {
    match node.entries() {
        [entry] => entry.key == "Ref" || entry.key == "Condition" || entry.key.starts_with("Fn::"),
        _ => false,
    }
}
