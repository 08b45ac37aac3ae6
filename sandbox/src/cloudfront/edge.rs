//! One request at the edge, from the moment it has been read to the answer.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;
use uuid::Uuid;

use crate::aws::same_header;
use crate::clock::Clock;
use crate::cloudfront::behavior::{admit, apply, port_80};
use crate::cloudfront::engine::{Engine, Run};
use crate::cloudfront::errors::EdgeError;
use crate::cloudfront::outcome::{self, Verdict};
use crate::cloudfront::visit::{Visit, target};
use crate::cloudfront::{Services, event, ids, pattern};
use crate::current::Current;
use crate::faults::FaultKind;
use crate::http1::head::{HEAD_LIMIT, Head, Header, Refusal};
use crate::http1::reply::Reply;
use crate::http1::{self, Answer, Front, Request};
use crate::template::model::{Behavior, CustomResponse, Distribution, EdgeFunction};
use crate::trail::{OpenHop, Service, TrailContext};
use crate::waf::{self, Decision};

/// Where the edge says that it is.
const POP: &str = "IAD89-C1";
/// Headers of origins that are shorter are no secrets.
const SECRET_LENGTH: usize = 8;

/// A distribution with its Functions, as it is now.
pub(super) struct Location {
    deployed: Current<Distribution, Deployed>,
    services: Services,
}

/// A distribution and what follows from it.
struct Deployed {
    distribution: Arc<Distribution>,
    via_host: String,
    /// Engines of the Functions, by logical id.
    engines: HashMap<String, Engine>,
}

impl Deployed {
    fn new(distribution: Arc<Distribution>) -> Self {
        let functions = distribution
            .behaviors
            .iter()
            .flat_map(|behavior| [&behavior.viewer_request, &behavior.viewer_response])
            .flatten();
        let mut engines = HashMap::new();
        for function in functions {
            engines
                .entry(function.logical_id.clone())
                .or_insert_with(|| Engine::start(function.code.clone()));
        }
        Self {
            via_host: ids::via_host(&distribution.id),
            engines,
            distribution,
        }
    }

