//! One request, from the moment it has been read to the answer.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use crate::aws::{REGION, URL_SUFFIX, rest_stage_arn, same_header};
use crate::clock::Clock;
use crate::current::Current;
use crate::http1::head::{Head, LINE_AND_VALUES_LIMIT, Refusal};
use crate::http1::reply::Reply;
use crate::http1::target::Target;
use crate::http1::{self, Answer, Front, Request};
use crate::lambda::Outcome;
use crate::rest::Services;
use crate::rest::errors::{GatewayError, Kind};
use crate::rest::event::{Source, incoming};
use crate::rest::identity::{RequestIds, stable_id};
use crate::rest::request::{StageRequest, foreign_host, method, trace};
use crate::rest::response;
use crate::rest::router::Router;
use crate::rest::throttle::Buckets;
use crate::template::model::{RestApi, Route};
use crate::trail::{OpenHop, Service, TrailContext};

/// Most bytes that Lambda takes, 6 MB in the words of the guide; its error text
/// names this number (Lambda Developer Guide, "Lambda quotas").
const LAMBDA_LIMIT: usize = 6_291_556;
/// Longest integration timeout that an API can have without asking AWS.
const INTEGRATION_LIMIT: Duration = Duration::from_secs(29);

/// A REST API with its stage, as it is now.
pub(crate) struct Gateway {
    deployed: Current<RestApi, Deployment>,
    buckets: Buckets,
    services: Services,
}

/// An API and what follows from it.
struct Deployment {
    api: Arc<RestApi>,
    id: String,
    arn: String,
    domain: String,
    router: Router,
}

impl Deployment {
    fn new(api: Arc<RestApi>) -> Self {
        Self {
            id: stable_id(&[&api.id, &api.stage]),
            arn: rest_stage_arn(&api.id, &api.stage),
            domain: format!("{}.execute-api.{REGION}.{URL_SUFFIX}", api.id),
            router: Router::new(&api),
            api,
        }
    }
}

impl Gateway {
    pub(crate) fn new(api: watch::Receiver<Arc<RestApi>>, services: Services) -> Self {
        Self {
            deployed: Current::new(api, Deployment::new),
            buckets: Buckets::default(),
            services,
        }
    }

    /// Answers a request whose trail comes from elsewhere (the edge before this
    /// API, say), or begins here.
    pub(crate) async fn reply(&self, request: &Request, trail: Option<&TrailContext>) -> Reply {
        let refused = |refusal| self.refused(refusal, Some(&request.head), request.viewer(), trail);
        // A request that comes over a listener was judged while it was read.
        if let Err(refusal) = request.head.within(LINE_AND_VALUES_LIMIT) {
            return refused(refusal);
        }
        let Some(target) = Target::new(&request.head.target) else {
            return refused(Refusal::Malformed(BAD_TARGET));
        };
        // API Gateway Developer Guide, "Important notes": not supported unencoded.
        if target
            .query
            .is_some_and(|query| query.contains(['|', '{', '}']))
        {
            return refused(Refusal::Malformed(BAD_QUERY));
        }
        let deployment = self.deployed.get();
        let ids = RequestIds::fresh();
        let viewer = request.viewer();
        let context = match trail {
            None => self.services.recorder.begin(ids.request.as_str()),
            Some(trail) => {
                trail.also_known_as(&ids.request);
                trail.clone()
            }
        };
        let mut hop = context.hop(
            Service::Rest,
            &deployment.api.logical_id,
            action(&request.head),
        );
        hop.detail("from", viewer.to_string());
        if !request.body.is_empty() {
            hop.input(&request.body);
        }
        let trace = trace(&request.head, self.clock().now());
        let stage_request = StageRequest {
            sent_method: &request.head.method,
            method: method(&request.head),
            target,
            headers: incoming(&request.head, &deployment.domain, viewer, &trace),
            body: &request.body,
            viewer,
            ids: &ids,
            minor: request.head.minor,
            foreign_host: foreign_host(&request.head, &deployment.domain),
        };
        match self.pass(&deployment, stage_request, hop.context()).await {
            Ok(mut reply) => {
                reply.header("x-amzn-RequestId", &ids.request);
                reply.header("x-amz-apigw-id", &ids.extended);
                reply.header("X-Amzn-Trace-Id", &trace);
                close(hop, &reply, None);
                reply
            }
            Err(error) => {
                let reply = error.reply(&ids);
                close(hop, &reply, Some(&error.reason));
                reply
            }
        }
    }

    /// What the client gets for a request that the HTTP front refuses. It comes
    /// before any API, so the answer has no request id; the trail has one.
    fn refused(
        &self,
        refusal: Refusal,
        head: Option<&Head>,
        viewer: IpAddr,
        trail: Option<&TrailContext>,
    ) -> Reply {
        let reply = refusal.reply();
        let context = trail.map_or_else(
            || self.services.recorder.begin(RequestIds::fresh().request),
            TrailContext::clone,
        );
        let action = head.map_or_else(|| "unreadable request".to_owned(), action);
        let mut hop = context.hop(Service::Rest, &self.deployed.get().api.logical_id, action);
        hop.detail("from", viewer.to_string());
        close(hop, &reply, Some(refusal.reason()));
        reply
    }

