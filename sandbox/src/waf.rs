//! AWS WAF: web ACLs that judge requests before anything else does.
//!
//! [`Waf`] holds the web ACLs of a stack. A service that is protected asks for
//! its [`Acl`] and lets it [judge](Acl::judge) each request. What a rule looks
//! at is in `component`, what is done to it first in `transform`, how it is
//! compared in `statement`; addresses are in `addresses`, rates in `rate`.

mod addresses;
mod component;
mod rate;
mod statement;
mod transform;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use crate::clock::Clock;
use crate::http1::reply::Reply;
use crate::template::model::{Action, CustomHeader, CustomResponse, Stack, Statement, WebAcl};
use crate::trail::{Service, TrailContext};
use addresses::AddressSet;
use rate::Rates;

/// The name that AWS gives to the rule of a request that no rule decided.
pub const DEFAULT_ACTION: &str = "Default_Action";

/// How many headers, and how many bytes of them, a service shows to WAF
/// (AWS WAF Developer Guide, "Oversize web request components").
const HEADER_COUNT: usize = 200;
const HEADER_BYTES: usize = 8 * 1024;

/// The web ACLs of a stack. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Waf {
    clock: Clock,
    acls: Arc<RwLock<Acls>>,
}

#[derive(Default)]
struct Acls {
    by_arn: HashMap<String, Arc<Acl>>,
    by_resource: HashMap<String, Arc<Acl>>,
}

/// A web ACL at work.
pub struct Acl {
    model: WebAcl,
    sets: Arc<HashMap<String, AddressSet>>,
    /// Counted requests, by the rule's place in the web ACL.
    rates: Vec<Rates>,
    clock: Clock,
}

/// A request as WAF sees it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Method as the client sent it.
    pub method: &'a str,
    /// Path as the client sent it, on an API's own host with the stage.
    pub path: &'a str,
    /// What follows `?`.
    pub query: Option<&'a str>,
    /// Headers as the protected service has them.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a [u8],
    /// The address at the other end of the connection.
    pub source_ip: IpAddr,
}

/// What becomes of a request.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Whether it goes on.
    pub decision: Decision,
    /// Name of the rule that decided, or [`DEFAULT_ACTION`].
    pub rule: String,
    /// Names of the rules that only counted it.
    pub counted: Vec<String>,
    /// Labels of all rules that matched.
    pub labels: Vec<String>,
    /// Names of rules that were passed over, since they are not simulated.
    pub not_simulated: Vec<String>,
    /// Headers to add to the request, under their whole names.
    pub inserted: Vec<(String, String)>,
}

/// Whether a request goes on.
#[derive(Clone, Debug)]
pub enum Decision {
    /// It does.
    Allow,
    /// It is answered with this, else as the protected service answers.
    Block(Option<CustomResponse>),
}

impl CustomResponse {
    /// The answer that is sent in place of the protected service's own.
    pub(crate) fn reply(self) -> Reply {
        let mut reply = match self.body {
            None => Reply::empty(self.status),
            Some((kind, content)) => Reply::new(self.status, kind, content.0.as_bytes()),
        };
        for header in self.headers {
            reply.header(&header.name, &header.value.0);
        }
        reply
    }
}

