//! `LoggingConfig` of a function, which the function learns of through its
//! environment (Lambda Developer Guide, "Configuring advanced logging controls").

use super::super::error::Problem;
use super::super::fields::Fields;
use super::super::node::Node;

const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/// The variables that Lambda sets for it.
pub(super) fn variables(node: &Node) -> Result<Vec<(String, String)>, Problem> {
    let mut fields = Fields::new(node, "LoggingConfig")?;
    let format = fields.text("LogFormat")?.unwrap_or("Text");
    let level = fields.optional("ApplicationLogLevel");
    let group = fields.text("LogGroup")?;
    fields.accept(&["SystemLogLevel"]);
    let format_at = fields.entry("LogFormat").map(|entry| &entry.value);
    fields.finish()?;

    let mut variables = vec![("AWS_LAMBDA_LOG_FORMAT", format)];
    variables.extend(group.map(|group| ("AWS_LAMBDA_LOG_GROUP_NAME", group)));
    match (format, level) {
        ("JSON", Some(level)) => {
            let name = level.scalar("ApplicationLogLevel")?;
            if !LEVELS.contains(&name) {
                return Err(level.expected("ApplicationLogLevel", &LEVELS.join(", ")));
            }
            variables.push(("AWS_LAMBDA_LOG_LEVEL", name));
        }
        ("JSON", None) => variables.push(("AWS_LAMBDA_LOG_LEVEL", "INFO")),
        ("Text", None) => {}
        ("Text", Some(level)) => {
            return Err(Problem::at(
                level.at,
                "ApplicationLogLevel has an effect only with LogFormat: JSON",
            ));
        }
        _ => {
            return Err(format_at
                .unwrap_or(node)
                .expected("LogFormat", "Text or JSON"));
        }
    }
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    Ok(variables.into_iter().map(owned).collect())
}
