//! The picture of a stack, from its template.

use crate::directive;
use crate::expand::Context;
use crate::html;

/// The figure.
///
/// # Errors
/// If what it is drawn from is not there or cannot be read.
pub fn render(
    options: &directive::Architecture,
    context: &mut Context<'_>,
) -> Result<String, String> {
    Ok(html::figure(
        "architecture",
        &options.id,
        context.label,
        &options.caption,
        "",
    ))
}
