//! Reads a SAM or CloudFormation template and resolves it to a [`model::Stack`].

pub mod model;
