//! The tests of this step, one module for each thing that is tested.

mod body;
mod event;
mod headers;
mod logs;
mod webhook;
