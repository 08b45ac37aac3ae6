//! Proofs of the chapter `03-sns-publish`: what its text says of broken versions, and its solutions.
