//! The way of a request, from a stage snapshot.

use crate::directive;
use crate::expand::Context;
use crate::html;

/// The figure.
///
/// # Errors
/// If what it is drawn from is not there or cannot be read.
pub fn render(options: &directive::Trail, context: &mut Context<'_>) -> Result<String, String> {
    Ok(html::figure(
        "trail",
        &options.id,
        context.label,
        &options.caption,
        "",
    ))
}
