//! API Gateway REST APIs.
