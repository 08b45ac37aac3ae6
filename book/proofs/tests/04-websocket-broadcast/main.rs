//! Proofs of the chapter `04-websocket-broadcast`: what its text says of broken versions, and its solutions.
