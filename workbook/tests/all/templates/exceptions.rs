//! What is left as it is found, and why.

use super::subject::{Finding, Subject};

/// A finding that is meant.
pub struct Exception {
    pub rule: &'static str,
    /// The first and the last step that it is for.
    steps: (&'static str, &'static str),
    /// The end of what is found where, empty for everything of the rule.
    resource: &'static str,
    pub reason: &'static str,
}

pub const EXCEPTIONS: &[Exception] = &[
    Exception {
        rule: "log group",
        steps: ("01", "05"),
        resource: "",
        reason: "a step shows the service; log groups with retention are a lesson of final, and the book says at each `sam delete` what is left",
    },
    Exception {
        rule: "asynchronous path",
        steps: ("final", "final"),
        resource: "AlarmMail",
        reason: "an alarm that no mail server takes is still to be seen in CloudWatch, and nobody would read a queue of mails",
    },
];

/// The exception that a finding is, if it is one.
pub fn of(subject: &Subject, finding: &Finding) -> Option<usize> {
    EXCEPTIONS.iter().position(|exception| {
        let (first, last) = exception.steps;
        exception.rule == finding.rule
            && (first..=last).contains(&subject.number.as_str())
            && finding.resource.ends_with(exception.resource)
    })
}
