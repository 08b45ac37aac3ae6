//! Everything that a step changes.

use crate::expand::Context;

/// The files that the step of this chapter changes.
///
/// # Errors
/// If the page belongs to no step.
pub fn render(context: &mut Context<'_>) -> Result<String, String> {
    let step = context.page.step(context.source);
    step.map(|_| String::new())
        .ok_or_else(|| "this page belongs to no step".to_owned())
}
