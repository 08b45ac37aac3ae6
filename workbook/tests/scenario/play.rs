//! The scenario.

use std::future::Future;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::StatusCode;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use workbook::net;
use workbook::send::body::{Body, fresh_id};
use workbook::signing;

use crate::client::Client;
use crate::sender::{Header, Scheme, Sender, shown};
use crate::target::Target;

/// For all of it. Locally it takes a second, on AWS a few.
const LIMIT: Duration = Duration::from_secs(120);
/// Older than any tolerance that somebody would set.
const STALE: i64 = 24 * 60 * 60;
/// As `cargo workbook listen` says it.
const PING: &str = r#"{"action":"ping"}"#;

/// Plays all of it, telling each step that held.
///
/// # Errors
/// With the target, the step, and what was seen there.
pub async fn play(target: &Target) -> Result<(), String> {
    let log = Log {
        target,
        until: Instant::now() + LIMIT,
    };
    let tls = match target.webhook.tls || target.socket.tls {
        true => Some(net::tls().map_err(|error| error.to_string())?),
        false => None,
    };
    let for_socket = tls.as_ref().filter(|_| target.socket.tls);
    let mut sender = Sender::new(&target.webhook, tls.clone().filter(|_| target.webhook.tls));
    let mut accepted: Vec<String> = Vec::new();

    let connect = |name| Client::connect(name, &target.socket, for_socket);
    let connecting = async {
        Ok([
            connect("A").await?,
            connect("B").await?,
            connect("C").await?,
            connect("D").await?,
        ])
    };
    let step = format!("four clients connect to {}", target.socket.websocket_url());
    let [mut a, mut b, mut c, mut d] = log.step(&step, connecting).await?;

    let event = Event::of_stripe(target);
    let step = format!("{} is taken at {}", event.what, target.webhook.url());
    log.step(&step, event.is_taken(&mut sender)).await?;
    let all = async {
        for client in [&mut a, &mut b, &mut c, &mut d] {
            client.hear_exactly(&event.body, &accepted).await?;
        }
        Ok(())
    };
    log.step("all four have exactly that payload", all).await?;
    accepted.push(event.body);

    let leaving = async {
        c.leave(&accepted).await?;
        drop(d);
        Ok(())
    };
    let step = "one says good-bye and one vanishes; nothing more came to the first";
    log.step(step, leaving).await?;

    let event = Event::generic(target);
    let step = format!("{} is taken", event.what);
    log.step(&step, event.is_taken(&mut sender)).await?;
    let both = async {
        a.hear_exactly(&event.body, &accepted).await?;
        b.hear_exactly(&event.body, &accepted).await
    };
    log.step("the two that stayed have exactly that payload", both)
        .await?;
    accepted.push(event.body);

    for event in refused(target) {
        let step = format!("{} is refused with 401", event.what);
        log.step(&step, event.is_refused(&mut sender)).await?;
    }

    log.step("a ping is taken", a.say(PING)).await?;

    let event = Event::of_stripe(target);
    let step = format!("{} is taken", event.what);
    log.step(&step, event.is_taken(&mut sender)).await?;
    let both = async {
        a.hear_exactly(&event.body, &accepted).await?;
        b.hear_exactly(&event.body, &accepted).await
    };
    let step = "both have it next: nothing that was refused, no word about the ping";
    log.step(step, both).await?;
    accepted.push(event.body);

    let leaving = async {
        a.leave(&accepted).await?;
        b.leave(&accepted).await
    };
    log.step("both leave, and nothing else had come", leaving)
        .await
}

/// Tells what held, and makes one message of what did not.
struct Log<'a> {
    target: &'a Target,
    until: Instant,
}

impl Log<'_> {
    async fn step<T>(
        &self,
        step: &str,
        work: impl Future<Output = Result<T, String>>,
    ) -> Result<T, String> {
        let name = &self.target.name;
        let why = match timeout_at(self.until, work).await {
            Ok(Ok(done)) => {
                println!("{name}: ok: {step}");
                return Ok(done);
            }
            Ok(Err(why)) => why,
            Err(_) => format!(
                "not within the {} seconds that all of it may take",
                LIMIT.as_secs()
            ),
        };
        Err(format!("{name}: DOES NOT HOLD: {step}\n  seen: {why}"))
    }
}

