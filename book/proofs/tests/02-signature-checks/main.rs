//! Proofs of the chapter `02-signature-checks`: what its text says of broken versions, and its solutions.
