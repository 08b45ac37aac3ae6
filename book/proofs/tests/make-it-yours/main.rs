//! Proofs of the chapter `make-it-yours`: what its text says of broken versions, and its solutions.
