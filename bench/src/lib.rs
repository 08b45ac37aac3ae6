//! Measures the functions against numbers that were set before, and against the
//! same job in the languages that people use instead. Not a part of anything
//! that is deployed.

pub mod broadcasts;
pub mod building;
pub mod certificate;
pub mod cloud;
pub mod error;
pub mod events;
pub mod figures;
pub mod goals;
pub mod load;
pub mod peers;
pub mod process;
pub mod processor;
pub mod report;
pub mod run;
pub mod sizes;
pub mod stack;
pub mod warm;
