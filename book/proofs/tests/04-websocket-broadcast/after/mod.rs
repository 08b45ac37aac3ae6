//! What the chapter says of failures, of tests and in its exercises.
