//! Events of SAM functions: methods of REST APIs and topics.

use std::time::Duration;

use super::super::document::IMPLICIT_API;
use super::super::error::{Position, Problem};
use super::super::fields::Fields;
use super::super::model::{Endpoint, Route};
use super::super::node::{Entry, Node};
use super::{Builder, paths, sns};

/// API Gateway's integration timeout (API Gateway Developer Guide, "Quotas and
/// important notes"): 29 s, at least 50 ms.
const TIMEOUT_MS: std::ops::RangeInclusive<u32> = 50..=29_000;
const METHODS: &[&str] = &[
    "ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT",
];

/// An event of type `Api`, to be wired when all APIs are there.
pub(super) struct ApiEvent {
    pub api: String,
    pub function: String,
    event: String,
    at: Position,
    route: Route,
}

/// Reads one event of a function whose ARN is `arn`.
pub(super) fn read(
    builder: &mut Builder<'_, '_>,
    function: &str,
    arn: &str,
    event: &Entry,
) -> Result<(), Problem> {
    let mut fields = Fields::new(&event.value, "an event")?;
    let kind = fields.required("Type")?;
    let properties = fields.required("Properties")?;
    fields.finish()?;
    match kind.scalar("Type")? {
        "Api" => {
            let read = api(builder, function, event, properties)?;
            builder.routes.push(read);
            Ok(())
        }
        "SNS" => topic(builder, function, arn, event, properties),
        _ => Err(Problem::at(
            kind.at,
            format!("events of type {} are not simulated", kind.shown()),
        )
        .help("the sandbox knows Api and SNS")),
    }
}

fn api(
    builder: &Builder<'_, '_>,
    function: &str,
    event: &Entry,
    properties: &Node,
) -> Result<ApiEvent, Problem> {
    let mut fields = Fields::new(properties, "an event of type Api")?;
    let path = fields.required("Path")?;
    let method = fields.required("Method")?;
    let api = match fields.optional("RestApiId") {
        Some(id) => builder
            .target("RestApiId", id, &["AWS::Serverless::Api"])?
            .to_owned(),
        None => IMPLICIT_API.to_owned(),
    };
    let timeout = match fields.optional("TimeoutInMillis") {
        Some(node) => node.integer("TimeoutInMillis", TIMEOUT_MS)?,
        None => *TIMEOUT_MS.end(),
    };
    let check = "check it in the function: requests are not validated here";
    fields.refuse(&[
        (
            "Auth",
            "leave it out: authorizers and API keys are not simulated",
        ),
        ("RequestModel", check),
        ("RequestParameters", check),
        (
            "ResponseTransferMode",
            "leave it out: responses are buffered",
        ),
    ])?;
    fields.finish()?;
    let text = path.scalar("Path")?;
    if path.secret {
        // Messages about routes and every trail name the path.
        return Err(Problem::at(
            path.at,
            "Path comes from a NoEcho parameter; a path is public",
        ));
    }
    if let Some(mistake) = paths::mistake(text) {
        return Err(Problem::at(path.at, format!("Path is `{text}`: {mistake}")));
    }
    let upper = method.scalar("Method")?.to_ascii_uppercase();
    if !METHODS.contains(&upper.as_str()) {
        return Err(method.expected("Method", &format!("one of {}", super::listed(METHODS))));
    }
    Ok(ApiEvent {
        api,
        function: function.to_owned(),
        event: event.key.clone(),
        at: event.at,
        route: Route {
            method: upper,
            path: text.to_owned(),
            function: function.to_owned(),
            timeout: Duration::from_millis(timeout.into()),
        },
    })
}

fn topic(
    builder: &mut Builder<'_, '_>,
    function: &str,
    arn: &str,
    event: &Entry,
    properties: &Node,
) -> Result<(), Problem> {
    let mut fields = Fields::new(properties, "an event of type SNS")?;
    let topic = fields.required("Topic")?;
    fields.refuse(&[(
        "SqsSubscription",
        "let the topic call the function itself: queues do not call functions here",
    )])?;
    let filters = sns::filters(builder, &mut fields)?;
    fields.finish()?;
    let settings = sns::Settings {
        logical_id: format!("{function}{}", event.key),
        topic: builder
            .target("Topic", topic, &["AWS::SNS::Topic"])?
            .to_owned(),
        endpoint: Endpoint::Lambda(arn.to_owned()),
        filter_policy: filters.policy,
        filter_scope: filters.scope,
        dead_letter: filters.dead_letter,
    };
    sns::add_subscription(builder, settings, properties)
}

/// Hands the routes to their APIs, which must all be different.
pub(super) fn wire(builder: &mut Builder<'_, '_>) -> Result<(), Problem> {
    for event in std::mem::take(&mut builder.routes) {
        let Some(api) = builder
            .stack
            .rest_apis
            .iter_mut()
            .find(|api| api.logical_id == event.api)
        else {
            continue;
        };
        let wrong = |message: String| {
            Problem::at(event.at, message)
                .within(format!("event {}", event.event))
                .in_resource(&event.function)
        };
        let Route { method, path, .. } = &event.route;
        for other in &api.routes {
            if other.method == *method && other.path == *path {
                return Err(wrong(format!(
                    "{method} {path} of {} goes to {} already",
                    event.api, other.function
                ))
                .help("give one of the two another path or method"));
            }
            if let Some((theirs, ours)) = paths::clash(&other.path, path) {
                return Err(wrong(format!(
                    "`{ours}` in {path} stands where {} has `{theirs}`; API Gateway takes one \
                     variable in a place",
                    other.path
                ))
                .help("use the same name in both paths"));
            }
        }
        api.routes.push(event.route);
    }
    Ok(())
}
