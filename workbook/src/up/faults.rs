//! The failures that `up` can be told to make.

use sandbox::faults::{Fault, FaultKind, kinds};
use sandbox::template::model::Stack;

use crate::error::{Result, usage};

/// What a kind of failure does, and what it does it to.
struct About {
    /// For the help.
    does: &'static str,
    /// A resource of this kind, as in "no …".
    to: &'static str,
    /// Logical ids of such resources.
    ids: fn(&Stack) -> Vec<&str>,
}

fn about(kind: FaultKind) -> About {
    let (does, to, ids): (_, _, fn(&Stack) -> Vec<&str>) = match kind {
        FaultKind::FunctionCrash => ("its process ends while it works", "function", functions),
        FaultKind::FunctionTimeout => ("never answers, until its timeout", "function", functions),
        FaultKind::FunctionThrottle => ("no concurrency is left for it", "function", functions),
        FaultKind::SnsRefuse => ("a publish gets an internal error", "topic", topics),
        FaultKind::SnsDuplicate => ("a message is delivered twice", "topic", topics),
        FaultKind::ConnectionGone => ("@connections says 410: gone", "WebSocket API", sockets),
        FaultKind::ConnectionGoneUntyped => (
            "the same without the header that names the error",
            "WebSocket API",
            sockets,
        ),
        FaultKind::ConnectionThrottle => ("@connections says 429", "WebSocket API", sockets),
        FaultKind::ConnectionError => ("@connections says 500", "WebSocket API", sockets),
        FaultKind::ConnectionSlow => ("@connections takes 30 seconds", "WebSocket API", sockets),
        FaultKind::DisconnectLost => ("$disconnect never comes", "WebSocket API", sockets),
        FaultKind::TableThrottleRead => ("a Scan or Query is throttled", "table", tables),
        FaultKind::TableThrottleWrite => ("a write is throttled", "table", tables),
        FaultKind::QueueRefuse => ("refuses what a function sends it", "queue", queues),
        FaultKind::OriginUnreachable => ("CloudFront gets no connection", "distribution", edges),
    };
    About { does, to, ids }
}

fn functions(stack: &Stack) -> Vec<&str> {
    let all = stack.functions.iter();
    all.map(|one| one.logical_id.as_str()).collect()
}

fn topics(stack: &Stack) -> Vec<&str> {
    let all = stack.topics.iter();
    all.map(|one| one.logical_id.as_str()).collect()
}

fn sockets(stack: &Stack) -> Vec<&str> {
    let all = stack.websocket_apis.iter();
    all.map(|one| one.logical_id.as_str()).collect()
}

fn tables(stack: &Stack) -> Vec<&str> {
    let all = stack.tables.iter();
    all.map(|one| one.logical_id.as_str()).collect()
}

fn queues(stack: &Stack) -> Vec<&str> {
    let all = stack.queues.iter();
    all.map(|one| one.logical_id.as_str()).collect()
}

fn edges(stack: &Stack) -> Vec<&str> {
    let all = stack.distributions.iter();
    all.map(|one| one.logical_id.as_str()).collect()
}

/// The help of `--fault`: every kind with what it does.
#[must_use]
pub fn help() -> String {
    let width = kinds().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = kinds().map(|(name, kind)| {
        let About { does, to, .. } = about(kind);
        format!("  {name:width$}  {to}: {does}")
    });
    format!(
        "A failure to make: KIND[=LOGICAL_ID][*TIMES]; may be repeated. Without a logical id it \
         happens to every resource of its kind, without a number every time. The kinds:\n{}",
        lines.collect::<Vec<_>>().join("\n")
    )
}

/// Checks that `stack` has what the faults are to happen to.
///
/// # Errors
/// If it has no such resource.
pub fn check(faults: &[Fault], stack: &Stack) -> Result<()> {
    for fault in faults {
        let About { to, ids, .. } = about(fault.kind);
        let ids = ids(stack);
        let target = fault.target.as_deref();
        if ids.is_empty() {
            return Err(usage(format!(
                "--fault {fault}: the template has no {to}, so it would never happen"
            )));
        }
        if let Some(target) = target.filter(|target| !ids.contains(target)) {
            return Err(usage(format!(
                "--fault {fault}: the template has no {to} {target}; it has {}",
                ids.join(", ")
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sandbox::template::model::Topic;

    fn stack() -> Stack {
        let topic = Topic {
            logical_id: "PaymentEventsTopic".into(),
            name: String::new(),
            arn: String::new(),
            display_name: None,
        };
        Stack {
            topics: vec![topic],
            ..Stack::default()
        }
    }

    fn checked(fault: &str) -> Result<()> {
        check(&[fault.parse().unwrap()], &stack())
    }

    #[test]
    fn the_help_names_every_kind() {
        insta::assert_snapshot!(help());
    }

    #[test]
    fn a_fault_needs_a_resource_to_happen_to() {
        assert!(checked("sns-refuse*2").is_ok());
        assert!(checked("sns-refuse=PaymentEventsTopic").is_ok());
        let error = checked("sns-refuse=PaymentEventTopic*2").unwrap_err();
        assert_eq!(
            error.to_string(),
            "--fault sns-refuse=PaymentEventTopic*2: the template has no topic \
             PaymentEventTopic; it has PaymentEventsTopic"
        );
        let error = checked("connection-gone").unwrap_err();
        assert_eq!(
            error.to_string(),
            "--fault connection-gone: the template has no WebSocket API, so it would never happen"
        );
    }
}
