//! Errors as the SQS API tells them: the JSON protocol's type, and in
//! `x-amzn-query-error` the code that the older Query protocol had, by which
//! SDKs go on recognising them.

use std::fmt;

/// Code for a queue that is not there.
pub(super) const NO_SUCH_QUEUE: &str = "AWS.SimpleQueueService.NonExistentQueue";

/// An error answer of the SQS API (Amazon SQS API Reference, the errors of each
/// action and "Common Errors").
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SqsError {
    pub(super) status: u16,
    /// Namespace and name, as in `__type`.
    pub(super) error_type: &'static str,
    /// Code of the Query protocol.
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl SqsError {
    fn sender(error_type: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            error_type,
            code,
            message: message.into(),
        }
    }

    /// Whose fault it was, in the words of the Query protocol.
    pub(super) fn blame(&self) -> &'static str {
        if self.status < 500 {
            "Sender"
        } else {
            "Receiver"
        }
    }

    pub(super) fn no_such_queue() -> Self {
        Self::sender(
            "com.amazonaws.sqs#QueueDoesNotExist",
            NO_SUCH_QUEUE,
            "The specified queue does not exist.",
        )
    }

    pub(super) fn missing(parameter: &str) -> Self {
        Self::sender(
            "com.amazon.coral.service#MissingRequiredParameterException",
            "MissingParameter",
            format!("The request must contain the parameter {parameter}."),
        )
    }

    pub(super) fn invalid(message: impl fmt::Display) -> Self {
        Self::sender(
            "com.amazon.coral.service#InvalidParameterValueException",
            "InvalidParameterValue",
            message.to_string(),
        )
    }

    pub(super) fn too_long(most: usize) -> Self {
        let reason = format!("Message must be shorter than {most} bytes.");
        Self::invalid(format_args!(
            "One or more parameters are invalid. Reason: {reason}"
        ))
    }

    pub(super) fn receipt_handle() -> Self {
        Self::sender(
            "com.amazonaws.sqs#ReceiptHandleIsInvalid",
            "ReceiptHandleIsInvalid",
            "The input receipt handle is invalid.",
        )
    }

    pub(super) fn batch_empty() -> Self {
        Self::sender(
            "com.amazonaws.sqs#EmptyBatchRequest",
            "AWS.SimpleQueueService.EmptyBatchRequest",
            "There should be at least one SendMessageBatchRequestEntry in the request.",
        )
    }

    pub(super) fn batch_too_many(entries: usize) -> Self {
        Self::sender(
            "com.amazonaws.sqs#TooManyEntriesInBatchRequest",
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            format!("Maximum number of entries per request are 10. You have sent {entries}."),
        )
    }

    pub(super) fn batch_ids(id: &str) -> Self {
        Self::sender(
            "com.amazonaws.sqs#BatchEntryIdsNotDistinct",
            "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
            format!("Id {id} repeated."),
        )
    }

    pub(super) fn batch_too_long(most: usize, bytes: usize) -> Self {
        Self::sender(
            "com.amazonaws.sqs#BatchRequestTooLong",
            "AWS.SimpleQueueService.BatchRequestTooLong",
            format!(
                "Batch requests cannot be longer than {most} bytes. You have sent {bytes} bytes."
            ),
        )
    }

    pub(super) fn unknown_operation(operation: &str) -> Self {
        Self::sender(
            "com.amazon.coral.service#UnknownOperationException",
            "InvalidAction",
            format!("the sandbox's SQS has no operation {operation:?}"),
        )
    }

    pub(super) fn internal() -> Self {
        Self {
            status: 500,
            error_type: "com.amazon.coral.service#InternalFailure",
            code: "InternalFailure",
            message: "We encountered an internal error. Please try again.".to_owned(),
        }
    }
}
