//! SQS queues, as far as dead letters and failure destinations need them.
