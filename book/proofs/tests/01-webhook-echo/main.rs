//! Proofs of the chapter `01-webhook-echo`: what its text says of broken versions, and its solutions.
