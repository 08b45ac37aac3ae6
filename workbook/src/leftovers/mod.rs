//! `leftovers`: what a stack bills while nobody uses it, and what outlives
//! `sam delete`, read from its template.

mod facts;
mod report;

use std::process::ExitCode;

use crate::cli::Leftovers;
use crate::error::{Result, failed};
use crate::output::print;
use crate::project::{Project, Target, current_dir};
use crate::up::parameters;
use sandbox::template;

/// Tells of one step, or of the default one.
///
/// # Errors
/// If there is no such step, or its template cannot be read.
pub fn run(options: &Leftovers) -> Result<ExitCode> {
    let current = current_dir()?;
    let project = Project::find(&current)?;
    let target = match &options.step {
        Some(step) => project.resolve(step, &current)?,
        None => project.default_target(&current)?,
    };
    print(&told(&target, &options.parameters)?)?;
    Ok(ExitCode::SUCCESS)
}

/// What is told of a step or folder.
///
/// # Errors
/// As [`run`].
pub fn told(target: &Target, given: &[(String, String)]) -> Result<String> {
    let path = target.template();
    let values = parameters::of_template(&path, given)?;
    let inventory =
        template::inventory(&path, &values).map_err(|error| failed(error.to_string()))?;
    // The value of a secret makes no difference here, and is nobody's business.
    let shown: Vec<String> = inventory
        .parameters
        .iter()
        .filter(|one| !one.no_echo && given.iter().any(|(name, _)| *name == one.name))
        .map(|one| format!("{}={}", one.name, one.value))
        .collect();
    Ok(report::report(&target.name, &shown, &inventory))
}
