//! `AWS::Serverless::WebSocketApi`: a WebSocket API with its one stage, and route
//! responses, which SAM leaves to the template.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::document::Resource;
use super::super::error::{Problem, listed};
use super::super::fields::Fields;
use super::super::intrinsics;
use super::super::model::{Rate, WebSocketApi, WebSocketAuthorizer, WebSocketRoute};
use super::super::node::{Entry, Node};
use super::super::scope::Scope;
use super::{Builder, Effect, Kind, Naming, Resolved, api};
use crate::websocket::{Source, selection};

pub(in super::super) const API: &str = "AWS::Serverless::WebSocketApi";
pub(super) const ROUTE: &str = "AWS::ApiGatewayV2::Route";
const FUNCTION: &[&str] = &["AWS::Serverless::Function"];

const SPECIAL: [&str; 3] = ["$connect", "$disconnect", "$default"];
/// Integration timeout in milliseconds (API Gateway Developer Guide, "Quotas for
/// configuring and running a WebSocket API").
const TIMEOUT_MS: std::ops::RangeInclusive<u32> = 50..=29_000;
/// Most routes of an API (the same).
const ROUTE_LIMIT: usize = 300;
/// What holds where a template throttles by half: the account's own limit on new
/// connections (the same).
const ACCOUNT_RATE: f64 = 500.0;
const ACCOUNT_BURST: u32 = 5_000;

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: API,
        // `Name` is what the console shows; the id is AWS's own.
        name_property: None,
        naming: Naming::Short(10),
        reference: "{name}",
        attributes: &[
            ("ApiId", "{name}"),
            ("ApiEndpoint", "wss://{name}.execute-api.{region}.{suffix}"),
        ],
        effect: Effect::Simulated(api),
    },
    Kind {
        name: "AWS::ApiGatewayV2::RouteResponse",
        name_property: None,
        naming: Naming::Short(7),
        reference: "{name}",
        attributes: &[("RouteResponseId", "{name}")],
        effect: Effect::Simulated(route_response),
    },
];

/// A type that SAM alone makes here: templates refer to it, but a resource of
/// this type of their own would belong to no API that runs.
const fn made(name: &'static str) -> Kind {
    Kind {
        name,
        name_property: None,
        naming: Naming::Short(7),
        reference: "{name}",
        attributes: &[],
        effect: Effect::Inert("AWS::Serverless::WebSocketApi brings its own"),
    }
}

const MADE: &[Kind] = &[
    made(ROUTE),
    made("AWS::ApiGatewayV2::Integration"),
    made("AWS::ApiGatewayV2::Authorizer"),
    made("AWS::ApiGatewayV2::Stage"),
];

/// A type of resources that SAM makes for a WebSocket API.
pub(in super::super) fn find(name: &str) -> Option<&'static Kind> {
    MADE.iter().find(|kind| kind.name == name)
}

/// The resources that SAM makes beside an API (aws-sam-translator 1.115,
/// `websocket_api_generator`).
pub(in super::super) fn generated(
    scope: &mut Scope<'_>,
    resource: &Resource,
) -> Result<(), Problem> {
    let id = &resource.id;
    let owner = || Some(id.clone());
    let routes = resource.properties.get("Routes");
    for entry in routes.map_or(&[] as &[Entry], Node::entries) {
        let Some(part) = id_part(&entry.key) else {
            continue;
        };
        let id = format!("{id}{part}");
        scope.generate(format!("{id}Route"), ROUTE, None, owner());
        scope.generate(
            format!("{id}Integration"),
            "AWS::ApiGatewayV2::Integration",
            None,
            owner(),
        );
        scope.generate(
            format!("{id}Permission"),
            "AWS::Lambda::Permission",
            None,
            owner(),
        );
    }
    if resource.properties.get("Auth").is_some() {
        let kind = "AWS::ApiGatewayV2::Authorizer";
        scope.generate(format!("{id}ConnectAuthorizer"), kind, None, owner());
        let kind = "AWS::Lambda::Permission";
        scope.generate(format!("{id}AuthorizerPermission"), kind, None, owner());
    }
    let written = resource.properties.get("StageName");
    let stage = match written {
        Some(written) => intrinsics::resolve(scope, written)?,
        None => None,
    };
    let stage = stage.unwrap_or_else(|| Node::text(resource.at, DEFAULT_STAGE));
    // SAM knows the value of parameters only, when it makes ids.
    let plain = written.is_none_or(|node| node.as_text().is_some() || node.get("Ref").is_some());
    let prefix = match stage.as_text().filter(|_| plain) {
        Some(DEFAULT_STAGE) => "Default",
        Some(name) => name,
        None => "",
    };
    let stage_id = format!("{id}{prefix}Stage");
    scope
        .referable
        .insert(format!("{id}.Stage"), stage_id.clone());
    scope.generate(stage_id, "AWS::ApiGatewayV2::Stage", Some(stage), owner());
    Ok(())
}

