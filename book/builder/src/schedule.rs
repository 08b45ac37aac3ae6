//! Minutes: of sections, chapters and plans.

use regex::Regex;

use crate::directive;
use crate::expand::Context;

/// The minutes of a plan, or of the whole book by chapter.
///
/// # Errors
/// If there is no such plan, or it names a section that does not exist.
pub fn render(
    _options: &directive::Schedule,
    _context: &mut Context<'_>,
) -> Result<String, String> {
    Ok(String::new())
}

/// The page with the minutes of its headings as badges.
#[must_use]
pub fn with_badges(text: &str) -> String {
    let Ok(heading) = Regex::new(r"(?m)^(#{2,4} .*?)\s*\{(#[\w-]+)\s+minutes=(\d+)\}\s*$") else {
        return text.to_owned();
    };
    let badge = "$1 <span class=\"minutes\">$3 min</span> {$2}";
    heading.replace_all(text, badge).into_owned()
}
