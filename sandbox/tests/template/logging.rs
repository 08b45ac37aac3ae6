//! `LoggingConfig`: what a function learns of it.

use super::{function, load};

/// What the function finds in its environment, or the loader's complaint.
fn environment(logging: &str) -> String {
    let text = function(&format!("      LoggingConfig: {logging}\n"));
    match load(&text) {
        Ok(stack) => stack.functions[0]
            .environment
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join(" "),
        Err(error) => error.to_string(),
    }
}

/// Lambda Developer Guide, "Configuring advanced logging controls": levels exist
/// only in JSON, and are INFO unless set.
#[test]
fn fact_4_2_logging_settings_are_in_the_environment() {
    let table = [
        "{}",
        "{LogFormat: JSON}",
        "{LogFormat: JSON, ApplicationLogLevel: WARN, LogGroup: payments}",
        "{LogFormat: Text, ApplicationLogLevel: WARN}",
        "{LogFormat: JSON, ApplicationLogLevel: warning}",
        "{LogFormat: XML}",
    ];
    let said = table.map(|logging| format!("{logging}\n{}\n", environment(logging)));
    insta::assert_snapshot!(said.join("\n"));
}
