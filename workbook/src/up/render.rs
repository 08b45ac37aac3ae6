//! Trails and log lines as a person reads them.

use std::borrow::Cow;
use std::fmt::Write;
use std::time::Duration;

use anstyle::Style;
use sandbox::console::LogLine;
use sandbox::trail::{Hop, Service, Trail};
use serde_json::Value;

use crate::output::{BAD, BOLD, DIM, ERROR, GOOD, NAME, WARN, one_line, painted};

/// Longest reason that is shown, in characters.
const REASON: usize = 160;
/// How much of a published message is shown, in characters.
const MESSAGE: usize = 48;
/// Longest log line that is shown, in characters.
const LOG: usize = 2000;
/// Details that have a place of their own in the line, or are a reason.
const NOT_LISTED: [&str; 3] = ["start", "reason", "error"];

/// A trail: a line for the request, a line per hop.
#[must_use]
pub fn trail(trail: &Trail) -> String {
    let mut text = header(trail);
    let rows: Vec<Row> = trail.hops.iter().map(Row::new).collect();
    let width = |column: fn(&Row) -> &str| {
        rows.iter()
            .map(|row| column(row).chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths = (
        width(|row| &row.name),
        width(|row| &row.action),
        width(|row| &row.outcome),
    );
    for (row, hop) in rows.iter().zip(&trail.hops) {
        row.write(&mut text, hop, widths);
    }
    text
}

fn header(trail: &Trail) -> String {
    let ok = trail.hops.iter().all(|hop| hop.ok && !refused(hop));
    let failed = trail.hops.iter().any(|hop| !hop.ok);
    let (mark, style) = match (failed, ok) {
        (true, _) => ("✗", ERROR),
        (false, true) => ("●", GOOD),
        (false, false) => ("●", WARN),
    };
    let what = trail
        .hops
        .first()
        .map_or_else(String::new, |hop| match hop.parent {
            None => format!(
                "{} → {}",
                one_line(&hop.action, 200),
                one_line(&hop.outcome, 80)
            ),
            // The rest of a trail whose beginning has been told.
            Some(_) => format!("… {} {}", one_line(&hop.action, 200), hop.name),
        });
    let took = trail.hops.first().map_or(Duration::ZERO, |hop| hop.took);
    let more = if trail.settled { "" } else { ", more to come" };
    let rest = format!("{}  {}{more}", milliseconds(took), one_line(&trail.id, 40));
    format!(
        "{} {}  {}\n",
        painted(style, mark),
        painted(BOLD, &what),
        painted(DIM, &rest)
    )
}

/// Whether a hop did its work and the answer was a refusal.
fn refused(hop: &Hop) -> bool {
    hop.outcome.len() == 3 && hop.outcome.starts_with(['4', '5'])
}

struct Row {
    name: String,
    action: String,
    outcome: String,
    style: Style,
    extra: String,
}

impl Row {
    fn new(hop: &Hop) -> Self {
        let style = match (hop.ok, refused(hop)) {
            (false, _) => BAD,
            (true, true) => WARN,
            (true, false) => GOOD,
        };
        Self {
            name: hop.name.clone(),
            action: one_line(&hop.action, 80),
            outcome: one_line(&hop.outcome, 60),
            style,
            extra: extra(hop),
        }
    }

    fn write(&self, text: &mut String, hop: &Hop, (name, action, outcome): (usize, usize, usize)) {
        let start = hop
            .details
            .get("start")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let line = format!(
            "  {:6}  {}  {:action$}  {:4}  {}  {:>9}",
            hop.service.to_string(),
            painted(NAME, &format!("{:name$}", self.name)),
            self.action,
            start,
            painted(self.style, &format!("{:outcome$}", self.outcome)),
            milliseconds(hop.took),
        );
        let extra = painted(if hop.ok { DIM } else { self.style }, &self.extra);
        // Writing to a string does not fail.
        let _ = match self.extra.is_empty() {
            true => writeln!(text, "{line}"),
            false => writeln!(text, "{line}  {extra}"),
        };
    }
}

/// The reason of a failure or refusal, else the hop's further details.
fn extra(hop: &Hop) -> String {
    let unwelcome = !hop.ok || refused(hop);
    if let Some(reason) = reason(hop).filter(|_| unwelcome) {
        return one_line(&reason, REASON);
    }
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let details = hop.details.iter().map(|(name, value)| (name, text(value)));
    // The outcome has been said, and everything comes from this machine.
    let telling = details.filter(|(name, value)| {
        !NOT_LISTED.contains(name) && *value != hop.outcome && value != "127.0.0.1"
    });
    let mut details: Vec<String> = telling
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if let (Service::Sns, Some(message)) = (hop.service, &hop.input) {
        details.insert(0, one_line(&message.text(), MESSAGE));
    }
    one_line(&details.join(" "), REASON)
}

fn reason(hop: &Hop) -> Option<String> {
    let told = ["reason", "error"]
        .iter()
        .find_map(|name| hop.details.get(name));
    if let Some(told) = told {
        return Some(
            told.as_str()
                .map_or_else(|| told.to_string(), str::to_owned),
        );
    }
    let output = hop.output.as_ref()?.json();
    let field = |object: &Value, name: &str| object.get(name)?.as_str().map(str::to_owned);
    match (field(&output, "errorType"), field(&output, "errorMessage")) {
        (Some(kind), Some(message)) => Some(format!("{kind}: {message}")),
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => ["message", "error", "Message"]
            .iter()
            .find_map(|name| field(&output, name)),
    }
}

fn milliseconds(took: Duration) -> String {
    let milliseconds = took.as_secs_f64() * 1000.0;
    if milliseconds < 100.0 {
        format!("{milliseconds:.1} ms")
    } else {
        format!("{milliseconds:.0} ms")
    }
}

/// A function's log line with the function's name.
#[must_use]
pub fn log(log: &LogLine) -> String {
    let name = painted(NAME, &format!("{}#{}", log.function, log.environment));
    format!(
        "{name} {} {}\n",
        painted(DIM, "|"),
        one_line(&without_runtime_span(&log.line), LOG)
    )
}

/// A log line without the span that the Rust runtime puts around every event:
/// it is two ids, and long enough to push the message off the screen. With
/// `--json` it stays.
fn without_runtime_span(line: &str) -> Cow<'_, str> {
    const SPAN: &str = "Lambda runtime invoke{";
    const END: &str = "}: ";
    let found = line.split_once(SPAN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some(format!("{before}{after}"))
    });
    found.map_or(Cow::Borrowed(line), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn hop(
        id: usize,
        parent: Option<usize>,
        service: Service,
        name: &str,
        action: &str,
        outcome: &str,
    ) -> Hop {
        Hop {
            id,
            parent,
            service,
            name: name.into(),
            action: action.into(),
            outcome: outcome.into(),
            ok: true,
            details: BTreeMap::new(),
            input: None,
            output: None,
            took: Duration::from_micros(8_240),
        }
    }

    fn rendered(hops: Vec<Hop>, settled: bool) -> String {
        let shown = trail(&Trail {
            id: "7f1c".into(),
            started: 0,
            settled,
            hops,
        });
        anstream::adapter::strip_str(&shown).to_string()
    }

    #[test]
    fn an_accepted_webhook() {
        let mut function = hop(
            1,
            Some(0),
            Service::Lambda,
            "PaymentWebhookHandler",
            "Invoke",
            "ok",
        );
        function.details.insert("start", "cold".into());
        function.took = Duration::from_micros(154_321);
        let mut publish = hop(
            2,
            Some(1),
            Service::Sns,
            "PaymentEventsTopic",
            "Publish",
            "ok",
        );
        publish.details.insert("subscriptions", 1.into());
        publish.details.insert("from", "127.0.0.1".into());
        insta::assert_snapshot!(rendered(
            vec![
                hop(0, None, Service::Rest, "Api", "POST /prod/webhook", "200"),
                function,
                publish
            ],
            true,
        ));
    }

    #[test]
    fn a_refused_webhook_is_no_failure() {
        let mut request = hop(0, None, Service::Rest, "Api", "POST /prod/webhook", "401");
        request
            .details
            .insert("reason", "signature mismatch".into());
        let function = hop(
            1,
            Some(0),
            Service::Lambda,
            "PaymentWebhookHandler",
            "Invoke",
            "ok",
        );
        insta::assert_snapshot!(rendered(vec![request, function], true));
    }

    #[test]
    fn a_crash_says_why() {
        let mut request = hop(0, None, Service::Rest, "Api", "POST /prod/webhook", "502");
        request.ok = false;
        let mut function = hop(
            1,
            Some(0),
            Service::Lambda,
            "PaymentWebhookHandler",
            "Invoke",
            "Unhandled",
        );
        function.ok = false;
        function.details.insert(
            "error",
            "Runtime.ExitError: \u{1b}[31mexit status: 1\nnext line".into(),
        );
        insta::assert_snapshot!(rendered(vec![request, function], true));
    }

    #[test]
    fn a_later_attempt_says_that_it_goes_on() {
        let again = hop(
            3,
            Some(2),
            Service::Lambda,
            "PaymentBroadcaster",
            "Invoke (attempt 2)",
            "ok",
        );
        insta::assert_snapshot!(rendered(vec![again], false));
    }

    #[test]
    fn failures_are_red_and_successes_green() {
        let mut failure = hop(0, None, Service::Rest, "Api", "GET /", "502");
        failure.ok = false;
        let shown = |hop: Hop| {
            trail(&Trail {
                id: "1".into(),
                started: 0,
                settled: true,
                hops: vec![hop],
            })
        };
        assert!(shown(failure).contains(&painted(BAD, "502")));
        assert!(
            shown(hop(0, None, Service::Rest, "Api", "GET /", "200"))
                .contains(&painted(GOOD, "200"))
        );
    }

    #[test]
    fn a_log_line_has_its_functions_name() {
        let line = LogLine {
            function: "Handler".into(),
            environment: 2,
            line: "a\tb\r".into(),
        };
        assert_eq!(
            anstream::adapter::strip_str(&log(&line)).to_string(),
            "Handler#2 | a b\n"
        );
    }

    #[test]
    fn a_log_line_shows_the_message_and_not_the_ids_around_it() {
        let line = r#"INFO Lambda runtime invoke{requestId="1" xrayTraceId="2"}: published id="e""#;
        assert_eq!(without_runtime_span(line), r#"INFO published id="e""#);
        for line in ["INFO plain", "Lambda runtime invoke{unfinished"] {
            assert_eq!(without_runtime_span(line), line);
        }
    }
}
