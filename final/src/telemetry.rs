//! The log: one JSON object a line, as Lambda's JSON log format wants it.
//!
//! The runtime's own JSON lines have no time, and without one Lambda takes a
//! line for INFO whatever it says: a filter for WARN would then drop errors.
//! See "Log-level filtering" in the Lambda Developer Guide.

use std::env;
use std::fmt;
use std::panic::{self, PanicHookInfo};
use std::process::ExitCode;

use lambda_runtime::Error;
use lambda_runtime::tracing::subscriber::filter::{LevelFilter, Targets};
use lambda_runtime::tracing::subscriber::fmt::format::{JsonFields, Writer};
use lambda_runtime::tracing::subscriber::fmt::time::{FormatTime, SystemTime};
use lambda_runtime::tracing::subscriber::fmt::{
    FmtContext, FormatEvent, FormatFields, FormattedFields, MakeWriter,
};
use lambda_runtime::tracing::subscriber::layer::SubscriberExt;
use lambda_runtime::tracing::subscriber::registry::LookupSpan;
use lambda_runtime::tracing::subscriber::{fmt as lines, registry};
use lambda_runtime::tracing::{Event, Subscriber};
use serde::Serialize;
use serde_json::{Map, Value};

/// Sends the log to standard output, panics included.
///
/// The level is the one that is set for the function in Lambda. `RUST_LOG` is
/// not looked at: with two settings nobody knows which one counts.
pub fn init() {
    let level = env::var("AWS_LAMBDA_LOG_LEVEL").unwrap_or_default();
    let level = level.parse().unwrap_or(LevelFilter::INFO);
    // Fails only if there is a log already, and one is enough.
    let _ = tracing::subscriber::set_global_default(log(level, SystemTime, std::io::stdout));
    panic::set_hook(Box::new(log_panic));
}

/// Says in the log why the program ends, if it ends with an error.
pub fn exit_code(result: Result<(), Error>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("cannot start: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A log of this crate's events from `level` on.
pub fn log<C, W>(level: LevelFilter, clock: C, writer: W) -> impl Subscriber + Send + Sync
where
    C: FormatTime + Send + Sync + 'static,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = lines::layer()
        .fmt_fields(JsonFields::new())
        .event_format(Lines(clock))
        .with_writer(writer);
    registry().with(lines).with(
        Targets::new()
            .with_target(env!("CARGO_CRATE_NAME"), level)
            // Below INFO the SDK and the runtime log whole requests, with
            // everything that is secret in them.
            .with_default(level.min(LevelFilter::INFO))
            // Their span tells which request a line belongs to, also in a log
            // of errors only.
            .with_target("lambda_runtime::layers::trace", LevelFilter::INFO),
    )
}

/// Writes events as lines; holds the clock.
struct Lines<C>(C);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    timestamp: String,
    level: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    xray_trace_id: Option<Value>,
    target: &'static str,
    /// `message`, and what else the event says.
    #[serde(flatten)]
    fields: Map<String, Value>,
}

impl<S, N, C> FormatEvent<S, N> for Lines<C>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    C: FormatTime,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut timestamp = String::new();
        self.0.format_time(&mut Writer::new(&mut timestamp))?;
        let mut fields = String::new();
        context.format_fields(Writer::new(&mut fields), event)?;

        let mut around = Map::new();
        for span in context.event_scope().into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                around.extend(object(fields));
            }
        }

        let line = Line {
            timestamp,
            level: event.metadata().level().as_str(),
            request_id: around.remove("requestId"),
            xray_trace_id: around.remove("xrayTraceId"),
            target: event.metadata().target(),
            fields: object(&fields),
        };
        let line = serde_json::to_string(&line).map_err(|_| fmt::Error)?;
        writeln!(writer, "{line}")
    }
}

/// What [`JsonFields`] has written.
fn object(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}

/// A panic as a line of the log; else it would be text of several lines.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("no message");
    let place = panic.location().map(ToString::to_string);
    tracing::error!(place, "panicked: {message}");
}