const DEFAULT_STAGE: &str = "default";

/// The part of a logical id that SAM makes of a route key: `sendMessage` gives
/// `Sendmessage`. `None` for a key that it refuses.
fn id_part(key: &str) -> Option<String> {
    let letters = match SPECIAL.contains(&key) {
        true => &key[1..],
        false => key,
    };
    let first = letters.get(..1)?.to_ascii_uppercase();
    let plain = letters.chars().all(|c| c.is_ascii_alphanumeric());
    plain.then(|| first + &letters[1..].to_ascii_lowercase())
}

fn api(builder: &mut Builder<'_, '_>, resource: &Resolved<'_>) -> Result<(), Problem> {
    let id = &resource.source.id;
    let mut fields = Fields::new(&resource.properties, API)?;
    let routes = routes(builder, fields.required("Routes")?)?;
    let route_selection = selection_expression(fields.required("RouteSelectionExpression")?)?;
    let stage = stage(&mut fields)?;
    let stage_variables = match fields.optional("StageVariables") {
        None => BTreeMap::new(),
        Some(node) => variables(node)?,
    };
    let authorizer = match fields.optional("Auth") {
        None => None,
        Some(node) => auth(builder, node, &routes)?,
    };
    let common = fields.optional("DefaultRouteSettings");
    let own = fields.optional("RouteSettings");
    let connect_throttle = throttle(common, own, &routes)?;
    fields.refuse(&[(
        "Domain",
        "leave it out: the API answers at its execute-api address",
    )])?;
    fields.refuse_true(&[(
        "DisableExecuteApiEndpoint",
        "leave it out: the API would answer nobody",
    )])?;
    fields.accept(&[
        "AccessLogSettings",
        "ApiKeySelectionExpression",
        "Description",
        "DisableSchemaValidation",
        "FailOnWarnings",
        "IpAddressType",
        "Name",
        "PropagateTags",
        "Tags",
    ]);
    fields.finish()?;
    builder.stack.websocket_apis.push(WebSocketApi {
        logical_id: id.clone(),
        id: builder.reference(id, &resource.properties)?,
        stage,
        route_selection,
        routes,
        stage_variables,
        authorizer,
        connect_throttle,
    });
    Ok(())
}

fn routes(builder: &Builder<'_, '_>, node: &Node) -> Result<Vec<WebSocketRoute>, Problem> {
    let entries = node.map("Routes")?;
    if entries.is_empty() || entries.len() > ROUTE_LIMIT {
        return Err(Problem::at(
            node.at,
            format!(
                "Routes has {} routes; an API has 1 to {ROUTE_LIMIT}",
                entries.len()
            ),
        ));
    }
    let mut known: BTreeMap<String, &str> = BTreeMap::new();
    let mut routes = Vec::with_capacity(entries.len());
    for entry in entries {
        let key = entry.key.as_str();
        let Some(part) = id_part(key) else {
            return Err(Problem::at(
                entry.at,
                format!("`{key}` is not a route key that SAM takes"),
            )
            .help(format!(
                "a key is one of {}, or made of letters and digits alone",
                listed(SPECIAL)
            )));
        };
        if let Some(other) = known.insert(part, key) {
            return Err(Problem::at(
                entry.at,
                format!("the routes {other} and {key} differ in their case alone, and SAM makes one logical id of both"),
            )
            .help("give one of the two another key"));
        }
        routes.push(route(builder, entry).map_err(|p| p.within(format!("route {key}")))?);
    }
    Ok(routes)
}