impl Waf {
    /// No web ACLs yet. Rates are counted on `clock`.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            acls: Arc::default(),
        }
    }

    /// Takes over the web ACLs of a stack; counted requests are forgotten.
    pub fn load(&self, stack: &Stack) {
        let sets = stack
            .ip_sets
            .iter()
            .map(|set| (set.arn.clone(), AddressSet::new(&set.addresses)));
        let sets = Arc::new(sets.collect::<HashMap<_, _>>());
        let mut acls = Acls::default();
        for acl in &stack.web_acls {
            let loaded = Arc::new(Acl {
                model: acl.clone(),
                sets: sets.clone(),
                rates: acl.rules.iter().map(|_| Rates::default()).collect(),
                clock: self.clock.clone(),
            });
            for resource in &acl.resources {
                acls.by_resource.insert(resource.clone(), loaded.clone());
            }
            acls.by_arn.insert(acl.arn.clone(), loaded);
        }
        *self.acls.write().unwrap_or_else(PoisonError::into_inner) = acls;
    }

    /// The web ACL with this ARN.
    #[must_use]
    pub fn acl(&self, arn: &str) -> Option<Arc<Acl>> {
        self.acls().by_arn.get(arn).cloned()
    }

    /// The web ACL that is associated with the resource of this ARN.
    #[must_use]
    pub fn protecting(&self, resource: &str) -> Option<Arc<Acl>> {
        self.acls().by_resource.get(resource).cloned()
    }

    fn acls(&self) -> RwLockReadGuard<'_, Acls> {
        self.acls.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Request<'a> {
    /// The headers that WAF gets to see.
    fn visible(&self) -> &'a [(&'a str, &'a str)] {
        let mut bytes = 0;
        let fits = |(name, value): &&(&str, &str)| {
            bytes += name.len() + value.len();
            bytes <= HEADER_BYTES
        };
        let count = self.headers.iter().take(HEADER_COUNT).take_while(fits);
        &self.headers[..count.count()]
    }
}

impl Acl {
    /// Logical id of the web ACL.
    #[must_use]
    pub fn logical_id(&self) -> &str {
        &self.model.logical_id
    }

    /// Judges a request, and leaves a hop on its trail.
    #[must_use]
    pub fn judge(&self, request: &Request<'_>, context: &TrailContext) -> Verdict {
        let action = format!("{} {}", request.method, request.path);
        let mut hop = context.hop(Service::Waf, self.logical_id(), action);
        let verdict = self.verdict(request);
        hop.detail("from", request.source_ip.to_string());
        hop.detail("rule", verdict.rule.as_str());
        let lists = [
            ("counted", &verdict.counted),
            ("labels", &verdict.labels),
            ("not_simulated", &verdict.not_simulated),
        ];
        for (name, list) in lists {
            if !list.is_empty() {
                hop.detail(name, list.clone());
            }
        }
        match verdict.decision {
            Decision::Allow => hop.finish("ALLOW"),
            Decision::Block(_) => hop.fail("BLOCK"),
        }
        verdict
    }

    /// Goes through the rules by ascending priority until one decides.
    fn verdict(&self, request: &Request<'_>) -> Verdict {
        let request = Request {
            headers: request.visible(),
            ..*request
        };
        let mut verdict = Verdict {
            decision: Decision::Allow,
            rule: DEFAULT_ACTION.to_owned(),
            counted: Vec::new(),
            labels: Vec::new(),
            not_simulated: Vec::new(),
            inserted: Vec::new(),
        };
        for (rule, rates) in self.model.rules.iter().zip(&self.rates) {
            let Some(statement) = &rule.statement else {
                verdict.not_simulated.push(rule.name.clone());
                continue;
            };
            if !self.matches(statement, rates, &request) {
                continue;
            }
            verdict.labels.extend(rule.labels.iter().cloned());
            if verdict.take(&rule.action) {
                verdict.rule.clone_from(&rule.name);
                return verdict;
            }
            verdict.counted.push(rule.name.clone());
        }
        verdict.take(&self.model.default_action);
        verdict
    }

    fn matches(&self, statement: &Statement, rates: &Rates, request: &Request<'_>) -> bool {
        let judge = statement::Judge {
            request,
            sets: &self.sets,
            body_limit: self.model.body_limit,
        };
        match statement {
            Statement::RateBased(limit) => {
                let counts = limit.scope_down.as_deref();
                counts.is_none_or(|scope| judge.matches(scope))
                    && rates.exceeded(limit, request, self.clock.moment())
            }
            _ => judge.matches(statement),
        }
    }
}

impl Verdict {
    /// Applies an action; whether that decides.
    fn take(&mut self, action: &Action) -> bool {
        let insert = |header: &CustomHeader| {
            let name = format!("x-amzn-waf-{}", header.name);
            (name, header.value.0.clone())
        };
        match action {
            Action::Allow(headers) => {
                self.inserted.extend(headers.iter().map(insert));
                true
            }
            Action::Block(response) => {
                self.decision = Decision::Block(response.clone());
                true
            }
            Action::Count(headers) => {
                self.inserted.extend(headers.iter().map(insert));
                false
            }
        }
    }
}
