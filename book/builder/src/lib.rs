//! Builds and checks the book: whatever a page shows of a step, an output or a stack
//! is taken from what is compiled, run and tested.
//!
//! The way of a page: [`source`] reads the repository, [`directive`] finds the blocks
//! that ask for something, [`expand`] numbers them and puts HTML in their place, for which
//! each kind has a module of its own. [`preprocess`] makes a preprocessor of mdBook of it.

#![warn(missing_docs)]

pub mod build;
pub mod check;
pub mod coverage;
pub mod directive;
pub mod expand;
pub mod figures;
pub mod highlight;
pub mod html;
pub mod listing;
pub mod preprocess;
pub mod problem;
pub mod reviewed;
pub mod schedule;
pub mod serve;
pub mod session;
pub mod source;