fn route(builder: &Builder<'_, '_>, entry: &Entry) -> Result<WebSocketRoute, Problem> {
    let mut fields = Fields::new(&entry.value, "a route")?;
    let function = fields.required("FunctionArn")?;
    let timeout = match fields.optional("IntegrationTimeout") {
        Some(node) => node.integer("IntegrationTimeout", TIMEOUT_MS)?,
        None => *TIMEOUT_MS.end(),
    };
    let responds = match fields.optional("RouteResponseSelectionExpression") {
        None => false,
        Some(node) => match node.scalar("RouteResponseSelectionExpression")? {
            "$default" => true,
            _ => return Err(node.expected("RouteResponseSelectionExpression", "$default")),
        },
    };
    let check = "check it in the function: requests are not validated here";
    fields.refuse(&[
        ("ModelSelectionExpression", check),
        ("RequestModels", check),
        ("RequestParameters", check),
    ])?;
    fields.refuse_true(&[("ApiKeyRequired", "leave it out: API keys are not simulated")])?;
    fields.accept(&["OperationName"]);
    fields.finish()?;
    Ok(WebSocketRoute {
        key: entry.key.clone(),
        function: builder
            .target("FunctionArn", function, FUNCTION)?
            .to_owned(),
        timeout: Duration::from_millis(timeout.into()),
        responds,
    })
}

fn selection_expression(node: &Node) -> Result<String, Problem> {
    let text = node.scalar("RouteSelectionExpression")?;
    match selection(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err(node
            .expected(
                "RouteSelectionExpression",
                "one member of the message, as in $request.body.action",
            )
            .help("other expressions are not simulated")),
    }
}

fn stage(fields: &mut Fields<'_>) -> Result<String, Problem> {
    let Some(node) = fields.optional("StageName") else {
        return Ok(DEFAULT_STAGE.to_owned());
    };
    let name = node.scalar("StageName")?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || name.len() > 128 || !name.chars().all(allowed) {
        return Err(node.expected("StageName", "1 to 128 letters, digits, `_` and `-`"));
    }
    Ok(name.to_owned())
}

fn variables(node: &Node) -> Result<BTreeMap<String, String>, Problem> {
    let text = |entry: &Entry| {
        let value = entry.value.scalar(&entry.key)?;
        Ok((entry.key.clone(), value.to_owned()))
    };
    node.map("StageVariables")?.iter().map(text).collect()
}

fn auth(
    builder: &Builder<'_, '_>,
    node: &Node,
    routes: &[WebSocketRoute],
) -> Result<Option<WebSocketAuthorizer>, Problem> {
    let mut fields = Fields::new(node, "Auth")?;
    let kind = fields.required("AuthType")?;
    let function = fields.optional("AuthArn");
    let sources = fields.optional("IdentitySource");
    fields.accept(&["InvokeRole", "Name"]);
    fields.finish()?;
    if !routes.iter().any(|route| route.key == "$connect") {
        return Err(
            Problem::at(node.at, "Auth needs a route $connect, which it guards")
                .help("add the route, or leave Auth out"),
        );
    }
    match kind.scalar("AuthType")? {
        "NONE" => return Ok(None),
        "CUSTOM" => {}
        "AWS_IAM" => {
            return Err(Problem::at(kind.at, "AuthType AWS_IAM is not simulated")
                .help("use CUSTOM with a function, or NONE"));
        }
        _ => return Err(kind.expected("AuthType", "NONE or CUSTOM")),
    }
    let Some(function) = function else {
        return Err(Problem::at(node.at, "AuthType CUSTOM needs AuthArn")
            .help("add AuthArn, the ARN of the authorizer's function"));
    };
    let mut identity_sources = Vec::new();
    if let Some(node) = sources {
        for item in node.list("IdentitySource")? {
            let text = item.scalar("IdentitySource")?;
            if Source::parse(text).is_none() {
                return Err(item.expected(
                    "IdentitySource",
                    "route.request.header.NAME, route.request.querystring.NAME, context.NAME or stageVariables.NAME",
                ));
            }
            identity_sources.push(text.to_owned());
        }
    }
    Ok(Some(WebSocketAuthorizer {
        function: builder.target("AuthArn", function, FUNCTION)?.to_owned(),
        identity_sources,
    }))
}

