//! Console sessions: commands and what they print.

use crate::directive;
use crate::expand::Context;
use crate::html;

/// A session.
///
/// # Errors
/// If its file is not there or cannot be read.
pub fn render(options: &directive::Session, context: &mut Context<'_>) -> Result<String, String> {
    Ok(html::figure(
        "session",
        &options.name,
        context.label,
        &options.caption,
        "",
    ))
}
