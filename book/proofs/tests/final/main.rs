//! Proofs of the chapter `final`: what its text says of broken versions, and its solutions.