/// A webhook.
struct Event {
    what: String,
    headers: Vec<Header>,
    body: String,
}

impl Event {
    /// Signed as Stripe does, where that is switched on.
    fn of_stripe(target: &Target) -> Self {
        let body = body_of_stripe();
        match (&target.stripe, &target.signing) {
            (Some(secret), _) => Self::signed(Scheme::Stripe, secret, body),
            (None, Some(secret)) => Self::signed(Scheme::Generic, secret, body),
            (None, None) => Self::unsigned(body),
        }
    }

    /// Signed in the generic way, where that is switched on.
    fn generic(target: &Target) -> Self {
        let body = body_of_somebody();
        let mut event = match (&target.signing, &target.stripe) {
            (Some(secret), _) => Self::signed(Scheme::Generic, secret, body),
            (None, Some(secret)) => Self::signed(Scheme::Stripe, secret, body),
            (None, None) => Self::unsigned(body),
        };
        let kind = ("X-Event-Type", "shop.order.paid".to_owned());
        event.headers.push(kind);
        event
    }

    fn signed(scheme: Scheme, secret: &str, body: String) -> Self {
        Self {
            what: format!("a webhook with a good {scheme}"),
            headers: vec![scheme.sign(secret, now(), &body)],
            body,
        }
    }

    fn unsigned(body: String) -> Self {
        Self {
            what: "a webhook without a signature".to_owned(),
            headers: Vec::new(),
            body,
        }
    }

    async fn is_taken(&self, sender: &mut Sender) -> Result<(), String> {
        let answer = sender.post(&self.headers, &self.body).await?;
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match answer.status == StatusCode::OK && said["received"] == true {
            true => Ok(()),
            false => Err(shown(&answer)),
        }
    }

    async fn is_refused(&self, sender: &mut Sender) -> Result<(), String> {
        let answer = sender.post(&self.headers, &self.body).await?;
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match answer.status == StatusCode::UNAUTHORIZED && said["error"].is_string() {
            true => Ok(()),
            false => Err(shown(&answer)),
        }
    }
}

/// What nobody may get through with.
fn refused(target: &Target) -> Vec<Event> {
    let mut events = vec![Event::unsigned(body_of_stripe())];
    let schemes = [
        (Scheme::Stripe, &target.stripe),
        (Scheme::Generic, &target.signing),
    ];
    for (scheme, secret) in schemes {
        let body = body_of_stripe();
        events.push(Event {
            what: format!("a webhook with somebody else's {scheme}"),
            headers: vec![scheme.sign("whsec_somebody_elses", now(), &body)],
            body,
        });
        let Some(secret) = secret else { continue };
        let body = body_of_stripe();
        let headers = vec![scheme.sign(secret, now(), &body)];
        let changed = signing::tampered(body.into_bytes());
        events.push(Event {
            what: format!("a webhook changed after its {scheme} was made"),
            headers,
            body: String::from_utf8_lossy(&changed).into_owned(),
        });
    }
    if let Some(secret) = &target.stripe {
        let body = body_of_stripe();
        events.push(Event {
            what: "a webhook with a Stripe-Signature of yesterday".to_owned(),
            headers: vec![Scheme::Stripe.sign(secret, now() - STALE, &body)],
            body,
        });
    }
    events
}

/// A sample event, with line breaks as Stripe has them.
fn body_of_stripe() -> String {
    let sample = include_str!("../../../events/payment_intent.succeeded.json");
    let body = Body::new(sample.into()).with_id(&fresh_id());
    String::from_utf8_lossy(&body).into_owned()
}

/// What a payload may look like, and must look like when it arrives.
fn body_of_somebody() -> String {
    let id = fresh_id();
    format!(
        "{{ \"id\":\"{id}\",\r\n\t\"name\": \"Zoë & Łukasz\",  \"amount\":1.50, \"a\":\"\\u00e9\" }}\n"
    )
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs().cast_signed()
}
