//! What the chapter says of failures, of tests and in its exercises.

mod counting;
mod exact;
mod filter;
mod greet;
mod hall;
mod timeless;
mod unreached;