    /// Runs a Function for the event of this name and reads what it returned.
    async fn run<T>(
        &self,
        function: &EdgeFunction,
        name: &'static str,
        event: &Value,
        hop: &mut OpenHop,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, EdgeError> {
        let id = &function.logical_id;
        let run = match self.engines.get(id) {
            Some(engine) => engine.run(event.to_string()).await,
            None => Run::failed("it was not started"),
        };
        if !run.log.is_empty() {
            hop.detail("log", run.log);
        }
        let outcome = match run.returned {
            Err(reason) => Err(EdgeError::FunctionFailed(format!("{id}: {reason}"))),
            Ok(returned) => read(&returned)
                .map_err(|reason| EdgeError::FunctionInvalid(format!("{id}: {reason}"))),
        };
        let word = match &outcome {
            Ok(_) => "ran",
            Err(EdgeError::FunctionFailed(_)) => "failed",
            Err(_) => "returned an invalid value",
        };
        hop.detail(name, format!("{id} {word}"));
        outcome
    }

    /// Ends the hop of a request, and adds what every answer has.
    fn close(
        &self,
        mut hop: OpenHop,
        mut reply: Reply,
        x_cache: &str,
        request_id: &str,
        reason: Option<&str>,
    ) -> Reply {
        let via = format!("1.1 {} (CloudFront)", self.via_host);
        for (name, value) in [
            ("X-Cache", x_cache),
            ("Via", &via),
            ("X-Amz-Cf-Pop", POP),
            ("X-Amz-Cf-Id", request_id),
        ] {
            reply
                .headers
                .retain(|header| !same_header(&header.name, name));
            reply.header(name, value);
        }
        hop.detail("status", reply.status);
        hop.detail("cache", x_cache);
        if let Some(reason) = reason {
            hop.detail("error", reason);
        }
        hop.output(&reply.body);
        hop.end(
            reply.status.to_string(),
            reason.is_none() && reply.status < 500,
        );
        reply
    }
}

/// An answer and the value of `X-Cache` with it.
type Answered = (Reply, &'static str);

impl Location {
    pub(super) fn new(
        distribution: watch::Receiver<Arc<Distribution>>,
        services: Services,
    ) -> Self {
        Self {
            deployed: Current::new(distribution, Deployed::new),
            services,
        }
    }

    /// Begins the trail of a request: it is found under its request id.
    fn begin(&self, deployed: &Deployed, request_id: &str) -> TrailContext {
        let context = self.services.recorder.begin(Uuid::new_v4().to_string());
        context.also_known_as(request_id);
        let headers = deployed
            .distribution
            .origins
            .iter()
            .flat_map(|origin| &origin.headers);
        headers
            .filter(|header| header.value.len() >= SECRET_LENGTH)
            .for_each(|header| context.conceal(&header.value));
        context
    }

    async fn reply(&self, request: &Request) -> Reply {
        let deployed = self.deployed.get();
        let request_id = ids::request_id();
        let context = self.begin(&deployed, &request_id);
        let name = &deployed.distribution.logical_id;
        let mut hop = context.hop(Service::CloudFront, name, action(&request.head));
        hop.detail("from", request.viewer().to_string());
        if !request.body.is_empty() {
            hop.input(&request.body);
        }
        match self.pass(&deployed, request, &request_id, &mut hop).await {
            Ok((reply, x_cache)) => deployed.close(hop, reply, x_cache, &request_id, None),
            Err(error) => {
                let reply = error.reply(&request_id);
                let reason = Some(error.reason());
                deployed.close(hop, reply, error.x_cache(), &request_id, reason)
            }
        }
    }

    /// Takes a request through the edge.
    async fn pass(
        &self,
        deployed: &Deployed,
        request: &Request,
        request_id: &str,
        hop: &mut OpenHop,
    ) -> Result<Answered, EdgeError> {
        let distribution = &deployed.distribution;
        let visit = Visit::new(request, distribution)?;
        let behaviors = &distribution.behaviors;
        let matching = |one: &&Behavior| pattern::matches(&one.path_pattern, &visit.path);
        let behavior = behaviors
            .iter()
            .find(matching)
            .ok_or(EdgeError::BadRequest("no behavior is for this path"))?;
        if let Some(answer) = port_80(request, behavior)? {
            return Ok((answer, "Redirect from cloudfront"));
        }
        admit(&visit, behavior)?;
        let visit = self.filter(distribution, visit, hop.context())?;
        let visit = match &behavior.viewer_request {
            None => visit,
            Some(function) => {
                let event = event::event(distribution, request_id, &visit, None);
                let read = |returned: &str| outcome::of_request(returned, &visit);
                let verdict = deployed.run(function, "viewer-request", &event, hop, read);
                match verdict.await? {
                    Verdict::Forward(visit) => visit,
                    Verdict::Respond(mut reply) => {
                        reply.header("Server", "CloudFront");
                        return Ok((reply, "FunctionGeneratedResponse from cloudfront"));
                    }
                }
            }
        };
        let mut reply = self
            .fetch(deployed, behavior, &visit, request_id, hop.context())
            .await?;
        apply(&behavior.response_headers, &mut reply);
        if reply.status >= 400 {
            // Then CloudFront runs no Function for the response.
            return Ok((reply, "Error from cloudfront"));
        }
        if let Some(function) = &behavior.viewer_response {
            let event = event::event(distribution, request_id, &visit, Some(&reply));
            let read = |returned: &str| outcome::of_response(returned, reply);
            let changed = deployed.run(function, "viewer-response", &event, hop, read);
            reply = changed.await?;
        }
        Ok((reply, "Miss from cloudfront"))
    }

    /// Asks the web ACL of the distribution. Its source address is the viewer's,
    /// its path has no stage, and no Function has changed anything yet.
    fn filter(
        &self,
        distribution: &Distribution,
        mut visit: Visit,
        context: &TrailContext,
    ) -> Result<Visit, EdgeError> {
        let arn = distribution.web_acl.as_ref();
        let Some(acl) = arn.and_then(|arn| self.services.waf.acl(arn)) else {
            return Ok(visit);
        };
        let headers = visit.headers.iter();
        let headers: Vec<(&str, &str)> = headers
            .map(|header| (header.name.as_str(), header.value.as_str()))
            .collect();
        let request = waf::Request {
            method: &visit.method,
            path: &visit.path,
            query: visit.query.as_deref(),
            headers: &headers,
            body: &visit.body,
            source_ip: visit.viewer,
        };
        let verdict = acl.judge(&request, context);
        match verdict.decision {
            Decision::Block(response) => Err(EdgeError::Blocked {
                rule: format!("the rule {} blocks it", verdict.rule),
                response: response.map(CustomResponse::reply),
            }),
            Decision::Allow => {
                let inserted = verdict.inserted.into_iter();
                let inserted = inserted.map(|(name, value)| Header { name, value });
                visit.headers.extend(inserted);
                Ok(visit)
            }
        }
    }

    /// The origin's answer.
    async fn fetch(
        &self,
        deployed: &Deployed,
        behavior: &Behavior,
        visit: &Visit,
        request_id: &str,
        context: &TrailContext,
    ) -> Result<Reply, EdgeError> {
        let distribution = &deployed.distribution;
        let faults = &self.services.faults;
        if faults.take(FaultKind::OriginUnreachable, &distribution.logical_id) {
            return Err(EdgeError::OriginUnreachable);
        }
        let reachable = distribution
            .origins
            .get(behavior.origin)
            .and_then(|origin| Some((origin, (self.services.origins)(&origin.domain_name)?)));
        let (origin, stage) = reachable.ok_or(EdgeError::OriginUnreachable)?;
        // What may change something is not sent twice.
        let attempts = match visit.method.as_str() {
            "GET" | "HEAD" => origin.attempts,
            _ => 1,
        };
        for _ in 0..attempts {
            let request =
                visit.to_origin(origin, &behavior.forwarding, request_id, &deployed.via_host);
            let clock = &self.services.clock;
            let deadline = clock.moment().after(origin.read_timeout);
            let mut answer = Box::pin({
                let (stage, context) = (stage.clone(), context.clone());
                async move { stage.0.reply(&request, Some(&context)).await }
            });
            if let Some(reply) = clock.before(deadline, answer.as_mut()).await {
                return Ok(reply);
            }
            // The origin does not notice that nobody waits any more.
            tokio::spawn(answer);
        }
        Err(EdgeError::OriginTimeout(format!(
            "the origin {} did not answer within {} s",
            origin.id,
            origin.read_timeout.as_secs()
        )))
    }
}

impl Front for Location {
    fn clock(&self) -> &Clock {
        &self.services.clock
    }

    async fn answer(&self, request: &Request) -> Answer {
        Answer::Reply(self.reply(request).await)
    }

    /// What the viewer gets for a request that cannot be read. A body that is
    /// too large is the origin's to refuse.
    fn refuse(&self, refusal: Refusal, head: Option<&Head>, peer: IpAddr) -> Reply {
        let deployed = self.deployed.get();
        let request_id = ids::request_id();
        let action = head.map_or_else(|| "unreadable request".to_owned(), action);
        let name = &deployed.distribution.logical_id;
        let context = self.begin(&deployed, &request_id);
        let mut hop = context.hop(Service::CloudFront, name, action);
        let viewer = head.map_or(peer, |head| http1::viewer(head, peer));
        hop.detail("from", viewer.to_string());
        let error = match refusal {
            Refusal::HeadTooLarge(_) => Some(EdgeError::HeadTooLarge),
            Refusal::Malformed(reason) => Some(EdgeError::BadRequest(reason)),
            Refusal::BodyTooLarge | Refusal::TooSlow => None,
        };
        let reply = error.map_or_else(|| refusal.reply(), |error| error.reply(&request_id));
        let x_cache = "Error from cloudfront";
        deployed.close(hop, reply, x_cache, &request_id, Some(refusal.reason()))
    }

    /// The edge counts differently, and itself.
    fn line_and_values_limit(&self) -> usize {
        HEAD_LIMIT
    }
}

fn action(head: &Head) -> String {
    let (path, _) = target(&head.target).unwrap_or((&head.target, None));
    format!("{} {path}", head.method)
}