/// The throttling of `$connect`: its own setting, else that of all routes. What
/// a throttled message gets is not confirmed for AWS, so others have no effect.
fn throttle(
    common: Option<&Node>,
    own: Option<&Node>,
    routes: &[WebSocketRoute],
) -> Result<Option<Rate>, Problem> {
    let mut throttle = match common {
        None => (None, None),
        Some(node) => route_settings(node, "DefaultRouteSettings")?,
    };
    for entry in own.map_or(Ok(&[] as &[Entry]), |node| node.map("RouteSettings"))? {
        if !routes.iter().any(|route| route.key == entry.key) {
            return Err(Problem::at(
                entry.at,
                format!(
                    "RouteSettings names the route {}, which the API does not have",
                    entry.key
                ),
            )
            .help(format!(
                "it has {}",
                listed(routes.iter().map(|route| &route.key))
            )));
        }
        let (rate, burst) = route_settings(&entry.value, "RouteSettings")?;
        if entry.key == "$connect" {
            throttle = (rate.or(throttle.0), burst.or(throttle.1));
        }
    }
    Ok(match throttle {
        (None, None) => None,
        (rate, burst) => Some(Rate {
            rate: rate.unwrap_or(ACCOUNT_RATE),
            burst: burst.unwrap_or(ACCOUNT_BURST),
        }),
    })
}

/// Rate and burst of settings for routes.
fn route_settings(node: &Node, what: &str) -> Result<(Option<f64>, Option<u32>), Problem> {
    let mut fields = Fields::new(node, what)?;
    let (rate, burst) = api::rate_and_burst(&mut fields)?;
    fields.accept(&["DataTraceEnabled", "DetailedMetricsEnabled", "LoggingLevel"]);
    fields.finish()?;
    Ok((rate, burst))
}

fn route_response(builder: &mut Builder<'_, '_>, resource: &Resolved<'_>) -> Result<(), Problem> {
    let mut fields = Fields::new(&resource.properties, "AWS::ApiGatewayV2::RouteResponse")?;
    let api = fields.required("ApiId")?;
    let route = fields.required("RouteId")?;
    let key = fields.required("RouteResponseKey")?;
    fields.accept(&[
        "ModelSelectionExpression",
        "ResponseModels",
        "ResponseParameters",
    ]);
    fields.finish()?;
    if key.scalar("RouteResponseKey")? != "$default" {
        return Err(key.expected("RouteResponseKey", "$default"));
    }
    let route_id = builder.target("RouteId", route, &[ROUTE])?.to_owned();
    let api_id = builder.target("ApiId", api, &[API])?;
    let of_route = builder
        .scope
        .resources
        .get(&route_id)
        .and_then(|known| known.owner.as_deref());
    if of_route != Some(api_id) {
        return Err(Problem::at(
            route.at,
            format!("RouteId points to {route_id}, which is not a route of {api_id}"),
        ));
    }
    builder.route_responses.push(route_id);
    Ok(())
}

/// Settles which routes answer, once all APIs and route responses are there: those
/// that ask for it and have a response.
pub(super) fn apply(builder: &mut Builder<'_, '_>) {
    for api in &mut builder.stack.websocket_apis {
        for route in &mut api.routes {
            let part = id_part(&route.key).unwrap_or_default();
            let id = format!("{}{part}Route", api.logical_id);
            route.responds &= builder.route_responses.contains(&id);
        }
    }
}
