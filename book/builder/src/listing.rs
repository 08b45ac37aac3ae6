//! Code, as it stands in a step or a proof.

pub mod changes;

use crate::directive;
use crate::expand::Context;
use crate::html;

/// A listing.
///
/// # Errors
/// If the file or what shall be shown of it is not there.
pub fn render(options: &directive::Listing, context: &mut Context<'_>) -> Result<String, String> {
    Ok(html::figure(
        "listing",
        &options.id,
        context.label,
        &options.caption,
        "",
    ))
}
