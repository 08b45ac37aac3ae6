//! Broadcasters and tables that look right, and how each of them fails.

mod all_gone;
mod budget;
mod circular;
mod connecting;
mod endpoint;
mod milliseconds;
mod one_page;
mod pace;
mod sandboxed;
mod shop;
mod typed;
mod wire;
