//! What the `cargo workbook` command is made of. A library so that the
//! repository's tests compare and copy steps with the command's own code.

pub mod bench;
pub mod book;
pub mod cli;
pub mod diff;
pub mod doctor;
pub mod error;
pub mod leftovers;
pub mod listen;
pub mod net;
pub mod new;
pub mod output;
pub mod project;
pub mod redrive;
pub mod secrets;
pub mod send;
pub mod services;
pub mod signing;
pub mod step;
pub mod steps;
pub mod tool;
pub mod up;
