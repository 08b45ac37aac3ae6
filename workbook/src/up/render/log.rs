//! Log lines as a person reads them; with `--json` they stay as they are.

use std::borrow::Cow;
use std::fmt::Write;

use sandbox::console::LogLine;
use serde_json::{Map, Value};

use crate::output::{DIM, NAME, one_line, painted};

/// Longest log line that is shown, in characters.
const LONGEST: usize = 2000;
/// Fields of a structured line that are the same for a whole request, or shown
/// in front.
const LEFT_OUT: [&str; 6] = [
    "level",
    "message",
    "requestId",
    "target",
    "timestamp",
    "xrayTraceId",
];

/// A function's log line with the function's name.
#[must_use]
pub fn log(log: &LogLine) -> String {
    let name = painted(NAME, &format!("{}#{}", log.function, log.environment));
    let text = match serde_json::from_str(&log.line) {
        Ok(Value::Object(fields)) => structured(&fields),
        _ => None,
    };
    let text = text.map_or_else(|| without_runtime_span(&log.line), Cow::Owned);
    let bar = painted(DIM, "|");
    format!("{name} {bar} {}\n", one_line(&text, LONGEST))
}

/// A structured line: metrics with what was counted, else level, message and
/// the event's own fields.
fn structured(fields: &Map<String, Value>) -> Option<String> {
    if let Some(metrics) = fields.get("_aws") {
        let directives = metrics.get("CloudWatchMetrics")?.as_array()?.iter();
        let metrics = directives.filter_map(|one| one.get("Metrics")?.as_array());
        let names = metrics
            .flatten()
            .filter_map(|metric| metric.get("Name")?.as_str());
        let values = names.filter_map(|name| Some((name, fields.get(name)?)));
        let counted = values.filter(|(_, value)| value.as_f64() != Some(0.0));
        return Some(listed("metrics", counted));
    }
    let [level, message] = ["level", "message"].map(|name| fields.get(name)?.as_str());
    let fields = fields.iter().map(|(name, value)| (name.as_str(), value));
    let own = fields.filter(|(name, _)| !LEFT_OUT.contains(name));
    Some(listed(&format!("{} {}", level?, message?), own))
}

fn listed<'a>(start: &str, fields: impl Iterator<Item = (&'a str, &'a Value)>) -> String {
    fields.fold(start.to_owned(), |mut text, (name, value)| {
        // Writing to a string does not fail.
        let _ = write!(text, " {name}={value}");
        text
    })
}

/// A log line without the span that the Rust runtime puts around every event:
/// it is two ids, and long enough to push the message off the screen.
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

    fn shown(line: &str) -> String {
        let line = LogLine {
            function: "Handler".into(),
            environment: 2,
            line: line.into(),
        };
        anstream::adapter::strip_str(&log(&line)).to_string()
    }

    #[test]
    fn a_line_has_its_functions_name() {
        assert_eq!(shown("a\tb\r"), "Handler#2 | a b\n");
    }

    #[test]
    fn a_line_shows_the_message_and_not_the_ids_around_it() {
        let line = r#"INFO Lambda runtime invoke{requestId="1" xrayTraceId="2"}: published id="e""#;
        assert_eq!(without_runtime_span(line), r#"INFO published id="e""#);
        for line in ["INFO plain", "Lambda runtime invoke{unfinished"] {
            assert_eq!(without_runtime_span(line), line);
        }
    }

    #[test]
    fn a_structured_line_shows_the_same() {
        let line = r#"{"timestamp":"2026-04-09T12:34:56Z","level":"WARN","requestId":"1","target":"t","message":"refused","reason":"mismatch","status":401}"#;
        assert_eq!(
            shown(line),
            "Handler#2 | WARN refused reason=\"mismatch\" status=401\n"
        );
    }

    #[test]
    fn metrics_show_what_was_counted() {
        let line = r#"{"_aws":{"CloudWatchMetrics":[{"Metrics":[{"Name":"Sent"},{"Name":"Gone"}]}]},"FunctionName":"f","Sent":3,"Gone":0}"#;
        assert_eq!(shown(line), "Handler#2 | metrics Sent=3\n");
    }

    #[test]
    fn other_json_stays_as_it_is() {
        for line in [r#"{"level":"INFO"}"#, r#"{"_aws":1}"#, "[1]", "7"] {
            assert_eq!(shown(line), format!("Handler#2 | {line}\n"));
        }
    }
}
