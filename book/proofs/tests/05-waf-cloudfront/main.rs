//! Proofs of the chapter `05-waf-cloudfront`: what its text says of broken versions, and its solutions.