    /// Takes a request through the stage, in API Gateway's order of checks.
    async fn pass(
        &self,
        deployment: &Deployment,
        mut request: StageRequest<'_>,
        context: &TrailContext,
    ) -> Result<Reply, GatewayError> {
        let api = &deployment.api;
        if let Some(host) = &request.foreign_host {
            let reason = format!(
                "the Host {host} is another service's name, not {}",
                deployment.domain
            );
            return Err(GatewayError::new(Kind::Forbidden, reason));
        }
        let path = request.target.in_stage(&api.stage).ok_or_else(|| {
            GatewayError::new(
                Kind::Forbidden,
                format!(
                    "the path {} is not in the stage /{}",
                    request.target.full_path, api.stage
                ),
            )
        })?;
        if let Some(acl) = self.services.waf.protecting(&deployment.arn) {
            request.filter(&acl, context)?;
        }
        let found = deployment
            .router
            .find(&request.method, path)
            .map_err(|reason| GatewayError::new(Kind::MissingAuthenticationToken, reason))?;
        self.buckets
            .take(&api.throttles, found.route, self.clock().moment())
            .map_err(|throttle| {
                let (rate, burst) = (throttle.rate, throttle.burst);
                let reason =
                    format!("more than {rate} requests per second with a burst of {burst}");
                GatewayError::new(Kind::Throttled, reason)
            })?;
        let source = Source {
            api,
            deployment_id: &deployment.id,
            domain: &deployment.domain,
            ids: request.ids,
            found: &found,
            method: &request.method,
            path,
            full_path: request.target.full_path,
            query: request.target.query,
            minor: request.minor,
            headers: &request.headers,
            body: request.body,
            viewer: request.viewer,
            now: self.timestamp(),
        };
        let event = source.event().map_err(|error| {
            GatewayError::new(
                Kind::Internal,
                format!("the event cannot be written: {error}"),
            )
        })?;
        if event.len() > LAMBDA_LIMIT {
            let reason = format!(
                "the event has {} bytes, Lambda takes {LAMBDA_LIMIT}",
                event.len()
            );
            return Err(GatewayError::new(Kind::TooLong, reason));
        }
        let payload = self.invoke(found.route, event.into(), context).await?;
        let mut accepted = request
            .headers
            .iter()
            .filter(|header| same_header(&header.name, "accept"));
        let accept = accepted.next_back().map(|header| header.value.as_str());
        response::read(
            &payload,
            response::is_binary(&api.binary_media_types, accept),
        )
    }

    /// Invokes the function and waits for its payload, at most as long as the
    /// integration may take.
    async fn invoke(
        &self,
        route: &Route,
        event: Bytes,
        context: &TrailContext,
    ) -> Result<Bytes, GatewayError> {
        let limit = route.timeout.min(INTEGRATION_LIMIT);
        let deadline = self.clock().moment().after(limit);
        let mut invocation = Box::pin({
            let (functions, context) = (self.services.functions.clone(), context.clone());
            let function = route.function.clone();
            async move { functions.invoke(&function, event, &context).await }
        });
        let Some(outcome) = self.clock().before(deadline, invocation.as_mut()).await else {
            // The timeout does not stop a function that has begun. (A client
            // that leaves does not either: nobody looks at its connection until
            // there is an answer to write.)
            tokio::spawn(invocation);
            let reason = format!(
                "{} did not answer within the integration timeout of {} ms; it goes on running",
                route.function,
                limit.as_millis()
            );
            return Err(GatewayError::new(Kind::TimedOut, reason));
        };
        let failed = |kind, reason: String| Err(GatewayError::new(kind, reason));
        match outcome {
            Outcome::Success(payload) => Ok(payload),
            Outcome::FunctionError(error) => failed(
                Kind::BadIntegration,
                format!("{} failed: {}", route.function, excerpt(&error)),
            ),
            Outcome::Throttled(reason) => failed(
                Kind::Internal,
                format!("Lambda throttled {}: {reason}", route.function),
            ),
            Outcome::RequestTooLarge => failed(
                Kind::TooLong,
                format!("the event for {} exceeds what Lambda takes", route.function),
            ),
            Outcome::NotFound => failed(
                Kind::Internal,
                format!("there is no function {}", route.function),
            ),
        }
    }
}

impl Front for Gateway {
    fn clock(&self) -> &Clock {
        &self.services.clock
    }

    async fn answer(&self, request: &Request) -> Answer {
        Answer::Reply(self.reply(request, None).await)
    }

    fn refuse(&self, refusal: Refusal, head: Option<&Head>, peer: IpAddr) -> Reply {
        let viewer = head.map_or(peer, |head| http1::viewer(head, peer));
        self.refused(refusal, head, viewer, None)
    }
}

const BAD_TARGET: &str = "the request target is neither a path nor an http URL";
const BAD_QUERY: &str = "the query string has a | or a brace that is not percent-encoded";

fn action(head: &Head) -> String {
    let path = Target::new(&head.target).map_or(head.target.as_str(), |target| target.full_path);
    format!("{} {path}", method(head))
}

/// Ends the hop of a request: with a reason it was API Gateway that answered.
fn close(mut hop: OpenHop, reply: &Reply, reason: Option<&str>) {
    hop.detail("status", reply.status);
    if let Some(reason) = reason {
        hop.detail("error", reason);
    }
    hop.output(&reply.body);
    hop.end(
        reply.status.to_string(),
        reason.is_none() && reply.status < 500,
    );
}

/// Enough of an error to see what it is.
fn excerpt(error: &Bytes) -> String {
    const SHOWN: usize = 300;
    let text = String::from_utf8_lossy(error);
    match text.char_indices().nth(SHOWN) {
        None => text.into_owned(),
        Some((cut, _)) => format!("{}…", &text[..cut]),
    }
}
