//! The `cargo workbook` command.
fn main() {}
