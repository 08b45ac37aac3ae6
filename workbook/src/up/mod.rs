//! `up`: runs a step on this machine.

pub mod build;
pub mod faults;
pub mod parameters;
pub mod paste;
pub mod printer;
pub mod ready;
pub mod reaper;
pub mod render;
mod run;
pub mod state;
pub mod stop;
pub mod watch;

pub use run::run;
